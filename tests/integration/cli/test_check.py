"""`makeright check` on a real installation: what is well is ok, what is broken by hand is named with its fix."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from integration.demo import DemoTicket
from tests.integration.installation import Installation, installation, until

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("check")]

ROOT = Path(__file__).parents[3]
Finding = dict[str, Any]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("mr"), workers=1) as made:
        yield made


def makeright(config: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "integration.cli", "--config", str(config), *words]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=120)


def check(config: Path, *accounts: str) -> tuple[int, dict[tuple[str, str], Finding]]:
    done = makeright(config, "check", *accounts, "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(row["fix"] for row in rows if row["health"] != "ok"), done.stdout
    return done.returncode, {(row["place"], row["subject"]): row for row in rows}


def test_a_sound_installation_is_ok_line_by_line(running: Installation) -> None:
    for helpdesk in ("zendesk", "freshdesk"):
        running.send(helpdesk, DemoTicket("1", "Do you sell umbrellas?"))
        until(lambda helpdesk=helpdesk: running.all_read(helpdesk), "the ticket is not read", 120)
    config = running.settings.file
    until(lambda: check(config)[0] == 0, "it does not become sound", 60)
    status, found = check(config)
    assert status == 0
    for subject in ("configuration", "secrets", "disk", "database", "queue", "workers", "web server"):
        assert found["service", subject]["health"] == "ok", found["service", subject]
    for account in ("zendesk", "freshdesk"):
        for subject in ("level", "playbook", "clock", "field complaint", "webhooks", "sweep"):
            assert found[account, subject]["health"] == "ok", found[account, subject]
        # The demo's accounts say nothing of business hours.
        assert found[account, "calendar"]["health"] == "warning"
    assert "the last came" in found["zendesk", "webhooks"]["detail"]

    told = makeright(config, "check", "zendesk", COLUMNS="100")
    assert told.returncode == 0
    assert "✓ ok      workers: 1 alive" in told.stdout
    assert "\nzendesk\n" in told.stdout and "\nfreshdesk\n" not in told.stdout
    assert "→ write the team's hours under" in told.stdout
    assert "0 errors" in told.stdout


def test_a_webhook_with_a_wrong_secret_is_told_until_a_good_one_comes(running: Installation) -> None:
    config = running.settings.file
    url = f"{running.hooks}/hooks/freshdesk"
    answer = requests.post(url, json={"ticket_id": "1"}, headers={"X-Makeright-Secret": "no"}, timeout=10)
    assert answer.status_code == 401
    status, found = check(config, "freshdesk")
    assert status == 1
    assert "refused" in found["freshdesk", "webhooks"]["detail"]
    running.send("freshdesk", DemoTicket("2", "Do you sell hats?"))
    until(lambda: check(config, "freshdesk")[0] == 0, "the good one is not seen", 60)


def test_the_first_match_trap_is_named(running: Installation, tmp_path: Path) -> None:
    config = _copy(running, tmp_path)
    (tmp_path / "admin-key").write_text("sandbox-admin-key")
    (tmp_path / "admin-key").chmod(0o600)
    config.write_text(
        config.read_text().replace('plan = "enterprise"', 'plan = "growth"\nadmin_api_key = "file:admin-key"')
    )
    running.sandbox.post("plan", {"cascading_rules": False})
    try:
        _, found = check(config, "freshdesk")
    finally:
        running.sandbox.post("plan", {"cascading_rules": True})
    assert "only the first matching rule" in found["freshdesk", "creation rules"]["detail"]
    assert found["freshdesk", "rate limit"]["fix"] == 'set plan = "enterprise"'
    assert check(config, "freshdesk")[1]["freshdesk", "creation rules"]["health"] == "ok"


def test_what_is_broken_is_an_error_with_its_fix_though_nothing_runs(running: Installation, tmp_path: Path) -> None:
    config = _copy(running, tmp_path)
    (tmp_path / "zendesk-client-secret").write_text("a wrong one")
    (tmp_path / "freshdesk-api-key").chmod(0o644)
    status, found = check(config)
    assert status == 1
    for place, subject, health, part in (
        ("service", "secrets", "warning", "freshdesk-api-key can be read by other users"),
        ("service", "queue", "error", "cannot be reached"),
        ("service", "web server", "error", "does not answer"),
        ("service", "database", "warning", "empty so far"),
        ("zendesk", "credentials", "error", "401"),
        ("freshdesk", "API key", "ok", "may see every ticket"),
    ):
        assert found[place, subject]["health"] == health, found
        assert part in found[place, subject]["detail"]
    assert "a wrong one" not in json.dumps([*found.values()])


def test_an_account_that_is_not_there_is_a_usage_error(running: Installation) -> None:
    done = makeright(running.settings.file, "check", "nobody")
    assert done.returncode == 2
    assert "there are: zendesk, freshdesk" in done.stderr


def test_a_helpdesk_behind_an_address_that_leads_nowhere_is_told(running: Installation, tmp_path: Path) -> None:
    config = _copy(running, tmp_path)
    config.write_text(config.read_text().replace(f"{running.sandbox.url}/zendesk", "http://127.0.0.1:1/zendesk"))
    status, found = check(config, "zendesk")
    assert status == 1
    assert found["zendesk", "credentials"]["health"] == "error"
    assert ("zendesk", "clock") not in found


def _copy(running: Installation, folder: Path) -> Path:
    """The same accounts as an installation of their own, in which nothing runs."""
    source = running.settings.file.parent
    for path in source.iterdir():
        if path.is_file() and path.suffix in ("", ".toml"):
            shutil.copy(path, folder / path.name)
    text = (folder / "makeright.toml").read_text()
    own = text.replace(running.hooks, "http://127.0.0.1:9").replace(
        running.hooks.removeprefix("http://"), "127.0.0.1:9"
    )
    (folder / "makeright.toml").write_text(own)
    return folder / "makeright.toml"
