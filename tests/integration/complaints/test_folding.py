"""Folding: habits of writing disappear, places stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.complaints.folding import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("@ShopHelp where is it https://t.co/AbC12", "@user where is it link"),
        ("#NoCallBack #fail", "# No Call Back # fail"),
        ("Soooo tired!!!!!!", "Soo tired!!!"),
        ("I\u2019m \u201cfine\u201d \u2026 &amp; done", 'I\'m "fine" ... & done'),
        ("On XX/XX/2019 XXXX XXXX took {$120.00}", "On date someone took $120"),
        ("order 406-2290911-1234567 and SKY-881234", "order number and number"),
        ("10/10, 24/7, 5-7 days, $10000, 2019", "10/10, 24/7, 5-7 days, $10000, 2019"),
        ("write to me@mail.example", "write to mail"),
    ],
)
def test_habits_are_folded_away(text: str, folded: str) -> None:
    assert fold(text, 0, len(text)).text == folded


@given(st.text("aX@#1/{$.0}&amp;!\u2019 \nhtps:", max_size=200), st.integers(0, 20))
def test_every_folded_character_knows_its_place(text: str, start: int) -> None:
    start = min(start, len(text))
    folded = fold(text, start, len(text))
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert all(start <= s < e <= len(text) for s, e in zip(folded.starts, folded.ends, strict=True))
    assert folded.starts == sorted(folded.starts)
    if folded.text:
        assert folded.span(0, len(folded.text)) == (start, len(text))


@pytest.mark.parametrize("piece", ["X ", "&", "#a", "a-1", "@", "a.", "A1-", "{$1", "1", "X/X/", "http://"])
def test_floods_come_through(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert fold(text, 0, len(text)).ends[-1] == len(text)
