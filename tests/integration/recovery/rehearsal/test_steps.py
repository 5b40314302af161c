"""Which of the five steps a reply shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.complaints.taxonomy import Complaint
from integration.recovery.coach.findings import Finding, Rule
from integration.recovery.deadlines import due
from integration.recovery.drafts import Occasion, draft
from integration.recovery.playbook import Layer, Policy, Variant, read_playbook
from integration.recovery.rehearsal.exercises import packaged_exercises
from integration.recovery.rehearsal.steps import Step, steps
from tests.integration.recovery.situations import AT, OFFICE, ticket

ACK, SORRY, OWN, ACT, RIGHT = Step
BOILER = (
    "I have left four voicemails since last Wednesday about our boiler, which clicks and goes out every night. "
    "Nobody has called me back."
)


def seen(reply: str, customer: str = BOILER, findings: tuple[Finding, ...] = ()) -> set[Step]:
    return {one.step for one in steps(reply, customer, findings) if one.seen}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("You left four voicemails about the boiler and heard nothing.", {ACK}),
        ("Your boiler goes out every night and nobody rang you back.", {ACK}),
        ("Thank you for telling us.", {ACK}),
        ("I will call you about the boiler and the voicemails.", set()),
        ("Did you leave a voicemail about the boiler?", {ACK}),
        ("Thank you for your message.", set()),
        ("We are sorry that you had to ask again.", {ACK, SORRY}),
        ("I apologise.", {SORRY}),
        ("I am sorry if you feel let down.", set()),
        ("Sorry for any inconvenience.", set()),
        ("No need to apologise.", set()),
        ("Calling you back was ours to do.", {ACK, OWN}),
        ("We should have rung you last week.", {OWN}),
        ("That is on us.", {OWN}),
        ("We did not come back to you.", {OWN}),
        ("I have taken this on and stay your contact until it works.", {OWN}),
        ("That was not our job.", set()),
        ("It isn't our fault.", set()),
        ("I will call you today between 14:00 and 16:00.", {ACT}),
        ("Priya will ring you tomorrow at 9.", {ACT}),
        ("We've booked a technician for Thursday.", {ACT}),
        ("I'll write to you within two hours.", {ACT}),
        ("Sam Okafor confirms it to you by 5 pm.", {ACT}),
        ("Someone will call you soon.", set()),
        ("We will look into it as soon as possible.", set()),
        ("Can I call you today at 3 pm?", set()),
        ("The visit is free of charge.", {RIGHT}),
        ("We refund your delivery charge.", {RIGHT}),
        ("What would help you most?", {RIGHT}),
        ("We pay you the difference.", {RIGHT}),
        ("Have a nice day.", set()),
        ("", set()),
        ("   \n\n ", set()),
        ("Hello Maureen,", set()),
    ],
)
def test_a_step_is_seen_where_it_is_taken(reply: str, expected: set[Step]) -> None:
    assert seen(reply) == expected


def test_a_whole_reply_shows_all_five_in_their_places() -> None:
    reply = (
        "Hello Maureen,\n\nyou left four voicemails about your boiler and nobody rang you. I am sorry. Coming back to you "
        "was ours to do. I will call you today at 15:00, and a technician is with you tomorrow at 8:30. The visit is free of "
        "charge.\n\nKind regards\nPriya"
    )
    found = steps(reply, BOILER)
    assert [one.step for one in found] == list(Step)
    assert all(one.seen and reply[one.start : one.end] == one.text for one in found)
    assert found[1].text == "I am sorry."


def test_who_blames_somebody_else_does_not_own_it() -> None:
    reply = "We should have called, but the new colleague forgot it."
    finding = Finding(Rule.NAMED_CULPRIT, 27, 53, reply[27:53], "", "")
    assert OWN in seen(reply)
    assert OWN not in seen(reply, findings=(finding,))


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("complaint", list(Complaint))
def test_our_own_drafts_show_every_step(complaint: Complaint, policy: Policy) -> None:
    """With the facts filled in; under a stricter policy a draft regrets and stands by instead of owning."""
    given = {
        "owner": "Sam Okafor", "phone": "07700 900123", "status": "it is at the depot in Leeds", "promised": "two days",
        "next_step": "it goes on the van on Thursday", "restores": "refund the delivery charge", "order": "order 48213",
        "expert": "Dr Amal Hadid", "said": "that it fits", "correction": "the F-220 fits", "quote": "nobody called me back",
    }  # fmt: skip
    playbook = read_playbook(Layer("a", f'version = "1"\n[apology]\npolicy = "{policy}"'))
    found = ticket(BOILER)
    rule = playbook.remedies[complaint].first.clock
    one = Occasion(found, complaint, due(rule, AT, OFFICE), OFFICE, AT + timedelta(minutes=2), given=given)
    made = draft(playbook, one, Variant.FULL)
    assert seen(made.text) == set(Step), made.text


@given(st.text(max_size=400), st.text(max_size=200))
def test_any_reply_can_be_looked_at(reply: str, customer: str) -> None:
    for one in steps(reply, customer):
        assert reply[one.start : one.end] == one.text
        assert bool(one.text) == one.seen


def test_the_customers_own_message_is_no_good_reply_to_itself() -> None:
    """The rules look at a reply: a complaint copied back acknowledges, and takes hardly any other step."""
    taken = [seen(one.text, one.text) - {ACK} for one in packaged_exercises()]
    assert sum(len(one) for one in taken) <= len(taken)
