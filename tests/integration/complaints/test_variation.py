"""Varied training messages keep labels and marks true to their text."""

from __future__ import annotations

import random

from integration.complaints.corpus import Example, Mark
from integration.complaints.taxonomy import Complaint
from integration.complaints.variation import varied

NC, OP = Complaint.NO_CALLBACK, Complaint.OVERPROMISING
EXAMPLES = [
    Example("1", "Hi. Nobody ever called me back. Bye", frozenset({NC}), (Mark(NC, 4, 31),)),
    Example("2", "You promised Monday and it came on Friday.", frozenset({OP}), (Mark(OP, 0, 42),)),
    Example("3", "Lovely lamp.", frozenset(), ()),
    Example("4", "mail\n> quoted", frozenset(), ()),
    Example("5", "long story without marks", frozenset({OP}), None),
]


def test_labels_and_marks_stay_true() -> None:
    said = {NC: "Nobody ever called me back.", OP: "You promised Monday and it came on Friday."}
    seen = set()
    for seed in range(40):
        for example in varied(EXAMPLES, random.Random(seed)):
            seen.add(example.text)
            if example.marks is None:
                continue
            assert {mark.label for mark in example.marks} == example.labels
            assert all(example.text[m.start : m.end] == said[m.label] for m in example.marks)
    originals = {example.text for example in EXAMPLES}
    assert said[NC] in seen and seen > originals
    assert not any(text != EXAMPLES[3].text and EXAMPLES[3].text in text for text in seen)


def test_the_same_seed_gives_the_same_messages() -> None:
    assert list(varied(EXAMPLES, random.Random(3))) == list(varied(EXAMPLES, random.Random(3)))
