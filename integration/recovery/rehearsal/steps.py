"""Which of the five steps a reply shows: acknowledge, apologise, own, act, make right.

Rules over sentences, and honest about it: a step is *seen* at certain words, or not seen. A reply may take a step in words
that no rule here knows, so "not seen" is a question to its writer and no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from integration.complaints.windows import sentences
from integration.recovery.coach.apologies import apologies
from integration.recovery.coach.findings import Finding, Rule
from integration.recovery.fact_patterns import DATE
from integration.recovery.wording import terms

Span = tuple[int, int]
# A reply is read up to here.
LONGEST_REPLY = 20_000


class Step(StrEnum):
    """In the order in which a reply takes them (source: the page on service recovery, "How a recovery reads")."""

    ACKNOWLEDGE = "acknowledge"
    APOLOGISE = "apologise"
    OWN = "own"
    ACT = "act"
    MAKE_RIGHT = "make_right"


@dataclass(frozen=True, slots=True)
class Taken:
    """`text` is `reply[start:end]`, the first sentence that shows the step; all empty where none does."""

    step: Step
    seen: bool
    start: int = 0
    end: int = 0
    text: str = field(default="", repr=False)


# Who owns a mistake does not say so beside one of these.
_DISOWNS = frozenset({Rule.DEFLECTION, Rule.CUSTOMER_BLAME, Rule.NAMED_CULPRIT})
_SHARED_TERMS = 2

_KNOWS = re.compile(
    r"\byou (?:wrote|told us|tried|rang|phoned|emailed|left|chased|waited|asked|explained|reported|were (?:told|promised|quoted|"
    r"left|given|advised)|have (?:been|had|heard|waited|chased)|had (?:to|been)|paid|should not have had to)\b"
    r"|\bthank you for (?:telling|letting|writing|your patience in)\b"
    r"|\bwhat (?:you got|happened|you were told)\b",
    re.IGNORECASE,
)
_FUTURE = re.compile(r"\b(?:will|shall|going to)\b|['\u2019]ll\b", re.IGNORECASE)
_OWNS = re.compile(
    r"(?<!not )(?<!n['\u2019]t )\b(?:(?:is|was|are|were|it['\u2019]s|that['\u2019]s) (?:entirely |all |simply )?"
    r"(?:our|my|ours|mine|on us|on me|down to us)\b"
    r"|(?:ours|mine|for us|for me) to (?:do|send|keep|put|sort|tell|solve|fix|check|make)"
    r"|(?:we|I) (?:should have|ought to have|failed|fell short|let you down|got (?:this|it|that) wrong|missed|forgot|broke|"
    r"dropped|lost track|(?:did not|didn['\u2019]t) (?:keep|call|ring|write|tell|do|come back|get back|answer|reply|check|pass))"
    r"|you should (?:not have had to|have (?:heard|had|been))"
    r"|(?:I|we) (?:have taken|am taking|are taking|take) (?:this|it|your \w+)(?: \w+)? (?:on|over)|taken ownership"
    r"|(?:look|looks|looking) after (?:this|it|you)\b|(?:stays?|remains?|staying) (?:with me|your contact|on my desk)"
    r"|(?:we|I) (?:said|promised|quoted|advertised) it)\b",
    re.IGNORECASE,
)
_WHEN = re.compile(
    rf"{DATE.pattern}|\b\d{{1,2}}[:.]\d\d\b|\b\d{{1,2}} ?(?:am|pm|a\.m\.|p\.m\.|o['\u2019]clock)\b"
    r"|\b(?:today|tonight|tomorrow|this (?:morning|afternoon|evening)|now|noon|midday|midnight|end of (?:the )?day)\b"
    r"|\bwithin (?:the (?:next )?)?(?:an|one|two|three|four|\d{1,3}) (?:business |working )?(?:minutes?|hours?|days?)\b",
    re.IGNORECASE,
)
_DOES = re.compile(
    r"\b(?:will|shall|am|are|is going to)\b|['\u2019](?:ll|m|re)\b"
    r"|\b(?:calls?|rings?|writes?|answers?|confirms?|sends?|reports?|refunds?|checks?|brings?|collects?|visits?|books?)\b"
    r"|\b(?:I|we)(?: have|['\u2019]ve)(?: just| already| now)? \w+(?:ed|ent|id|ut|ade|oken|iven|aken)\b",
    re.IGNORECASE,
)
_RESTORES = re.compile(
    r"\b(?:refund\w*|credit(?:ed|s)?|reimburs\w+|compensat\w+|replac(?:e|ed|ing|ement)\w*|re-?send\w*|a new one|free of charge|"
    r"no (?:extra )?(?:charge|cost)|at our (?:cost|expense)|without charge|waiv\w+|honou?r(?:ed|ing)?\b|the difference|voucher|"
    r"upgrad\w+|discount|pay(?:ing)? you|give you back|paid back|extra (?:day|week|month)s?|makes? up for|making up for|"
    r"put(?:ting)? (?:this|it|things|that) right|puts? you (?:back )?where|what is correct|the (?:correct|right) (?:answer|information|figure|dose|part|size)|"
    r"first free (?:appointment|slot)|priority (?:slot|appointment))"
    r"|\b(?:would|does|do|if|what)\b[^.!?\n]{0,60}\b(?:helps?|suits?|work for|right for|better for)\b[^.!?\n]{0,20}"
    r"|\bcost you anything\b",
    re.IGNORECASE,
)
# An apology for a feeling or a possibility is none.
_HOLLOW = re.compile(r"\b(?:if|any\w*|but|however|though|in case|feel|felt|upset|whatever)\b", re.IGNORECASE)
_GREETING = re.compile(
    r"^(?:hello|hi|hey|dear|good (?:morning|afternoon|evening|day))\b[^.!?\n]{0,40}[,!.]?$", re.IGNORECASE
)


def steps(reply: str, customer: str, findings: Iterable[Finding] = ()) -> tuple[Taken, ...]:
    """The five steps in their order. `customer` is the message replied to, `findings` what the coach found in `reply`."""
    reply = reply[:LONGEST_REPLY]
    found = [span for span in sentences(reply, [(0, len(reply))]) if not _GREETING.match(reply[slice(*span)])]
    findings = tuple(findings)
    disowned = [(one.start, one.end) for one in findings if one.rule in _DISOWNS]
    hollow = [(one.start, one.end) for one in findings if one.rule is Rule.NON_APOLOGY]
    known = {term for term, _ in terms(customer)}
    meant = [
        one
        for one in apologies(reply, found)
        if not _HOLLOW.search(reply, *one) and not any(_overlap(one, other) for other in hollow)
    ]

    def acknowledges(span: Span) -> bool:
        words = reply[slice(*span)]
        if _FUTURE.search(words):
            return False
        shared = {term for term, _ in terms(words)} & known
        return len(shared) >= _SHARED_TERMS or (bool(_KNOWS.search(words)) and not words.endswith("?"))

    def apologises(span: Span) -> bool:
        return any(_overlap(span, one) for one in meant)

    def owns(span: Span) -> bool:
        return bool(_OWNS.search(reply, *span)) and not any(_overlap(span, one) for one in disowned)

    def acts(span: Span) -> bool:
        words = reply[slice(*span)]
        return bool(_WHEN.search(words) and _DOES.search(words)) and not words.endswith("?")

    def restores(span: Span) -> bool:
        return _RESTORES.search(reply, *span) is not None

    rules = zip(Step, (acknowledges, apologises, owns, acts, restores), strict=True)
    return tuple(_taken(step, reply, [span for span in found if rule(span)]) for step, rule in rules)


def _taken(step: Step, reply: str, spans: Sequence[Span]) -> Taken:
    if not spans:
        return Taken(step, False)
    return Taken(step, True, *spans[0], reply[slice(*spans[0])])


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
