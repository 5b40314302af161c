"""What the Zendesk adapter does beyond the common contract, against the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis

from adapters.contract import (
    Annotation,
    AuthorRole,
    Capability,
    Conflict,
    Gone,
    Permanent,
    Priority,
    Status,
    Throttled,
    Transient,
    Unauthorised,
)
from adapters.zendesk.helpdesk import COMMENTS, ZendeskDesk
from tests.adapters.gate import Gate, Passed, answer, drop_after, edited, preceded_by, stall
from tests.adapters.zendesk.platform import ZendeskPlatform, zendesk_account

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def write(**more: Any) -> Annotation:
    return Annotation("d-1", frozenset({"complaint_no_callback"}), **more)


def puts(gate: Gate) -> list[Passed]:
    return [request for request in gate.log if request.method == "PUT"]


def asked(gate: Gate, path: str) -> int:
    return sum(path in request.path for request in gate.log)


def test_capabilities_are_those_of_the_file() -> None:
    assert ZendeskDesk.capabilities == {
        Capability.SIGNED_HOOKS,
        Capability.ONE_WRITE,
        Capability.CONCURRENCY_CHECK,
        Capability.TAG_HISTORY,
    }


@pytest.mark.parametrize(
    ("subdomain", "base_url", "address"),
    [
        ("acme", None, "https://acme.zendesk.com"),
        ("acme", "http://127.0.0.1:8090/zendesk/", "http://127.0.0.1:8090/zendesk"),
        (None, "https://acme.example/z", "https://acme.example/z"),
    ],
)
def test_address(subdomain: str | None, base_url: str | None, address: str, redis: Redis) -> None:
    account = zendesk_account(base_url, {}, subdomain=subdomain)
    assert ZendeskDesk(account, redis)._client.base_url == address


def test_address_is_needed(redis: Redis) -> None:
    with pytest.raises(ValueError, match="subdomain"):
        ZendeskDesk(zendesk_account(None, {}, subdomain=None), redis)


# --- reading ----------------------------------------------------------------------------------------------------


def test_long_conversation_is_read_from_its_newest_end_with_its_very_first_message(
    desk: ZendeskDesk, platform: ZendeskPlatform
) -> None:
    ticket_id = platform.new_ticket("The first words")
    platform.many_replies(ticket_id, COMMENTS + 150)
    ticket = desk.fetch(ticket_id)
    assert len(ticket.messages) == COMMENTS + 1
    assert "The first words" in ticket.messages[0].raw
    assert f"Reply {COMMENTS + 149}" in ticket.messages[-1].raw
    times = [message.at for message in ticket.messages]
    assert times == sorted(times)


def test_conversation_of_two_pages_is_read_whole(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("The first words")
    platform.many_replies(ticket_id, 130)
    assert len(desk.fetch(ticket_id).messages) == 131


def test_who_wrote_what(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Where is my order?")
    platform.reply(ticket_id, "We will call you.", by="agent")
    platform.reply(ticket_id, "Is the carrier reachable?", by="note")
    desk.annotate(desk.fetch(ticket_id), write(note_html="<p>Call today.</p>"), look_first=False)
    ticket = desk.fetch(ticket_id)
    assert [(message.author_role, message.public) for message in ticket.messages] == [
        (AuthorRole.CUSTOMER, True),
        (AuthorRole.AGENT, True),
        (AuthorRole.AGENT, False),
        (AuthorRole.SYSTEM, False),
    ]
    assert ticket.requester.email == "robin@customer.example"
    assert ticket.language == "en-US"


def test_order_reference_from_its_field(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    platform.set_field(ticket_id, platform.fields["order"], "77-4411; 77-4412")
    assert desk.fetch(ticket_id).order_references == ("77-4411", "77-4412")


def test_missing_address_is_not_mistaken_for_a_missing_ticket(
    desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    gate.rule(answer(404, '{"error": "InvalidEndpoint", "description": "Not found"}'), when="/tickets/")
    with pytest.raises(Permanent, match="InvalidEndpoint") as caught:
        desk.fetch(ticket_id)
    assert not isinstance(caught.value, Gone)


def test_error_names_the_fields_at_fault_and_quotes_nothing(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket = desk.fetch(platform.new_ticket("Where is it?"))
    with pytest.raises(Permanent, match=r"answered 422: RecordInvalid, group\Z"):
        desk.annotate(ticket, write(group="999"), look_first=False)


def test_anonymous_answer_is_not_taken_for_success(desk: ZendeskDesk, gate: Gate, platform: ZendeskPlatform) -> None:
    gate.rule(edited(lambda content: {"user": {**content["user"], "id": None}}), when="/users/me")
    with pytest.raises(Unauthorised, match="who is calling"):
        desk.fetch(platform.new_ticket("Where is it?"))


# --- the one write ----------------------------------------------------------------------------------------------


def test_one_put_per_decision_with_its_id_in_the_audit(
    desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket("Where is my order?")
    annotation = write(
        note_html="<p>Call today.</p>", fields={"complaint": "no_callback"}, priority=Priority.HIGH, macros=("25",)
    )
    receipt = desk.annotate(desk.fetch(ticket_id), annotation, look_first=False)
    assert len(gate.writes) == len(puts(gate)) == 1
    kept = platform.ticket(ticket_id)
    assert kept.audits[-1].metadata == {"makeright": {"decision_id": "d-1", "suggested_macros": ["25"]}}
    assert kept.audits[-1].macro_ids == ()
    assert kept.fields[platform.complaint_field] == "reason_no_callback"
    assert set(kept.tags) == {"theirs", "complaint_no_callback", "reason_no_callback"}
    assert receipt.note_id == str(kept.comments[-1].id)
    assert receipt.version == desk.fetch(ticket_id).version


def test_priority_of_an_urgent_ticket_stays(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Where is it?", priority="urgent")
    desk.annotate(desk.fetch(ticket_id), write(priority=Priority.HIGH), look_first=False)
    assert platform.ticket(ticket_id).priority == "urgent"


def test_group_by_id(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    group = platform.world.zendesk.groups.by_position()[-1]["id"]
    desk.annotate(desk.fetch(ticket_id), write(group=str(group)), look_first=False)
    assert platform.ticket(ticket_id).group_id == group


def test_placeholders_quoted_from_a_customer_are_not_evaluated(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    note = "<p>She wrote: {{ticket.requester.email}} &#123;&#123;ticket.id}} {{ticket.nonsense}}</p>"
    desk.annotate(desk.fetch(ticket_id), write(note_html=note), look_first=False)
    kept = platform.notes(ticket_id)[0]
    assert "robin@customer.example" not in kept
    assert [name for name in ("ticket.requester.email", "ticket.id", "ticket.nonsense") if name not in kept] == []


def test_a_changed_field_takes_its_former_tag_away(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    desk.annotate(desk.fetch(ticket_id), write(fields={"complaint": "no_callback"}), look_first=False)
    platform.later(2)
    desk.annotate(desk.fetch(ticket_id), Annotation("d-2", fields={"complaint": "overpromising"}), look_first=False)
    assert platform.tags(ticket_id) == {"theirs", "complaint_no_callback", "reason_overpromising"}
    assert desk.fetch(ticket_id).fields == {"complaint": "reason_overpromising"}


def test_definition_of_a_field_is_asked_for_once(desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate) -> None:
    for _ in range(3):
        ticket = desk.fetch(platform.new_ticket("Where is it?"))
        desk.annotate(ticket, write(fields={"complaint": "no_callback"}), look_first=False)
    assert asked(gate, "/ticket_fields/") == 1


def test_three_conflicts_and_no_more(desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    gate.rule(preceded_by(lambda: platform.add_tag(ticket_id, f"tag{len(gate.log)}")), when="PUT")
    with pytest.raises(Conflict):
        desk.annotate(desk.fetch(ticket_id), write(note_html="<p>x</p>"), look_first=False)
    assert len(puts(gate)) == 3
    assert platform.notes(ticket_id) == []


def test_second_attempt_succeeds_after_a_conflict(desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    gate.rule(preceded_by(lambda: platform.add_tag(ticket_id, "vip")), when="PUT", times=1)
    assert desk.annotate(desk.fetch(ticket_id), write(note_html="<p>x</p>"), look_first=False).written
    assert len(puts(gate)) == 2
    assert platform.tags(ticket_id) == {"theirs", "vip", "complaint_no_callback"}
    assert len(platform.notes(ticket_id)) == 1


def test_what_was_decided_before_a_new_public_message_is_not_written_below_it(
    desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    read = desk.fetch(ticket_id)
    platform.later(1)
    gate.rule(preceded_by(lambda: platform.reply(ticket_id, "It arrived, thanks.")), when="PUT", times=1)
    with pytest.raises(Conflict):
        desk.annotate(read, write(note_html="<p>x</p>"), look_first=False)
    assert len(puts(gate)) == 1
    assert platform.tags(ticket_id) == {"theirs"} and platform.notes(ticket_id) == []


def test_after_a_lost_answer_the_audits_are_asked_before_anything_is_written(
    desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate
) -> None:
    """The customer wrote in between, so that the ticket's messages alone would not tell."""
    ticket_id = platform.new_ticket("Where is it?")
    gate.rule(drop_after, when="PUT", times=1)
    with pytest.raises(Transient):
        desk.annotate(desk.fetch(ticket_id), write(note_html="<p>x</p>"), look_first=False)
    platform.later(2)
    platform.reply(ticket_id, "Hello?")
    receipt = desk.annotate(desk.fetch(ticket_id), write(note_html="<p>x</p>"), look_first=True)
    assert not receipt.written
    assert receipt.note_id and receipt.note_id == str(platform.ticket(ticket_id).comments[1].id)
    assert len(platform.notes(ticket_id)) == 1


def test_audits_of_others_prove_nothing(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    body = {"ticket": {"tags": ["theirs", "a"], "metadata": {"makeright": {"decision_id": "d-another"}}}}
    platform.api("PUT", f"/api/v2/tickets/{ticket_id}", body)
    assert desk.annotate(desk.fetch(ticket_id), write(), look_first=True).written


def test_closed_ticket_is_gone_without_a_request(desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    platform.set_status(ticket_id, "closed")
    ticket = desk.fetch(ticket_id)
    assert ticket.status is Status.CLOSED
    with pytest.raises(Gone, match="closed"):
        desk.annotate(ticket, write(), look_first=False)
    assert not gate.writes


def test_ticket_that_is_closed_meanwhile_is_gone(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    ticket = desk.fetch(ticket_id)
    platform.set_status(ticket_id, "closed")
    with pytest.raises(Gone, match="closed"):
        desk.annotate(ticket, write(), look_first=False)


# --- macros and the export --------------------------------------------------------------------------------------


def test_macros_of_every_page_but_nobodys_own(desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate) -> None:
    for number in range(230):
        platform.new_macro(f"Number {number:03}", f"Text {number}")
    titles = [macro.title for macro in desk.macros()]
    assert asked(gate, "/macros") == 3
    assert {f"Number {number:03}" for number in range(230)} <= set(titles)
    assert "Dana's own greeting" not in titles
    assert len(titles) == len(set(titles))


def test_export_tells_of_tickets_that_an_ai_agent_handles(desk: ZendeskDesk, platform: ZendeskPlatform) -> None:
    ticket_id = platform.new_ticket("Where is it?", support_type="ai_agent")
    platform.later(120)
    changes = desk.changed_since(None, start=LONG_AGO)
    assert [change.ticket_id for change in changes.changes] == [ticket_id]
    assert changes.complete


def test_export_from_now_starts_a_little_earlier(desk: ZendeskDesk, gate: Gate) -> None:
    """Zendesk refuses to start within the latest minute."""
    changes = desk.changed_since(None, start=datetime.now(UTC))
    assert changes.changes == () and changes.complete
    again = desk.changed_since(changes.cursor, start=datetime.now(UTC))
    assert again.changes == () and again.complete
    assert asked(gate, "/incremental/") == 2


def test_export_goes_on_in_smaller_pages_when_the_large_one_takes_too_long(
    desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(60):
        platform.new_ticket("Where is it?")
    platform.later(120)
    monkeypatch.setattr(desk._client._session, "_timeout", (1, 0.3))
    gate.rule(stall(1), when="per_page=400")
    page = desk.changed_since(None, start=LONG_AGO)
    assert (len(page.changes), page.complete) == (50, False)
    rest = desk.changed_since(page.cursor, start=LONG_AGO)
    assert (len(rest.changes), rest.complete) == (10, True)


def test_export_that_leads_nowhere_is_the_end(desk: ZendeskDesk, gate: Gate) -> None:
    gate.rule(edited(lambda content: {**content, "end_of_stream": False, "after_cursor": None}), when="/incremental/")
    page = desk.changed_since(None, start=LONG_AGO)
    assert (page.cursor, page.complete) == ("", True)


# --- limits -----------------------------------------------------------------------------------------------------


def fill(desk: ZendeskDesk, platform: ZendeskPlatform, count: int, ticket_id: str | None = None) -> Throttled | None:
    for number in range(count):
        ticket = desk.fetch(ticket_id or platform.new_ticket("Where is it?"))
        try:
            desk.annotate(ticket, Annotation(f"d-{number}", frozenset({f"tag_{number}"})), look_first=False)
        except Throttled as error:
            return error
        platform.later(1)
    return None


def test_trial_accounts_limit_on_updates_is_learnt_and_kept_by_all_workers(
    desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate, redis: Redis
) -> None:
    platform.plan("trial")
    error = fill(desk, platform, 40)
    assert error is not None and error.status is None and "tickets-update" in str(error)
    assert 0 < error.retry_after <= 60
    assert len(puts(gate)) == 20
    # Another process of the same installation does not even ask.
    other = ZendeskDesk(zendesk_account(gate.url, platform.fields), redis)
    with pytest.raises(Throttled):
        other.annotate(other.fetch(platform.new_ticket("Where is it?")), write(), look_first=False)
    assert len(puts(gate)) == 20


def test_thirty_updates_of_one_ticket_in_ten_minutes(desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    error = fill(desk, platform, 40, ticket_id)
    assert error is not None and f"ticket-{ticket_id}" in str(error)
    assert len(puts(gate)) == 30
    # Other tickets are none the poorer for it.
    assert desk.annotate(desk.fetch(platform.new_ticket("And mine?")), write(), look_first=False).written


def test_part_of_every_limit_is_left_to_others(platform: ZendeskPlatform, gate: Gate, redis: Redis) -> None:
    desk = ZendeskDesk(zendesk_account(gate.url, platform.fields, share=0.5), redis)
    for _ in range(5):
        desk.changed_since(None, start=LONG_AGO)
    with pytest.raises(Throttled, match="incremental-exports"):
        desk.changed_since(None, start=LONG_AGO)


def test_ten_exports_a_minute(desk: ZendeskDesk, gate: Gate) -> None:
    for _ in range(10):
        desk.changed_since(None, start=LONG_AGO)
    with pytest.raises(Throttled, match="incremental-exports"):
        desk.changed_since(None, start=LONG_AGO)
    assert asked(gate, "/incremental/") == 10


def test_the_accounts_limit_is_learnt_from_either_family_of_headers(
    desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate
) -> None:
    ticket_id = platform.new_ticket("Where is it?")
    gate.rule(with_headers({"X-Rate-Limit": "700", "X-Rate-Limit-Remaining": "2"}), when="/users/me")
    with pytest.raises(Throttled, match="limit account"):
        for _ in range(3):
            desk.fetch(ticket_id)
    assert asked(gate, f"/tickets/{ticket_id}") == 2


def with_headers(headers: dict[str, str]) -> Any:
    def act(request: Passed, forward: Any) -> Any:
        reply = forward()
        return type(reply)(reply.status, reply.body, {**reply.headers, **headers})

    return act


def test_refusal_without_headers_empties_what_it_can_have_meant(
    desk: ZendeskDesk, platform: ZendeskPlatform, gate: Gate
) -> None:
    """A read: the account's limit. A write: that ticket's own, as nothing says that the others are used up."""
    first, second = platform.new_ticket("Where is it?"), platform.new_ticket("And mine?")
    ticket, other = desk.fetch(first), desk.fetch(second)
    gate.rule(answer(429, "Too many", Retry_After="90"), when=f"PUT .*/tickets/{first}")
    for _ in range(2):
        with pytest.raises(Throttled) as caught:
            desk.annotate(ticket, write(), look_first=False)
        assert 0 < caught.value.retry_after <= 90
    assert len(puts(gate)) == 1
    assert desk.annotate(other, write(), look_first=False).written
    gate.rule(answer(429, "Too many", Retry_After="30"), when="GET .*/macros")
    with pytest.raises(Throttled):
        list(desk.macros())
    reads = len(gate.log)
    with pytest.raises(Throttled, match="limit account"):
        desk.fetch(second)
    assert len(gate.log) == reads
