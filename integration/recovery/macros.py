"""Which of the team's own replies fit a ticket: its macros and canned responses, ranked by their words.

BM25 over stemmed words finds the reply that speaks of the same things as the customer. A second question is which
complaint a reply is for, and that is learnt from the playbook's own words about each complaint. The language and the
group can rule a reply out; a recent change only breaks ties.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from adapters.contract import AuthorRole, Macro, Ticket
from integration.complaints.language import UNKNOWN, identify
from integration.complaints.markup import plain
from integration.complaints.reading import Reading
from integration.complaints.taxonomy import Complaint
from integration.recovery.placeholders import without_placeholders
from integration.recovery.playbook import Playbook
from integration.recovery.wording import terms

MOST = 3
# Chosen on tests/integration/recovery/macros/tuning.jsonl.
TITLE_WEIGHT = 1
K1 = 1.2
B = 0.75
AFFINITY = 0.4
EVIDENCE_WEIGHT = 1.5
SUBJECT_WEIGHT = 1.0
# A reply that fits so much worse than the best one is not worth an agent's second.
LEAST = 0.4
# Added for a macro changed lately, fading over a year: less than any word in common.
RECENCY = 0.02
_LONGEST_TEXT = 4_000
_REASON_WORDS = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A macro and why it is suggested, best first. `score` compares suggestions for one ticket only."""

    macro: Macro = field(repr=False)
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Query:
    """What a reply is looked for: words with their weights, how likely each complaint is, who will use it."""

    words: Mapping[str, float]
    surface: Mapping[str, str]
    complaints: Mapping[Complaint, float]
    language: str = UNKNOWN
    group: str | None = None


class MacroRanker:
    """Built once per list of macros (under 0.1 s per hundred), used for many tickets (under 1 ms each)."""

    def __init__(self, playbook: Playbook, macros: Sequence[Macro]) -> None:
        self.macros = tuple(macros)
        bodies = [plain(without_placeholders(macro.body), is_html=macro.is_html) for macro in self.macros]
        self._languages = [identify(body) for body in bodies]
        counts = [_counted(macro.title, body) for macro, body in zip(self.macros, bodies, strict=True)]
        self._weights = _bm25(counts)
        self._affinity = {c: self._normed(_profile(playbook, c)) for c in Complaint}

    def rank(self, query: Query, *, now: datetime | None = None) -> tuple[Suggestion, ...]:
        """At most three, best first; none where nothing fits."""
        if not self.macros:
            return ()
        text = self._normed(query.words)
        affinity = np.zeros(len(self.macros))
        for complaint, probability in query.complaints.items():
            affinity += probability * self._affinity[complaint]
        scores = (1 - AFFINITY) * text + AFFINITY * affinity
        least = LEAST * float(scores.max())
        ranked = sorted(
            (
                (float(score) + _recency(macro, now), -position)
                for position, (score, macro) in enumerate(zip(scores, self.macros, strict=True))
                if score >= least and self._usable(position, query)
            ),
            reverse=True,
        )
        suggestions = (Suggestion(self.macros[-p], score, self._reason(-p, query)) for score, p in ranked)
        # What is suggested without a reason is suggested by chance.
        return tuple(islice((one for one in suggestions if one.reason), MOST))

    def _complaints(self, position: int, query: Query) -> list[Complaint]:
        """The likely complaints that this macro is for."""
        return [c for c, p in query.complaints.items() if p >= 0.3 and self._affinity[c][position] >= 0.4]

    def _usable(self, position: int, query: Query) -> bool:
        """A macro in another language helps nobody, and one of other groups cannot be used by this one.

        Groups are compared only where both sides are ids: one helpdesk tells a ticket's group by name.
        """
        groups = self.macros[position].group_ids
        if groups and query.group is not None and query.group.isdigit() and query.group not in groups:
            return False
        own = self._languages[position]
        return UNKNOWN in (own, query.language) or own == query.language

    def _normed(self, words: Mapping[str, float]) -> NDArray[np.float64]:
        """How well each macro answers these words, 1 for the best of them."""
        scores = np.zeros(len(self.macros))
        for term, weight in words.items():
            for position, value in self._weights.get(term, {}).items():
                scores[position] += weight * value
        top = scores.max(initial=0.0)
        return scores / top if top > 0 else scores

    def _reason(self, position: int, query: Query) -> str:
        """ "both speak of refund, return; for no order update"."""
        shared = {
            t: w * self._weights[t][position] for t, w in query.words.items() if position in self._weights.get(t, {})
        }
        words = [query.surface[term] for term in sorted(shared, key=lambda t: -shared[t])[:_REASON_WORDS]]
        parts = [f"speaks of {', '.join(words)}"] if words else []
        likely = self._complaints(position, query)
        if likely:
            parts.append(f"for {' and '.join(c.words for c in likely)}")
        return "; ".join(parts)


def query_for(ticket: Ticket, reading: Reading | None = None, complaints: Iterable[Complaint] = ()) -> Query:
    """What to look for: the customer's open messages and the subject, the evidence counting most.

    `complaints` are those that were decided on; without them the reading's probabilities count as they are.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    surface: dict[str, str] = {}

    def take(text: str, weight: float) -> None:
        # The first mention counts in full, further ones less and less.
        for term, count in Counter(term for term, _ in terms(text[:_LONGEST_TEXT])).items():
            weights[term] += weight * (1 + math.log(count))
        for term, word in terms(text[:_LONGEST_TEXT]):
            surface.setdefault(term, word)

    text = "\n".join(_open_messages(ticket))
    take(text, 1.0)
    take(ticket.subject, SUBJECT_WEIGHT)
    decided = tuple(complaints)
    scores = {c: 1.0 for c in decided} or (dict(reading.scores) if reading is not None else {})
    if reading is not None:
        for item in reading.evidence:
            if not decided or item.complaint in decided:
                take(item.text, EVIDENCE_WEIGHT)
    total = max(1.0, sum(scores.values()))
    language = identify(text) if text.strip() else UNKNOWN
    return Query(weights, surface, {c: s / total for c, s in scores.items()}, language, ticket.group)


def _open_messages(ticket: Ticket) -> list[str]:
    """What the customer has written since an agent's last public message, or all of it if that is nothing."""
    public = [m for m in ticket.messages if m.public and m.author_role is not AuthorRole.SYSTEM]
    answered = max((i for i, m in enumerate(public) if m.author_role is AuthorRole.AGENT), default=-1)
    texts = [m.text for m in public[answered + 1 :] if m.text]
    return texts or [m.text for m in public if m.author_role is AuthorRole.CUSTOMER and m.text]


def _counted(title: str, body: str) -> Counter[str]:
    counts: Counter[str] = Counter(term for term, _ in terms(body))
    for term, _ in terms(title.replace("::", " ")):
        counts[term] += TITLE_WEIGHT
    return counts


def _bm25(documents: Sequence[Counter[str]]) -> dict[str, dict[int, float]]:
    """Each term's weight in each document that has it (Robertson and Zaragoza's BM25)."""
    lengths = [sum(document.values()) for document in documents]
    average = (sum(lengths) / len(lengths) if lengths else 0.0) or 1.0
    frequency: Counter[str] = Counter(term for document in documents for term in document)
    weights: dict[str, dict[int, float]] = {}
    for position, document in enumerate(documents):
        norm = K1 * (1 - B + B * lengths[position] / average)
        for term, count in document.items():
            rarity = math.log(1 + (len(documents) - frequency[term] + 0.5) / (frequency[term] + 0.5))
            weights.setdefault(term, {})[position] = rarity * count * (K1 + 1) / (count + norm)
    return weights


def _profile(playbook: Playbook, complaint: Complaint) -> Mapping[str, float]:
    """The words that the playbook uses of this complaint more than of the others."""
    own = _profile_counts(playbook, complaint)
    others = [_profile_counts(playbook, other) for other in Complaint if other is not complaint]
    return {term: math.log1p(count) / (1 + sum(term in other for other in others)) for term, count in own.items()}


def _profile_counts(playbook: Playbook, complaint: Complaint) -> Counter[str]:
    remedy = playbook.remedies[complaint]
    texts = [complaint.meaning, complaint.words, remedy.first.text, *(f"{m.title} {m.body}" for m in remedy.macros)]
    counts: Counter[str] = Counter(term for text in texts for term, _ in terms(text))
    # The words listed for this very purpose say more than those that happen to stand in a sentence.
    for word in remedy.words:
        for term, _ in terms(word):
            counts[term] += 3
    return counts


def _recency(macro: Macro, now: datetime | None) -> float:
    if now is None or macro.updated_at is None:
        return 0.0
    days = max(0.0, (now.astimezone(UTC) - macro.updated_at.astimezone(UTC)).total_seconds() / 86400)
    return RECENCY * math.exp(-days / 365)
