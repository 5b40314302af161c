"""Files that are written whole, and stay with whom they belong to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.contract import Secret
from adapters.hook_secrets import HookSecrets
from adapters.whole_files import make_folder, write_whole

SERVICE = (12345, 23456)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def owner(path: Path) -> tuple[int, int]:
    return path.stat().st_uid, path.stat().st_gid


@as_root
def test_a_command_of_roots_takes_no_file_away_from_the_service(tmp_path: Path) -> None:
    os.chown(tmp_path, *SERVICE)
    (tmp_path / "makeright.toml").write_text("old")
    os.chown(tmp_path / "makeright.toml", 0, SERVICE[1])
    write_whole(tmp_path / "makeright.toml", "new", mode=0o644)
    assert owner(tmp_path / "makeright.toml") == (0, SERVICE[1])
    secrets = HookSecrets(tmp_path / "secrets" / "deep" / "hook")
    for name in ("one", "two"):
        secrets.put(Secret(name))
    assert secrets.file is not None
    assert {owner(path) for path in (secrets.file, secrets.file.parent, secrets.file.parent.parent)} == {SERVICE}


def test_without_the_right_to_give_files_away_they_are_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refused)
    monkeypatch.setattr(os, "chown", refused)
    make_folder(tmp_path / "a" / "b", mode=0o700)
    write_whole(tmp_path / "a" / "b" / "c", "text", mode=0o600)
    assert (tmp_path / "a" / "b" / "c").read_text() == "text"


@pytest.mark.parametrize(
    ("old", "mode", "new"),
    [(None, 0o600, 0o600), (None, 0o644, 0o644), (0o640, 0o600, 0o640), (0o644, 0o600, 0o640), (0o664, 0o644, 0o664)],
)
def test_a_file_keeps_its_mode_but_a_secret_is_never_for_others(
    tmp_path: Path, old: int | None, mode: int, new: int
) -> None:
    file = tmp_path / "file"
    if old is not None:
        file.touch()
        file.chmod(old)
    write_whole(file, "text", mode=mode)
    assert file.stat().st_mode & 0o777 == new and [one.name for one in tmp_path.iterdir()] == ["file"]
