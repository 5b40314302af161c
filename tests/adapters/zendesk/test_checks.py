"""`check` says what is wrong with an account, and how to put it right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from redis import Redis

from adapters.contract import Finding, Health, Secret
from adapters.zendesk.helpdesk import ZendeskDesk
from adapters.zendesk.hooks import PUBLIC_TEST_SECRET
from tests.adapters.gate import Gate, Passed, Reply, edited
from tests.adapters.zendesk.platform import ZendeskPlatform, zendesk_account

Check = Callable[..., dict[str, list[Finding]]]


@pytest.fixture
def check(platform: ZendeskPlatform, gate: Gate, redis: Redis) -> Check:
    def run(fields: dict[str, str] | None = None, **account: Any) -> dict[str, list[Finding]]:
        desk = ZendeskDesk(zendesk_account(gate.url, fields or platform.fields, **account), redis)
        found: dict[str, list[Finding]] = {}
        for finding in desk.check():
            assert finding.health is Health.OK or finding.fix
            found.setdefault(finding.subject, []).append(finding)
        return found

    return run


def only(found: dict[str, list[Finding]], subject: str) -> Finding:
    (finding,) = found[subject]
    return finding


def test_sound_account(check: Check, platform: ZendeskPlatform, redis: Redis) -> None:
    found = check()
    assert {finding.health for findings in found.values() for finding in findings} == {Health.OK}
    assert platform.service_id in only(found, "credentials").detail
    assert "reason_no_callback" in only(found, "field complaint").detail
    assert "2 live" in only(found, "webhook secrets").detail
    assert only(found, "limit account").detail.endswith("of 200 calls left in 60 seconds")


def test_api_token_is_warned_of_with_its_last_day(check: Check) -> None:
    finding = only(check(legacy=True), "authentication")
    assert finding.health is Health.WARNING and "2027-04-30" in finding.detail and "OAuth" in finding.fix


def test_agents_credentials_are_warned_of(check: Check) -> None:
    finding = only(check(legacy=True, email="dana@acme.example"), "credentials")
    assert finding.health is Health.WARNING and "agent" in finding.detail


def test_customers_credentials_are_an_error(check: Check, platform: ZendeskPlatform) -> None:
    platform.new_ticket("Where is it?")
    finding = only(check(legacy=True, email="robin@customer.example"), "credentials")
    assert finding.health is Health.ERROR and "end-user" in finding.detail


def test_nobodys_credentials_are_an_error(check: Check, gate: Gate) -> None:
    gate.rule(edited(lambda content: {"user": {"id": None, "role": "end-user"}}), when="/users/me")
    assert only(check(), "credentials").health is Health.ERROR


@pytest.mark.parametrize(
    ("secrets", "in_sandbox", "healths"),
    [
        ([], False, [Health.ERROR]),
        ([PUBLIC_TEST_SECRET], False, [Health.ERROR, Health.ERROR]),
        ([PUBLIC_TEST_SECRET, "own"], False, [Health.ERROR, Health.OK]),
        ([PUBLIC_TEST_SECRET], True, [Health.OK]),
        (["own"], False, [Health.OK]),
    ],
)
def test_webhook_secrets(check: Check, secrets: list[str], in_sandbox: bool, healths: list[Health]) -> None:
    found = check(webhook_secrets=tuple(map(Secret, secrets)), sandbox=in_sandbox)
    assert [finding.health for finding in found["webhook secrets"]] == healths


@pytest.mark.parametrize(
    ("seconds", "health", "says"),
    [
        (0, Health.OK, "within 1 s"),
        (120, Health.WARNING, "behind"),
        (-120, Health.WARNING, "ahead of"),
        (900, Health.ERROR, "refused"),
    ],
)
def test_clock(check: Check, gate: Gate, seconds: int, health: Health, says: str) -> None:
    def dated(request: Passed, forward: Callable[[], Reply]) -> Reply:
        reply = forward()
        date = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
        return Reply(reply.status, reply.body, {**reply.headers, "Date": date})

    gate.rule(dated)
    finding = only(check(), "clock")
    assert finding.health is health and says in finding.detail


def test_fields_that_do_not_exist_are_off_or_have_no_options(check: Check, platform: ZendeskPlatform) -> None:
    off = platform.new_field("text", active=False)
    number = platform.new_field("integer")
    found = check({"a": "404404404", "b": "complaint", "c": off, "d": number})
    assert only(found, "field a").health is Health.ERROR and "404404404" in only(found, "field a").detail
    assert only(found, "field b").health is Health.ERROR
    assert only(found, "field c").health is Health.ERROR and "off" in only(found, "field c").detail
    assert only(found, "field d").health is Health.OK and "integer" in only(found, "field d").detail


def test_account_without_shared_macros(check: Check, gate: Gate) -> None:
    gate.rule(edited(lambda content: {**content, "macros": []}), when="/macros")
    assert only(check(), "macros").health is Health.WARNING
