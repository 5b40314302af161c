"""The exercises that come along, and a team's own."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from integration.complaints.classifier import Classifier
from integration.complaints.taxonomy import Complaint
from integration.recovery.rehearsal.exercises import after, packaged_exercises, read_exercises

GOOD = {"id": "a-1", "complaints": ["no_callback"], "text": "Nobody has called me back since Monday."}


def test_the_packaged_exercises_are_varied() -> None:
    found = packaged_exercises()
    assert len(found) >= 24
    counted = Counter(complaint for one in found for complaint in one.complaints)
    assert min(counted[complaint] for complaint in Complaint) >= 5
    assert len({one.trade for one in found}) >= 20 and len({one.tone for one in found}) >= 18
    assert all(one.facts for one in found) and any(len(one.complaints) > 1 for one in found)
    assert len({one.text for one in found}) == len(found)


def test_the_classifier_finds_in_most_of_them_what_their_author_meant() -> None:
    try:
        classifier = Classifier.load()
    except FileNotFoundError as error:
        pytest.skip(f"the model is not built: {error.filename}")
    found = packaged_exercises()
    readings = classifier.classify([one.text for one in found])
    right = sum(bool(set(one.complaints) & set(reading.labels())) for one, reading in zip(found, readings, strict=True))
    assert right >= 0.7 * len(found)


def test_one_follows_the_other_and_the_first_the_last() -> None:
    found = packaged_exercises()
    seen, last = [], ""
    for _ in found:
        last = after(found, last).id
        seen.append(last)
    assert seen == [one.id for one in found]
    assert after(found, last) == found[0] == after(found, "gone")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"id": "Not Good"}, "line 2: id: up to 64"),
        ({"id": None}, "line 2: id:"),
        ({"complaints": []}, "line 2: complaints:"),
        ({"complaints": ["rude"]}, "line 2: complaints:"),
        ({"text": "short"}, "line 2: text:"),
        ({"text": "x" * 5000}, "line 2: text:"),
        ({"fact": []}, "line 2: fact: Unknown field"),
        ({"facts": [""]}, "line 2: facts:"),
    ],
)
def test_a_wrong_exercise_is_told_with_its_line(change: dict[str, Any], says: str) -> None:
    lines = ["", json.dumps({**GOOD, "id": "x", **change})]
    with pytest.raises(ValueError) as told:
        list(read_exercises(lines))
    assert str(told.value).startswith(says)
    assert "Nobody has called" not in str(told.value)


def test_a_line_that_is_no_json_and_an_id_used_twice_are_told() -> None:
    with pytest.raises(ValueError, match="line 1: not JSON"):
        list(read_exercises(["{"]))
    with pytest.raises(ValueError, match="line 2: id 'a-1' stands in line 1"):
        list(read_exercises([json.dumps(GOOD)] * 2))
    with pytest.raises(ValueError, match="line 1"):
        list(read_exercises(["[]"]))
