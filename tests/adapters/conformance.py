"""What every adapter owes, as tests: a subclass supplies its platform and its hooks, and inherits the rest.

    class TestAcmeDesk(HelpdeskConformance):
        helpdesk_class = AcmeDesk
        secrets = ("the-hook-secret", "the-api-key")
        ...

The adapter talks to a real server (the sandbox) through a `Gate`, a real server too, where answers are made to go wrong.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count, cycle
from typing import Any, ClassVar, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from adapters.contract import (
    Account,
    Annotation,
    Capability,
    Conflict,
    Gone,
    Health,
    HelpdeskError,
    Hint,
    HookRequest,
    Ignored,
    Permanent,
    Priority,
    Refused,
    Throttled,
    Ticket,
    Transient,
    Unauthorised,
    Unreadable,
)
from adapters.helpdesk import Helpdesk
from adapters.http import HelpdeskSession
from tests.adapters.gate import Action, Gate, Passed, answer, drop, drop_after, edited, gate_before, preceded_by, stall
from tests.adapters.gate import truncated as cut_in_half

# A property of this class is run once for every adapter that inherits it: other executors by intention.
_INHERITED = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)

# Stands for what a customer wrote; must turn up in no log line and no error.
TICKET_TEXT = "The anvil of order 77-4411 never came and nobody called back"


class Platform(Protocol):
    """The helpdesk's side of a test, played by the sandbox and read past the adapter."""

    url: str

    def new_ticket(self, text: str) -> str:
        """A ticket that a customer has just opened; returns its id. It carries the tag `theirs`."""

    def tags(self, ticket_id: str) -> set[str]: ...

    def notes(self, ticket_id: str) -> list[str]:
        """Bodies of the private notes."""

    def public_messages(self, ticket_id: str) -> int: ...

    def add_tag(self, ticket_id: str, tag: str) -> None:
        """As somebody else, and visibly later than anything before (the last-update stamp moves on)."""

    def remove(self, ticket_id: str) -> None:
        """The ticket is deleted."""

    def later(self, seconds: int) -> None:
        """The platform's clock moves on."""


@dataclass(frozen=True)
class Fault:
    action: Action
    errors: tuple[type[HelpdeskError], ...]


# Error bodies quote what must not travel on: the customer's words, and (filled in below) the secrets.
_QUOTING = json.dumps(
    {"error": TICKET_TEXT, "description": TICKET_TEXT, "message": TICKET_TEXT, "errors": [TICKET_TEXT]}
)

FAULTS: dict[str, Fault] = {
    "400": Fault(answer(400, _QUOTING), (Permanent,)),
    "401": Fault(answer(401, _QUOTING), (Unauthorised,)),
    "403": Fault(answer(403, _QUOTING), (Unauthorised,)),
    "404": Fault(answer(404, _QUOTING), (Gone, Permanent)),
    "405": Fault(answer(405, "Method not allowed"), (Permanent, Gone)),
    "409": Fault(answer(409, _QUOTING), (Conflict,)),
    "422": Fault(answer(422, _QUOTING), (Permanent, Gone)),
    "429": Fault(answer(429, "Number of allowed API requests per minute exceeded", Retry_After="7"), (Throttled,)),
    "500": Fault(answer(500, _QUOTING), (Transient,)),
    "502": Fault(answer(502, "<html><h1>Bad Gateway</h1></html>", Content_Type="text/html"), (Transient,)),
    "503": Fault(answer(503), (Transient,)),
    "html": Fault(answer(200, "<html>Down for maintenance</html>", Content_Type="text/html"), (Transient,)),
    "empty": Fault(answer(200), (Transient,)),
    "truncated": Fault(cut_in_half, (Transient,)),
    "deep": Fault(answer(200, b"[" * 100_000), (Transient,)),
    "dropped": Fault(drop, (Transient,)),
}

# What answers may be that are JSON and yet nonsense: any error of the family will do.
NONSENSE = ("[]", "{}", "null", '"text"', '[{"a": 1}]')

Operation = Callable[[Helpdesk, Ticket, Annotation], object]

# `start` of changed_since is the ticket's own creation, so that the ticket is among the changes.
OPERATIONS: dict[str, Operation] = {
    "fetch": lambda desk, ticket, annotation: desk.fetch(ticket.id),
    "annotate": lambda desk, ticket, annotation: desk.annotate(ticket, annotation, look_first=False),
    "annotate again": lambda desk, ticket, annotation: desk.annotate(ticket, annotation, look_first=True),
    "changed_since": lambda desk, ticket, annotation: desk.changed_since(None, start=ticket.created_at),
    "macros": lambda desk, ticket, annotation: list(desk.macros()),
}

BODIES: dict[str, bytes] = {
    "empty": b"",
    "blank": b"  \n",
    "garbage": bytes(range(256)),
    "text": b"hello",
    "null": b"null",
    "array": b"[]",
    "number": b"1e999",
    "not a number": b"NaN",
    "empty object": b"{}",
    "cut off": b'{"ticket_id": "12',
    "not UTF-8": b'{"ticket_id": "\xff\xfe"}',
    "UTF-16": '{"ticket_id": "42"}'.encode("utf-16"),
    "lone surrogate": b'{"ticket_id": "\\ud800"}',
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"ticket_id":' * 100_000,
    "a megabyte": b'{"ticket_id": "' + b"9" * 1_000_000 + b'"}',
    "a long number": b'{"ticket_id": ' + b"9" * 10_000 + b"}",
    "a path": b'{"ticket_id": "../users/1"}',
    "an object for an id": b'{"ticket_id": {"id": 42}}',
}

NASTY_VALUES: tuple[Any, ...] = (None, 0, -1, 1.5, True, "", "x", "../../users/1", "\ud800", [], {}, [[]], 10**30)


class HelpdeskConformance:
    helpdesk_class: ClassVar[type[Helpdesk]]
    # Every secret in plain text: hook secrets, keys, and the tokens that the platform hands out.
    secrets: ClassVar[tuple[str, ...]]
    # Keys of answers without which the adapter cannot do its work; any other may be null.
    essential_keys: ClassVar[frozenset[str]] = frozenset()

    # --- to be supplied -----------------------------------------------------------------------------------------

    @pytest.fixture
    def platform(self) -> Platform:
        raise NotImplementedError

    def account(self, base_url: str) -> Account:
        """A configured account at `base_url`, with a field for "complaint" that exists and two hook secrets."""
        raise NotImplementedError

    def account_with_unknown_field(self, base_url: str) -> Account:
        """The same, but "complaint" points to a field that the platform does not have."""
        raise NotImplementedError

    def hook(self, ticket_id: str) -> HookRequest:
        """A good request that says: this ticket changed."""
        raise NotImplementedError

    def hook_with_body(self, body: bytes) -> HookRequest:
        """A request of a proven sender with this body."""
        raise NotImplementedError

    def hook_by_second_secret(self, ticket_id: str) -> HookRequest:
        raise NotImplementedError

    def bad_hooks(self) -> Mapping[str, HookRequest]:
        """Requests whose sender is not proven, each with a name: wrong, missing, empty, altered credentials ..."""
        raise NotImplementedError

    def stale_hook(self) -> HookRequest | None:
        """A well-signed request of long ago; None where the platform signs no time."""
        return None

    def unknown_event_hook(self) -> HookRequest | None:
        """A good request about something we know nothing of; None where the platform sends only what we asked for."""
        return None

    def own_write_hook(self, desk: Helpdesk, ticket_id: str) -> HookRequest | None:
        """The request that the platform sends because of our own write."""
        raise NotImplementedError

    # --- the bench ----------------------------------------------------------------------------------------------

    @pytest.fixture
    def gate(self, platform: Platform) -> Iterator[Gate]:
        with gate_before(platform.url) as gate:
            yield gate

    @pytest.fixture
    def desk(self, gate: Gate, redis: Redis) -> Helpdesk:
        return self.helpdesk_class(self.account(gate.url), redis)

    @pytest.fixture
    def offline(self, redis: Redis) -> Helpdesk:
        """For what needs no platform. Nothing listens at its address."""
        return self.helpdesk_class(self.account("http://127.0.0.1:9"), redis)

    @pytest.fixture
    def another(self, gate: Gate, redis: Redis) -> Callable[[], Helpdesk]:
        """A new process, as it were: nothing remembered, nothing in Redis."""

        def fresh() -> Helpdesk:
            redis.flushall()
            return self.helpdesk_class(self.account(gate.url), redis)

        return fresh

    @pytest.fixture(autouse=True)
    def nothing_leaks_into_logs(self, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
        caplog.set_level(logging.DEBUG)
        yield
        formatter = logging.Formatter()
        for record in caplog.get_records("setup") + caplog.get_records("call"):
            self.assert_tells_nothing(formatter.format(record), f"log line of {record.name}")

    def assert_tells_nothing(self, text: str, where: str) -> None:
        for secret in (*self.secrets, TICKET_TEXT):
            assert secret not in text, f"{where} shows what it must not"

    def assert_discreet(self, error: BaseException) -> None:
        seen: set[int] = set()
        chain: list[BaseException | None] = [error]
        while chain:
            link = chain.pop()
            if link is None or id(link) in seen:
                continue
            seen.add(id(link))
            self.assert_tells_nothing(f"{link!s} {link!r} {link.args!r}", f"{type(link).__name__}")
            chain += [link.__cause__, link.__context__]
        self.assert_tells_nothing("".join(traceback.format_exception(error)), "traceback")

    def annotation(self, **changes: Any) -> Annotation:
        whole = Annotation(
            decision_id="d-7f3a",
            add_tags=frozenset({"complaint_no_callback", "makeright_seen"}),
            note_html="<p>Nobody called back. Call before 17:00.</p>",
            fields={"complaint": "no_callback"},
            priority=Priority.HIGH,
        )
        return replace(whole, **changes)

    def nth_annotation(self, number: int) -> Annotation:
        """One of many that differ, so that there is always something to write."""
        return self.annotation(
            decision_id=f"d-{number}", add_tags=frozenset({f"tag_{number}"}), note_html=f"<p>Note {number}</p>"
        )

    def outcome(self, act: Callable[[], object]) -> object:
        """What came of it: the result, or the error if it is of the family. Anything else is a defect."""
        try:
            return act()
        except HelpdeskError as error:
            self.assert_discreet(error)
            return error

    # --- hooks --------------------------------------------------------------------------------------------------

    def test_good_hook_becomes_a_hint(self, offline: Helpdesk) -> None:
        request = self.hook("42")
        offline.verify(request)
        hint = offline.read_hook(request)
        assert isinstance(hint, Hint)
        assert hint.ticket_id == "42"

    def test_hook_by_the_second_secret_is_accepted_too(self, offline: Helpdesk) -> None:
        request = self.hook_by_second_secret("42")
        offline.verify(request)
        assert isinstance(offline.read_hook(request), Hint)

    def test_unproven_hooks_are_refused(self, offline: Helpdesk) -> None:
        bad = self.bad_hooks()
        assert bad
        for name, request in bad.items():
            with pytest.raises(Refused) as caught:
                offline.verify(request)
                pytest.fail(f"accepted: {name}")
            self.assert_discreet(caught.value)

    def test_without_a_configured_secret_every_hook_is_refused(self, redis: Redis) -> None:
        account = replace(self.account("http://127.0.0.1:9"), webhook_secrets=())
        with pytest.raises(Refused):
            self.helpdesk_class(account, redis).verify(self.hook("42"))

    def test_hook_of_long_ago_is_refused(self, offline: Helpdesk) -> None:
        request = self.stale_hook()
        if request is None:
            pytest.skip("this platform signs no time")
        with pytest.raises(Refused):
            offline.verify(request)

    def test_unknown_event_is_ignored_with_a_reason(self, offline: Helpdesk) -> None:
        request = self.unknown_event_hook()
        if request is None:
            pytest.skip("this platform sends only what we asked for")
        offline.verify(request)
        ignored = offline.read_hook(request)
        assert isinstance(ignored, Ignored)
        assert ignored.reason

    def test_own_write_is_recognised(self, desk: Helpdesk, platform: Platform) -> None:
        ticket_id = platform.new_ticket(TICKET_TEXT)
        desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=False)
        request = self.own_write_hook(desk, ticket_id)
        if request is None:
            pytest.skip("this platform's hooks do not say who wrote")
        desk.verify(request)
        assert isinstance(desk.read_hook(request), Ignored)

    @pytest.mark.parametrize("name", BODIES)
    def test_unreadable_body_of_a_proven_sender(self, offline: Helpdesk, name: str) -> None:
        request = self.hook_with_body(BODIES[name])
        offline.verify(request)
        try:
            result = offline.read_hook(request)
        except Unreadable as error:
            self.assert_discreet(error)
            assert len(str(error)) < 500
        else:
            assert isinstance(result, Ignored)

    @pytest.mark.parametrize("value", NASTY_VALUES, ids=lambda value: ascii(value)[:20])
    def test_any_part_of_a_hook_may_be_nonsense(self, offline: Helpdesk, value: object) -> None:
        good = json.loads(self.hook("42").body)
        for body in _with_each_part_replaced(good, value):
            request = self.hook_with_body(json.dumps(body).encode())
            offline.verify(request)
            try:
                result = offline.read_hook(request)
            except Unreadable:
                continue
            if isinstance(result, Hint):
                assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", result.ticket_id)
            else:
                assert isinstance(result, Ignored)

    @given(
        body=st.binary(max_size=300)
        | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
            lambda value: json.dumps({"ticket_id": value, "id": value, "detail": value, "type": value}).encode()
        )
    )
    @settings(max_examples=60, deadline=None, suppress_health_check=_INHERITED)
    def test_reading_a_hook_never_fails_otherwise(self, offline: Helpdesk, body: bytes) -> None:
        request = self.hook_with_body(body)
        offline.verify(request)
        with suppress(Unreadable):
            assert isinstance(offline.read_hook(request), Hint | Ignored)

    @given(headers=st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=4), value=st.text(max_size=80))
    @settings(max_examples=60, deadline=None, suppress_health_check=_INHERITED)
    def test_headers_of_any_kind_are_refused_not_stumbled_over(
        self, offline: Helpdesk, headers: dict[str, str], value: str
    ) -> None:
        good = self.hook("42")
        with pytest.raises(Refused):
            offline.verify(replace(good, headers={**headers, **dict.fromkeys(good.headers, value)}))

    # --- reading ------------------------------------------------------------------------------------------------

    def test_fetch_gives_the_conversation_oldest_first(self, desk: Helpdesk, platform: Platform) -> None:
        ticket_id = platform.new_ticket(TICKET_TEXT)
        desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=False)
        ticket = desk.fetch(ticket_id)
        assert ticket.id == ticket_id
        assert TICKET_TEXT in ticket.messages[0].raw
        assert [message.public for message in ticket.messages] == [True, False]
        assert ticket.messages[0].author_role == "customer"
        assert "theirs" in ticket.tags
        assert isinstance(ticket.updated_at, datetime) and ticket.updated_at.utcoffset() is not None
        assert all(message.at.utcoffset() is not None for message in ticket.messages)

    def test_changes_lead_to_the_ticket_and_come_to_an_end(self, desk: Helpdesk, platform: Platform) -> None:
        ticket_id = platform.new_ticket(TICKET_TEXT)
        ticket = desk.fetch(ticket_id)
        platform.later(180)
        found, cursor = {}, None
        for _ in range(50):
            page = desk.changed_since(cursor, start=ticket.created_at)
            found.update({change.ticket_id: change.version for change in page.changes})
            cursor = page.cursor
            if page.complete:
                break
        else:
            pytest.fail("the changes never come to an end")
        assert found[ticket_id] == ticket.version
        platform.add_tag(ticket_id, "vip")
        platform.later(180)
        again = desk.changed_since(cursor, start=ticket.created_at)
        assert ticket_id in {change.ticket_id for change in again.changes}

    def test_macros_have_titles_and_bodies(self, desk: Helpdesk) -> None:
        macros = list(desk.macros())
        assert macros
        assert all(macro.id and macro.title and macro.body for macro in macros)

    # --- writing ------------------------------------------------------------------------------------------------

    def test_annotate_writes_tags_field_and_private_note(self, desk: Helpdesk, platform: Platform) -> None:
        ticket_id = platform.new_ticket(TICKET_TEXT)
        receipt = desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=False)
        assert receipt.written and not receipt.warnings
        assert receipt.decision_id == "d-7f3a"
        assert {"theirs", "complaint_no_callback", "makeright_seen"} <= platform.tags(ticket_id)
        assert len(platform.notes(ticket_id)) == 1
        assert "Call before 17:00." in platform.notes(ticket_id)[0]
        assert desk.fetch(ticket_id).priority is Priority.HIGH

    def test_nothing_is_ever_sent_to_the_customer(self, desk: Helpdesk, platform: Platform) -> None:
        ticket_id = platform.new_ticket(TICKET_TEXT)
        before = platform.public_messages(ticket_id)
        desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=False)
        assert platform.public_messages(ticket_id) == before

    @pytest.mark.parametrize("look_first", [False, True])
    def test_annotating_twice_writes_once(
        self, desk: Helpdesk, platform: Platform, gate: Gate, look_first: bool
    ) -> None:
        ticket_id = platform.new_ticket(TICKET_TEXT)
        desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=False)
        written = len(gate.writes)
        receipt = desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=look_first)
        assert not receipt.written
        assert len(gate.writes) == written
        assert len(platform.notes(ticket_id)) == 1

    def test_annotation_that_asks_for_nothing_writes_nothing(
        self, desk: Helpdesk, platform: Platform, gate: Gate
    ) -> None:
        ticket = desk.fetch(platform.new_ticket(TICKET_TEXT))
        asked = Annotation("d-0", add_tags=frozenset({"theirs"}), remove_tags=frozenset({"absent"}))
        assert not desk.annotate(ticket, asked, look_first=False).written
        assert not gate.writes

    def test_only_named_tags_are_removed(self, desk: Helpdesk, platform: Platform) -> None:
        ticket_id = platform.new_ticket(TICKET_TEXT)
        desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=False)
        platform.later(5)
        change = Annotation("d-8", frozenset({"recovery_kept"}), frozenset({"complaint_no_callback", "absent"}))
        assert desk.annotate(desk.fetch(ticket_id), change, look_first=False).written
        tags = platform.tags(ticket_id)
        assert {"theirs", "makeright_seen", "recovery_kept"} <= tags
        assert "complaint_no_callback" not in tags

    def test_tags_added_by_somebody_in_between_survive(self, desk: Helpdesk, platform: Platform, gate: Gate) -> None:
        ticket_id = platform.new_ticket(TICKET_TEXT)
        ticket = desk.fetch(ticket_id)
        if Capability.CONCURRENCY_CHECK in desk.capabilities:
            # The latest possible moment: between the adapter's last look and its write.
            gate.rule(
                preceded_by(lambda: platform.add_tag(ticket_id, "vip")), when=lambda request: request.writes, times=1
            )
        else:
            platform.add_tag(ticket_id, "vip")
        receipt = desk.annotate(ticket, self.annotation(), look_first=False)
        assert receipt.written
        assert {"theirs", "vip", "complaint_no_callback"} <= platform.tags(ticket_id)
        assert len(platform.notes(ticket_id)) == 1

    def test_write_that_went_through_unheard_is_not_repeated(
        self, another: Callable[[], Helpdesk], platform: Platform, gate: Gate
    ) -> None:
        """Each write of an annotation in turn is applied but its answer lost; the next attempt completes the rest."""
        lost = 0
        for nth in range(10):
            gate.clear()
            ticket_id = platform.new_ticket(TICKET_TEXT)
            desk = another()
            ticket = desk.fetch(ticket_id)
            gate.rule(drop_after, when=lambda request: request.writes, skip=nth, times=1)
            try:
                desk.annotate(ticket, self.annotation(), look_first=False)
            except Transient:
                lost += 1
            else:
                break
            gate.clear()
            desk = another()
            desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=True)
            assert len(platform.notes(ticket_id)) == 1
            assert {"theirs", "complaint_no_callback", "makeright_seen"} <= platform.tags(ticket_id)
            assert desk.fetch(ticket_id).priority is Priority.HIGH
        assert lost

    def test_what_stands_on_the_ticket_is_found_without_a_write(
        self, desk: Helpdesk, platform: Platform, gate: Gate
    ) -> None:
        ticket_id = platform.new_ticket(TICKET_TEXT)
        assert desk.standing(desk.fetch(ticket_id), self.annotation()) is None
        assert not gate.writes
        made = desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=False)
        written = len(gate.writes)
        found = desk.standing(desk.fetch(ticket_id), self.annotation())
        assert found is not None
        assert (found.written, found.note_id in (None, made.note_id), len(gate.writes)) == (False, True, written)

    def test_write_that_never_arrived_is_made_up_for(
        self, another: Callable[[], Helpdesk], platform: Platform, gate: Gate
    ) -> None:
        ticket_id = platform.new_ticket(TICKET_TEXT)
        desk = another()
        gate.rule(drop, when=lambda request: request.writes, times=1)
        with pytest.raises(Transient):
            desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=False)
        assert desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=True).written
        assert len(platform.notes(ticket_id)) == 1

    def test_unknown_field_is_skipped_with_a_warning_and_the_rest_written(
        self, gate: Gate, redis: Redis, platform: Platform
    ) -> None:
        desk = self.helpdesk_class(self.account_with_unknown_field(gate.url), redis)
        ticket_id = platform.new_ticket(TICKET_TEXT)
        receipt = desk.annotate(desk.fetch(ticket_id), self.annotation(), look_first=False)
        assert receipt.written
        assert any("complaint" in warning for warning in receipt.warnings)
        assert "complaint_no_callback" in platform.tags(ticket_id)
        assert len(platform.notes(ticket_id)) == 1

    def test_deleted_ticket_is_gone(self, desk: Helpdesk, platform: Platform) -> None:
        ticket_id = platform.new_ticket(TICKET_TEXT)
        ticket = desk.fetch(ticket_id)
        platform.remove(ticket_id)
        with pytest.raises(Gone):
            desk.fetch(ticket_id)
        with pytest.raises(Gone):
            desk.annotate(ticket, self.annotation(), look_first=False)

    @pytest.mark.parametrize("ticket_id", ["../users/1", "1/tags", "1?x=y", "", "1 2", "%2e%2e", "9" * 400])
    def test_ticket_id_that_is_none_reaches_no_address(self, desk: Helpdesk, gate: Gate, ticket_id: str) -> None:
        with pytest.raises(HelpdeskError):
            desk.fetch(ticket_id)
        assert not [request for request in gate.log if "ticket" in request.path]

    # --- being connected ----------------------------------------------------------------------------------------

    def test_every_question_is_about_a_key_of_the_account_and_explained(self) -> None:
        known = {*self.helpdesk_class.options_schema().fields, "webhook_secrets"}
        assert self.helpdesk_class.ways_in
        for way in self.helpdesk_class.ways_in:
            assert {question.key.partition(".")[0] for question in way.questions} <= known
            assert all(question.ask and (question.why or question.steps) for question in way.questions)
            # Without it every webhook would be refused for want of a secret.
            assert "webhook_secrets" in {question.key for question in way.questions}

    # --- answers that go wrong ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("name", OPERATIONS)
    @pytest.mark.parametrize("fault", FAULTS)
    def test_faults_become_the_right_error(
        self, another: Callable[[], Helpdesk], platform: Platform, gate: Gate, name: str, fault: str
    ) -> None:
        """From the first request on, from the second on, and so forth until the call gets by without any."""
        raised = 0
        for error in self._errors_by_position(another, platform, gate, OPERATIONS[name], FAULTS[fault].action):
            raised += 1
            assert isinstance(error, FAULTS[fault].errors), f"request {raised}: {type(error).__name__}"
            if isinstance(error, Throttled):
                assert error.retry_after == 7
        assert raised

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_silence_becomes_transient(
        self,
        another: Callable[[], Helpdesk],
        platform: Platform,
        gate: Gate,
        name: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setitem(HelpdeskSession.__init__.__kwdefaults__, "read_seconds", 0.8)
        errors = list(self._errors_by_position(another, platform, gate, OPERATIONS[name], stall(2.0)))
        assert errors and all(isinstance(error, Transient) for error in errors)

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_nonsense_answers_stay_within_the_family(
        self, another: Callable[[], Helpdesk], platform: Platform, gate: Gate, name: str
    ) -> None:
        for body in NONSENSE:
            for error in self._errors_by_position(another, platform, gate, OPERATIONS[name], answer(200, body)):
                assert not isinstance(error, Unauthorised | Conflict | Gone), body

    def _errors_by_position(
        self,
        another: Callable[[], Helpdesk],
        platform: Platform,
        gate: Gate,
        operation: Operation,
        action: Action,
    ) -> Iterator[HelpdeskError]:
        gate.clear()
        ticket = another().fetch(platform.new_ticket(TICKET_TEXT))
        platform.later(120)
        for position in range(20):
            gate.clear()
            gate.rule(action, skip=position)
            desk, annotation = another(), self.nth_annotation(position)
            outcome = self.outcome(lambda desk=desk, annotation=annotation: operation(desk, ticket, annotation))
            if len(gate.log) <= position:
                return
            if isinstance(outcome, HelpdeskError):
                yield outcome
        pytest.fail("the call makes more than 20 requests")

    # "annotate again" reads all that "annotate" reads.
    @pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "annotate"])
    def test_unknown_keys_and_nulls_in_answers_are_tolerated(
        self, another: Callable[[], Helpdesk], platform: Platform, gate: Gate, name: str
    ) -> None:
        ticket = another().fetch(platform.new_ticket(TICKET_TEXT))
        platform.later(120)
        keys: set[str] = set()
        attempts = count()

        def attempt(change: Callable[[Any], Any]) -> object:
            """What comes of it, if `change` is done to every answer. An error outside the family fails the test."""
            gate.clear()
            gate.rule(edited(lambda content: change(_noting_keys(content, keys))))
            desk, annotation = another(), self.nth_annotation(next(attempts))
            return self.outcome(lambda: OPERATIONS[name](desk, ticket, annotation))

        unknown = attempt(_with_unknown_keys)
        assert not isinstance(unknown, HelpdeskError), unknown
        # What is null hides what lies below it, and errors what comes after: rounds, until nothing new turns up.
        nulls: dict[str, None] = {}
        while keys - set(nulls) - self.essential_keys:
            nulls.update(dict.fromkeys(keys - self.essential_keys))
            outcome = attempt(lambda content: _with_keys(content, nulls))
            assert not isinstance(outcome, HelpdeskError), outcome
        for key, value in zip(sorted(keys), cycle(({"a": []}, [7], "\x00", -1, None)), strict=False):
            attempt(lambda content, key=key, value=value: _with_keys(content, {key: value}))

    # --- check --------------------------------------------------------------------------------------------------

    def test_check_of_a_sound_account_finds_no_error(self, desk: Helpdesk) -> None:
        findings = list(desk.check())
        assert findings
        assert not [finding for finding in findings if finding.health is Health.ERROR]

    @pytest.mark.parametrize("fault", FAULTS)
    def test_check_reports_faults_with_a_fix_and_does_not_raise(
        self, another: Callable[[], Helpdesk], gate: Gate, fault: str
    ) -> None:
        for position in range(30):
            gate.clear()
            desk = another()
            gate.rule(FAULTS[fault].action, skip=position)
            findings = list(desk.check())
            if len(gate.log) <= position:
                break
            unwell = [finding for finding in findings if finding.health is not Health.OK]
            assert unwell, f"request {position + 1} failed and nothing was found"
            assert all(finding.fix for finding in unwell)
            for finding in findings:
                self.assert_tells_nothing(repr(finding), "finding")
        assert position

    # --- discretion ---------------------------------------------------------------------------------------------

    def test_secrets_show_in_no_repr(self, desk: Helpdesk, gate: Gate) -> None:
        desk.check()
        for thing in (desk, self.account(gate.url), self.account(gate.url).options, vars(desk)):
            self.assert_tells_nothing(repr(thing), type(thing).__name__)

    def test_ticket_and_hook_text_show_in_no_repr(self, desk: Helpdesk, platform: Platform) -> None:
        ticket = desk.fetch(platform.new_ticket(TICKET_TEXT))
        for thing in (ticket, self.hook("42"), self.annotation(note_html=TICKET_TEXT)):
            self.assert_tells_nothing(repr(thing), type(thing).__name__)

    def test_an_answer_that_quotes_a_secret_is_not_quoted(
        self, another: Callable[[], Helpdesk], platform: Platform, gate: Gate
    ) -> None:
        quoting = json.dumps(dict.fromkeys(("error", "description", "message", "code"), " ".join(self.secrets)))
        for status in (401, 404, 422, 500):
            for _ in self._errors_by_position(
                another, platform, gate, OPERATIONS["annotate again"], answer(status, quoting)
            ):
                # Each error's whole chain has been searched on its way here.
                pass


def _with_each_part_replaced(value: Any, by: object) -> Iterator[Any]:
    yield by
    if isinstance(value, dict):
        for key, part in value.items():
            for changed in _with_each_part_replaced(part, by):
                yield {**value, key: changed}
    elif isinstance(value, list):
        for index, part in enumerate(value):
            for changed in _with_each_part_replaced(part, by):
                yield [*value[:index], changed, *value[index + 1 :]]


def _noting_keys(content: Any, keys: set[str]) -> Any:
    if isinstance(content, dict):
        keys.update(content)
    for part in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        _noting_keys(part, keys)
    return content


def _with_unknown_keys(content: Any) -> Any:
    if isinstance(content, dict):
        return {"brand_new": {"x": [1]}, **{key: _with_unknown_keys(part) for key, part in content.items()}}
    return [_with_unknown_keys(part) for part in content] if isinstance(content, list) else content


def _with_keys(content: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(content, dict):
        return {key: values[key] if key in values else _with_keys(part, values) for key, part in content.items()}
    return [_with_keys(part, values) for part in content] if isinstance(content, list) else content


__all__ = ["OPERATIONS", "TICKET_TEXT", "HelpdeskConformance", "Passed", "Platform"]
