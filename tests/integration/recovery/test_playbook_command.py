"""`makeright playbook check|show|diff`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from integration.cli import main
from integration.recovery.playbook import default_playbook

GOOD = 'version = "acme-1"\n[complaints.no_callback]\npriority = "urgent"\n'
BAD = 'version = "acme-1"\n[complaints.no_callback]\npriority = "hihg"\ncolour = 1\n'


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["playbook", *map(str, words)])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    (tmp_path / "good.toml").write_text(GOOD, "utf-8")
    return tmp_path / "good.toml"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    (tmp_path / "bad.toml").write_text(BAD, "utf-8")
    return tmp_path / "bad.toml"


def test_the_packaged_playbook_and_a_good_file_are_in_order(good: Path) -> None:
    for files in ([], [good]):
        result = run("check", *files)
        assert result.exit_code == 0 and "is in order" in result.output


def test_mistakes_are_told_and_the_exit_status_says_so(bad: Path) -> None:
    result = run("check", bad)
    assert result.exit_code == 1
    assert f"{bad}:3: complaints.no_callback.priority: 'hihg': use one of" in result.output
    assert f"{bad}:4: complaints.no_callback.colour" in result.output
    found = [json.loads(line) for line in run("check", bad, "--json").output.splitlines()]
    assert {row["path"] for row in found} == {"complaints.no_callback.priority", "complaints.no_callback.colour"}
    assert run("show", bad).exit_code == 1


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b"\xff\xfe\x00")
    result = run("check", file)
    assert result.exit_code == 2 and "cannot be read as UTF-8" in result.output
    assert run("check", tmp_path / "none.toml").exit_code == 2


def test_show_says_what_is_done(good: Path) -> None:
    result = run("show", good)
    assert result.exit_code == 0
    for words in ("No callback", "Contact them back on the same business day.", "priority urgent", "sla_put_right"):
        assert words in result.output
    one = run("show", "--complaint", "overpromising").output
    assert "Over-promising" in one and "No callback" not in one
    assert run("show", "--complaint", "rudeness").exit_code == 2
    assert json.loads(run("show", good, "--json").output)["complaints"]["no_callback"]["priority"] == "urgent"


def test_diff_says_what_changes(good: Path) -> None:
    result = run("diff", "default", good)
    assert result.exit_code == 1
    assert "no callback, the priority: was high, is urgent" in result.output
    same = run("diff", good, good)
    assert (same.exit_code, same.output) == (0, "no difference\n")
    assert run("diff", "default", "nowhere.toml").exit_code == 2


def test_every_command_has_an_example() -> None:
    for command in ("check", "show", "diff"):
        assert "Example: makeright playbook" in run(command, "--help").output
    assert default_playbook().version in run("show").output
