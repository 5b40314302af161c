"""Training messages seen a little differently each time: joined with another, or reduced to the words that count."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from integration.complaints.corpus import Example, Mark

_JOINED, _ALONE = 0.25, 0.10
# Characters of a message that may be joined, and words of a marked place that can stand alone.
_LONGEST_JOINED = 500
_FEWEST_WORDS = 5


def varied(examples: Sequence[Example], shuffler: random.Random) -> Iterator[Example]:
    """Every example once, some of them changed; the labels stay true to the changed text.

    A message joined with another reports what both report, which teaches to find a complaint among other matters. A
    marked place alone still reports its label, which teaches to read terse messages. Examples without marks stay.
    """
    partners = [example for example in examples if _is_plain(example)]
    for example in examples:
        chance = shuffler.random()
        if not _is_plain(example):
            yield example
        elif chance < _JOINED:
            yield _joined(example, shuffler.choice(partners), shuffler.choice(("\n", " ")))
        elif chance < _JOINED + _ALONE and example.marks:
            yield _alone(example, shuffler.choice(example.marks))
        else:
            yield example


def _is_plain(example: Example) -> bool:
    """Marked, short and on one line: no mail with quotes or signature, whose end would swallow what is joined to it."""
    return example.marks is not None and len(example.text) <= _LONGEST_JOINED and "\n" not in example.text


def _joined(first: Example, second: Example, between: str) -> Example:
    offset = len(first.text) + len(between)
    marks = (*(first.marks or ()), *(Mark(m.label, m.start + offset, m.end + offset) for m in second.marks or ()))
    return replace(first, text=first.text + between + second.text, labels=first.labels | second.labels, marks=marks)


def _alone(example: Example, mark: Mark) -> Example:
    text = example.text[mark.start : mark.end]
    if len(text.split()) < _FEWEST_WORDS:
        return example
    inside = tuple(
        Mark(m.label, m.start - mark.start, m.end - mark.start)
        for m in example.marks or ()
        if mark.start <= m.start and m.end <= mark.end
    )
    return replace(example, text=text, labels=frozenset(m.label for m in inside), marks=inside)
