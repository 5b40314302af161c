"""Names, numbers and addresses do not survive masking."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.recovery.rehearsal.masking import masked


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("My order 48213 is late.", [], "My order [number] is late."),
        ("Call me on 07700 900123, please.", [], "Call me on [number], please."),
        ("Call +44 (0)20 7946 0018.", [], "Call [number]."),
        ("Ref AB-12345/C was closed.", [], "Ref [number] was closed."),
        ("I paid $1,299.00 on Monday.", [], "I paid $[number] on Monday."),
        ("Three calls in 9 days, last at 14 30.", [], "Three calls in 9 days, last at [number]."),
        ("Write to m.tully@example.com or see https://x.example/a?b=1", [], "Write to [e-mail] or see [link]"),
        ("I live at 12 Acacia Road, Leeds LS1 4AB.", [], "I live at [address], [name] [address]."),
        ("Send it to 4500 N. Main Street apt 7", [], "Send it to [address]"),
        ("Then Lisa said that Mr Okafor would ring.", [], "Then [name] said that [name] would ring."),
        ("Maureen here again.", ["Maureen Tully"], "[name] here again."),
        ("maureen tully here", ["Maureen Tully"], "[name] [name] here"),
        ("I told @AcmeCare twice.", [], "I told [name] twice."),
        ("In November I waited. On Friday too.", [], "In November I waited. On Friday too."),
        ("I'm tired. It has been WEEKS AND WEEKS.", [], "I'm tired. It has been WEEKS AND WEEKS."),
        ("We met Jean-Luc O'Neill at Harrods.", [], "We met [name] [name] at [name]."),
        ("", ["x"], ""),
    ],
)
def test_a_message_keeps_its_sense_and_loses_its_people(text: str, names: list[str], expected: str) -> None:
    found = masked(text, names)
    assert found.replace("[name] [name]", "[name]") == expected.replace("[name] [name]", "[name]")


@given(
    st.text(max_size=60),
    st.from_regex(r"[0-9]{3,12}", fullmatch=True),
    st.sampled_from(["Maureen", "Okafor", "Ngozi"]),
    st.text(max_size=60),
)
def test_no_long_number_and_no_known_name_is_left(before: str, number: str, name: str, after: str) -> None:
    found = masked(f"{before} {number} {name} {after}", [name])
    assert number not in found and name not in found


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9 @.#/-]{0,60}", fullmatch=True))
def test_no_number_of_three_digits_and_no_address_is_left_in_any_text(text: str) -> None:
    found = masked(text)
    assert not re.search(r"[0-9]{3}", found)
    assert not re.search(r"[a-z0-9]@[a-z0-9]+\.[a-z]", found)
