"""What a ticket tells, found where it stands and never invented."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import AuthorRole
from integration.demo import packaged_tickets
from integration.recovery.facts import Kind, find, is_blameless, source_texts
from tests.integration.recovery.situations import message, ticket


def told(text: str, kind: Kind) -> list[str]:
    return [fact.text for fact in find(ticket(text)).of(kind)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my order 48213 is late", ["48213"]),
        ("Order number: AB-77812", ["AB-77812"]),
        ("order no. 4711, please", ["4711"]),
        ("booking reference XK42Q9", ["XK42Q9"]),
        ("claim 77-1920", ["77-1920"]),
        ("my RMA is R5521", ["R5521"]),
        ("invoice #20331 and tracking number 1Z88A2", ["20331", "1Z88A2"]),
        ("it is about #959774", ["959774"]),
        ("ticket id: HD-0042", ["HD-0042"]),
        ("I ordered on the 2nd", []),
        ("order 2 weeks ago", []),
        ("the order 10am slot", []),
        ("order 100 pieces", []),
        ("a return within 30days", []),
        ("account number 12345678", []),
        ("card 4111111111111111", []),
        ("order XXXX1234", []),
        ("&#39;quoted", []),
        ("in order to get 5000 points", []),
    ],
)
def test_order_references(text: str, found: list[str]) -> None:
    assert told(text, Kind.ORDER) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I paid £9.95 and $1,200", ["£9.95", "$1,200"]),
        ("£1.234,56 or £12 345", ["£1.234,56", "£12"]),
        ("420 dollars for the brakes", ["420 dollars"]),
        ("EUR 49.90 twice", ["EUR 49.90"]),
        ("Rs. 599 only", ["Rs. 599"]),
        ("a fee of 3 euros", ["3 euros"]),
        ("₹ 2,50,000", ["₹ 2,50,000"]),
        ("{$880.00}", ["$880.00"]),
        ("10 percent", []),
        ("3 pieces", []),
    ],
)
def test_amounts(text: str, found: list[str]) -> None:
    assert told(text, Kind.AMOUNT) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("since 3 November, then Thursday morning", ["3 November", "Thursday morning"]),
        ("on 28 Oct 2025", ["28 Oct 2025"]),
        ("October 6th and May 1, 2023", ["October 6th", "May 1, 2023"]),
        ("2025-03-04 or 3/12/2015 or 11.5.21", ["2025-03-04", "3/12/2015", "11.5.21"]),
        ("last Tuesday", ["last Tuesday"]),
        ("the 15th of October", ["15th of October"]),
        ("you may call me in march 2", ["march 2"]),
        ("version 1.2.3 is out", []),
        ("it may be", []),
        ("the 2nd", []),
    ],
)
def test_dates_as_they_are_written(text: str, found: list[str]) -> None:
    assert told(text, Kind.DATE) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("My number is +44 7700 900456, evenings", ["+44 7700 900456"]),
        ("call me on 07700 900123", ["07700 900123"]),
        ("ring (212) 555-0134 please", ["(212) 555-0134"]),
        ("phone 555-010-9999.", ["555-010-9999"]),
        ("reach me at 98765 43210", ["98765 43210"]),
        ("order 123456789012", []),
        ("the code is 123456789012345678", []),
        ("I paid 1234567890", []),
        ("call me at 5", []),
    ],
)
def test_telephone_numbers(text: str, found: list[str]) -> None:
    assert told(text, Kind.PHONE) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("You promised on the phone that the cheque would be sent by 1 November. It never came.", ["the cheque would be sent by 1 November"]),
        ("You guaranteed delivery by the 15th, it is the 20th", ["delivery by the 15th"]),
        ("Your man quoted me 420 dollars for the brakes and now the bill says 780.", ["420 dollars for the brakes"]),
        ("I was told that I would get 20 percent off", ["I would get 20 percent off"]),
        ("It was advertised as waterproof with a lifetime guarantee", ["waterproof with a lifetime guarantee"]),
        ("It was supposed to arrive within 3 days but it didn't", ["arrive within 3 days"]),
        ("I said I would pay by Friday", []),
        ("my wife told me it would rain today", []),
        ("they said hello", []),
        ("Great service", []),
    ],
)  # fmt: skip
def test_what_was_promised(text: str, found: list[str]) -> None:
    assert told(text, Kind.PROMISE) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Spoke to Lisa on Friday", ["Lisa"]),
        ("Mr Osei promised to ring", ["Mr Osei"]),
        ("your agent Kevin never called", ["Kevin"]),
        ("I talked with Support", []),
        ("Then said nothing", []),
    ],
)
def test_people_of_the_business(text: str, found: list[str]) -> None:
    assert sorted(set(told(text, Kind.PERSON))) == found


@pytest.mark.parametrize(
    ("text", "blameless"),
    [
        ("nobody has called me back", True),
        ("Where is my order?", True),
        ("Lisa said a manager would ring", False),
        ("your technician never came", False),
        ("he had no idea", False),
        ("the incompetent agent", False),
        ("what a shitty service", False),
        ("the courier lost it", False),
    ],
)
def test_words_that_accuse_somebody_are_not_repeated(text: str, blameless: bool) -> None:
    assert is_blameless(text) is blameless


def test_fields_and_the_newest_message_come_first() -> None:
    found = find(
        ticket(
            "order 1111",
            message("order 3333", 2, AuthorRole.AGENT),
            "order 2222",
            subject="order 4444",
            order_references=("A-9",),
            fields={"product": " Kettle K2 ", "secret": "order 5555"},
        )
    )
    assert [fact.text for fact in found.of(Kind.ORDER)] == ["A-9", "2222", "1111", "4444"]
    product = found.first(Kind.PRODUCT)
    assert product is not None and (product.text, product.start, product.end) == ("Kettle K2", 1, 10)
    shown = find(ticket("x", fields={"secret": "order 5555"}), ["secret"])
    assert [fact.source for fact in shown.of(Kind.ORDER)] == ["field:secret"]


texts = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(
            ["order", "4711", "#", "promised", "told me", "that", "by", "Friday", "£", "12.50", "call", "+44 7700 900456", ".", ",", "\n",
             "Lisa", "said", "my", "broken", "refund", "3 November", "😀", "\u202e", "1/2/2025", "and", "but"]
        ),
        max_size=40,
    ).map(" ".join),
)  # fmt: skip


@given(st.lists(texts, min_size=1, max_size=3), texts, texts)
def test_every_fact_stands_where_it_says(messages: list[str], subject: str, value: str) -> None:
    one = ticket(*messages, subject=subject, name=value, fields={"product": value})
    sources = source_texts(one)
    for fact in find(one).found:
        assert sources[fact.source][fact.start : fact.end] == fact.text


def test_the_packaged_tickets_facts_stand_where_they_say() -> None:
    kinds = set()
    for row in packaged_tickets():
        one = ticket(row.text, subject=row.subject, name=row.name or "")
        for fact in find(one).found:
            assert source_texts(one)[fact.source][fact.start : fact.end] == fact.text
            kinds.add(fact.kind)
    assert {Kind.ORDER, Kind.AMOUNT, Kind.DATE, Kind.PROMISE, Kind.MATTER, Kind.PERSON} <= kinds


@pytest.mark.parametrize(
    "piece", ["order ", "promised ", "1", "1 ", "my a", "£1,", "call 0", "XX", "told me that ", "A", "(0", "spoke to "]
)
def test_long_repeats_are_read_in_linear_time(piece: str) -> None:
    found = find(ticket(piece * (100_000 // len(piece))))
    assert all(re.search(r"\S", fact.text) for fact in found.found)
