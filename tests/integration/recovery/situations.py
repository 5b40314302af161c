"""Tickets, readings and calendars for the tests of recovery: nothing here is random, and no clock is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from adapters.contract import AuthorRole, Macro, Message, Priority, Requester, Status, Ticket
from integration.complaints.reading import Earlier, Evidence, Reading, Thresholds
from integration.complaints.taxonomy import Complaint
from integration.recovery.calendars import BusinessCalendar, Span
from integration.recovery.deadlines import Deadline
from integration.recovery.macros import Suggestion
from integration.recovery.note import Contents, note_html
from integration.recovery.playbook import PlaybookMacro, default_playbook

# A Tuesday, 10:07 in New York.
AT = datetime(2026, 11, 24, 15, 7, tzinfo=UTC)
OFFICE = BusinessCalendar("New York office", ZoneInfo("America/New_York"), ((Span(9 * 60, 17 * 60),),) * 5 + ((), ()))
NC, NU, OP, FE = (
    Complaint.NO_CALLBACK,
    Complaint.NO_ORDER_UPDATE,
    Complaint.OVERPROMISING,
    Complaint.FALSE_EXPERTISE,
)
CALM = Thresholds(0.5, 0.7, 0.8)


def message(
    text: str, number: int = 1, role: AuthorRole = AuthorRole.CUSTOMER, after: timedelta = timedelta()
) -> Message:
    return Message(f"m{number}", role, True, AT + after, text, text=text)


def ticket(
    *messages: str | Message,
    name: str = "Maureen Tully",
    subject: str = "",
    fields: Mapping[str, str] | None = None,
    **more: Any,
) -> Ticket:
    made = tuple(m if isinstance(m, Message) else message(m, i + 1) for i, m in enumerate(messages))
    values: dict[str, Any] = {
        "status": Status.OPEN,
        "priority": Priority.NORMAL,
        "tags": frozenset(),
        "created_at": AT,
        "updated_at": AT,
        "version": "v1",
        **more,
    }
    return Ticket("42", subject, Requester("9", name, "m.tully@example.com"), made, fields=fields or {}, **values)


def reading(
    found: Ticket,
    evidence: Mapping[Complaint, str],
    *,
    score: float = 0.93,
    history: Iterable[Earlier] = (),
) -> Reading:
    """A reading with these labels; each quotes these words of the newest message that has them ("" quotes nothing)."""
    items = []
    for complaint, words in evidence.items():
        for one in reversed(found.messages):
            if words and words in one.text:
                start = one.text.index(words)
                items.append(Evidence(complaint, start, start + len(words), words, one.id))
                break
        else:
            assert not words, f"{words!r} is in no message"
    customers = [m.id for m in found.messages if m.author_role is AuthorRole.CUSTOMER]
    return Reading(
        scores={c: score if c in evidence else 0.02 for c in Complaint},
        thresholds=dict.fromkeys(Complaint, CALM),
        evidence=tuple(items),
        language="en",
        anchor=customers[-1] if customers else None,
        history=tuple(history),
    )


def note_with(text: str) -> str:
    """A note in which every piece of foreign text is `text`: quote, macro, reason, question, history, group."""
    remedy = default_playbook().remedies[NC]
    words = f"Nobody called me back {text}"
    macro = Macro("1", f"Macro {text}", text, url=f"javascript:{text}")
    linked = Macro("2", text, text, url=f"https://acme.example/macros/2?{text}")
    found = Reading(dict.fromkeys(Complaint, 0.9), dict.fromkeys(Complaint, CALM), (Evidence(NC, 0, 9, words, "m1"),))
    contents = Contents(
        reading=found,
        remedies=[remedy],
        step=replace(remedy.first, text=text),
        deadline=Deadline(AT, text),
        clock_of=NC,
        suggestions=[Suggestion(macro, 1.0, text), Suggestion(linked, 0.9, text)],
        reply=PlaybookMacro("x", text, text),
        missing=[text],
        history=text,
        changed=[f"group {text}"],
        hold=text,
    )
    return note_html(contents, 60_000)
