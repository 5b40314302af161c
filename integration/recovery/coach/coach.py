"""From a draft to its findings: the model judges each sentence, counting apologies is done by rule."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from integration.complaints.markup import legible
from integration.complaints.taxonomy import Complaint
from integration.recovery.coach import wording
from integration.recovery.coach.apologies import apologies, is_direct, refers_back
from integration.recovery.coach.encoder import THRESHOLD_FILE, Encoder, Judged
from integration.recovery.coach.findings import LEARNT, Finding, Policy, Rule
from integration.recovery.coach.phrases import HINTS, TAKES_THEIR_SIDE

Span = tuple[int, int]

# With a rule's obvious words in the sentence, this share of the threshold is enough.
_HINTED = 0.3
# Tokens belong to a finding down to this share of the surest one, across gaps of so many tokens.
_SPAN_SHARE, _SPAN_GAP = 0.35, 2
_TRIMMED = " \t\r\n.,;:!?-\u2013\u2014\u2026\"'()"
_WORD, _SIGN_OFF_WORDS = re.compile(r"[^\W\d_]+"), 5
# A fact that is still to be filled in: the sentence is not written yet.
_GAP = re.compile(r"\[[^\[\]\n]{1,60}\]")
# Longer drafts are read up to here; no reply is that long, and the answer has to come while the agent writes.
LONGEST_DRAFT = 50_000

_FAULT = re.compile(
    r"\b(?:(?:our|my) (?:own )?(?:mistake|fault|error|failure|failing|slip|blunder|oversight|negligence)|"
    r"(?:we|I) (?:got (?:it|this|that) wrong|were wrong|was wrong|messed up|screwed up|failed|slipped up)|"
    r"(?:is|was|are|were|that's|it's) (?:entirely |all )?(?:on us|ours|down to us)|we are (?:to blame|liable|at fault))\b",
    re.IGNORECASE,
)


class Coach:
    """Reads drafts. Keeps nothing of them; the same draft always gets the same findings."""

    def __init__(self, encoder: Encoder, threshold: float) -> None:
        """`threshold` is the probability from which a finding is shown."""
        self._encoder = encoder
        self._threshold = threshold

    @classmethod
    def load(cls, folder: Traversable | None = None) -> Coach:
        """The coach with the model in `folder`, by default the packaged one. Raises FileNotFoundError if it is missing."""
        folder = folder if folder is not None else files("integration.recovery.coach").joinpath("model")
        kept = json.loads(folder.joinpath(THRESHOLD_FILE).read_text(encoding="utf-8"))
        return cls(Encoder(folder), float(kept["threshold"]))

    def review(
        self, text: str, *, policy: Policy = Policy.FULL, complaints: Collection[Complaint] = ()
    ) -> tuple[Finding, ...]:
        """The findings in the draft, in the order of their places. `complaints` are those of the ticket replied to.

        At most `LONGEST_DRAFT` characters are read. Never raises on any text.
        """
        judged = self._encoder.judge(legible(text[:LONGEST_DRAFT]))
        places = [*self._judgements(text, judged), *self._apologies(text, judged)]
        if policy is Policy.REGRET_ONLY:
            places += [(Rule.FAULT_ADMISSION, match.span()) for match in _FAULT.finditer(text[:LONGEST_DRAFT])]
        return tuple(
            Finding(
                rule,
                *span,
                text[slice(*span)],
                wording.WHY[rule],
                wording.instead(rule, text[slice(*span)], complaints),
            )
            for rule, span in sorted(places, key=lambda place: (place[1], place[0]))
        )

    def _judgements(self, text: str, judged: list[Judged]) -> Iterator[tuple[Rule, Span]]:
        """What the model finds sentence by sentence; of rules that claim the same words the surest one is shown."""
        for number, sentence in enumerate(judged):
            words = text[slice(*sentence.span)]
            if (number and _is_sign_off(words)) or _GAP.search(words):
                continue
            direct = is_direct(text, sentence.span)
            claimed: list[Span] = []
            order = sorted(range(len(LEARNT)), key=lambda index: -sentence.rules[index])
            for index in order:
                rule = LEARNT[index]
                if rule is Rule.REPEAT_APOLOGY or (rule is Rule.NON_APOLOGY and direct):
                    continue
                if rule is Rule.CUSTOMER_BLAME and TAKES_THEIR_SIDE.search(text, *sentence.span):
                    continue
                if not self._shows(rule, sentence.rules[index], text, sentence.span):
                    continue
                span = _narrowed(text, sentence, index)
                if all(_shared(span, other) < 0.5 for other in claimed):
                    claimed.append(span)
                    yield rule, span

    def _shows(self, rule: Rule, probability: float, text: str, sentence: Span) -> bool:
        """Whether the model is sure enough, which takes less where the sentence has the obvious words."""
        if probability >= self._threshold:
            return True
        return probability >= _HINTED * self._threshold and HINTS[rule].search(text, *sentence) is not None

    def _apologies(self, text: str, judged: list[Judged]) -> Iterator[tuple[Rule, Span]]:
        """Every apology but the first, and the first if the model holds it to be for a trifle."""
        index = LEARNT.index(Rule.REPEAT_APOLOGY)
        trifling = {
            sentence.span
            for sentence in judged
            if self._shows(Rule.REPEAT_APOLOGY, sentence.rules[index], text, sentence.span)
        }
        for number, span in enumerate(apologies(text, [sentence.span for sentence in judged])):
            is_trifle = any(start <= span[0] < end for start, end in trifling) and not refers_back(text, span)
            if number or is_trifle:
                yield Rule.REPEAT_APOLOGY, _trimmed(text, span)


def _narrowed(text: str, sentence: Judged, index: int) -> Span:
    """The words around the sentence's surest token that the model holds to be part of the finding."""
    marks = sentence.tokens[:, index]
    peak = int(marks.argmax())
    needed = marks[peak] * _SPAN_SHARE
    first = last = peak
    while (
        further := next((i for i in range(first - 1, max(-1, first - 2 - _SPAN_GAP), -1) if marks[i] >= needed), None)
    ) is not None:
        first = further
    while (
        further := next((i for i in range(last + 1, min(len(marks), last + 2 + _SPAN_GAP)) if marks[i] >= needed), None)
    ) is not None:
        last = further
    start, end = sentence.places[first][0], sentence.places[last][1]
    while start > sentence.span[0] and not text[start - 1].isspace():
        start -= 1
    while end < sentence.span[1] and not text[end].isspace():
        end += 1
    return _trimmed(text, (start, end))


def _is_sign_off(sentence: str) -> bool:
    """A name, a team or a number: the surer its neighbours are, the more the model reads into it."""
    words = _WORD.findall(sentence)
    return len(words) <= _SIGN_OFF_WORDS and all(word[0].isupper() for word in words)


def _trimmed(text: str, span: Span) -> Span:
    """Without white space and stops around it, unless nothing else is there."""
    start, end = span
    while start < end and text[start] in _TRIMMED:
        start += 1
    while end > start and text[end - 1] in _TRIMMED:
        end -= 1
    return (start, end) if start < end else span


def _shared(one: Span, other: Span) -> float:
    """How much of the shorter span lies in the other."""
    common = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, common) / max(1, min(one[1] - one[0], other[1] - other[0]))
