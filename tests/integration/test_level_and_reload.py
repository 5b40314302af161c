"""Changing the configuration under a running installation: what is valid comes into force, what is broken does not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from integration.configuration import in_force
from integration.configuration.edits import with_level
from integration.demo import DemoTicket
from integration.settings import load_settings
from integration.store.audit import AuditLog
from integration.store.store import Store
from tests.integration.installation import Installation, installation, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("reload")]

ROOT = Path(__file__).parents[2]
COMPLAINT = "You promised to call me back on Monday. Nobody called me back, I am still waiting for that callback."


def makeright(config: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "integration.cli", "--config", str(config), *words]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=120)


def levels(running: Installation, helpdesk: str, ticket_id: str) -> list[str]:
    return [decision.level for decision in running.store.decisions(helpdesk, ticket_id)]


def works_at(running: Installation, helpdesk: str, level: str) -> bool:
    """Whether a new ticket is decided at this level."""
    ticket_id = running.send(helpdesk, DemoTicket(os.urandom(4).hex(), COMPLAINT))
    until(lambda: levels(running, helpdesk, ticket_id), "the ticket is not read", 90)
    return levels(running, helpdesk, ticket_id) == [level]


def test_a_running_installation_takes_up_what_is_valid_and_keeps_what_it_had_when_it_is_broken(tmp_path: Path) -> None:
    with installation(tmp_path, level="shadow", workers=1) as running:
        file = running.settings.file
        assert works_at(running, "zendesk", "shadow")

        # The level, by command: changed in the file, recorded, taken up without a restart, the door never closed.
        file.write_text("# A comment of mine.\n" + file.read_text())
        done = makeright(file, "level", "zendesk", "suggest", SUDO_USER="robin")
        assert done.returncode == 0, done.stderr
        assert "within a few seconds" in done.stdout
        assert file.read_text().startswith("# A comment of mine.\n")
        assert load_settings(file).accounts["zendesk"].level == "suggest"
        (deed,) = AuditLog(running.store).newest(account="zendesk")
        assert (deed.action, deed.detail) == ("level", "shadow -> suggest")
        assert deed.actor.startswith("robin@")
        until(lambda: running.supervisor.settings.accounts["zendesk"].level == "suggest", "it is not taken up")
        # Nobody is turned away meanwhile; he may have to wait for the new version to be loaded.
        assert requests.get(f"{running.hooks}/readyz", timeout=60).ok
        until(lambda: works_at(running, "zendesk", "suggest"), "the workers keep the old level", 120)

        # Broken, three ways: each is refused by `check` with place and fix, and what was in force stays so.
        good, book = file.read_text(), tmp_path / "acme.toml"
        for text, playbook, told in (
            (good.replace('level = "suggest"', 'level = "sugest"'), "", ("level", "'sugest'", "shadow, suggest, annotate")),
            (
                good.replace('subdomain = "sandbox"', 'subdomain = "sandbox"\nplaybook = "acme.toml"'),
                'version = "1"\n[voices.plain]\ngreeting = "Hello {{ nam }},"\n',
                ("acme.toml:3", "voices.plain.greeting", "nam"),
            ),
            (
                good.replace('subdomain = "sandbox"', 'subdomain = "sandbox"\ncalendar = { time_zone = "Mars", always = true }'),
                "",
                ("calendar.time_zone", "'Mars'", "no time zone has this name"),
            ),
        ):  # fmt: skip
            book.write_text(playbook)
            file.write_text(text)
            checked = makeright(file, "check")
            assert checked.returncode == 1
            for words in told:
                assert words in re.sub(r"\s+", " ", checked.stdout)
            assert makeright(file, "level", "zendesk", "annotate").returncode == 2
            # A worker that dies meanwhile comes back with what is in force, not with what is broken.
            _end_worker(running)
            assert works_at(running, "zendesk", "suggest")

        # Mended: in force.
        book.write_text('version = "1"\nteam = "the Acme team"\n')
        file.write_text(good.replace('subdomain = "sandbox"', 'subdomain = "sandbox"\nplaybook = "acme.toml"'))
        until(lambda: _team(running) == "the Acme team", "the mended file is not taken up")
        # A playbook changed under it counts too, and a broken one does not.
        book.write_text('version = "2"\nteam = "the other team"\n')
        until(lambda: _team(running) == "the other team", "the playbook is not taken up")


def _team(running: Installation) -> str:
    return running.supervisor.settings.accounts["zendesk"].own.playbook.team


def _end_worker(running: Installation) -> None:
    (part,) = [part for part in running.supervisor.parts if part.name.startswith("worker")]
    first = part.process
    assert first is not None
    # Killed outright, its last job would come back only with RQ's next maintenance; that is tested elsewhere.
    first.terminate()
    until(lambda: part.process not in (None, first), "the worker is not started again")


CONFIG = """\
[service]  # ours
data_folder = "."
database_url = "sqlite:///m.db"

[accounts.acme]
helpdesk = "freshdesk"
domain = "acme.freshdesk.com"
api_key = "env:KEY"  # the agent's
webhook_secrets = ["env:HOOK"]
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KEY", "key-value")
    monkeypatch.setenv("HOOK", "hook-value")
    (tmp_path / "makeright.toml").write_text(CONFIG)
    return tmp_path / "makeright.toml"


def test_the_level_is_changed_recorded_and_told_when_nothing_runs(config: Path) -> None:
    done = makeright(config, "level", "acme", "suggest")
    assert done.returncode == 0, done.stderr
    assert "makeright up" in done.stdout
    # Only the level's line is new.
    assert [line for line in config.read_text().splitlines() if line not in CONFIG] == ['level = "suggest"']
    assert "already" in makeright(config, "level", "acme", "suggest").stdout
    assert makeright(config, "level", "acme", "annotate").returncode == 0
    store = Store(f"sqlite:///{config.parent / 'm.db'}")
    assert [deed.detail for deed in AuditLog(store).newest()] == ["suggest -> annotate", "shadow -> suggest"]
    store.close()


@pytest.mark.parametrize(("words", "fix"), [(("nobody", "suggest"), "there are: acme"), (("acme", "loud"), "annotate")])
def test_a_level_that_cannot_be_set_changes_nothing(config: Path, words: tuple[str, str], fix: str) -> None:
    done = makeright(config, "level", *words)
    assert done.returncode == 2
    assert fix in done.stderr
    assert config.read_text() == CONFIG


def test_a_level_is_changed_where_it_stands() -> None:
    text = '# one\n[accounts.a]\nlevel = "shadow"   # for now\nhelpdesk = "zendesk"\n'
    assert with_level(text, "a", "annotate") == text.replace('"shadow"', '"annotate"')


def test_what_is_in_force_is_kept_without_secrets_and_for_its_own_file_only(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(config)
    kept = in_force.keep(config.parent, config, settings.texts)
    assert "key-value" not in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert in_force.texts_in_force(config) is None
    monkeypatch.setenv(in_force.VARIABLE, str(kept))
    config.write_text("broken [")
    texts: Any = in_force.texts_in_force(config)
    assert set(load_settings(config, texts=texts).accounts) == {"acme"}
    assert in_force.texts_in_force(config.parent / "other.toml") is None
