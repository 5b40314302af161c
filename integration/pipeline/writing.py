"""Seeing a decision through: the attempt is written down, the helpdesk is called, the end is written down."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.contract import Annotation, AuthorRole, Conflict, Gone, Permanent, Priority, Ticket, Unauthorised
from adapters.helpdesk import Helpdesk
from integration.store.store import Contact, Decision, Outcome, Store


def write(store: Store, helpdesk: Helpdesk, ticket: Ticket, decision: Decision, ours: frozenset[str]) -> Outcome:
    """Bring a stored decision's annotation onto the ticket. `ours` are the tags of ours that are on it now.

    Raises HelpdeskError; what may pass leaves the decision open, and the next run looks before it writes again.
    """
    annotation = annotation_of(decision.annotation)
    assert annotation is not None, "a decision without an annotation is not written"
    store.begin_attempt(decision.id)
    try:
        receipt = helpdesk.annotate(ticket, annotation, look_first=decision.attempts > 0)
    except Conflict:
        # Nothing was written. The next run drops the decision if the ticket asks for another by now.
        store.take_back_attempt(decision.id)
        raise
    except (Permanent, Unauthorised, Gone) as error:
        store.finish(decision, Outcome.FAILED, version=ticket.version, error=str(error))
        raise
    outcome = Outcome.WRITTEN if receipt.written else Outcome.UNCHANGED
    store.finish(
        decision,
        outcome,
        version=receipt.version or ticket.version,
        note_id=receipt.note_id,
        tags=(ours - annotation.remove_tags) | annotation.add_tags,
        warnings=receipt.warnings,
        contact=contact_of(ticket),
    )
    return outcome


def settle(store: Store, helpdesk: Helpdesk, ticket: Ticket, decision: Decision) -> None:
    """An earlier decision was left open and the ticket, or what it stands for, has changed since. If it may have been
    sent, it is looked for, so that it is known what stands on the ticket; it is not written any more.

    Raises HelpdeskError.
    """
    annotation = annotation_of(decision.annotation)
    if decision.attempts == 0 or annotation is None:
        store.drop(decision.id)
        return
    state = store.ticket_state(decision.account, decision.ticket_id)
    ours = state.tags if state else frozenset()
    receipt = helpdesk.standing(ticket, annotation)
    store.finish(
        decision,
        Outcome.WRITTEN if receipt else Outcome.DROPPED,
        # As it is now the ticket has not been read to the end.
        version=state.version if state else "",
        note_id=receipt.note_id if receipt else None,
        # Some platforms take an annotation in several writes, of which only the first may have arrived.
        tags=(ours - annotation.remove_tags) | ((ours | annotation.add_tags) & ticket.tags),
    )


def contact_of(ticket: Ticket) -> Contact:
    """Who the customer is, and when they last wrote."""
    written = [m.at for m in ticket.messages if m.public and m.author_role is AuthorRole.CUSTOMER]
    return Contact(ticket.requester.id, ticket.requester.company_id, written[-1] if written else None)


def plain(annotation: Annotation) -> dict[str, Any]:
    """As JSON keeps it."""
    data = dataclasses.asdict(annotation)
    for key in ("add_tags", "remove_tags"):
        data[key] = sorted(data[key])
    data["due_at"] = annotation.due_at.isoformat() if annotation.due_at else None
    data["macros"] = list(annotation.macros)
    return data


def annotation_of(data: Mapping[str, Any]) -> Annotation | None:
    """The annotation that `plain` kept; None for a decision that wants nothing written."""
    if not data:
        return None
    return Annotation(
        **{
            **data,
            "add_tags": frozenset(data["add_tags"]),
            "remove_tags": frozenset(data["remove_tags"]),
            "priority": Priority(data["priority"]) if data["priority"] else None,
            "due_at": datetime.fromisoformat(data["due_at"]) if data["due_at"] else None,
            "macros": tuple(data["macros"]),
        }
    )
