"""A store as it looks after months of work: decisions, clocks, answers of agents, failures. For tests, pictures and the
benchmark; always the same for the same numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from adapters.contract import AuthorRole, Message, Requester, Status, Ticket
from integration.complaints.reading import Evidence, Reading, Thresholds
from integration.complaints.taxonomy import Complaint
from integration.pipeline.suggestion import stored, suggest
from integration.pipeline.writing import plain
from integration.recovery.plan import Surroundings, plan
from integration.recovery.playbook import default_playbook
from integration.settings import Settings
from integration.store.models import (
    AuditRow,
    DeadlineRow,
    DecisionLabelRow,
    DecisionRow,
    FailureRow,
    FeedbackRow,
    TicketRow,
)
from integration.store.store import NO_LABEL, Store

_BATCH = 2000
_SAID = {
    Complaint.NO_CALLBACK: "I left three voicemails last week and nobody has called me back.",
    Complaint.NO_ORDER_UPDATE: "My order is two weeks late and nobody tells me where it is.",
    Complaint.OVERPROMISING: "You promised delivery by Friday and it never came.",
    Complaint.FALSE_EXPERTISE: "Your technician told me the part would fit, and it does not.",
}
_SILENCES = ("nothing above 0.62", "nothing above 0.62", "not English (de)", "too short")


@dataclass(frozen=True, slots=True)
class Found:
    """A decision's bulky parts, as the pipeline makes them."""

    scores: dict[str, float]
    evidence: list[dict[str, Any]]
    panel: dict[str, Any]
    annotation: dict[str, Any]
    due_at: datetime | None
    explanation: str


def fill(store: Store, settings: Settings, decisions: int, now: datetime, *, days: int = 84) -> None:
    """`decisions` spread over `days` and over the accounts, the newest a few minutes old."""
    chance = random.Random(42)
    accounts = list(settings.accounts.values())
    samples = {
        (account.name, label): _found(label, account.own.calendar, now) for account in accounts for label in Complaint
    }
    step = timedelta(days=days) / decisions
    rows: dict[type, list[dict[str, Any]]] = {}
    for number in range(decisions):
        account = accounts[number % len(accounts)]
        at = now - timedelta(minutes=3) - step * (decisions - 1 - number)
        label = chance.choice(list(Complaint)) if chance.random() < 0.4 else None
        one = samples[account.name, label] if label else None
        for table, row in _rows(chance, number, account.name, account.level.value, at, now, label, one):
            rows.setdefault(table, []).append(row)
        if number % _BATCH == _BATCH - 1 or number == decisions - 1:
            with store.session.begin() as session:
                for table, values in rows.items():
                    session.execute(insert(table), values)
            rows.clear()


def _rows(
    chance: random.Random,
    number: int,
    account: str,
    level: str,
    at: datetime,
    now: datetime,
    label: Complaint | None,
    one: Found | None,
) -> Iterator[tuple[type, dict[str, Any]]]:
    id_, ticket, customer = f"{number:016x}", str(10_000 + number), f"c{chance.randrange(1 + number // 2)}"
    failed = chance.random() < 0.0005
    outcome = "failed" if failed else "silent" if label is None else {"annotate": "written"}.get(level, "withheld")
    yield (
        DecisionRow,
        {
            "id": id_,
            "account": account,
            "ticket_id": ticket,
            "fingerprint": id_,
            "anchor_message": "1",
            "level": level,
            "labels": [label.value] if label else [],
            "scores": one.scores if one else {complaint.value: 0.02 for complaint in Complaint},
            "evidence": one.evidence if one else [],
            "silence": None if label else chance.choice(_SILENCES),
            "annotation": one.annotation if one else {},
            "panel": one.panel if one else stored_silence(at),
            "outcome": outcome,
            "attempts": 1,
            "note_id": None,
            "warnings": [],
            "error": "PUT /api/v2/tickets: 422" if failed else None,
            "kind": "reading",
            "created_at": at,
            "finished_at": at + timedelta(seconds=2),
        },
    )
    yield (
        DecisionLabelRow,
        {
            "decision_id": id_,
            "label": label.value if label else NO_LABEL,
            "account": account,
            "ticket_id": ticket,
            "level": level,
            "created_at": at,
        },
    )
    closed = number % 3 == 0
    yield (
        TicketRow,
        {
            "account": account,
            "ticket_id": ticket,
            "fingerprint": id_,
            "version": "1",
            "decision_id": id_,
            "note_id": None,
            "tags": [],
            "read_at": at,
            "requester_id": customer,
            "company_id": None,
            "contacted_at": at,
            "closed_at": at + timedelta(hours=5) if closed else None,
            "closed_with": [f"complaint_{label}"] if closed and label else None,
        },
    )
    if failed:
        yield (
            FailureRow,
            {
                "account": account,
                "ticket_id": ticket,
                "kind": "ticket",
                "reason": "PUT /api/v2/tickets: 422",
                "shape": {},
                "at": at,
                "resolved_at": None,
            },
        )
    if label is None or one is None:
        return
    fresh = now - at < timedelta(hours=30)
    due_at = at + timedelta(hours=8 + chance.randrange(20))
    broken = due_at < now
    yield (
        DeadlineRow,
        {
            "account": account,
            "ticket_id": ticket,
            "decision_id": id_,
            "complaint": label.value,
            "complaints": [label.value],
            "requester_id": customer,
            "company_id": None,
            "started_at": at,
            "due_at": due_at,
            "explanation": one.explanation,
            "updates": {},
            "state": ("breached" if broken else "at_risk" if due_at - now < timedelta(hours=6) else "due")
            if fresh
            else chance.choice(("kept", "kept", "kept", "breached")),
            "mark": 0,
            "next_at": None if broken else due_at,
            "answered_at": None if fresh else due_at - timedelta(hours=1),
        },
    )
    kinds = ["shown"] if chance.random() < 0.7 else []
    if kinds and chance.random() < 0.5:
        kinds.append("accepted")
    elif kinds and chance.random() < 0.12:
        kinds.append("label_corrected")
    for kind in kinds:
        yield (
            FeedbackRow,
            {
                "account": account,
                "ticket_id": ticket,
                "decision_id": id_,
                "kind": kind,
                "label": label.value if kind == "label_corrected" else None,
                "verdict": "wrong" if kind == "label_corrected" else None,
                "reason": None,
                "variant": None,
                "macro_id": None,
                "distance": None,
                "at": at + timedelta(minutes=20),
            },
        )


def deeds(store: Store, actors: Sequence[str], count: int, now: datetime) -> None:
    chance = random.Random(7)
    with store.session.begin() as session:
        session.execute(
            insert(AuditRow),
            [
                {
                    "at": now - timedelta(minutes=37 * (count - number)),
                    "actor": chance.choice(actors),
                    "action": ("signed in", "had a ticket read again", "signed out")[number % 3],
                    "account": None if number % 3 != 1 else "acme",
                    "detail": ("with the password, as operator", f"ticket {10_000 + number}", "")[number % 3],
                }
                for number in range(count)
            ],
        )


def stored_silence(at: datetime) -> dict[str, Any]:
    return {"labels": [], "anchor_at": at.isoformat()}


def _found(label: Complaint, calendar: Any, now: datetime) -> Found:
    text = f"Hello,\n\n{_SAID[label]} This is not good enough.\n\nMaureen Tully"
    ticket = Ticket(
        id="1",
        subject="Help",
        requester=Requester(id="1", name="Maureen Tully"),
        messages=(Message("1", AuthorRole.CUSTOMER, True, now, raw=text, text=text),),
        status=Status.NEW,
        priority=None,
        tags=frozenset(),
        fields={},
        created_at=now,
        updated_at=now,
        version="1",
    )
    at = text.find(_SAID[label])
    evidence = Evidence(label, at, at + len(_SAID[label]), _SAID[label], "1")
    scores = {complaint: 0.94 if complaint is label else 0.03 for complaint in Complaint}
    reading = Reading(scores, dict.fromkeys(Complaint, Thresholds(0.5, 0.7, 0.9)), (evidence,), None, "en", "1")
    playbook = default_playbook()
    planned = plan("x", ticket, reading, [label], playbook, Surroundings(calendar=calendar))
    assert planned is not None
    return Found(
        scores={complaint.value: score for complaint, score in scores.items()},
        evidence=[
            {
                "label": label.value,
                "start": evidence.start,
                "end": evidence.end,
                "text": evidence.text,
                "message": "1",
            }
        ],
        panel=stored(suggest(ticket, reading, planned, playbook, calendar, now, labels=[label])),
        annotation=dict(plain(planned.annotation)),
        due_at=planned.deadline.due_at,
        explanation=planned.deadline.explanation,
    )
