"""`makeright provision` and `rotate` as a person types them, on a sandbox of both helpdesks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from integration.cli import main
from integration.demo import SandboxClient, free_port, running_sandbox

CONFIG = """
[service]
public_url = "http://127.0.0.1:9"
data_folder = "."
database_url = "sqlite:///makeright.db"
redis_url = "{redis}"

[accounts.zen]
helpdesk = "zendesk"
subdomain = "sandbox"
base_url = "{sandbox}/zendesk"
auth = {{ client_id = "makeright", client_secret = "file:client-secret" }}
webhook_secrets = ["file:secrets/zen-hook"]
share = 1.0
{extra}

[accounts.fresh]
helpdesk = "freshdesk"
domain = "sandbox.freshdesk.com"
base_url = "{sandbox}/freshdesk"
api_key = "file:agent-key"
admin_api_key = "file:admin-key"
plan = "enterprise"
webhook_secrets = ["file:secrets/fresh-hook"]
share = 1.0
"""


class Desk:
    """A folder with a configuration, and the commands run in it."""

    def __init__(self, folder: Path, sandbox: SandboxClient, redis: str) -> None:
        self.folder, self.sandbox, self._redis = folder, sandbox, redis
        for name, secret in {
            "client-secret": "sandbox-client-secret",
            "agent-key": "sandbox-agent-key",
            "admin-key": "sandbox-admin-key",
        }.items():
            (folder / name).write_text(secret)
        self.configure()

    def configure(self, extra: str = "") -> None:
        text = CONFIG.format(redis=self._redis, sandbox=self.sandbox.url, extra=extra)
        (self.folder / "makeright.toml").write_text(text)

    def run(self, *words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, ["--config", str(self.folder / "makeright.toml"), *words], input=typed)

    def plan(self, account: str, *words: str) -> dict[str, Any]:
        done = self.run("provision", account, "--json", *words)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.output
        found: dict[str, Any] = json.loads(done.output)
        return found

    def secrets(self, account: str) -> list[str]:
        return (self.folder / "secrets" / f"{account}-hook").read_text().split()

    def zendesk(self, method: str, path: str, body: object = None) -> Any:
        auth = ("service@acme.example/token", "sandbox-api-token")
        answer = requests.request(method, f"{self.sandbox.url}/zendesk/api/v2/{path}", json=body, auth=auth, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def freshdesk(self, method: str, path: str, body: object = None) -> Any:
        answer = requests.request(
            method,
            f"{self.sandbox.url}/freshdesk/api/v2/{path}",
            json=body,
            auth=("sandbox-admin-key", "X"),
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxClient]:
    with running_sandbox(free_port(0)) as client:
        yield client


@pytest.fixture
def desk(tmp_path: Path, sandbox: SandboxClient, redis_server: str, redis: object) -> Desk:
    sandbox.post("reset")
    return Desk(tmp_path, sandbox, redis_server)


def test_zendesk_from_nothing_to_in_place_and_back(desk: Desk) -> None:
    dry = desk.run("provision", "zen", "--dry-run")
    assert dry.exit_code == 1 and "Makeright: new ticket" in dry.output and "not there" in dry.output
    assert desk.zendesk("GET", "webhooks")["webhooks"] == []
    assert desk.run("provision", "zen", typed="n\n").exit_code == 1
    assert desk.zendesk("GET", "webhooks")["webhooks"] == []

    made = desk.run("provision", "zen", typed="y\n")
    assert made.exit_code == 0, made.output
    (hook,) = desk.zendesk("GET", "webhooks")["webhooks"]
    secret = desk.zendesk("GET", f"webhooks/{hook['id']}/signing_secret")["signing_secret"]["secret"]
    assert desk.secrets("zen") == [secret] and secret not in made.output
    assert ((desk.folder / "secrets" / "zen-hook").stat().st_mode & 0o777) == 0o600

    stamps = [row["updated_at"] for row in desk.zendesk("GET", "triggers")["triggers"]]
    again = desk.run("provision", "zen")
    assert again.exit_code == 0 and "everything is in place" in again.output and "Write this" not in again.output
    assert [row["updated_at"] for row in desk.zendesk("GET", "triggers")["triggers"]] == stamps
    assert desk.plan("zen", "--dry-run")["in_place"]

    kept = desk.run("provision", "zen", "--undo", "--yes")
    assert kept.exit_code == 0 and "Kept: field Complaint" in kept.output
    assert desk.zendesk("GET", "webhooks")["webhooks"] == desk.zendesk("GET", "triggers")["triggers"] == []
    assert any(row["title"] == "Complaint" for row in desk.zendesk("GET", "ticket_fields")["ticket_fields"])
    gone = desk.run("provision", "zen", "--undo", "--delete-fields", "--yes")
    assert gone.exit_code == 0, gone.output
    assert not any(row["title"] == "Complaint" for row in desk.zendesk("GET", "ticket_fields")["ticket_fields"])
    assert "nothing of ours" in desk.run("provision", "zen", "--undo").output


def test_what_the_playbook_drops_is_removed(desk: Desk) -> None:
    assert desk.plan("zen")["in_place"]
    (desk.folder / "own.toml").write_text(
        'version = "t"\n[complaints.overpromising.macros.put_right]\ntitle = "Made good"\n'
        "[complaints.no_callback.macros.tried_to_call]\nenabled = false\n"
    )
    desk.configure('playbook = "own.toml"')
    plan = desk.plan("zen", "--dry-run")
    assert plan["to_remove"] == ["macro.no_callback.tried_to_call"]
    assert [i["key"] for i in plan["items"] if i["state"] != "in place"] == ["macro.overpromising.put_right"]
    assert desk.plan("zen")["in_place"]
    titles = {row["title"] for row in desk.zendesk("GET", "macros")["macros"]}
    assert "Makeright::Made good" in titles and "Makeright::We called and missed you" not in titles


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('public_url = "http://127.0.0.1:9"', 'public_url = "http://makeright.example.com"'), "https"),
        (('webhook_secrets = ["file:secrets/zen-hook"]', 'webhook_secrets = ["env:SOME_SECRET"]'), "file:secrets"),
    ],
)
def test_what_stands_in_the_way_is_told_with_its_fix(
    desk: Desk, change: tuple[str, str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_SECRET", "x")
    file = desk.folder / "makeright.toml"
    text = file.read_text().replace(*change)
    if "public_url" in change[0]:
        text = text.replace(f'base_url = "{desk.sandbox.url}/zendesk"\n', "")
    file.write_text(text)
    done = desk.run("provision", "zen", "--yes")
    assert done.exit_code == 1 and words in done.output, done.output


def test_unknown_account_and_options_that_do_not_go_together(desk: Desk) -> None:
    assert "no account 'nobody'" in desk.run("provision", "nobody").output
    assert desk.run("provision", "zen", "--delete-fields").exit_code == 2
    assert desk.run("provision", "zen", "--undo", "--dry-run").exit_code == 2
