"""What we propose ourselves passes our own coach."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from integration.complaints.classifier import Classifier
from integration.complaints.reading import Level
from integration.demo import packaged_tickets
from integration.recovery.deadlines import due
from integration.recovery.drafts import Occasion, drafts
from integration.recovery.goodwill import Grant, State
from integration.recovery.playbook import Layer, Policy, read_playbook
from tests.integration.recovery.situations import AT, OFFICE, ticket

coach = pytest.importorskip("integration.recovery.coach", reason="the draft coach is not here yet")

FILLED_IN = {
    "owner": "Sam Okafor",
    "phone": "07700 900123",
    "status": "it is at the depot in Leeds",
    "next_step": "it goes on the van on Thursday morning",
    "restores": "refund the delivery charge today",
    "expert": "Dr Amal Hadid",
    "said": "that it fits",
    "correction": "the F-220 fits",
}


@pytest.mark.parametrize("policy", [Policy.FULL, Policy.REGRET_ONLY])
def test_the_coach_has_nothing_to_say_about_our_drafts(policy: Policy) -> None:
    try:
        reviewer, classifier = coach.Coach.load(), Classifier.load()
    except FileNotFoundError as error:
        pytest.skip(f"a model is not built: {error.filename}")
    playbook = read_playbook(Layer("acme.toml", f'version = "1"\n[apology]\npolicy = "{policy}"'))
    found, reviewed = [], 0
    for row in packaged_tickets():
        one = ticket(row.text, subject=row.subject, name=row.name)
        read = classifier.read_ticket(one)
        for complaint in read.labels(Level.SHOW):
            deadline = due(playbook.remedies[complaint].first.clock, AT, OFFICE)
            for given in ({}, FILLED_IN):
                now = AT + timedelta(minutes=2)
                for made in drafts(playbook, Occasion(one, complaint, deadline, OFFICE, now, read, given=given)):
                    reviewed += 1
                    for finding in reviewer.review(made.text, policy=coach.Policy(policy)):
                        found.append((finding.rule, made.playbook_entry, made.text[finding.start : finding.end]))
    assert reviewed > 100
    assert found == []


@pytest.mark.parametrize("voice", ["plain", "formal"])
def test_nor_about_any_template_of_the_playbook_with_a_gesture_in_it(voice: str) -> None:
    """Every complaint, variant and policy of both voices, over tickets that carry the complaint or not."""
    try:
        reviewer = coach.Coach.load()
    except FileNotFoundError as error:
        pytest.skip(f"a model is not built: {error.filename}")
    seen, found = set(), []
    for policy in (Policy.FULL, Policy.REGRET_ONLY):
        playbook = read_playbook(Layer("a", f'version = "1"\nvoice = "{voice}"\n[apology]\npolicy = "{policy}"'))
        for row in packaged_tickets()[::6]:
            one = ticket(row.text, subject=row.subject, name=row.name)
            for complaint, remedy in playbook.remedies.items():
                gestures = [playbook.goodwill.gestures[key] for key in remedy.gestures]
                grants = tuple(
                    Grant(AT, complaint, g.key, min(g.up_to, Decimal("12.50")), State.APPROVED) for g in gestures
                )
                now, deadline = AT + timedelta(minutes=2), due(remedy.first.clock, AT, OFFICE)
                occasion = Occasion(one, complaint, deadline, OFFICE, now, given=FILLED_IN, grants=grants)
                for made in drafts(playbook, occasion):
                    if made.text in seen:
                        continue
                    seen.add(made.text)
                    for finding in reviewer.review(made.text, policy=coach.Policy(policy)):
                        found.append((finding.rule, made.playbook_entry, made.text[finding.start : finding.end]))
    assert len(seen) >= 60
    assert found == []
