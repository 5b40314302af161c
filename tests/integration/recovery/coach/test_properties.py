"""Whatever the draft: no exception, places that hold, the same answer twice, and work that grows with its length."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.recovery.coach import Coach, Policy, Rule
from integration.recovery.coach.coach import LONGEST_DRAFT

PIECES = st.sampled_from(
    ["Sorry if you feel let down. ", "Someone will call you soon", "🙈", "👩\u200d👩\u200d👧", "\x00", "\u202e", "مرحبا ", "\r\n",
     "> quoted\n", "sorry ", "...", "“", "\ud800", "e\u0301", "\t", "That's not our fault, ", "Ⅷ", "ﬁ"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=30).map("".join)), st.sampled_from(list(Policy)))
def test_places_lie_in_the_text_and_say_what_stands_there(coach: Coach, text: str, policy: Policy) -> None:
    found = coach.review(text, policy=policy)
    for finding in found:
        assert 0 <= finding.start < finding.end <= len(text)
        assert text[finding.start : finding.end] == finding.text
        assert finding.why and finding.instead and "\n" not in finding.why
    assert found == coach.review(text, policy=policy)
    assert [finding.start for finding in found] == sorted(finding.start for finding in found)


@pytest.mark.parametrize("before", ["", "🙈🙈 ", "שלום ", "\x07\x00 ", "e\u0301ﬁⅧ ", "👩\u200d👩\u200d👧 "])
def test_a_finding_keeps_its_words_whatever_stands_before(coach: Coach, before: str) -> None:
    (finding,) = coach.review(f"{before}Someone will call you soon.")
    assert finding.rule is Rule.LOOSE_PROMISE
    assert "will call you soon" in finding.text


def test_quoted_lines_are_the_customer_s_own_words(coach: Coach) -> None:
    assert (
        coach.review("Maria calls you at three.\n> someone will call you soon, you said\n> not our fault, you said")
        == ()
    )


ADVERSARIAL = [
    "sorry ",
    "if ",
    "so" + "o" * 50,
    "you ",
    "I'm not ",
    "\n",
    ". ",
    "a",
    "> ",
    "'",
    "as per ",
    "((",
    "\u200b",
]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("piece", ADVERSARIAL)
def test_the_patterns_do_not_run_away_on_repeats(coach: Coach, piece: str) -> None:
    """A pattern that backtracks would need hours for a text of this size; the limit leaves room for a busy machine."""
    found = coach.review(piece * (100_000 // len(piece)), policy=Policy.REGRET_ONLY)
    assert all(finding.end <= LONGEST_DRAFT for finding in found)


def test_a_huge_draft_is_read_to_a_limit(coach: Coach) -> None:
    found = coach.review("Someone will call you soon. " * 5_000)
    assert found and max(finding.end for finding in found) <= LONGEST_DRAFT
