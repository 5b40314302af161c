"""The corpus as it is packaged: large, balanced, each message its own, and every mark where it says it is."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from integration.complaints import corpus, measures
from integration.complaints.corpus import Example, Malformed
from integration.complaints.taxonomy import Complaint

NARRATIVES = Path(__file__).parents[4] / "shared/data/complaints/train.jsonl"
# The share of common four-word runs from which two messages count as nearly the same.
NEARLY_THE_SAME = 0.4


@pytest.fixture(scope="module")
def examples() -> tuple[Example, ...]:
    return corpus.packaged()


def test_the_corpus_is_large_and_half_of_it_reports_nothing(examples: tuple[Example, ...]) -> None:
    assert len(examples) >= 6_000
    assert len({example.id for example in examples}) == len(examples)
    none = sum(not example.labels for example in examples) / len(examples)
    assert none >= 0.48
    counts = Counter(label for example in examples for label in example.labels)
    assert all(counts[complaint] >= 500 for complaint in Complaint)


def test_every_mark_stands_in_its_message_and_every_label_has_one(examples: tuple[Example, ...]) -> None:
    for example in examples:
        assert example.marks is not None
        assert {mark.label for mark in example.marks} == example.labels, example.id
        for mark in example.marks:
            words = example.text[mark.start : mark.end]
            assert words and words == words.strip(), example.id


def test_each_row_says_its_trade_channel_and_register_and_repeats_its_evidence() -> None:
    for file in files("integration.complaints").joinpath("corpus").iterdir():
        if not file.name.endswith(".jsonl") or file.name == corpus.SECOND_READING:
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            assert row["trade"] and row["channel"] and row["register"], row["id"]
            for item in row["evidence"]:
                assert row["text"][item["start"] : item["end"]] == item["text"], row["id"]


def test_no_two_messages_are_nearly_the_same(examples: tuple[Example, ...]) -> None:
    runs = [_runs(example.text) for example in examples]
    holders: dict[str, list[int]] = defaultdict(list)
    alike = []
    for index, mine in enumerate(runs):
        common = Counter(other for run in mine for other in holders[run])
        alike += [
            (examples[other].id, examples[index].id)
            for other, shared in common.items()
            if shared / len(mine | runs[other]) > NEARLY_THE_SAME
        ]
        for run in mine:
            holders[run].append(index)
    assert alike == []


def _runs(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + 4]) for i in range(max(1, len(words) - 3))}


def test_a_fixed_part_is_held_out(examples: tuple[Example, ...]) -> None:
    share = sum(example.held_out for example in examples) / len(examples)
    assert 0.05 < share < 0.11
    assert Example("a", "x", frozenset()).held_out == Example("a", "y", frozenset()).held_out


def test_the_second_reader_agrees(examples: tuple[Example, ...]) -> None:
    second = corpus.second_reading()
    if not second:
        pytest.skip("no second reading has been packaged")
    read = [example for example in examples if example.id in second]
    assert len(read) >= 250
    first = np.array([[c in example.labels for c in Complaint] for example in read])
    other = np.array([[c in second[example.id] for c in Complaint] for example in read])
    assert all(f1 >= 0.75 and kappa >= 0.7 for f1, kappa in measures.agreement(first, other))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("nonsense", "line 2"),
        ('{"id": 1, "text": "a", "labels": ["late"]}', "line 2.*labels"),
        ('{"id": 1, "labels": []}', "line 2.*text"),
        ("[1]", "line 2"),
    ],
)
def test_a_malformed_line_is_named(line: str, fault: str) -> None:
    with pytest.raises(Malformed, match=fault):
        list(corpus.read(['{"id": 1, "text": "a", "labels": ["no_callback"]}', line], source="mine.jsonl"))


def test_rows_from_elsewhere_need_no_evidence() -> None:
    (row,) = corpus.read(['{"id": 7, "text": "a", "labels": ["no_callback"], "source": "x", "picked_by": "random"}'])
    assert row == Example("7", "a", frozenset({Complaint.NO_CALLBACK}), None, "x", "random")


@pytest.mark.skipif(not NARRATIVES.is_file(), reason=f"{NARRATIVES} is not there")
def test_public_narratives_get_the_marks_we_keep_for_them_and_others_stay() -> None:
    narratives = list(corpus.read(NARRATIVES.read_text(encoding="utf-8").splitlines()))
    marked = list(corpus.with_known_marks(narratives))
    assert all(example.marks is not None for example in marked)
    assert all({mark.label for mark in example.marks or ()} == example.labels for example in marked)
    assert all(0 <= m.start < m.end <= len(e.text) for e in marked for m in e.marks or ())
    other = replace(narratives[0], text=narratives[0].text + ".")
    relabelled = replace(narratives[0], labels=frozenset(Complaint) - narratives[0].labels)
    assert list(corpus.with_known_marks([other, relabelled])) == [other, relabelled]
