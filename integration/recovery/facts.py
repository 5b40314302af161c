"""What a ticket itself tells: order references, amounts, dates, numbers, names, promises, as they are written there.

Every fact is a piece of the ticket's own text or fields and says where it stands. Nothing is inferred: a date is the
words that name it, and what no pattern is sure of is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from adapters.contract import AuthorRole, Ticket
from integration.complaints.markup import LONGEST_TEXT
from integration.recovery import fact_patterns as patterns


class Kind(StrEnum):
    """What a fact is. PROMISE is what the business committed to, in the customer's words; PERSON somebody of the
    business's staff; MATTER what it is about ("refund", "repair")."""

    ORDER = "order"
    AMOUNT = "amount"
    DATE = "date"
    PHONE = "phone"
    REQUESTER = "requester"
    PERSON = "person"
    PROMISE = "promise"
    PRODUCT = "product"
    MATTER = "matter"


SUBJECT = "subject"
REQUESTER = "requester"


@dataclass(frozen=True, slots=True)
class Fact:
    """`text` is `source[start:end]`, where `source` is "subject", "requester", "message:ID", "field:NAME" or
    "order_references". `label` is the word that introduced it ("order", "claim", "promised"), where there was one."""

    kind: Kind
    text: str = field(repr=False)
    source: str
    start: int
    end: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of one ticket, the newest message's first within each kind."""

    found: tuple[Fact, ...] = ()

    def of(self, kind: Kind) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.found if fact.kind is kind)

    def first(self, kind: Kind) -> Fact | None:
        return next((fact for fact in self.found if fact.kind is kind), None)


def find(ticket: Ticket, fields_shown: Iterable[str] = ()) -> Facts:
    """The facts of a ticket whose messages have been read (`Message.text` filled in).

    `fields_shown` names further fields whose values may be repeated to the customer, beside order and product.
    """
    found: list[Fact] = []
    if ticket.requester.name.strip():
        found.append(_whole(Kind.REQUESTER, ticket.requester.name, REQUESTER))
    for reference in ticket.order_references:
        if reference.strip():
            found.append(_whole(Kind.ORDER, reference, "order_references", "order"))
    for name, value in ticket.fields.items():
        if name.lower() in patterns.PRODUCT_FIELDS and value.strip():
            found.append(_whole(Kind.PRODUCT, value, f"field:{name}"))
        elif name in fields_shown and value.strip():
            found += _in_text(value, f"field:{name}")
    customers = [m for m in ticket.messages if m.author_role is AuthorRole.CUSTOMER and m.public and m.text]
    for message in reversed(customers):
        found += _in_text(message.text, f"message:{message.id}")
    found += _in_text(ticket.subject, SUBJECT)
    return Facts(tuple(found))


def source_texts(ticket: Ticket) -> Mapping[str, str]:
    """The texts that `Fact.source` names, except the order references, each of which is its own text."""
    return {
        SUBJECT: ticket.subject,
        REQUESTER: ticket.requester.name,
        **{f"field:{name}": value for name, value in ticket.fields.items()},
        **{f"message:{message.id}": message.text for message in ticket.messages},
    }


def is_blameless(text: str) -> bool:
    """Whether a customer's words can be quoted to them without repeating whom they accuse: they name nobody."""
    return not (patterns.ACCUSED.search(text) or any(True for _ in _people(text)))


def _whole(kind: Kind, text: str, source: str, label: str = "") -> Fact:
    start = len(text) - len(text.lstrip())
    return Fact(kind, text.strip(), source, start, start + len(text.strip()), label)


def _in_text(text: str, source: str) -> Iterator[Fact]:
    text = text[:LONGEST_TEXT]
    taken = bytearray(len(text))

    def fact(kind: Kind, start: int, end: int, label: str = "") -> Iterator[Fact]:
        if not any(taken[start:end]):
            taken[start:end] = b"\x01" * (end - start)
            yield Fact(kind, text[start:end], source, start, end, label)

    for match in patterns.ORDER.finditer(text):
        if _is_reference(match["number"]):
            yield from fact(Kind.ORDER, *match.span("number"), match["label"].lower())
    for match in patterns.BARE_ORDER.finditer(text):
        yield from fact(Kind.ORDER, *match.span("number"))
    for match in patterns.AMOUNT.finditer(text):
        yield from fact(Kind.AMOUNT, *match.span())
    for match in patterns.DATE.finditer(text):
        yield from fact(Kind.DATE, *match.span())
    for match in patterns.PHONE.finditer(text):
        if _is_phone(text, match):
            yield from fact(Kind.PHONE, *match.span())
    for start, end in _people(text):
        yield Fact(Kind.PERSON, text[start:end], source, start, end)
    for start, end, label in _promises(text):
        yield Fact(Kind.PROMISE, text[start:end], source, start, end, label)
    for match in patterns.MATTER.finditer(text):
        yield Fact(Kind.MATTER, match["matter"], source, *match.span("matter"))
    for match in patterns.PRODUCT.finditer(text):
        if match["product"] not in patterns.NO_PRODUCTS and not match["product"].endswith(("ing", "ed", "ly")):
            yield Fact(Kind.PRODUCT, match["product"], source, *match.span("product"))


def _is_reference(number: str) -> bool:
    digits = sum(character.isdigit() for character in number)
    if patterns.MEASURE.fullmatch(number) or patterns.DATE.fullmatch(number) or "XX" in number.upper():
        return False
    return digits >= 4 if number.isdigit() else digits >= 2


def _is_phone(text: str, match: re.Match[str]) -> bool:
    digits = sum(character.isdigit() for character in match.group())
    if not 9 <= digits <= 15:
        return False
    before = text[max(0, match.start() - 60) : match.start()]
    return bool(patterns.SHAPED_PHONE.match(match.group()) or patterns.PHONE_CUE.search(before))


def _people(text: str) -> Iterator[tuple[int, int]]:
    for match in patterns.PERSON.finditer(text):
        group = "after" if match["after"] else "before"
        if match[group].split()[-1] not in patterns.NO_NAMES:
            yield match.span(group)


def _promises(text: str) -> Iterator[tuple[int, int, str]]:
    """What follows a word of commitment, up to the end of its clause; and that word."""
    for match in patterns.PROMISE.finditer(text):
        start = match.end()
        if patterns.OWN_WORDS.search(text, max(0, match.start() - 30), match.start()):
            continue
        piece = text[start : start + patterns.LONGEST_PROMISE + 1]
        end = patterns.CLAUSE_END.search(piece)
        if end is None and len(piece) > patterns.LONGEST_PROMISE:
            continue
        said = piece[: end.start()] if end else piece
        inner = said.strip(" ,:\"'\u201c\u201d")
        if len(inner.split()) >= 2 and patterns.COMMITS.search(inner):
            begin = start + said.index(inner)
            yield begin, begin + len(inner), match.group().split()[0].lower()
