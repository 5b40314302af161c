"""What the adapter does on Freshdesk beyond what every adapter owes, against the sandbox."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from adapters.contract import (
    Annotation,
    AuthorRole,
    Finding,
    Gone,
    Health,
    HelpdeskError,
    Permanent,
    Priority,
    Receipt,
    Secret,
    Throttled,
    Unauthorised,
)
from adapters.freshdesk import changes
from adapters.freshdesk.helpdesk import FreshdeskHelpdesk
from tests.adapters.freshdesk.platform import (
    ADMIN_KEY,
    AGENT_KEY,
    HOOK_SECRETS,
    FreshdeskPlatform,
    account_at,
    hook_request,
)
from tests.adapters.gate import Gate, Passed, Reply, answer, edited, gate_before, preceded_by
from tests.adapters.sandbox.running import RunningSandbox

TEXT = "Nobody called me back about the sofa."
NOTE = Annotation("d-1", frozenset({"makeright_seen"}), note_html="<p>Call before 17:00.</p>")

Make = Callable[..., FreshdeskHelpdesk]


@pytest.fixture
def platform(sandbox: RunningSandbox) -> FreshdeskPlatform:
    return FreshdeskPlatform(sandbox)


@pytest.fixture
def gate(platform: FreshdeskPlatform) -> Iterator[Gate]:
    with gate_before(platform.url) as gate:
        yield gate


@pytest.fixture
def make(gate: Gate, redis: Redis) -> Make:
    """An adapter behind the gate, with these options."""

    def made(**options: Any) -> FreshdeskHelpdesk:
        return FreshdeskHelpdesk(account_at(gate.url, **options), redis)

    return made


@pytest.fixture
def desk(make: Make) -> FreshdeskHelpdesk:
    return make()


def write(desk: FreshdeskHelpdesk, ticket_id: str, annotation: Annotation, *, look_first: bool = False) -> Receipt:
    return desk.annotate(desk.fetch(ticket_id), annotation, look_first=look_first)


def passed(gate: Gate, pattern: str) -> list[Passed]:
    return [request for request in gate.log if pattern in f"{request.method} {request.target}"]


# --- reading ----------------------------------------------------------------------------------------------------


def test_a_conversation_is_read_with_its_people(desk: FreshdeskHelpdesk, platform: FreshdeskPlatform) -> None:
    ticket_id = platform.new_ticket(TEXT)
    platform.reply(ticket_id, "I call you tomorrow.", "agent")
    platform.reply(ticket_id, "Customer is upset.", "note")
    platform.reply(ticket_id, "Nobody did.")
    write(desk, ticket_id, NOTE)
    ticket = desk.fetch(ticket_id)
    customer, agent = AuthorRole.CUSTOMER, AuthorRole.AGENT
    assert [(message.author_role, message.public) for message in ticket.messages] == [
        (customer, True),
        (agent, True),
        (agent, False),
        (customer, True),
        (AuthorRole.SYSTEM, False),
    ]
    assert ticket.requester.email == "robin@customer.example"
    assert ticket.requester.name == "Robin Doe"
    assert ticket.channel == "email"
    assert ticket.url.endswith(f"/freshdesk/a/tickets/{ticket_id}")


def test_the_newest_of_a_long_conversation_are_read_within_bounds(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    for number in range(230):
        platform.reply(ticket_id, f"message {number}")
    gate.clear()
    messages = desk.fetch(ticket_id).messages
    assert TEXT in messages[0].raw
    assert "message 229" in messages[-1].raw
    assert ["message 100" in messages[1].raw, len(messages)] == [True, 131]
    assert len(passed(gate, "/conversations")) <= 5


def test_reading_a_ticket_takes_two_calls_once_the_account_is_known(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    desk.fetch(ticket_id)
    gate.clear()
    desk.fetch(ticket_id)
    assert len(gate.log) == 2


@pytest.mark.parametrize("state", ["deleted", "spam"])
def test_spam_and_trash_are_gone(desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, state: str) -> None:
    ticket_id = platform.new_ticket(TEXT)
    ticket = desk.fetch(ticket_id)
    platform.sandbox.control(f"tickets/freshdesk/{ticket_id}/status", {"status": state})
    with pytest.raises(Gone):
        desk.fetch(ticket_id)
    with pytest.raises(Gone):
        desk.annotate(ticket, NOTE, look_first=True)
    with pytest.raises(Gone):
        desk.fetch("999999")


def test_a_write_refused_with_405_is_gone(desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate) -> None:
    ticket_id = platform.new_ticket(TEXT)
    ticket = desk.fetch(ticket_id)
    gate.rule(preceded_by(lambda: platform.remove(ticket_id)), when="PUT ", times=1)
    with pytest.raises(Gone):
        desk.annotate(ticket, NOTE, look_first=False)


# --- writing ----------------------------------------------------------------------------------------------------


def test_every_part_of_an_annotation_arrives(make: Make, platform: FreshdeskPlatform) -> None:
    ticket_id = platform.new_ticket(TEXT)
    whole = Annotation(
        "d-1",
        add_tags=frozenset({"complaint_no_callback"}),
        remove_tags=frozenset({"theirs"}),
        note_html="<p>Call {{ticket.id}}</p>",
        fields={"complaint": "no_callback", "order": "77"},
        priority=Priority.URGENT,
        group="recovery",
    )
    desk = make()
    receipt = write(desk, ticket_id, whole)
    seen = platform.seen(ticket_id)
    assert receipt.written and receipt.warnings == ()
    assert seen["tags"] == ["complaint_no_callback"]
    assert seen["priority"] == "urgent"
    assert seen["group"] == "Recovery"
    fields = platform.sandbox.freshdesk("GET", f"tickets/{ticket_id}").json()["custom_fields"]
    assert fields["cf_complaint"] == "No callback"
    assert fields["cf_order_number"] == "77"
    assert "ref mr-d-1" in seen["notes"][0]
    assert "{{" not in seen["comments"][-1]["html"]
    ticket = desk.fetch(ticket_id)
    assert receipt.version == ticket.version
    assert receipt.note_id == ticket.messages[-1].id
    assert ticket.group == "Recovery"
    assert ticket.order_references == ("77",)


def test_the_due_date_is_sent_only_where_that_is_switched_on(
    make: Make, platform: FreshdeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    due = make().fetch(ticket_id).created_at + timedelta(days=30)
    annotation = Annotation("d-1", due_at=due)
    assert not write(make(), ticket_id, annotation).written
    assert not gate.writes
    assert write(make(write_due_dates=True), ticket_id, annotation).written
    assert b'"due_by"' in gate.writes[0].body


def test_a_later_decision_edits_the_note_of_the_one_before(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    first = write(desk, ticket_id, NOTE)
    later = Annotation("d-2", note_html="<p>Call before 12:00.</p>", replaces_note=first.note_id)
    second = write(desk, ticket_id, later)
    assert second.written and second.note_id == first.note_id
    (note,) = platform.seen(ticket_id)["notes"]
    assert "12:00" in note and "ref mr-d-2" in note and "17:00" not in note
    assert not write(desk, ticket_id, later).written


def test_a_note_is_not_edited_to_say_the_same(desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate) -> None:
    ticket_id = platform.new_ticket(TEXT)
    first = write(desk, ticket_id, NOTE)
    gate.clear()
    receipt = write(desk, ticket_id, replace(NOTE, decision_id="d-2", replaces_note=first.note_id))
    assert not receipt.written and receipt.note_id == first.note_id
    assert not gate.writes


@pytest.mark.parametrize("gone", ["67000000001", "none", ""])
def test_where_the_note_of_the_one_before_is_gone_a_new_one_is_written(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gone: str
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    receipt = write(desk, ticket_id, replace(NOTE, replaces_note=gone))
    assert receipt.written
    assert len(platform.notes(ticket_id)) == 1


def test_a_note_lost_from_sight_in_a_long_conversation_is_found_before_it_is_doubled(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    ticket = desk.fetch(ticket_id)
    for number in range(120):
        platform.reply(ticket_id, f"message {number}")
    first = desk.annotate(ticket, NOTE, look_first=False)
    again = desk.annotate(ticket, NOTE, look_first=True)
    assert not again.written and again.note_id == first.note_id
    assert len(platform.notes(ticket_id)) == 1


def test_a_customer_who_quotes_the_marker_does_not_keep_the_note_away(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform
) -> None:
    ticket_id = platform.new_ticket("ref mr-d-1")
    platform.reply(ticket_id, "ref mr-d-1")
    platform.reply(ticket_id, "ref mr-d-1", "note")
    assert write(desk, ticket_id, NOTE, look_first=True).written
    assert len(platform.notes(ticket_id)) == 2


def test_tags_lost_to_a_simultaneous_write_are_put_back_once(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate
) -> None:
    """Somebody read the tags before our write and writes them, with one of their own, after it."""
    ticket_id = platform.new_ticket(TEXT)
    ticket = desk.fetch(ticket_id)

    def overwrite() -> None:
        platform.sandbox.freshdesk("PUT", f"tickets/{ticket_id}", json={"tags": ["theirs", "vip"]})

    gate.rule(preceded_by(overwrite), when="POST .*/notes")
    desk.annotate(ticket, NOTE, look_first=False)
    assert platform.tags(ticket_id) == {"theirs", "vip", "makeright_seen"}


def test_a_tag_of_others_taken_off_right_after_the_write_stays_off(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    ticket = desk.fetch(ticket_id)

    def take_off() -> None:
        platform.sandbox.control(f"tickets/freshdesk/{ticket_id}/tags", {"remove": ["theirs"]})

    gate.rule(preceded_by(take_off), when="POST .*/notes")
    desk.annotate(ticket, NOTE, look_first=False)
    assert platform.tags(ticket_id) == {"makeright_seen"}


def test_a_message_that_came_in_before_the_write_is_left_for_the_sweep(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    ticket = desk.fetch(ticket_id)
    platform.later(60)
    platform.reply(ticket_id, "It arrived, thanks.")
    assert desk.annotate(ticket, NOTE, look_first=False).version == ticket.version
    ticket = desk.fetch(ticket_id)
    platform.later(60)
    own = desk.annotate(ticket, replace(NOTE, decision_id="d-2", add_tags=frozenset({"ours"})), look_first=False)
    assert own.version == desk.fetch(ticket_id).version != ticket.version


def test_a_tag_taken_off_by_an_agent_is_not_put_back_by_a_later_decision(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    ticket = desk.fetch(ticket_id)
    platform.sandbox.control(f"tickets/freshdesk/{ticket_id}/tags", {"remove": ["theirs"]})
    desk.annotate(ticket, NOTE, look_first=False)
    assert platform.tags(ticket_id) == {"makeright_seen"}


def test_a_failing_look_back_does_not_undo_the_receipt(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    ticket = desk.fetch(ticket_id)
    gate.rule(answer(500), when=rf"GET .*/tickets/{ticket_id}$", skip=1)
    receipt = desk.annotate(ticket, NOTE, look_first=False)
    assert receipt.written and receipt.note_id and receipt.version is None
    assert any("afterwards" in warning for warning in receipt.warnings)


def test_a_choice_that_was_taken_off_the_form_meanwhile_is_left_out(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    ticket = desk.fetch(ticket_id)
    rows = platform.sandbox.freshdesk("GET", "admin/ticket_fields", admin=True).json()
    field = next(row for row in rows if row["name"] == "cf_complaint")
    choices = [{**choice, "deleted": choice["value"] == "No callback"} for choice in field["choices"]]
    for choice in choices:
        del choice["choices"], choice["parent_choice_id"], choice["position"]
    changed = platform.sandbox.freshdesk(
        "PUT", f"admin/ticket_fields/{field['id']}", admin=True, json={"choices": choices}
    )
    assert changed.ok
    annotation = replace(NOTE, fields={"complaint": "no_callback"})
    receipt = desk.annotate(ticket, annotation, look_first=False)
    assert receipt.written
    assert any("offers no choice for 'no_callback'" in warning for warning in receipt.warnings), receipt
    assert "makeright_seen" in platform.tags(ticket_id)
    assert len(platform.notes(ticket_id)) == 1


def test_a_refused_update_names_field_code_and_message_to_ops(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    ticket = desk.fetch(ticket_id)
    body = '{"description": "Validation failed", "errors": [{"field": "cf_cause", "message": "It should not be blank as this is a mandatory field", "code": "missing_field"}]}'
    gate.rule(answer(400, body), when="PUT ")
    with pytest.raises(Permanent) as caught:
        desk.annotate(ticket, NOTE, look_first=False)
    assert "cf_cause: It should not be blank as this is a mandatory field (missing_field)" in str(caught.value)
    assert f"PUT /freshdesk/api/v2/tickets/{ticket_id}" in str(caught.value)
    assert not platform.notes(ticket_id)


def test_only_private_notes_are_ever_posted(desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate) -> None:
    ticket_id = platform.new_ticket(TEXT)
    write(desk, ticket_id, NOTE)
    (posted,) = [request for request in gate.writes if request.method == "POST"]
    assert posted.path.endswith("/notes")
    assert b'"private": true' in posted.body
    assert platform.sandbox.control("stats")["freshdesk"]["public_replies"] == 0


# --- hooks ------------------------------------------------------------------------------------------------------


def test_a_webhook_sent_by_the_sandbox_becomes_a_hint(
    sandbox: RunningSandbox, receiver: Any, platform: FreshdeskPlatform, redis: Redis
) -> None:
    desk = FreshdeskHelpdesk(account_at(platform.url), redis)
    for mode in ("simple", "advanced", "form"):
        receiver.calls.clear()
        wish = {"helpdesk": "freshdesk", "url": receiver.url, "mode": mode, "secret": HOOK_SECRETS[1]}
        sandbox.control("connect", {**wish, "header": "X-Makeright-Secret"})
        ticket_id = platform.new_ticket('She said "soon"\nand then, nothing \\ at all')
        sandbox.settle()
        call = next(call for call in receiver.calls)
        request = hook_request(call.body, call.headers)
        desk.verify(request)
        hint = desk.read_hook(request)
        assert getattr(hint, "ticket_id", None) == ticket_id, mode


# --- the sweep --------------------------------------------------------------------------------------------------


def sweep(desk: FreshdeskHelpdesk, cursor: str | None, **start: Any) -> tuple[list[str], str]:
    found: list[str] = []
    for _ in range(500):
        page = desk.changed_since(cursor, **start)
        found += [change.ticket_id for change in page.changes]
        cursor = page.cursor
        if page.complete:
            return found, cursor
    raise AssertionError("the sweep does not end")


def test_the_sweep_finds_everything_once_and_goes_on_after_a_restart(
    make: Make, platform: FreshdeskPlatform, redis: Redis
) -> None:
    made = platform.sandbox.control(
        "tickets",
        {
            "tickets": [
                {
                    "helpdesk": "freshdesk",
                    "text": TEXT,
                    "created_at": f"2026-11-0{1 + number % 3}T0{number % 10}:00:00Z",
                }
                for number in range(250)
            ]
        },
    )["ids"]
    start = make().fetch(str(made[0])).created_at - timedelta(days=5)
    found, cursor = sweep(make(), None, start=start)
    assert sorted(found) == sorted(map(str, made))
    redis.flushall()
    assert sweep(make(), cursor, start=start)[0] == []
    platform.add_tag(str(made[7]), "vip")
    assert sweep(make(), cursor, start=start)[0] == [str(made[7])]


def test_the_sweep_passes_the_wall_at_page_300(
    make: Make, platform: FreshdeskPlatform, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Freshdesk refuses the page behind the last; here that is page 3 of 100."""
    monkeypatch.setattr(changes, "LAST_PAGE", 3)

    def refuse(request: Passed, forward: Callable[[], Reply]) -> Reply:
        error = (
            b'{"errors": [{"field": "page", "message": "You cannot access tickets beyond", "code": "invalid_value"}]}'
        )
        return Reply(400, error) if "page=4" in request.target.split("&") else forward()

    gate.rule(refuse, when=r"GET .*/tickets\?")
    wish = {"helpdesk": "freshdesk", "text": TEXT, "quiet": True}
    crowd = [{**wish, "created_at": "2026-11-01T10:00:00Z"}] * 150
    rest = [{**wish, "created_at": f"2026-11-01T11:{number // 60:02}:{number % 60:02}Z"} for number in range(400)]
    made = platform.sandbox.control("tickets", {"tickets": crowd + rest})["ids"]
    start = make().fetch(str(made[0])).created_at - timedelta(days=1)
    found, _ = sweep(make(), None, start=start)
    assert sorted(found) == sorted(map(str, made))


def test_links_are_followed_on_the_own_host_only(
    make: Make, platform: FreshdeskPlatform, gate: Gate, redis: Redis
) -> None:
    with gate_before("http://127.0.0.1:9") as elsewhere:

        def astray(request: Passed, forward: Callable[[], Reply]) -> Reply:
            reply = forward()
            return replace(reply, headers={**reply.headers, "Link": f'<{elsewhere.url}/api/v2/x?page=2>; rel="next"'})

        gate.rule(astray)
        with pytest.raises(HelpdeskError, match="another host"):
            list(make().macros())
        ticket = make().fetch(platform.new_ticket(TEXT))
        make().changed_since(None, start=ticket.created_at)
        assert not elsewhere.log


@pytest.mark.parametrize("link", ["http://[::1/x", "x.evil.example:80/", "//evil.example/x", "javascript:1", "<", ""])
def test_a_link_that_is_no_address_leads_nowhere(desk: FreshdeskHelpdesk, gate: Gate, link: str) -> None:
    def astray(request: Passed, forward: Callable[[], Reply]) -> Reply:
        reply = forward()
        return replace(reply, headers={**reply.headers, "Link": f'<{link}>; rel="next"'})

    gate.rule(astray, times=1)
    try:
        list(desk.macros())
    except HelpdeskError as error:
        assert "sandbox" not in str(error)
    assert all(request.path.startswith("/freshdesk") for request in gate.log)


def test_an_unreadable_cursor_is_told_to_ops(desk: FreshdeskHelpdesk, platform: FreshdeskPlatform) -> None:
    ticket = desk.fetch(platform.new_ticket(TEXT))
    with pytest.raises(Permanent, match="cursor"):
        desk.changed_since("nonsense", start=ticket.created_at)


# --- limits -----------------------------------------------------------------------------------------------------


def test_decimal_limits_are_learnt_from_the_answers(
    make: Make, platform: FreshdeskPlatform, sandbox: RunningSandbox
) -> None:
    sandbox.control("plan", {"freshdesk": "trial"})
    desk = make(plan="enterprise")
    desk.fetch(platform.new_ticket(TEXT))
    finding = subject(desk, "rate limit")
    assert finding.health is Health.WARNING
    assert "of 50 calls left" in finding.detail and finding.fix == 'set plan = "trial"'


def test_our_share_of_the_limit_is_kept_without_asking(make: Make, platform: FreshdeskPlatform, gate: Gate) -> None:
    desk = make(plan="growth")
    ticket = desk.fetch(platform.new_ticket(TEXT))
    with pytest.raises(Throttled) as caught:
        for _ in range(30):
            desk.changed_since(None, start=ticket.created_at)
    assert len(passed(gate, "/tickets?")) == 20
    assert 1 <= caught.value.retry_after <= 60
    # The limit of the list is its own: tickets can still be read.
    desk.fetch(ticket.id)


def test_a_429_with_calls_left_stops_only_that_kind_of_call(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate
) -> None:
    ticket = desk.fetch(platform.new_ticket(TEXT))
    limited = answer(429, "slow down", Retry_After="30", X_Ratelimit_Remaining="612.0", X_Ratelimit_Total="700.0")
    gate.rule(limited, when=r"GET .*/tickets\?", times=1)
    with pytest.raises(Throttled) as caught:
        desk.changed_since(None, start=ticket.created_at)
    assert caught.value.retry_after == 30
    asked = len(gate.log)
    with pytest.raises(Throttled) as caught:
        desk.changed_since(None, start=ticket.created_at)
    assert len(gate.log) == asked
    assert 1 <= caught.value.retry_after <= 30
    desk.fetch(ticket.id)


def test_a_429_of_the_account_stops_everything_for_that_long(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate
) -> None:
    ticket = desk.fetch(platform.new_ticket(TEXT))
    gate.rule(answer(429, "slow down", Retry_After="30"), when="/conversations", times=1)
    with pytest.raises(Throttled):
        desk.fetch(ticket.id)
    asked = len(gate.log)
    with pytest.raises(Throttled):
        desk.annotate(ticket, NOTE, look_first=False)
    assert len(gate.log) == asked


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Ratelimit_Remaining": "many", "X_Ratelimit_Total": "nan"},
        {"X_Ratelimit_Remaining": "-5", "X_Ratelimit_Total": "0"},
        {"X_Ratelimit_Remaining": "inf"},
        {"X_Ratelimit_Total": "700.0"},
    ],
)
def test_odd_limit_headers_do_no_harm(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform, gate: Gate, headers: dict[str, str]
) -> None:
    ticket_id = platform.new_ticket(TEXT)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    gate.rule(lambda request, forward: replace(forward(), headers={"Content-Type": "application/json", **named}))
    try:
        desk.fetch(ticket_id)
    except Throttled:
        assert headers["X_Ratelimit_Remaining"] == "-5"


def test_an_include_costs_what_freshdesk_says(desk: FreshdeskHelpdesk, platform: FreshdeskPlatform) -> None:
    """The sandbox meters as documented; our own count must agree with its headers."""
    platform.sandbox.control("plan", {"freshdesk": "enterprise"})
    ticket_id = platform.new_ticket(TEXT)
    desk.fetch(ticket_id)
    before = desk._client.calls_left()[0]
    desk.fetch(ticket_id)
    assert before - desk._client.calls_left()[0] == 3


# --- canned responses -------------------------------------------------------------------------------------------


def test_shared_canned_responses_are_macros_and_personal_ones_are_not(desk: FreshdeskHelpdesk) -> None:
    macros = list(desk.macros())
    assert "Callback: we call you today" in {macro.title for macro in macros}
    assert not [macro for macro in macros if "Dana" in macro.title]
    assert all(macro.is_html and macro.updated_at for macro in macros)
    assert any("{{ticket.requester.firstname}}" in macro.body for macro in macros)


def test_a_response_for_certain_groups_says_so(desk: FreshdeskHelpdesk, gate: Gate) -> None:
    def restricted(rows: Any) -> Any:
        first = rows[0] if isinstance(rows, list) and rows else {}
        return [{**row, "visibility": 2, "group_ids": [7, None]} for row in rows] if "content_html" in first else rows

    gate.rule(edited(restricted))
    assert {macro.group_ids for macro in desk.macros()} == {frozenset({"7"})}


def test_without_an_administrators_key_the_fix_is_named(make: Make) -> None:
    with pytest.raises(Unauthorised, match="admin_api_key") as caught:
        list(make(admin_api_key=None).macros())
    assert caught.value.status == 403


# --- check ------------------------------------------------------------------------------------------------------


def subject(desk: FreshdeskHelpdesk, name: str) -> Finding:
    found = [finding for finding in desk.check() if finding.subject == name]
    assert len(found) == 1, f"{name}: {len(found)} findings"
    return found[0]


def test_check_of_a_new_account_warns_of_the_first_match_trap(desk: FreshdeskHelpdesk, sandbox: RunningSandbox) -> None:
    finding = subject(desk, "creation rules")
    assert finding.health is Health.WARNING and "Execute all matching rules" in finding.fix
    sandbox.control("plan", {"cascading_rules": True})
    assert subject(desk, "creation rules").health is Health.OK


def test_check_without_an_administrators_key_says_what_is_missing(make: Make, gate: Gate) -> None:
    findings = list(make(admin_api_key=None).check())
    assert {finding.subject: finding.health for finding in findings}["administrator's key"] is Health.WARNING
    assert not [finding for finding in findings if finding.health is Health.ERROR]
    assert not passed(gate, "/automations")


def test_check_names_fields_that_do_not_exist_and_what_comes_near(make: Make) -> None:
    finding = subject(make(complaint="cf_complain"), "field complaint")
    assert finding.health is Health.ERROR
    assert "cf_complaint" in finding.detail and "Admin > Ticket Fields" in finding.fix
    assert "No order update" in subject(make(), "field complaint").detail


def test_check_warns_of_fields_that_can_block_every_update(
    desk: FreshdeskHelpdesk, platform: FreshdeskPlatform
) -> None:
    platform.field("Root cause", "custom_text", required_for_agents=True)
    finding = subject(desk, "required fields")
    assert finding.health is Health.WARNING and "cf_root_cause" in finding.detail


@pytest.mark.parametrize(("scope", "health"), [(1, Health.OK), (2, Health.WARNING), (3, Health.WARNING)])
def test_check_warns_of_an_agent_who_cannot_see_all_tickets(
    desk: FreshdeskHelpdesk, gate: Gate, scope: int, health: Health
) -> None:
    gate.rule(edited(lambda content: {**content, "ticket_scope": scope}), when="/agents/me")
    assert subject(desk, "API key").health is health


@pytest.mark.parametrize(
    ("date", "told"),
    [("Sat, 01 Jan 2000 00:00:00 GMT", "behind"), ("Fri, 01 Jan 2100 00:00:00 GMT", "ahead of")],
)
def test_check_warns_of_a_clock_that_is_off(desk: FreshdeskHelpdesk, gate: Gate, date: str, told: str) -> None:
    gate.rule(
        lambda request, forward: replace(forward(), headers={"Content-Type": "application/json", "Date": date}),
        when="/agents/me",
    )
    finding = subject(desk, "clock")
    assert finding.health is Health.WARNING and told in finding.detail


def test_check_warns_of_a_secret_that_freshdesk_would_not_keep(make: Make, redis: Redis, gate: Gate) -> None:
    account = replace(account_at(gate.url), webhook_secrets=(Secret("a secret, with: blanks"),))
    finding = subject(FreshdeskHelpdesk(account, redis), "webhook secret")
    assert finding.health is Health.WARNING and "a secret" not in finding.detail


def test_keys_show_up_nowhere(make: Make, gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for status in (401, 403, 500):
        gate.clear()
        gate.rule(answer(status, f'{{"code": "{AGENT_KEY}", "message": "{ADMIN_KEY}"}}'))
        told = repr(list(make().check()))
        assert AGENT_KEY not in told and ADMIN_KEY not in told
    assert AGENT_KEY not in caplog.text and ADMIN_KEY not in caplog.text
