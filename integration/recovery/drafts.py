"""A reply to start from: acknowledge, apologise, own, act, make it right, filled from the ticket's own facts.

What the ticket does not tell stays a visible gap in square brackets and is listed beside the draft. A draft names no
time earlier than the clock can hold, no gesture that is not approved and nobody as the one to blame. It is never sent
by us: an agent reads it, fills the gaps and gives it a voice.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from adapters.contract import Ticket
from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint
from integration.recovery import goodwill
from integration.recovery.calendars import BusinessCalendar
from integration.recovery.deadlines import Deadline, due, words
from integration.recovery.facts import Fact, Facts, Kind, find, is_blameless
from integration.recovery.goodwill import Grant
from integration.recovery.playbook import Parts, Playbook, Policy, Remedy, Variant
from integration.recovery.templates import Slot, render

LONGEST_QUOTE = 200
HOLD = "a second person reads this before it is sent"
# A time in a draft is rounded down to this, and never below what can be held.
_ROUND = timedelta(minutes=5)
_TICK = timedelta(microseconds=1)
_BLANK_LINES = re.compile(r"\n{3,}")
_JOINING = re.compile(
    r"^(?:(?:and|but|so|then|because|since) |[,;:.-] ?)+|,? (?:and|but|so|then|because)[ .,]*$", re.IGNORECASE
)
_BLANKS = re.compile(r"[ \t]{2,}")
_PERSON_NAME = re.compile(r"[^\W\d_]+(?:['\u2019.-][^\W\d_]*)*")
_NO_FIRST_NAMES = frozenset(
    {
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "sir",
        "the",
        "info",
        "office",
        "customer",
        "user",
        "guest",
        "unknown",
        "support",
        "team",
    }
)
# Words of commitment strong enough to be repeated to the customer without a second look at what they carry.
_STRONG = frozenset({"promised", "guaranteed", "assured", "quoted", "advertised", "confirmed"})
_CALL_LABELS = (
    ("Ask first", "opening"),
    ("Acknowledge", "acknowledge"),
    ("Apologise", "apologise"),
    ("Own it", "own"),
    ("Act", "act"),
    ("Make it right", "make_right"),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """`text` is plain, `html` the same escaped. `gaps` are the questions to fill in, by the name of the fact, those
    shown in the text first. `playbook_entry` ("overpromising.full") and `version` tell where it comes from;
    `promised_for` is the time that the text names, if it names one; `hold` says why it must not go out yet."""

    text: str = field(repr=False)
    html: str = field(repr=False)
    gaps: Mapping[str, str]
    variant: Variant
    playbook_entry: str
    version: str
    policy: Policy
    promised_for: datetime | None = None
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a draft is written for. `deadline` is that of the complaint's clock. `given` are facts that the agent has
    filled in, by name; `grants` this ticket's goodwill, of which only what is approved is used."""

    ticket: Ticket
    complaint: Complaint
    deadline: Deadline | None
    calendar: BusinessCalendar
    now: datetime
    reading: Reading | None = None
    facts: Facts | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()
    repeat: bool = False


def categories(ticket: Ticket) -> frozenset[str]:
    """What the playbook's apology categories are compared with: tags, group, field values."""
    return frozenset({*ticket.tags, *filter(None, (ticket.group, ticket.brand)), *ticket.fields.values()})


def policy_for(playbook: Playbook, ticket: Ticket) -> Policy:
    return playbook.apology.policy_for(categories(ticket))


def drafts(playbook: Playbook, occasion: Occasion) -> tuple[Draft, ...]:
    """All variants."""
    occasion = _with_facts(occasion)
    return tuple(draft(playbook, occasion, variant) for variant in Variant)


def draft(playbook: Playbook, occasion: Occasion, variant: Variant) -> Draft:
    occasion = _with_facts(occasion)
    remedy = playbook.remedies[occasion.complaint]
    policy = policy_for(playbook, occasion.ticket)
    by = promise_time(playbook, occasion)
    shown: dict[str, str] = {}
    known = dict(_known(playbook, occasion, remedy, by))
    slots = {name: Slot(known.get(name), question, shown, name) for name, question in playbook.gaps.items()}
    parts = _fitted(playbook.voice.drafts[occasion.complaint, variant], policy)

    def said(template: str) -> str:
        return _BLANKS.sub(" ", render(template, slots)).strip()

    if variant is Variant.CALL:
        lines = [f"{label}: {text}" for label, part in _CALL_LABELS if (text := said(getattr(parts, part)))]
        text = "\n".join(lines)
    elif variant is Variant.SHORT:
        text = " ".join(filter(None, map(said, _body(parts))))
    else:
        voice = playbook.voice
        body = " ".join(filter(None, map(said, _body(parts)[:3])))
        paragraphs = (
            said(voice.greeting),
            body,
            *map(said, _body(parts)[3:]),
            said(voice.closing),
            said(voice.signature),
        )
        text = "\n\n".join(filter(None, paragraphs))
    hold = HOLD if policy is Policy.HOLD_FOR_REVIEW else None
    if hold:
        text = f"[{hold}]\n\n{text}"
    text = _BLANK_LINES.sub("\n\n", text)
    needed = {fact: playbook.gaps[fact] for fact in remedy.facts if not known.get(fact)}
    names_by = any(re.search(r"\bby\b", code) for part in _body(parts) for code in re.findall(r"\{[{%].*?[%}]\}", part))
    return Draft(
        text=text,
        html=as_html(text),
        gaps={**shown, **needed},
        variant=variant,
        playbook_entry=f"{occasion.complaint}.{variant}",
        version=playbook.version,
        policy=policy,
        promised_for=by if names_by and not occasion.given.get("by") else None,
        hold=hold,
    )


def missing(playbook: Playbook, occasion: Occasion) -> Mapping[str, str]:
    """The facts that this complaint's reply needs and that nobody has told yet, with their questions."""
    occasion = _with_facts(occasion)
    remedy = playbook.remedies[occasion.complaint]
    known = dict(_known(playbook, occasion, remedy, promise_time(playbook, occasion)))
    return {fact: playbook.gaps[fact] for fact in remedy.facts if not known.get(fact)}


def promise_time(playbook: Playbook, occasion: Occasion) -> datetime | None:
    """The time a draft may name: a margin before the deadline, on the clock's own zone, in business time.

    If that is closed, or nearer than the playbook's least time from now, the deadline itself; None if that is too near
    as well, or past: then nobody should promise anything without a look at it.
    """
    if occasion.deadline is None:
        return None
    due_at = occasion.deadline.due_at
    earliest = occasion.now.astimezone(UTC) + playbook.promise.earliest
    with_margin = _rounded(due_at.astimezone(UTC) - playbook.promise.margin).astimezone(due_at.tzinfo)
    if with_margin.astimezone(UTC) >= earliest and occasion.calendar.is_open(with_margin - _TICK):
        return with_margin
    return due_at if due_at.astimezone(UTC) >= earliest else None


def _rounded(moment: datetime) -> datetime:
    """Down to a time that people say; the moment is in UTC."""
    return moment - (moment - datetime.min.replace(tzinfo=UTC)) % _ROUND


def as_html(text: str) -> str:
    """Plain text as escaped HTML: paragraphs and line breaks, nothing else."""
    paragraphs = (html.escape(paragraph).replace("\n", "<br>") for paragraph in text.split("\n\n"))
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def inert(text: str) -> str:
    """A customer's words for use inside a draft: on one line, no placeholder of any helpdesk, no bracket that would
    look like a gap of ours, and our own quotation marks kept for ourselves."""
    line = " ".join(text.split())
    for found, kept in (("{", "("), ("}", ")"), ("[", "("), ("]", ")"), ("\u201c", "'"), ("\u201d", "'"), ('"', "'")):
        line = line.replace(found, kept)
    return line


def first_name(name: str) -> str | None:
    """The first of two or three plain names, or a single one; None where that may not be a person's."""
    names = name.strip().split()
    plain = 1 <= len(names) <= 3 and all(_PERSON_NAME.fullmatch(part) for part in names)
    if not plain or names[0].strip(".").lower() in _NO_FIRST_NAMES or not names[0][0].isupper() or len(names[0]) < 2:
        return None
    return None if names[0].isupper() and len(names[0]) > 3 and len(names) == 1 else names[0]


def _with_facts(occasion: Occasion) -> Occasion:
    return occasion if occasion.facts is not None else replace(occasion, facts=find(occasion.ticket))


def _fitted(parts: Parts, policy: Policy) -> Parts:
    """The parts as this policy allows them: without fault words unless it is `full`."""
    if policy is Policy.FULL:
        return parts
    return replace(parts, apologise=parts.regret, own=parts.stand_by)


def _body(parts: Parts) -> tuple[str, ...]:
    return (parts.acknowledge, parts.apologise, parts.own, parts.act, parts.make_right)


def _known(playbook: Playbook, occasion: Occasion, remedy: Remedy, by: datetime | None) -> Iterator[tuple[str, str]]:
    """What is known, by the playbook's names; what the agent has given comes last and wins."""
    facts = occasion.facts or Facts()
    name = occasion.ticket.requester.name.strip()
    if name and first_name(name):
        yield "requester", inert(name)
        yield "first_name", inert(first_name(name) or "")
    if playbook.team:
        yield "team", playbook.team
    order = facts.first(Kind.ORDER)
    if order is not None:
        yield "order", inert(f"{order.label} {order.text}".strip())
    matters = Counter(fact.text.lower() for fact in facts.of(Kind.MATTER))
    if matters:
        yield "matter", matters.most_common(1)[0][0]
    for kind, slot in ((Kind.PHONE, "phone"), (Kind.AMOUNT, "amount")):
        if (found := facts.first(kind)) is not None:
            yield slot, inert(found.text)
    quote = _quote(occasion)
    if quote is not None:
        yield "quote", quote
    promised = _promised(occasion, facts)
    if promised is not None:
        yield "promised", promised
    if by is not None:
        yield "by", _time_words(by, occasion.now)
    updates = remedy.step(repeat=occasion.repeat).updates
    if updates is not None:
        following = due(updates, occasion.now, occasion.calendar)
        yield "next_update", _time_words(following.due_at, occasion.now)
    granted = [grant for grant in goodwill.approved(occasion.grants) if grant.complaint is occasion.complaint]
    if granted:
        yield "gestures", " ".join(goodwill.words(playbook, grant) for grant in granted)
    for key, value in occasion.given.items():
        if value.strip() and key in playbook.gaps:
            yield key, inert(value)


def _time_words(at: datetime, now: datetime) -> str:
    return words(Deadline(at, ""), now)


def _quote(occasion: Occasion) -> str | None:
    """The evidence in the customer's own words, if it can be repeated to them: short, and accusing nobody by name."""
    if occasion.reading is None:
        return None
    texts = (item.text for item in occasion.reading.evidence_for(occasion.complaint) if item.message_id is not None)
    return next((_clean(text) for text in texts if _quotable(text)), None)


def _promised(occasion: Occasion, facts: Facts) -> str | None:
    """What the business committed to. Weak words ("said") count only where the reader found the broken promise."""
    evidence = occasion.reading.evidence_for(Complaint.OVERPROMISING) if occasion.reading else ()

    def sure(fact: Fact) -> bool:
        overlaps = any(
            fact.source == f"message:{item.message_id}" and fact.start < item.end and item.start < fact.end
            for item in evidence
        )
        return overlaps or (not evidence and fact.label in _STRONG)

    texts = (fact.text for fact in facts.of(Kind.PROMISE) if sure(fact))
    return next((_clean(text) for text in texts if _quotable(text)), None)


def _quotable(text: str) -> bool:
    return len(text.split()) >= 2 and len(text) <= LONGEST_QUOTE and is_blameless(text)


def _clean(quote: str) -> str:
    """Without what joined it to the words before and after."""
    return _JOINING.sub("", inert(quote)).rstrip(" .,;:-")
