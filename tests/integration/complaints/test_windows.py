"""Sentences, clauses and windows cover the words, in order, and never more than fits."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.complaints.windows import LONGEST_SENTENCE, clauses, sentences, windows


def _cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text, [(0, len(text))])]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Where is it? Nobody knows.", ["Where is it?", "Nobody knows."]),
        ("Mr. Lee paid $5.50 for No. 7.\nThen nothing", ["Mr. Lee paid $5.50 for No. 7.", "Then nothing"]),
        ("He said \u201cno.\u201d I left!!! ok", ["He said \u201cno.\u201d", "I left!!!", "ok"]),
        ("no stop at all", ["no stop at all"]),
        ("  \n ", []),
    ],
)
def test_sentences_end_where_people_end_them(text: str, parts: list[str]) -> None:
    assert _cut(text) == parts


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("I like the shop, but nobody ever called me back", ["I like the shop,", "but nobody ever called me back"]),
        ("Yes, it came", ["Yes, it came"]),
        ("You told me Monday - it is Friday now", ["You told me Monday -", "it is Friday now"]),
    ],
)
def test_clauses_are_no_crumbs(sentence: str, parts: list[str]) -> None:
    assert [sentence[start:end] for start, end in clauses(sentence, (0, len(sentence)))] == parts


@given(st.text("ab .!?\n,;-", max_size=2_000))
def test_every_word_is_in_exactly_one_sentence_and_clause(text: str) -> None:
    spans = sentences(text, [(0, len(text))])
    assert all(end - start <= LONGEST_SENTENCE for start, end in spans)
    parts = [part for span in spans for part in clauses(text, span)]
    assert "".join(text[s:e] for s, e in parts).replace(" ", "") == "".join(text.split())


@given(st.lists(st.integers(1, 60), max_size=40), st.integers(1, 50), st.integers(0, 40))
def test_windows_cover_all_and_overlap_but_move_on(sizes: list[int], room: int, overlap: int) -> None:
    runs = windows(range(len(sizes)), sizes, room=room, overlap=overlap)
    assert sorted({index for first, last in runs for index in range(first, last)}) == list(range(len(sizes)))
    assert all(sum(sizes[first:last]) <= room or last - first == 1 for first, last in runs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(runs))
