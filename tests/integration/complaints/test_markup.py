"""Bodies as text: what people see is kept, what they do not is not, and nothing a body contains breaks the reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.complaints.markup import LONGEST_TEXT, legible, plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Where is <b>my</b> order?<br>Ann</p>", "Where is my order?\nAnn"),
        ("<p>&lt;b&gt; &amp; &pound;5</p>", "<b> & £5"),
        ("<style>p{}</style><script>x()</script><p>Hello</p><!-- note -->", "Hello"),
        ('<p>Hello</p><p style="display:none">preheader</p>', "Hello"),
        (
            "<table><tr><td>Order</td><td>5512</td></tr><tr><td>Status</td><td>?</td></tr></table>",
            "Order 5512\nStatus ?",
        ),
        (
            '<div>Any news?</div><div class="gmail_quote"><div>On Mon wrote:</div><blockquote>We promised</blockquote></div>',
            "Any news?",
        ),
        ('<p>Any news?</p><div id="divRplyFwdMsg">From: A</div><div>the old mail</div>', "Any news?"),
        (
            '<p>Still nothing.</p><blockquote class="freshdesk_quote">old</blockquote><p>Ann</p>',
            "Still nothing.\n\nAnn",
        ),
        ("<p>no end", "no end"),
        ("just words", "just words"),
        ("", ""),
        ("<!-- only a comment -->", ""),
    ],
)
def test_html_reads_as_people_see_it(html: str, text: str) -> None:
    assert plain(html, is_html=True) == text


@pytest.mark.parametrize(
    "bomb",
    [
        "<div>" * 20_000 + "word",
        "<table><tr><td>" * 5_000 + "word",
        "<ul><li>" * 5_000 + "word",
        "word" + "<" * 300_000,
        "word" + "&" * 300_000,
        "word" + '<td colspan="99999999" rowspan="99999999">x</td>' * 100,
        '<p style="margin-left:99999999em;padding-left:99999999em">word</p>',
        "<a " + "b=c " * 90_000 + ">word</a>",
        '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><p>word &b;</p>',
        "<table>" + ("<tr>" + "<td>word</td>" * 100 + "</tr>") * 1_000,
    ],
    ids=[
        "divs",
        "tables",
        "lists",
        "brackets",
        "ampersands",
        "spans",
        "padding",
        "attributes",
        "entities",
        "wide table",
    ],
)
def test_bombs_leave_the_words_and_bounded_text(bomb: str) -> None:
    text = plain(bomb, is_html=True)
    assert "word" in text
    assert len(text) <= LONGEST_TEXT


@pytest.mark.parametrize("html", [True, False])
@settings(max_examples=150, deadline=None)
@given(
    body=st.text(alphabet=st.characters(exclude_categories=()), max_size=300)
    | st.text("<>/&;abp=\"' \n\x00", max_size=300)
)
def test_no_body_breaks_the_reader(html: bool, body: str) -> None:
    text = plain(body, is_html=html)
    text.encode("utf-8")
    assert not any(character in text for character in "\x00\x08\u202e\u200b")


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_blanking_keeps_every_place(text: str) -> None:
    assert len(legible(text)) == len(text)
    assert legible(legible(text)) == legible(text)
