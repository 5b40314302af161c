"""Secrets that are read where they lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import Secret
from adapters.hook_secrets import HookSecrets
from adapters.provisioning import Difference, shown_text


def revealed(secrets: HookSecrets) -> list[str]:
    return [secret.reveal() for secret in secrets]


def test_a_new_secret_counts_at_once_beside_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "hook"
    ours, theirs = HookSecrets(file), HookSecrets(Secret("fixed"), file)
    assert revealed(ours) == [] and revealed(theirs) == ["fixed"]
    for name in ("one", "two", "three", "three"):
        ours.put(Secret(name))
    assert revealed(ours) == ["three", "two"]
    assert revealed(theirs) == ["fixed", "three", "two"] and len(theirs) == 3 and theirs[1].reveal() == "three"
    assert file.stat().st_mode & 0o777 == 0o600
    assert ours.drop_old() and not ours.drop_old()
    assert revealed(theirs) == ["fixed", "three"]
    assert [path.name for path in file.parent.iterdir()] == ["hook"]


def test_a_put_can_be_taken_back(tmp_path: Path) -> None:
    secrets = HookSecrets(tmp_path / "hook")
    secrets.put(Secret("one"))
    secrets.drop_first()
    assert revealed(secrets) == ["one"]
    secrets.put(Secret("two"))
    secrets.drop_first()
    assert revealed(secrets) == ["one"]


def test_a_file_that_vanishes_or_turns_to_garbage_keeps_counting_as_last_read(tmp_path: Path) -> None:
    file = tmp_path / "hook"
    secrets = HookSecrets(file)
    secrets.put(Secret("one"))
    assert revealed(secrets) == ["one"]
    file.write_bytes(b"\xff\xfe\xff")
    assert revealed(secrets) == ["one"]
    file.unlink()
    assert revealed(secrets) == ["one"]


def test_a_link_is_followed_and_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old\n")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    HookSecrets(tmp_path / "link").put(Secret("new"))
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "new\nold\n"


def test_fixed_secrets_have_no_place_for_a_new_one() -> None:
    secrets = HookSecrets(Secret("fixed"))
    assert secrets.file is None and "fixed" not in repr(secrets)
    with pytest.raises(ValueError, match="no webhook secret is kept in a file"):
        secrets.put(Secret("new"))


@given(st.text())
def test_words_are_the_same_however_a_platform_wraps_them(text: str) -> None:
    plain = text.replace("<", "").replace(">", "").replace("&", "")
    assert shown_text(f"<div><p>{plain}</p></div>") == shown_text(plain) == " ".join(plain.split())


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (Difference("switched on", "no", "yes"), "is switched off"),
        (Difference("option x", "", "X"), "option x is missing"),
        (Difference("any of", "y", ""), "any of is not wanted any more"),
        (Difference("calls", "a", "b"), "calls is a, not b"),
    ],
)
def test_differences_in_words(difference: Difference, words: str) -> None:
    assert difference.words == words
