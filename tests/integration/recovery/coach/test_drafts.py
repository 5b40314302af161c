import json

import pytest

from integration.recovery.coach.drafts import Draft, Mark, packaged, read
from integration.recovery.coach.findings import Finding, Rule
from integration.recovery.coach.measures import measure, table


def line(**row: object) -> str:
    return json.dumps(row)


def test_marked_words_are_found_in_the_text_each_behind_the_one_before() -> None:
    marks = [{"rule": "loose_promise", "text": "soon"}] * 2
    (draft,) = read([line(id=1, text="soon or soon", findings=marks)])
    assert [(mark.start, mark.end) for mark in draft.marks] == [(0, 4), (8, 12)]


@pytest.mark.parametrize(
    "bad",
    [
        "{",
        line(id=1),
        line(id=1, text="a", findings=[{"rule": "nonsense", "text": "a"}]),
        line(id=1, text="a", findings=[{"rule": "deflection", "text": "b"}]),
        line(id=1, text="a", findings=[{"rule": "deflection", "text": ""}]),
    ],
)
def test_a_line_that_is_no_draft_is_named(bad: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        list(read([line(id=1, text="fine", findings=None), bad]))


def test_the_packaged_drafts_are_many_distinct_and_half_clean() -> None:
    drafts = packaged()
    assert len(drafts) >= 1_500
    assert len({draft.text for draft in drafts}) == len(drafts)
    assert sum(not draft.marks for draft in drafts) >= 0.44 * len(drafts)


def test_measures_count_each_mark_once_and_only_for_its_own_rule() -> None:
    draft = Draft("1", "soon and again soon", (Mark(Rule.LOOSE_PROMISE, 0, 4),))
    clean = Draft("2", "soon", ())

    def review(text: str) -> list[Finding]:
        finding = Finding(Rule.LOOSE_PROMISE, 0, 4, "soon", "", "")
        return [finding, finding, Finding(Rule.DEFLECTION, 0, 4, "soon", "", "")] if len(text) > 4 else [finding]

    figures = measure([draft, clean], review)
    assert (figures.precision(), figures.recall(), figures.false_alarms) == (0.25, 1.0, 1.0)
    assert figures.precision(Rule.LOOSE_PROMISE) == pytest.approx(1 / 3)
    assert "clean drafts with a finding: 1 of 1" in table(figures)
