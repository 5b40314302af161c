"""What to do about a ticket as it was just read: the decision, the plan behind it, and what both depend on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from adapters.contract import Capability, Ticket
from integration.complaints.classifier import Classifier
from integration.complaints.reading import Level as Sureness
from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint
from integration.pipeline import goodwill
from integration.pipeline.context import Context
from integration.pipeline.corrections import read_corrected
from integration.pipeline.macro_shelf import macros_of, provisioned_macros
from integration.pipeline.suggestion import Suggestion, stored, suggest
from integration.pipeline.writing import annotation_of, plain
from integration.recovery.goodwill import Grant
from integration.recovery.macros import MacroRanker
from integration.recovery.plan import Plan, Standing, Surroundings, plan
from integration.recovery.playbook import Playbook
from integration.recovery.relationship import Outcome as Kept
from integration.recovery.relationship import PastComplaint
from integration.recovery.watch import State
from integration.settings import AccountSettings, Handling, Level
from integration.store.deadlines import Deadlines
from integration.store.store import Decision, Outcome, new_decision_id


@dataclass(frozen=True, slots=True)
class Brain:
    """What stays loaded in a worker between jobs."""

    classifier: Classifier


def decide(
    context: Context, brain: Brain, account: AccountSettings, ticket: Ticket, fingerprint: str
) -> tuple[Decision, Plan | None]:
    """What to do about the ticket, and the plan behind it. Nothing is stored or written by this."""
    handling = account.handling(ticket.brand)
    classifier = brain.classifier.with_thresholds(account.thresholds)
    reading = read_corrected(context.store, classifier, account.name, ticket)
    shown = reading.labels(Sureness.SHOW)
    labels = shown if account.level is Level.SUGGEST else reading.labels(Sureness.WRITE)
    planned, panel = None, Suggestion((), _anchor_at(ticket, reading))
    if shown:
        # What is known of the customer and which macros there are costs queries: only for what is to be shown.
        around = _surroundings(context, account, handling, ticket)
        grants = goodwill.grants_on(context, account.name, ticket.id, handling.playbook)
        planned = plan(new_decision_id(), ticket, reading, labels, handling.playbook, around)
        panel = _suggestion(ticket, reading, handling.playbook, around, context.now(), grants)
    decision = Decision(
        id=planned.annotation.decision_id if planned else new_decision_id(),
        account=account.name,
        ticket_id=ticket.id,
        fingerprint=fingerprint,
        anchor_message=reading.anchor,
        level=account.level,
        labels=tuple(label.value for label in labels),
        scores={complaint.value: round(score, 4) for complaint, score in reading.scores.items()},
        evidence=tuple(
            {
                "label": item.complaint.value,
                "start": item.start,
                "end": item.end,
                "text": item.text,
                "message": item.message_id,
            }
            for item in reading.evidence
        ),
        silence=None if labels else reading.reason or "not sure enough",
        panel=stored(panel),
        annotation=plain(planned.annotation) if planned else {},
        outcome=Outcome.PLANNED,
        created_at=context.now(),
        requester_id=ticket.requester.id or None,
        text=_anchor_text(ticket, reading) if account.privacy.keep_text else None,
    )
    return decision, planned


def _anchor_at(ticket: Ticket, reading: Reading) -> datetime | None:
    return next((message.at for message in ticket.messages if message.id == reading.anchor), None)


def _anchor_text(ticket: Ticket, reading: Reading) -> str | None:
    return next((message.text for message in ticket.messages if message.id == reading.anchor), None)


def _surroundings(context: Context, account: AccountSettings, handling: Handling, ticket: Ticket) -> Surroundings:
    helpdesk = context.helpdesks[account.name]
    past, contacts = _relationship(context, account, handling, ticket)
    return Surroundings(
        calendar=handling.calendar,
        standing=_standing(context, account.name, ticket.id),
        past=past,
        contacts=contacts,
        macros=MacroRanker(handling.playbook, macros) if (macros := macros_of(context, account.name)) else None,
        provisioned=provisioned_macros(context, account.name, ticket.brand),
        tag_prefix=account.tag_prefix,
        notes_can_be_edited=Capability.EDIT_NOTE in helpdesk.capabilities,
        note_limit=helpdesk.note_limit,
    )


def _relationship(
    context: Context, account: AccountSettings, handling: Handling, ticket: Ticket
) -> tuple[tuple[PastComplaint, ...], tuple[datetime, ...]]:
    """What we know of this customer from other tickets."""
    rules, deadlines, who = handling.playbook.relationship, Deadlines(context.store), ticket.requester
    since = context.now() - max(rules.repeat_within, rules.repeat_contact_within)
    outcomes = {State.KEPT.value: Kept.KEPT, State.BREACHED.value: Kept.BROKEN}
    past = [
        PastComplaint(one.started_at, Complaint(name), outcomes.get(one.state, Kept.NONE), not one.same_requester)
        for one in deadlines.past(account.name, who.id, who.company_id, since=since, but=ticket.id)
        for name in one.complaints
    ]
    return tuple(past), tuple(deadlines.contacts(account.name, who.id, since=since, but=ticket.id))


def _suggestion(
    ticket: Ticket,
    reading: Reading,
    playbook: Playbook,
    around: Surroundings,
    now: datetime,
    grants: tuple[Grant, ...],
) -> Suggestion:
    """What agents are shown: also labels that are not sure enough to be written."""
    shown = reading.labels(Sureness.SHOW)
    planned = plan(new_decision_id(), ticket, reading, shown, playbook, around)
    return suggest(
        ticket,
        reading,
        planned,
        playbook,
        around.calendar,
        now,
        labels=shown,
        tag_prefix=around.tag_prefix,
        grants=grants,
    )


def _standing(context: Context, account: str, ticket_id: str) -> Standing:
    state = context.store.ticket_state(account, ticket_id)
    if state is None:
        return Standing()
    written = context.store.on_ticket(account, ticket_id)
    annotations = [annotation for d in written if (annotation := annotation_of(d.annotation)) is not None]
    return Standing(
        tags=state.tags,
        note_id=state.note_id,
        labels=frozenset(Complaint(label) for label in written[0].labels) if written else frozenset(),
        due_at=next((a.due_at for a in annotations if a.due_at), None),
        priority=next((a.priority for a in annotations if a.priority), None),
        group=next((a.group for a in annotations if a.group), None),
    )


def fingerprint_of(context: Context, brain: Brain, account: AccountSettings, ticket: Ticket) -> str:
    """Stands for everything a decision depends on: if it is unchanged, so is the decision."""
    digest = blake2b(digest_size=20)
    for part in (
        brain.classifier.version,
        account.handling(ticket.brand).playbook.digest,
        account.level,
        account.tag_prefix,
        repr(sorted(account.thresholds.items())),
        ticket.subject,
        *(f"{message.id} {message.author_role} {message.text}" for message in ticket.messages if message.public),
        *goodwill.standing(context, account.name, ticket.id),
    ):
        encoded = part.encode("utf-8", "replace")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()
