"""What operators find waiting: labels that were judged and are to be, work that failed, gestures asked for. For tests,
pictures and the benchmark; always the same for the same numbers."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from decimal import Decimal

from adapters.contract import HookRequest
from integration.complaints.taxonomy import Complaint
from integration.pipeline.payload_shape import shape_of
from integration.settings import Settings
from integration.store.goodwill import APPROVED, DECLINED, PENDING, AskedGesture, Goodwill
from integration.store.judgements import Judgements
from integration.store.store import Store

PAYLOAD = {
    "event": {"type": "ticket.created", "at": "2026-11-20T09:12:44Z"},
    "ticket": {"nr": 4711, "subject": "My order", "requester": {"email": "maureen@customer.example"}},
    "account_id": 77,
}


def judged(store: Store, account: str, count: int, now: datetime, *, days: int = 14) -> None:
    """`count` of the labels found in the last days, most of them right."""
    chance, table = random.Random(3), Judgements(store)
    labels = table.found(account, now - timedelta(days=days)).labels
    for one in chance.sample(labels, min(count, len(labels))):
        at = now - timedelta(minutes=chance.randrange(3000))
        table.judge(one.decision_id, [one.label], right=chance.random() < 0.93, judge="dana@acme.example", at=at)


def failures(store: Store, account: str, count: int, now: datetime) -> None:
    hook = HookRequest({}, json.dumps(PAYLOAD).encode(), "application/json", now)
    for number in range(count):
        if number % 3 == 0:
            store.keep_failure(account, "hook", "no ticket id in the payload (ticket.id)", shape=shape_of(hook))
        elif number % 3 == 1:
            reason = "answered 403: the app's role may not edit tickets of this group"
            store.keep_failure(account, "ticket", reason, ticket_id=str(10_000 + number))
        else:
            wanted = {"add": ["makeright_corrected"], "remove": ["complaint_no_callback"]}
            store.keep_failure(account, "feedback", "answered 403", ticket_id=str(10_000 + number), shape=wanted)


def gestures(store: Store, settings: Settings, count: int, now: datetime, *, waiting: int = 4) -> None:
    """`count` answered ones over the last months, and `waiting` that nobody has answered."""
    chance, table = random.Random(5), Goodwill(store)
    accounts = list(settings.accounts)
    for number in range(count + waiting):
        is_open = number >= count
        account = accounts[number % len(accounts)]
        complaint = chance.choice(list(Complaint))
        late = complaint is Complaint.NO_ORDER_UPDATE
        gesture, most = ("refund_delivery", Decimal(25)) if late else ("credit", Decimal(70))
        at = now - (
            timedelta(minutes=95 * (count + waiting - number))
            if is_open
            else timedelta(hours=2000 * (count - number) / count)
        )
        state = PENDING if is_open else APPROVED if chance.random() < 0.9 else DECLINED
        table.add(
            AskedGesture(
                account=account,
                # Tickets of the store beside this: even ones are the first account's.
                ticket_id=str(10_000 + number),
                requester_id=f"r{number}",
                complaint=complaint.value,
                gesture=gesture,
                amount=(most * chance.randrange(2, 11) / 10).quantize(Decimal("0.01")),
                currency="USD",
                state=state,
                asked_at=at - timedelta(hours=1),
                again=number % 5 == 0,
                approver="lead" if is_open else None,
                answered_at=None if is_open else at,
                answered_by=None if is_open else "dana@acme.example",
                via=None if is_open else "console",
            )
        )
