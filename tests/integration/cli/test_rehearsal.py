"""A team's own failures become exercises without the people in them; run against a real sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from integration.cli import main
from integration.complaints.taxonomy import Complaint
from integration.recovery.rehearsal.exercises import read_exercises
from integration.settings import SettingsError, load_settings
from tests.adapters.sidebar.stage import QUOTE, Stage, stage


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage"), redis_server) as made:
        yield made


def collect(staged: Stage, out: Path, status: int, account: str = "zendesk") -> Result:
    words = ["rehearsal", "collect", "--account", account, "--out", str(out)]
    done = CliRunner().invoke(main, ["--config", str(staged.context.settings.file), *words])
    assert done.exit_code == status, done.output
    return done


def test_complaints_are_collected_masked_and_can_be_practised_on(staged: Stage, tmp_path: Path) -> None:
    out = tmp_path / "own.jsonl"
    assert "no complaint" in collect(staged, out, 1).stderr and not out.exists()
    found, silent, gone = (staged.ticket("zendesk") for _ in range(3))
    for ticket in (found, gone):
        staged.decide("zendesk", ticket, {Complaint.NO_CALLBACK: (0.97, QUOTE)})
    staged.decide("zendesk", silent, {})
    staged.control.post(f"tickets/zendesk/{gone}/status", {"status": "deleted"})
    assert "Read them before" in collect(staged, out, 0).stdout
    (exercise,) = read_exercises(out.read_text().splitlines())
    assert exercise.complaints == (Complaint.NO_CALLBACK,)
    assert "three voicemails" in exercise.text
    for told in ("Maureen", "Tully", "555", "0134"):
        assert told not in exercise.text
    collect(staged, out, 2)

    file = staged.context.settings.file
    config = tmp_path / "makeright.toml"
    text = file.read_text().replace("file:", f"file:{file.parent}/")
    config.write_text(text.replace("[accounts.zendesk]", '[accounts.zendesk]\nexercises = "own.jsonl"', 1))
    assert load_settings(config).accounts["zendesk"].exercises == (exercise,)
    out.write_text(out.read_text() + '{"id": "x"}\n')
    with pytest.raises(SettingsError, match=r"accounts.zendesk.exercises: 'own.jsonl': line 2: \w+: Missing data"):
        load_settings(config)
