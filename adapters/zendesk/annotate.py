"""What has to be written so that a ticket carries an annotation: the difference, and nothing else. No I/O here.

Source of the rules: platform page, Zendesk, 2.2 to 2.4.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from adapters.contract import Annotation, AuthorRole, Priority, Ticket
from adapters.placeholders import inert
from adapters.zendesk.schemas import TicketField

# Zendesk cuts a comment off silently behind this.
BODY_LIMIT_BYTES = 64 * 1024
_CHOICES = frozenset({"tagger", "multiselect"})
_TEXTS = frozenset({"text", "textarea"})
_LADDER = (None, *Priority)


@dataclass(frozen=True, slots=True)
class Update:
    """The body of the one PUT; `ticket` is empty if nothing is to change. `warnings` are for ops."""

    ticket: Mapping[str, Any] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()


def update(ticket: Ticket, annotation: Annotation, defined: Mapping[str, TicketField | str]) -> Update:
    """`defined` gives, by our field names, what the account's field is, or why it cannot be written.

    A name that is not in it is one the account has chosen no field for.
    """
    warnings: list[str] = []
    custom_fields: list[dict[str, Any]] = []
    chosen: set[str] = set()
    not_chosen: set[str] = set()
    for name, key in annotation.fields.items():
        if name not in defined:
            continue
        value = _value(name, key, defined[name], ticket.fields.get(name, ""), annotation.remove_tags)
        if isinstance(value, str):
            warnings.append(value)
            continue
        if value.text != ticket.fields.get(name, ""):
            custom_fields.append({"id": int(value.field_id), "value": value.content})
        chosen |= value.chosen
        not_chosen |= value.not_chosen
    if clash := sorted(not_chosen & annotation.add_tags):
        warnings.append(f"tags {', '.join(clash)}: a field's options use them; give the options tags of their own")
    # An option is a tag as well, and Zendesk lets a ticket carry the tags of its present options only.
    tags = ((ticket.tags - annotation.remove_tags) | annotation.add_tags | chosen) - not_chosen
    body: dict[str, Any] = {}
    if tags != ticket.tags:
        body["tags"] = sorted(tags)
    if custom_fields:
        body["custom_fields"] = custom_fields
    if annotation.priority and _LADDER.index(annotation.priority) > _LADDER.index(ticket.priority):
        body["priority"] = str(annotation.priority)
    if annotation.group and annotation.group != ticket.group:
        if annotation.group.isascii() and annotation.group.isdigit():
            body["group_id"] = int(annotation.group)
        else:
            warnings.append("group: not a Zendesk group id; write the number from the group's address in Admin Center")
    if annotation.note_html and not carries_note(ticket, annotation.note_html):
        note = inert(annotation.note_html)
        if len(note.encode()) > BODY_LIMIT_BYTES:
            warnings.append(f"note: {len(note.encode())} bytes are more than Zendesk keeps, so it was left out")
        else:
            # Without `public` Zendesk takes the setting of the ticket's first comment.
            body["comment"] = {"html_body": note, "public": False}
    if body:
        body |= {
            "metadata": {"makeright": _trace(annotation)},
            "safe_update": True,
            "updated_stamp": ticket.version,
        }
    return Update(body, tuple(warnings))


def carries_note(ticket: Ticket, note_html: str) -> bool:
    """Whether the note stands on the ticket already, below the customer's latest message.

    Compared by letters and digits only, since Zendesk renders what it was sent.
    """
    wanted = _gist(note_html)
    for message in reversed(ticket.messages):
        if message.public and message.author_role is AuthorRole.CUSTOMER:
            return False
        if not message.public and _gist(message.raw) == wanted:
            return True
    return False


def matching_option(field: TicketField, key: str) -> str | None:
    """The option that stands for one of our keys: `no_callback`, or with a prefix of the account's `..._no_callback`."""
    fitting = [option for option in field.options if option == key or option.endswith(f"_{key}")]
    return min(fitting, key=len, default=None)


@dataclass(frozen=True, slots=True)
class _Value:
    """What a field is to hold, and which tags that brings along or rules out."""

    field_id: str
    content: str | list[str]
    chosen: frozenset[str] = frozenset()
    not_chosen: frozenset[str] = frozenset()

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else " ".join(self.content)


def _value(name: str, key: str, field: TicketField | str, present: str, removed: frozenset[str]) -> _Value | str:
    """What to write for a key, or the warning that says why nothing is written.

    A multi-select keeps the values it holds at `present`, but for those whose tags are to be `removed`.
    """
    if isinstance(field, str):
        return f"{name}: {field}"
    if not field.active:
        return f"{name}: field {field.id} is switched off in Zendesk"
    if field.type in _TEXTS:
        return _Value(field.id, key)
    if field.type not in _CHOICES:
        return f"{name}: field {field.id} is of type {field.type}; use a drop-down, multi-select or text field"
    option = matching_option(field, key)
    if option is None:
        return f"{name}: field {field.id} has no option {key} (an option's tag must be {key} or end in _{key})"
    held = present.split() if field.type == "multiselect" else []
    values = list(dict.fromkeys([*(value for value in held if value == option or value not in removed), option]))
    not_chosen = frozenset(field.options) - frozenset(values)
    return _Value(field.id, option if field.type == "tagger" else values, frozenset(values), not_chosen)


def _trace(annotation: Annotation) -> dict[str, Any]:
    """What the update's audit keeps of the decision. The macros were suggested, not used, so `macro_ids` would lie."""
    macros = {"suggested_macros": list(annotation.macros)} if annotation.macros else {}
    return {"decision_id": annotation.decision_id, **macros}


def _gist(html: str) -> str:
    return "".join(letter for letter in unescape(re.sub(r"<[^>]*>", "", html)).casefold() if letter.isalnum())
