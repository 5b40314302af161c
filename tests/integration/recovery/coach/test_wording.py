import re

import pytest

from integration.complaints.taxonomy import Complaint
from integration.recovery.coach import Coach, Policy, Rule
from integration.recovery.coach.wording import WHY, all_suggestions, instead

FACTS = {
    "who": "Ms Adler at the depot",
    "what you will do": "send you the corrected invoice",
    "day and time": "Friday at noon",
    "what is different now": "two people check each order before it leaves",
    "first way": "send you the green one today",
    "second way": "pay back the £40",
    "offer": "the exchange is free until Friday",
    "what happened": "your order left three days late",
    "what": "an afternoon",
    "what you need to know": "the number on the label",
    "next step": "send the new one",
    "expert": "Dr Hale, our pharmacist,",
    "name": "Ines",
    "team": "billing",
    "where it is": "in the depot in Leeds",
    "where it is now": "in the depot in Leeds",
    "date": "Thursday",
    "day": "Monday",
    "time": "10:30",
    "number": "0161 555 0134",
    "amount": "£64.20",
    "how long": "nine days",
    "the answer": "the course begins on 4 May at 9 in room 12",
}


def filled(suggestion: str) -> str:
    return re.sub(r"\[([^\]]+)\]", lambda gap: FACTS[gap[1]], suggestion)


@pytest.mark.parametrize("suggestion", all_suggestions())
def test_no_suggestion_of_ours_has_a_finding_with_or_without_its_facts(coach: Coach, suggestion: str) -> None:
    for text in (suggestion, filled(suggestion)):
        assert [(finding.rule, finding.text) for finding in coach.review(text)] == []


def test_a_sentence_with_a_gap_is_not_judged_before_it_is_filled(coach: Coach) -> None:
    assert coach.review("[name] will call you soon.") == ()
    assert coach.review("Somebody will call you soon.") != ()


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
