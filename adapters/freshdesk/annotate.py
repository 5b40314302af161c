"""What an annotation changes on a ticket as it is right now, and the note that carries its decision's id."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.contract import Annotation, Message
from adapters.freshdesk.form import PRIORITIES, TicketForm, value_for
from adapters.freshdesk.reading import value_of
from adapters.freshdesk.schemas import TicketRow, stamp
from adapters.placeholders import inert

_MARKER = re.compile(r"ref mr-[\w-]+")


@dataclass(frozen=True, slots=True)
class Difference:
    """`changes` is the body of the update (empty if there is nothing to change); `warnings` are for ops."""

    changes: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


def difference(
    row: TicketRow,
    annotation: Annotation,
    *,
    form: TicketForm,
    names: Mapping[str, str],
    write_due_dates: bool,
) -> Difference:
    """Only what is not so already. `names` maps our field names to the account's; a name without one is not written."""
    changes: dict[str, Any] = {}
    warnings: list[str] = []
    tags = merged_tags(row.tags, annotation.add_tags, annotation.remove_tags)
    if tags != list(row.tags):
        changes["tags"] = tags
    codes = {priority: code for code, priority in PRIORITIES.items()}
    if annotation.priority and codes[annotation.priority] > (row.priority or 0):
        changes["priority"] = codes[annotation.priority]
    if annotation.group:
        group_id = form.group_id(annotation.group)
        if group_id is None:
            warnings.append(f"the group {annotation.group!r} does not exist; see Admin > Groups")
        elif group_id != row.group_id:
            changes["group_id"] = group_id
    custom: dict[str, Any] = {}
    for ours, wanted in annotation.fields.items():
        theirs = names.get(ours)
        if theirs is None:
            continue
        if theirs not in form.fields:
            warnings.append(f"{ours}: the field {theirs!r} does not exist; see Admin > Ticket Fields")
            continue
        try:
            value = value_for(form.fields[theirs], ours, wanted)
        except ValueError as error:
            warnings.append(f"{ours}: the field {theirs!r} {error}")
            continue
        if not _same(value_of(row, theirs), value):
            (changes if theirs == "ticket_type" else custom)["type" if theirs == "ticket_type" else theirs] = value
    if custom:
        changes["custom_fields"] = custom
    due = annotation.due_at.replace(microsecond=0) if annotation.due_at and write_due_dates else None
    if due and row.fr_due_by and due <= row.fr_due_by:
        warnings.append("the due date was not written: Freshdesk wants it after the first-response time")
    elif due and due != row.due_by:
        changes["due_by"] = stamp(due)
    return Difference(changes, tuple(warnings))


def merged_tags(present: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> list[str]:
    """The whole list to write, for Freshdesk replaces all tags. Tags of others keep their order."""
    gone = set(remove)
    kept = [tag for tag in present if tag not in gone]
    return kept + sorted(set(add) - set(kept) - gone)


def lost_tags(ours: Iterable[str], found: Iterable[str]) -> list[str]:
    """The list to write again if somebody who read the tags before our write has written them after it; else empty.

    What is missing of others' tags may have been taken off on purpose.
    """
    found = list(found)
    missing = sorted(set(ours) - set(found))
    return found + missing if missing else []


def note_body(note_html: str, decision_id: str) -> str:
    """The note with placeholders made inert and its decision's id below, in text that no clean-up strips."""
    return f'{inert(note_html)}<p style="color:#8a94a0;font-size:11px">{html.escape(f"ref mr-{decision_id}")}</p>'


def note_of(annotation: Annotation, own_id: int, messages: Iterable[Message]) -> str | None:
    """The id of our private note that says this already: the decision's own, or the one it would replace with the same
    words. Others can quote a marker; only what we wrote counts."""
    own = [message for message in messages if not message.public and message.author_id == str(own_id)]
    marker = f"ref mr-{annotation.decision_id}"
    for message in own:
        if marker in _MARKER.findall(_words(message.raw)):
            return message.id
        if message.id == annotation.replaces_note and _gist(message.raw) == _gist(annotation.note_html or ""):
            return message.id
    return None


def _words(note: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", note))


def _gist(note: str) -> str:
    """Letters and digits of a note without its marker: what is left of it however Freshdesk cleans its HTML."""
    return "".join(letter for letter in _MARKER.sub("", _words(note)).casefold() if letter.isalnum())


def _same(present: Any, wanted: Any) -> bool:
    return present == wanted or (present is not None and str(present) == str(wanted))
