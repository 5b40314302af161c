"""`makeright init`, answered at a terminal as a person types, and by flags; on a sandbox of both helpdesks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
import requests
from click.testing import CliRunner

from adapters.contract import Secret
from integration.cli import main
from integration.demo import SandboxClient, free_port, running_sandbox
from integration.settings import Level, load_settings

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[3]
CLIENT_SECRET, AGENT_KEY, ADMIN_KEY = "sandbox-client-secret", "sandbox-agent-key", "sandbox-admin-key"
COMMAND = [sys.executable, "-m", "integration.cli"]
URL = "https://makeright.example.com"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxClient]:
    with running_sandbox(free_port(0)) as client:
        yield client


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "LINES": "60", "NO_COLOR": "1", **more}


def run(folder: Path, *words: str, said: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "init", *words],
        cwd=folder,
        env=environment(**env),
        input=said,
        capture_output=True,
        text=True,
        timeout=200,
    )


class Terminal:
    """A person at `makeright init`: waits for a question, types the answer and Enter."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.seen = ""
        self._child = pexpect.spawn(
            COMMAND[0], [*COMMAND[1:], "init", *words], cwd=str(folder), env=environment(), encoding="utf-8", timeout=120, dimensions=(60, 200)
        )  # fmt: skip

    def answer(self, question: str, answer: str) -> None:
        self._child.expect_exact(question)
        self.seen += self._child.before + question
        self._child.expect(r": ?")
        self._child.sendline(answer)

    def end(self) -> int:
        self._child.expect(pexpect.EOF)
        self.seen += self._child.before
        self._child.close()
        return int(self._child.exitstatus or 0)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_person_connects_both_helpdesks(sandbox: SandboxClient, tmp_path: Path) -> None:
    """Zendesk first, into a new file, with one wrong answer of each kind; then Freshdesk, into the same file."""
    person = Terminal(tmp_path, "--set", f"base_url={sandbox.url}/zendesk")
    person.answer("Public address of this service", "http://makeright.example.com")
    person.answer("Error: write the address helpdesks reach this service by", "")
    person.answer("Public address of this service", URL)
    person.answer("Name of the account", "acme")
    person.answer("Helpdesk [1]", "2")
    person.answer("How Makeright signs in [1]", "")
    person.answer("https://acme.zendesk.com.", "Acme!")
    person.answer("Error: 'Acme!' is not a Zendesk subdomain", "acme")
    person.answer("Identifier of the OAuth client [makeright]", "")
    person.answer("Secret of the OAuth client (not shown", "a wrong one")
    person.answer("That does not work yet. Answer again? [Y/n]", "y")
    person.answer("https://acme.zendesk.com.", "acme")
    person.answer("Identifier of the OAuth client [makeright]", "")
    person.answer("Secret of the OAuth client (not shown", CLIENT_SECRET)
    person.answer("Hours [1]", "1")
    person.answer("Public holidays", "UK")
    person.answer("did you mean GB?", "US-NY")
    assert person.end() == 0, person.seen
    assert "Admin Center > Apps and integrations > APIs > OAuth clients" in person.seen
    assert "acts as user" in person.seen
    assert "[accounts.acme] at level shadow" in person.seen
    assert CLIENT_SECRET not in person.seen

    file = tmp_path / "makeright.toml"
    first = file.read_text() + "# A note of mine.\n"
    file.write_text(first)
    person = Terminal(tmp_path, "--set", f"base_url={sandbox.url}/freshdesk")
    person.answer("Name of the account", "acme")
    person.answer("acme is there already", "pets")
    person.answer("Helpdesk [1]", "freshdesk")
    person.answer("even if your portal has a host name of its own.", "pets.freshdesk.com")
    person.answer("API key of the agent Makeright writes as (not shown", AGENT_KEY)
    person.answer("API key of an administrator (not shown", ADMIN_KEY)
    person.answer("Plan [1]", "enterprise")
    person.answer("Hours [1]", "2")
    person.answer("Time zone", "Mars")
    person.answer("no time zone has this name", "Chennai")
    person.answer("Days and hours [mon-fri 09:00-17:00]", "mon-sat 10:00-13:00, 14:00-19:00")
    person.answer("Public holidays", "IN")
    assert person.end() == 0, person.seen

    assert file.read_text().startswith(first)
    settings = load_settings(file)
    acme, pets = settings.accounts["acme"], settings.accounts["pets"]
    assert settings.service.public_url == URL
    assert {acme.level, pets.level} == {Level.SHADOW}
    assert acme.account.options.auth.client_secret == Secret(CLIENT_SECRET)
    assert (acme.own.calendar.zone.key, acme.own.calendar.holidays) == ("America/New_York", "US-NY")
    assert pets.account.options.admin_api_key == Secret(ADMIN_KEY)
    assert (pets.own.calendar.zone.key, len(pets.own.calendar.week[5])) == ("Asia/Kolkata", 2)
    files = sorted((tmp_path / "secrets").iterdir())
    assert [path.name for path in files] == [
        "acme-client-secret", "acme-webhook-secret", "pets-admin-api-key", "pets-api-key", "pets-webhook-secret",
    ]  # fmt: skip
    assert {mode(path) for path in files} == {0o600}
    assert mode(tmp_path / "secrets") == 0o700
    assert not re.search(f"{CLIENT_SECRET}|{AGENT_KEY}|{ADMIN_KEY}", file.read_text())


def test_who_stops_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    nowhere = "base_url=http://127.0.0.1:1/zendesk"
    person = Terminal(tmp_path, "acme", "--helpdesk", "zendesk", "--public-url", URL, "--set", nowhere)
    person.answer("How Makeright signs in [1]", "2")
    person.answer("https://acme.zendesk.com.", "acme")
    person.answer("E-mail address of the token's user", "me@acme.example")
    person.answer("API token (not shown", "the-token")
    person.answer("That does not work yet. Answer again?", "n")
    assert person.end() == 1
    assert "2027-04-30" in person.seen
    assert list(tmp_path.iterdir()) == []


ZENDESK = (
    "acme",
    "--helpdesk",
    "zendesk",
    "--public-url",
    URL,
    "--set",
    "subdomain=acme",
    "--set",
    "auth.client_id=makeright",
)


def test_flags_answer_everything_and_references_to_secrets_are_kept_as_they_are(
    sandbox: SandboxClient, tmp_path: Path
) -> None:
    schedule = requests.get(f"{sandbox.url}/zendesk/api/v2/business_hours/schedules", auth=("service@acme.example/token", "sandbox-api-token"), timeout=10).json()["schedules"][0]  # fmt: skip
    done = run(
        tmp_path, *ZENDESK, "--set", f"base_url={sandbox.url}/zendesk", "--secret", "auth.client_secret=env:ACME_SECRET",
        "--secret", "webhook_secrets=-", "--calendar", str(schedule["id"]), "--holidays", "none", "--set", "fields.complaint=360001",
        said="the-signing-secret\n", ACME_SECRET=CLIENT_SECRET,
    )  # fmt: skip
    # The field does not exist there: told, and nothing written.
    assert done.returncode == 1
    assert "there is no ticket field 360001" in done.stdout
    assert not (tmp_path / "makeright.toml").exists()
    done = run(
        tmp_path, *ZENDESK, "--set", f"base_url={sandbox.url}/zendesk", "--secret", "auth.client_secret=env:ACME_SECRET",
        "--secret", "webhook_secrets=-", "--calendar", str(schedule["id"]), "--holidays", "none",
        said="the-signing-secret\n", ACME_SECRET=CLIENT_SECRET,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    written = tomllib.loads((tmp_path / "makeright.toml").read_text())["accounts"]["acme"]
    assert written["auth"]["client_secret"] == "env:ACME_SECRET"
    assert written["calendar"] == {
        "name": "Office hours", "time_zone": "America/New_York", "hours": {"mon-fri": ["09:00-17:00"]},
    }  # fmt: skip
    assert (tmp_path / "secrets" / "acme-webhook-secret").read_text() == "the-signing-secret\n"
    for step in ("makeright up", "makeright check acme"):
        assert step in done.stdout


def test_brands_get_hours_of_their_own(sandbox: SandboxClient, tmp_path: Path) -> None:
    def api(method: str, path: str, body: Any = None) -> Any:
        auth = ("service@acme.example/token", "sandbox-api-token")
        return requests.request(method, f"{sandbox.url}/zendesk/api/v2/{path}", json=body, auth=auth, timeout=10).json()

    (brand,) = api("GET", "brands")["brands"]
    made = api("POST", "business_hours/schedules", {"schedule": {"name": "London", "time_zone": "London", "intervals": [{"start_time": 1440 + 540, "end_time": 1440 + 1020}]}})  # fmt: skip
    done = run(
        tmp_path, *ZENDESK, "--set", f"base_url={sandbox.url}/zendesk", "--secret", "auth.client_secret=env:ACME_SECRET",
        "--calendar", "always", "--set", "calendar.time_zone=UTC", "--brand", f"{brand['id']}={made['schedule']['id']}", "--holidays", "GB-ENG",
        ACME_SECRET=CLIENT_SECRET,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    text = (tmp_path / "makeright.toml").read_text()
    section = tomllib.loads(text)["accounts"]["acme"]
    assert section["brands"][str(brand["id"])]["calendar"]["time_zone"] == "Europe/London"
    assert section["calendar"] == {"time_zone": "Etc/UTC", "always": True}


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (("--no-input",), "--public-url"),
        (("--public-url", "makeright"), "--public-url: write the address"),
        (("--public-url", URL), "ACCOUNT"),
        (("a b", "--public-url", URL), "letters, digits"),
        (("acme", "--public-url", URL, "--helpdesk", "zendsk"), "none of: freshdesk, zendesk"),
        (("acme", "--public-url", URL, "--helpdesk", "zendesk", "--way", "basic"), "none of: oauth, token"),
        (("acme", "--public-url", URL, "--helpdesk", "zendesk"), "--set subdomain="),
        ((*ZENDESK,), "--secret auth.client_secret="),
        ((*ZENDESK, "--secret", "auth.client_secret=the-literal-secret"), "env:NAME, file:PATH"),
        ((*ZENDESK, "--secret", "auth.client_secret=env:NOT_SET", "--no-test"), "set the environment variable NOT_SET"),
        ((*ZENDESK, "--secret", "the-literal-secret"), "--secret: write KEY=VALUE"),
        ((*ZENDESK, "--secret", "auth.client_secret=env:HOME", "--no-test", "--calendar", "always", "--set", "calendar.time_zone=Mars"), "no time zone has this name"),
        ((*ZENDESK, "--secret", "auth.client_secret=env:HOME", "--no-test", "--calendar", "own", "--set", "calendar.time_zone=UTC", "--set", "calendar.hours=9-5"), "mon-fri 09:00-17:00"),
        ((*ZENDESK, "--secret", "auth.client_secret=env:HOME", "--no-test", "--calendar", "always", "--set", "calendar.time_zone=UTC", "--set", "subdomian=x"), "nothing asks for: set subdomian"),
    ],
)  # fmt: skip
def test_a_flag_that_is_missing_or_wrong_is_named_and_nothing_is_written(
    tmp_path: Path, words: tuple[str, ...], fix: str
) -> None:
    done = CliRunner().invoke(main, ["--config", str(tmp_path / "makeright.toml"), "init", *words])
    assert done.exit_code in (1, 2)
    assert fix in done.stderr
    assert "the-literal-secret" not in done.output
    assert not (tmp_path / "makeright.toml").exists()
    assert not [path for path in tmp_path.glob("secrets/*")]


def test_a_broken_file_is_not_added_to(tmp_path: Path) -> None:
    (tmp_path / "makeright.toml").write_text("[service]\nworker = 2\n")
    done = run(tmp_path, *ZENDESK)
    assert done.returncode == 1
    assert "did you mean 'workers'?" in done.stderr
    assert (tmp_path / "makeright.toml").read_text() == "[service]\nworker = 2\n"
