"""`makeright provision` and `rotate` as a person types them, on a sandbox of both helpdesks."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result
from flask import Flask
from werkzeug.serving import make_server

from adapters.contract import Health
from integration.cli import main
from integration.demo import SandboxClient, free_port, running_sandbox
from integration.pipeline.context import Context, build_context, with_made_fields
from integration.pipeline.macro_shelf import provisioned_macros, refresh_macros
from integration.pipeline.provisioning import provision_findings
from integration.settings import load_settings
from integration.web.hooks import hooks

CONFIG = """
[service]
public_url = "{public}"
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
        self.public = f"http://127.0.0.1:{free_port(0)}"
        for name, secret in {
            "client-secret": "sandbox-client-secret",
            "agent-key": "sandbox-agent-key",
            "admin-key": "sandbox-admin-key",
        }.items():
            (folder / name).write_text(secret)
        self.configure()

    def configure(self, extra: str = "") -> None:
        text = CONFIG.format(redis=self._redis, sandbox=self.sandbox.url, extra=extra, public=self.public)
        (self.folder / "makeright.toml").write_text(text)

    def run(self, *words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, ["--config", str(self.folder / "makeright.toml"), *words], input=typed)

    def context(self) -> Context:
        return build_context(load_settings(self.folder / "makeright.toml", hooks_to_come=True))

    @contextmanager
    def service(self) -> Iterator[Context]:
        """The hooks' part of the service, listening where the configuration says."""
        context = self.context()
        app = Flask("hooks")
        app.config["CONTEXT"] = context
        app.register_blueprint(hooks)
        server = make_server("127.0.0.1", int(self.public.rpartition(":")[2]), app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield context
        finally:
            server.shutdown()
            thread.join(10)
            server.server_close()
            context.store.close()

    def write_in(self, helpdesk: str) -> list[int | None]:
        """A customer writes in; how the service has answered each call about it."""
        known = {row["id"] for row in self.sandbox.get("webhooks")["deliveries"]}
        self.sandbox.post("tickets", {"helpdesk": helpdesk, "text": "Nobody called me back.", "subject": "Hello"})
        assert self.sandbox.get("webhooks/idle?timeout=20")["idle"]
        new = [row for row in self.sandbox.get("webhooks")["deliveries"] if row["id"] not in known]
        return [attempt["status"] for row in new for attempt in row["attempts"]]

    def first_rule_by_hand(self) -> None:
        """What a person makes of the numbered clicks, with the secret from the file."""
        steps = " ".join(line for item in self.plan("fresh", "--dry-run")["items"] for line in item["by_hand"])
        mail = {"resource_type": "ticket", "field_name": "source", "value": [1]}
        pair = [{**mail, "operator": "in"}, {**mail, "operator": "not_in"}]
        body = steps.partition("content Advanced: ")[2].partition('"}')[0] + '"}'
        action = {
            "field_name": "trigger_webhook",
            "request_type": "POST",
            "url": steps.partition("URL `")[2].partition("`")[0],
            "custom_headers": {"X-Makeright-Secret": self.secrets("fresh")[0]},
            "content": {"content_layout": "advanced", "content_type": "JSON", "content": body},
        }
        conditions = [{"name": "condition_set_1", "match_type": "any", "properties": pair}]
        rule = {"name": "Makeright: new ticket", "conditions": conditions, "actions": [action]}
        self.freshdesk("POST", "automations/1/rules", rule)
        self.sandbox.post("plan", {"cascading_rules": True})

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


def test_what_the_playbook_drops_on_freshdesk_is_told_with_its_clicks(desk: Desk) -> None:
    desk.run("provision", "fresh", "--yes")
    desk.first_rule_by_hand()
    assert desk.plan("fresh")["in_place"]
    (desk.folder / "own.toml").write_text(
        'version = "t"\n[complaints.no_callback.macros.tried_to_call]\nenabled = false\n'
    )
    file = desk.folder / "makeright.toml"
    file.write_text(file.read_text().replace('plan = "enterprise"', 'plan = "enterprise"\nplaybook = "own.toml"'))
    done = desk.run("provision", "fresh", "--yes")
    assert done.exit_code == 1
    assert "By hand: macro We called and missed you" in done.output and "tick `We called and missed you`" in done.output


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('public_url = "http://127.0.0.1', 'public_url = "http://makeright.example.com" # "'), "https"),
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
    assert done.exit_code in (1, 2) and words in done.output, done.output
    assert desk.zendesk("GET", "webhooks")["webhooks"] == []


def test_unknown_account_and_options_that_do_not_go_together(desk: Desk) -> None:
    assert "no account 'nobody'" in desk.run("provision", "nobody").output
    assert desk.run("provision", "zen", "--delete-fields").exit_code == 2
    assert desk.run("provision", "zen", "--undo", "--dry-run").exit_code == 2


def test_freshdesk_with_its_clicks_and_back(desk: Desk) -> None:
    first = desk.run("provision", "fresh", "--yes")
    assert first.exit_code == 1 and "these steps" in first.output.lower() and "read" in first.output
    assert len(desk.secrets("fresh")) == 1 and desk.secrets("fresh")[0] not in first.output
    assert str(desk.folder / "secrets" / "fresh-hook") in first.output.replace("\n", "")
    desk.first_rule_by_hand()
    second = desk.run("provision", "fresh", "--yes")
    assert second.exit_code == 0, second.output
    assert desk.plan("fresh", "--dry-run")["in_place"]
    assert len(desk.freshdesk("GET", "automations/4/rules")["rules"]) == 2

    undone = desk.run("provision", "fresh", "--undo", "--delete-fields", "--yes")
    assert undone.exit_code == 1 and "By hand: macro Call back today" in undone.output
    for kind in (1, 4):
        assert desk.freshdesk("GET", f"automations/{kind}/rules")["rules"] == []
    assert not any(row["label"] == "Complaint" for row in desk.freshdesk("GET", "admin/ticket_fields"))


def test_sla_policies_where_the_helpdesk_can(desk: Desk) -> None:
    assert desk.plan("zen", "--sla")["in_place"]
    made = desk.zendesk("GET", "slas/policies")["sla_policies"]
    tags = [row["filter"]["all"][0]["value"] for row in made]
    assert tags[:4] == ["sla_callback_same_day", "sla_status_update", "sla_expert_answer", "sla_put_right"]
    assert {m["target"] for m in made[1]["policy_metrics"]} == {240}
    # Once made they are kept in order, whether or not it is said again.
    desk.zendesk("DELETE", f"slas/policies/{made[0]['id']}")
    assert [i["key"] for i in desk.plan("zen", "--dry-run")["items"] if i["state"] != "in place"] == [
        "policy.no_callback"
    ]
    assert "--sla" in desk.run("provision", "fresh", "--sla", "--yes").output


def test_zendesk_secret_is_rotated_without_a_gap(desk: Desk) -> None:
    assert desk.plan("zen")["in_place"]
    refused = desk.run("rotate", "zen", "--yes")
    assert refused.exit_code == 1 and "nothing was changed" in refused.output
    assert len(desk.zendesk("GET", "webhooks")["webhooks"]) == 1 and len(desk.secrets("zen")) == 1
    with desk.service():
        assert desk.write_in("zendesk") == [202]
        (old,) = desk.secrets("zen")
        done = desk.run("rotate", "zen", "--yes")
        assert done.exit_code == 0, done.output
        new, kept = desk.secrets("zen")
        assert kept == old != new and new not in done.output
        assert desk.write_in("zendesk") == [202]
        assert "under way" in desk.run("rotate", "zen", "--yes").output
        assert desk.run("rotate", "zen", "--finish").exit_code == 0
        assert desk.secrets("zen") == [new]
        assert len(desk.zendesk("GET", "webhooks")["webhooks"]) == 1
        assert desk.write_in("zendesk") == [202]
    assert desk.plan("zen", "--dry-run")["in_place"]
    assert desk.run("provision", "zen", "--undo", "--delete-fields", "--yes").exit_code == 0
    assert desk.zendesk("GET", "webhooks")["webhooks"] == []


def test_a_webhook_that_was_there_before_us_outlives_the_rotation(desk: Desk) -> None:
    desk.sandbox.post("connect", {"helpdesk": "zendesk", "url": f"{desk.public}/hooks/zen", "mode": "trigger"})
    (theirs,) = desk.zendesk("GET", "webhooks")["webhooks"]
    assert desk.plan("zen")["in_place"]
    with desk.service():
        assert desk.run("rotate", "zen", "--yes").exit_code == 0
        done = desk.run("rotate", "zen", "--finish")
    assert done.exit_code == 0 and "was there before us" in done.output and theirs["id"] in done.output
    assert theirs["id"] in {row["id"] for row in desk.zendesk("GET", "webhooks")["webhooks"]}
    assert "no old secret" in desk.run("rotate", "zen", "--finish").output


def test_freshdesk_secret_is_rotated_without_a_gap(desk: Desk) -> None:
    desk.run("provision", "fresh", "--yes")
    desk.first_rule_by_hand()
    assert desk.plan("fresh")["in_place"]
    with desk.service():
        assert desk.write_in("freshdesk") == [202]
        (old,) = desk.secrets("fresh")
        done = desk.run("rotate", "fresh", "--yes")
        assert done.exit_code == 0 and "a day" in done.output, done.output
        new, kept = desk.secrets("fresh")
        assert kept == old
        assert desk.write_in("freshdesk") == [202]
        rules = [rule for kind in (1, 4) for rule in desk.freshdesk("GET", f"automations/{kind}/rules")["rules"]]
        assert {a["custom_headers"]["X-Makeright-Secret"] for rule in rules for a in rule["actions"]} == {new}
        assert desk.run("rotate", "fresh", "--finish").exit_code == 0
        assert desk.secrets("fresh") == [new]
        assert desk.write_in("freshdesk") == [202]


def test_a_rotation_is_not_finished_while_a_rule_uses_the_old_secret(desk: Desk) -> None:
    desk.run("provision", "fresh", "--yes")
    desk.first_rule_by_hand()
    assert desk.plan("fresh")["in_place"]
    (old,) = desk.secrets("fresh")
    assert desk.run("rotate", "fresh", "--yes").exit_code == 0
    rule = desk.freshdesk("GET", "automations/1/rules")["rules"][0]
    action = {**rule["actions"][0], "custom_headers": {"X-Makeright-Secret": old}}
    desk.freshdesk("PUT", f"automations/1/rules/{rule['id']}", {"actions": [action]})
    done = desk.run("rotate", "fresh", "--finish")
    assert done.exit_code == 1 and "Makeright: new ticket" in done.output
    assert old in desk.secrets("fresh")


def test_a_rotation_after_which_something_is_not_in_place_says_so(desk: Desk) -> None:
    desk.run("provision", "fresh", "--yes")
    desk.first_rule_by_hand()
    assert desk.plan("fresh")["in_place"]
    field = next(row for row in desk.freshdesk("GET", "admin/ticket_fields") if row["label"] == "Complaint")
    desk.freshdesk("DELETE", f"admin/ticket_fields/{field['id']}")
    done = desk.run("rotate", "fresh", "--yes")
    assert done.exit_code == 1 and "Not in place: Complaint" in done.output


def test_the_playbooks_macros_are_known_by_their_ids(desk: Desk) -> None:
    context = desk.context()
    context.store.migrate()
    assert provisioned_macros(context, "zen", None) == {}
    assert desk.plan("zen")["in_place"]
    found = provisioned_macros(context, "zen", None)
    assert set(found) == {
        "no_callback.call_back_today", "no_callback.tried_to_call", "no_order_update.status_now",
        "no_order_update.next_update", "overpromising.put_right", "false_expertise.expert_answer",
    }  # fmt: skip
    by_title = {row["title"]: str(row["id"]) for row in desk.zendesk("GET", "macros")["macros"]}
    assert found["overpromising.put_right"].id == by_title["Makeright::Put right what we promised"]
    assert found["overpromising.put_right"].url.endswith(found["overpromising.put_right"].id)
    # Deleted in the helpdesk: not suggested any more, once the macros have been read anew.
    desk.zendesk("DELETE", f"macros/{found['overpromising.put_right'].id}")
    context.redis.delete("makeright:macros-read:zen")
    refresh_macros(context, "zen")
    assert "overpromising.put_right" not in provisioned_macros(context, "zen", None)
    context.store.close()


def test_a_brand_has_macros_of_its_own_only_where_its_words_differ(desk: Desk) -> None:
    (desk.folder / "uk.toml").write_text(
        'version = "uk"\n[complaints.overpromising.macros.put_right]\nbody = "We put it right, and say so."\n'
    )
    desk.configure('brands."7".playbook = "uk.toml"')
    assert desk.plan("zen")["in_place"]
    context = desk.context()
    own, brand = provisioned_macros(context, "zen", None), provisioned_macros(context, "zen", "7")
    assert {key for key in own if own[key].id != brand[key].id} == {"overpromising.put_right"}
    assert "say so" in brand["overpromising.put_right"].body
    context.store.close()


def test_the_field_that_was_made_is_written_without_a_line_of_configuration(desk: Desk) -> None:
    assert desk.plan("zen")["in_place"]
    field = next(row for row in desk.zendesk("GET", "ticket_fields")["ticket_fields"] if row["title"] == "Complaint")
    context = desk.context()
    assert context.helpdesks["zen"].account.fields == {"complaint": str(field["id"])}
    context.store.close()


def test_a_running_process_takes_up_the_field_that_is_made_meanwhile(desk: Desk) -> None:
    running = desk.context()
    running.store.migrate()
    assert with_made_fields(running, "zen") is running
    before = [(one.subject, one.detail) for one in provision_findings(running, "zen")]
    assert before == [("set-up", "not in the helpdesk yet: 1 webhook, 2 rules, 1 field, 6 macros, 1 view")]
    assert desk.plan("zen")["in_place"]
    field = next(row for row in desk.zendesk("GET", "ticket_fields")["ticket_fields"] if row["title"] == "Complaint")
    now = with_made_fields(running, "zen")
    assert now.helpdesks["zen"].account.fields == {"complaint": str(field["id"])}
    assert now.helpdesks["fresh"] is running.helpdesks["fresh"]
    running.store.close()


def test_findings_name_damage_and_do_not_raise(desk: Desk) -> None:
    assert desk.plan("zen")["in_place"]
    context = desk.context()
    assert {one.health for one in provision_findings(context, "zen")} == {Health.OK}
    trigger = desk.zendesk("GET", "triggers")["triggers"][0]
    desk.zendesk("PUT", f"triggers/{trigger['id']}", {"trigger": {**trigger, "active": False}})
    (broken,) = [one for one in provision_findings(context, "zen") if one.health is not Health.OK]
    assert broken.health is Health.ERROR and "switched off" in broken.detail and "makeright provision" in broken.fix
    (desk.folder / "secrets" / "fresh-hook").write_text("of-the-other-account")
    checked = desk.run("check", "zen", "--json")
    assert checked.exit_code == 1
    told = [json.loads(line) for line in checked.output.splitlines() if line.startswith("{")]
    assert [one["detail"] for one in told if (one["place"], one["health"]) == ("zen", "error")] == [broken.detail]
    desk.sandbox.post("faults", {"helpdesk": "zendesk", "path": "/triggers", "status": 403, "times": 1})
    assert [one.health for one in provision_findings(context, "zen")] == [Health.WARNING]
    context.store.close()


def test_commands_say_what_they_do(desk: Desk) -> None:
    for command in ("provision", "rotate"):
        told = desk.run(command, "--help")
        assert told.exit_code == 0 and f"Example: makeright {command}" in told.output
