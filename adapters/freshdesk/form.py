"""An account's ticket form: what its codes and names mean. Nothing about statuses, types and fields is assumed.

Made from `GET /ticket_fields`, which every agent may read; it also names groups, products and channels, whose own
addresses are for administrators only (platform page: Freshdesk, other metadata).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from adapters.contract import Priority, Status
from adapters.freshdesk.schemas import FieldRow

PRIORITIES: Mapping[int, Priority] = {1: Priority.LOW, 2: Priority.NORMAL, 3: Priority.HIGH, 4: Priority.URGENT}

_BUILT_IN: Mapping[int, Status] = {2: Status.OPEN, 3: Status.PENDING, 4: Status.SOLVED, 5: Status.CLOSED}

# Read in this order: "waiting for resolution" waits, "reopened after closing" is open.
_STATUS_WORDS: tuple[tuple[Status, re.Pattern[str]], ...] = tuple(
    (status, re.compile(rf"\b(?:{words})", re.IGNORECASE))
    for status, words in (
        (Status.PENDING, "wait|await|pending|on hold|hold|snooz"),
        (Status.OPEN, "open|reopen|in progress|process|investigat|escalat|assigned|working|un(?:re)?solved"),
        (Status.SOLVED, "resolved|solved|fixed|done|complete"),
        (Status.CLOSED, "closed|cancel|archived|duplicate"),
        (Status.NEW, "new"),
    )
)

_SOURCES: Mapping[int, str] = {
    1: "email",
    2: "portal",
    3: "phone",
    4: "forum",
    5: "twitter",
    6: "facebook",
    7: "chat",
    8: "mobile",
    9: "feedback_widget",
    10: "outbound_email",
    11: "ecommerce",
    12: "bot",
    13: "whatsapp",
}

_YES, _NO = frozenset({"true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off", ""})


@dataclass(frozen=True, slots=True)
class TicketForm:
    fields: Mapping[str, FieldRow]

    @classmethod
    def of(cls, rows: Iterable[FieldRow]) -> TicketForm:
        return cls({row.name: row for row in rows if row.name})

    def status(self, code: int | None) -> Status:
        """The nearest of our statuses: by code, else by the account's name for it, else by its place in the list.

        A nameless stage that stands behind "Resolved" or "Closed" was merely added to the end of the list. It counts as
        open: a ticket that is looked at in vain costs less than one that is overlooked.
        """
        if code is None:
            return Status.OPEN
        if code in _BUILT_IN:
            return _BUILT_IN[code]
        before = Status.OPEN
        for listed, names in self._statuses():
            if listed in _BUILT_IN:
                before = _BUILT_IN[listed]
            elif listed == code:
                named = (status for name in names for status, words in _STATUS_WORDS if words.search(name))
                return next(named, before if before is Status.PENDING else Status.OPEN)
        return Status.OPEN

    def _statuses(self) -> Iterable[tuple[int, list[str]]]:
        """(code, [what agents read, what customers read]) in the account's order."""
        for code, names in _mapping(self._choices("status")).items():
            if str(code).isdecimal():
                yield int(code), _names([names] if isinstance(names, str) else names)

    def group_id(self, wanted: str) -> int | None:
        """The id of a group given by name (whatever its case) or by its id; None if there is none."""
        groups = _ids(self._choices("group"))
        for name, group_id in groups.items():
            if plain(name) == plain(wanted) or str(group_id) == wanted:
                return group_id
        return None

    def group_name(self, group_id: int | None) -> str | None:
        return _name_of(group_id, self._choices("group"))

    def product_name(self, product_id: int | None) -> str | None:
        return _name_of(product_id, self._choices("product"))

    @property
    def products(self) -> list[str]:
        return _names(self._choices("product"))

    def channel(self, source: int | None) -> str | None:
        name = _name_of(source, self._choices("source"))
        return _SOURCES.get(source or 0) or (plain(name) if name else None)

    def _choices(self, name: str) -> Any:
        return self.fields[name].choices if name in self.fields else None


def choices(row: FieldRow) -> list[str]:
    """What a dropdown offers (the first level, if it has several)."""
    return _names(row.choices)


def value_for(row: FieldRow, name: str, wanted: str) -> Any:
    """`wanted` as this field stores it. `name` is our own name for the field.

    A choice is matched whatever its case, written with spaces or underscores, with or without our name in front
    ("no_callback", "No callback", "complaint_no_callback"). Raises ValueError, its text being for ops.
    """
    match row.type:
        case "custom_dropdown" | "default_ticket_type" | "nested_field":
            offered = choices(row)
            forms = {plain(wanted), plain(f"{name}_{wanted}")}
            for choice in offered:
                if forms & {plain(choice), plain(f"{name}_{choice}")}:
                    return choice
            raise ValueError(f"offers no choice for {_shown(wanted)}; it has: {', '.join(offered) or 'none'}")
        case "custom_checkbox":
            if wanted.lower() in _YES | _NO:
                return wanted.lower() in _YES
            raise ValueError(f"is a checkbox and cannot hold {_shown(wanted)}")
        case "custom_number":
            return _converted(int, wanted, "a whole number")
        case "custom_decimal":
            return _converted(_finite, wanted, "a number")
        case "custom_date":
            return _converted(_day, wanted, "a date (YYYY-MM-DD)")
        case "custom_text" | "custom_paragraph":
            return wanted
    raise ValueError(f"is of the type {row.type!r}, which is not written")


def plain(text: str) -> str:
    """A name reduced to what counts when names are compared: "No callback!" and "no_callback" are the same."""
    return re.sub(r"[\W_]+", "_", text.casefold()).strip("_")


def _converted(convert: Callable[[str], Any], wanted: str, kind: str) -> Any:
    try:
        return convert(wanted.strip())
    except ValueError:
        raise ValueError(f"takes {kind}, not {_shown(wanted)}") from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _day(text: str) -> str:
    return date.fromisoformat(text[:10]).isoformat()


def _shown(wanted: str) -> str:
    """A value for the eyes of ops. Our own keys are shown; anything else could be a customer's words."""
    return repr(wanted) if re.fullmatch(r"[a-z0-9_]{1,40}", wanted) else "the value it was given"


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, dict) else {}


def _names(offered: Any) -> list[str]:
    """Names out of a list of names, a list of objects with a `value`, or the keys of nested choices."""
    items = offered if isinstance(offered, list | dict) else ()
    named = (item.get("value") if isinstance(item, dict) else item for item in items)
    return [name for name in named if isinstance(name, str) and name]


def _ids(offered: Any) -> dict[str, int]:
    return {name: number for name, number in _mapping(offered).items() if isinstance(number, int)}


def _name_of(number: int | None, offered: Any) -> str | None:
    """The name of an id, the id itself if the form does not name it, None if there is no id."""
    if number is None:
        return None
    return next((name for name, known in _ids(offered).items() if known == number), str(number))
