"""Sentences, clauses and overlapping windows of sentences: the units in which a message is read.

All are spans `(start, end)` into the text as given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from integration.complaints.zones import Span

# A sentence ends at its stop and the space behind it, or at a line's end. "No. 5", "Mr. Lee" and "e.g. this" do not end it.
_STOP = re.compile(
    r"(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\b[Nn]o(?=\.\s\d))(?<!\bSt)(?<!\be\.g)(?<!\bi\.e)(?<!\bapprox)(?<!\bvs)"
    r"[.!?\u2026\u3002\u061f]+[\"'\u201d\u2019)]*\s+|\n+"
)
# Where a long sentence may be cut into clauses.
_JOINT = re.compile(
    r"[,;:]\s+|\s[-\u2013\u2014]+\s|\s+(?=(?:but|and|so|because|although|though|then|while|yet|when)\s)", re.IGNORECASE
)
_SHORTEST_CLAUSE = 3
_WORD = re.compile(r"\S+")
# Text without stops (or a flood of characters) is cut after so many characters, at a space where there is one.
LONGEST_SENTENCE = 400


def sentences(text: str, spans: Iterable[Span]) -> list[Span]:
    """The sentences within `spans`, in order, without white space around them."""
    found: list[Span] = []
    for start, end in spans:
        begin = start
        for stop in _STOP.finditer(text, start, end):
            _add(text, begin, stop.end(), found)
            begin = stop.end()
        _add(text, begin, end, found)
    return found


def clauses(text: str, sentence: Span) -> list[Span]:
    """The sentence's clauses, each of at least three words; the sentence itself if it has only one."""
    start, end = sentence
    cuts = [joint.end() for joint in _JOINT.finditer(text, start, end)]
    parts: list[Span] = []
    begin = start
    for cut in cuts:
        if len(_WORD.findall(text, begin, cut)) >= _SHORTEST_CLAUSE <= len(_WORD.findall(text, cut, end)):
            _add(text, begin, cut, parts)
            begin = cut
    _add(text, begin, end, parts)
    return parts


def clause_at(text: str, sentence: Span, place: int) -> Span:
    """The clause of the sentence in which `place` lies."""
    return next((part for part in clauses(text, sentence) if part[0] <= place < part[1]), sentence)


def windows(sentences: Sequence[object], sizes: Sequence[int], *, room: int, overlap: int) -> list[tuple[int, int]]:
    """Runs of sentences `(first, last + 1)` that fit into `room`, each repeating about `overlap` of the run before.

    `sizes` are the sentences' lengths in whatever unit `room` is in; a sentence larger than `room` stands alone.
    """
    runs: list[tuple[int, int]] = []
    first = 0
    while first < len(sentences):
        last, filled = first, 0
        while last < len(sentences) and (last == first or filled + sizes[last] <= room):
            filled += sizes[last]
            last += 1
        runs.append((first, last))
        if last >= len(sentences):
            break
        # Repeat no more than leaves room for a new sentence.
        following, repeated, most = last, 0, min(overlap, room - sizes[last])
        while following - 1 > first and repeated + sizes[following - 1] <= most:
            following -= 1
            repeated += sizes[following]
        first = following
    return runs


def _add(text: str, start: int, end: int, found: list[Span]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST_SENTENCE:
        space = text.rfind(" ", start + LONGEST_SENTENCE // 2, start + LONGEST_SENTENCE)
        cut = space if space > 0 else start + LONGEST_SENTENCE
        found.append((start, cut))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        found.append((start, end))
