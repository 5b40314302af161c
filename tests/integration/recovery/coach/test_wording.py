import pytest

from integration.complaints.taxonomy import Complaint
from integration.recovery.coach import Coach, Policy, Rule
from integration.recovery.coach.wording import WHY, all_suggestions, instead


@pytest.mark.parametrize("suggestion", all_suggestions())
def test_no_suggestion_of_ours_has_a_finding(coach: Coach, suggestion: str) -> None:
    found = coach.review(suggestion)
    assert [(finding.rule, finding.text) for finding in found] == []


def test_what_replaces_an_admission_admits_nothing(coach: Coach) -> None:
    assert coach.review(instead(Rule.FAULT_ADMISSION, "our mistake"), policy=Policy.REGRET_ONLY) == ()


def test_every_rule_has_its_reason_and_its_better_words() -> None:
    for rule in Rule:
        assert WHY[rule] and instead(rule, "")


def test_better_words_fit_the_words_found() -> None:
    assert "call you" in instead(Rule.LOOSE_PROMISE, "someone will ring you")
    assert "back to you today" in instead(Rule.LOOSE_PROMISE, "the refund is coming soon")
    assert instead(Rule.LOOSE_PROMISE, "we're on it") != instead(
        Rule.LOOSE_PROMISE, "we're on it", [Complaint.NO_CALLBACK]
    )
