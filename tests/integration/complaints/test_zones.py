"""The author's own words: quotes, signatures and client marks are cut, everything else stays where it stands."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import AuthorRole, Message, Requester, Status, Ticket
from integration.complaints import zones

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Any news?\n\nOn Mon, 3 Mar 2025 at 10:00, Support <help@shop.example> wrote:\n> We promised", "Any news?"),
        ("Any news?\nOn Mon, 3 Mar 2025 at 10:00, Support\n<help@shop.example> wrote:\nWe promised", "Any news?"),
        ("Any news?\n-----Original Message-----\nFrom: Support\nWe promised", "Any news?"),
        ("Any news?\n\nFrom: Support\nSent: Monday\nTo: Ann\nSubject: Re: order\n\nWe promised", "Any news?"),
        ("Any news?\n________________________________\nFrom: Support", "Any news?"),
        ("> We promised\nYou did not.\n> to call\nNobody did.", "You did not.\nNobody did."),
        ("Any news?\n\nAm Montag, 3. März schrieb Support:\n> Hallo", "Any news?"),
        ("Nobody called.\n-- \nAnn Lee\n12 High Street", "Nobody called."),
        ("Nobody called.\n\nKind regards,\nAnn Lee\n+44 20 7946 0000", "Nobody called."),
        ("Nobody called.\nSent from my iPhone", "Nobody called."),
        ("##- Please type your reply above this line -##\nold", ""),
    ],
)
def test_what_others_wrote_is_cut(text: str, own: str) -> None:
    assert zones.own_words(text) == own


@pytest.mark.parametrize(
    "text",
    [
        "Thanks,\nbut the parcel has still not arrived and nobody at the depot can tell me where it went last week.",
        "- the lamp is broken\n- nobody called\n- I want my money back",
        "On Monday you wrote to me that it was sent.",
        "From: London\nwe flew home without our bags",
        "thanks\n@shop still nothing though",
        "Best\nservice ever? No: they told me two different things on the same day and then hung up on me.",
        "-- no dash ends this --",
    ],
)
def test_what_the_author_wrote_stays(text: str) -> None:
    assert zones.own_words(text) == text


@given(st.text(alphabet=st.sampled_from("ab @>-_:\n\r\u2028<,. On wrote Thanks From Sent Subject")))
def test_spans_are_ordered_parts_of_the_text(text: str) -> None:
    spans = zones.own_spans(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)


def test_a_ticket_gets_its_texts_filled_and_keeps_those_it_has() -> None:
    def message(id: str, raw: str, *, html: bool = False, text: str = "") -> Message:
        return Message(id, AuthorRole.CUSTOMER, True, NOW, raw, html, text)

    ticket = Ticket(
        "1", "s", Requester("9"), (message("a", "<p>Hi &amp; bye</p>", html=True), message("b", "x", text="kept")),
        Status.OPEN, None, frozenset(), {}, NOW, NOW, "v",
    )  # fmt: skip
    assert [m.text for m in zones.read(ticket).messages] == ["Hi & bye", "kept"]
