"""What would be done about a message if it came now. Nothing is stored and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.contract import AuthorRole, Message, Requester, Status, Ticket
from integration.complaints.classifier import Classifier
from integration.complaints.reading import Level as Sureness
from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint
from integration.pipeline.suggestion import Suggestion, suggest
from integration.recovery.plan import Plan, Surroundings, plan
from integration.settings import AccountSettings


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`written` are the labels sure enough for the ticket, for which `planned` is; `suggestion` is what agents would see,
    for every label sure enough to be shown."""

    reading: Reading
    written: tuple[Complaint, ...]
    planned: Plan | None
    suggestion: Suggestion


def rehearse(
    classifier: Classifier, account: AccountSettings, text: str, now: datetime, *, subject: str = "", brand: str = ""
) -> Rehearsal:
    """Read `text` (plain) as a new ticket of this account and brand, from a customer of whom nothing is known."""
    ticket = Ticket(
        id="rehearsal",
        subject=subject,
        requester=Requester(id=""),
        messages=(Message("1", AuthorRole.CUSTOMER, True, now, raw=text, is_html=False, text=text),),
        status=Status.NEW,
        priority=None,
        tags=frozenset(),
        fields={},
        created_at=now,
        updated_at=now,
        version="",
        brand=brand or None,
    )
    handling = account.handling(brand)
    reading = classifier.with_thresholds(account.thresholds).read_ticket(ticket)
    around = Surroundings(calendar=handling.calendar, tag_prefix=account.tag_prefix)
    written = reading.labels(Sureness.WRITE)
    shown = reading.labels(Sureness.SHOW)
    return Rehearsal(
        reading=reading,
        written=written,
        planned=plan("rehearsal", ticket, reading, written, handling.playbook, around),
        suggestion=suggest(
            ticket,
            reading,
            plan("rehearsal", ticket, reading, shown, handling.playbook, around),
            handling.playbook,
            handling.calendar,
            now,
            labels=shown,
            tag_prefix=account.tag_prefix,
        ),
    )
