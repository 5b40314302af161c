"""What an agent has said is no complaint stays none, until the customer says it anew.

A label that was struck is judged by the messages behind the one it was struck for, read on their own: what stood before
has been judged by a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from adapters.contract import Ticket
from integration.complaints.classifier import Classifier
from integration.complaints.reading import Reading, set_aside
from integration.complaints.taxonomy import Complaint
from integration.store.feedback import SetAside
from integration.store.store import Store


def read_corrected(store: Store, classifier: Classifier, account: str, ticket: Ticket) -> Reading:
    """The ticket as the model reads it, less what agents have struck."""
    reading = classifier.read_ticket(ticket)
    struck = store.feedback.set_aside(account, ticket.id)
    since = {
        Complaint(label): _since(classifier, ticket, word)
        for label, word in struck.items()
        if reading.scores[Complaint(label)]
    }
    return set_aside(reading, since)


def is_struck(struck: Mapping[str, SetAside], complaints: tuple[str, ...], started_at: datetime) -> bool:
    """Whether every complaint that a clock stands for was struck while it ran."""
    return bool(complaints) and all(label in struck and struck[label].at >= started_at for label in complaints)


def _since(classifier: Classifier, ticket: Ticket, word: SetAside) -> Reading | None:
    ids = [message.id for message in ticket.messages]
    if word.anchor_message in ids:
        later = ticket.messages[ids.index(word.anchor_message) + 1 :]
    else:
        later = tuple(message for message in ticket.messages if message.at > word.at)
    return classifier.read_ticket(replace(ticket, subject="", messages=later)) if later else None
