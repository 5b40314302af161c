"""Reading texts and tickets: what is open, where it says so, and silence with its reason on everything else."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.contract import AuthorRole, Message, Requester, Status, Ticket
from integration.complaints.classifier import Classifier
from integration.complaints.reading import Level, Reading, Silence, Thresholds
from integration.complaints.taxonomy import Complaint

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
C, A, S = AuthorRole.CUSTOMER, AuthorRole.AGENT, AuthorRole.SYSTEM
NOBODY_CALLED = "I left three voicemails last week and nobody has called me back."
WHERE_IS_IT = "Where is my order? The tracking has not changed for a week."


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


def _ticket(*turns: tuple[AuthorRole, str], subject: str = "", internal: frozenset[int] = frozenset()) -> Ticket:
    messages = tuple(
        Message(f"m{i}", role, i not in internal, NOW + timedelta(hours=i), text)
        for i, (role, text) in enumerate(turns)
    )
    return Ticket(
        "42", subject, Requester("7"), messages, Status.OPEN, None, frozenset(), {}, NOW, NOW, "1"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "complaint", "sentences"),
    [
        (f"Hello. {NOBODY_CALLED} Ann", Complaint.NO_CALLBACK, NOBODY_CALLED),
        (f"Love your shop. {WHERE_IS_IT}", Complaint.NO_ORDER_UPDATE, WHERE_IS_IT),
    ],
)
def test_a_plain_complaint_is_found_with_its_words(
    classifier: Classifier, text: str, complaint: Complaint, sentences: str
) -> None:
    (reading,) = classifier.classify([text])
    assert complaint in reading.labels()
    assert reading.silence is None and reading.reason is None
    evidence = reading.evidence_for(complaint)[0]
    assert text[evidence.start : evidence.end] == evidence.text
    assert evidence.text in sentences


def test_what_is_quoted_says_something_at_a_glance(classifier: Classifier) -> None:
    sentence = "You promised next day delivery and did not keep it."
    (reading,) = classifier.classify([f"I paid extra for it. {sentence} It came on Monday."])
    quotes = [evidence.text for evidence in reading.evidence_for(Complaint.OVERPROMISING)]
    assert quotes and all(len(quote.split()) >= 5 for quote in quotes)
    assert "and did not keep it." not in quotes


@pytest.mark.parametrize(
    ("text", "silence", "reason"),
    [
        ("", Silence.EMPTY, "empty"),
        (" \n\t\u200b", Silence.EMPTY, "empty"),
        ("> we promised to call you", Silence.EMPTY, "empty"),
        ("\U0001f44d\U0001f44d\U0001f621", Silence.TOO_SHORT, "too short"),
        ("refund", Silence.TOO_SHORT, "too short"),
        ("1234567", Silence.TOO_SHORT, "too short"),
        ("Wo ist mein Paket? Ich warte seit drei Wochen darauf.", Silence.NOT_ENGLISH, "not English (de)"),
        ("\u0623\u064a\u0646 \u0637\u0644\u0628\u064a\u061f \u0644\u0645 \u064a\u0635\u0644 \u0628\u0639\u062f \u0627\u0644\u0637\u0631\u062f", Silence.NOT_ENGLISH, "not English (ar)"),
    ],
)  # fmt: skip
def test_silence_has_its_reason(classifier: Classifier, text: str, silence: Silence, reason: str) -> None:
    (reading,) = classifier.classify([text])
    assert (reading.silence, reading.reason, reading.labels(), reading.evidence) == (silence, reason, (), ())


def test_nothing_above_the_threshold_names_the_threshold(classifier: Classifier) -> None:
    strict = classifier.with_thresholds(dict.fromkeys(Complaint, Thresholds(1.0, 1.0, 1.0)))
    (reading,) = strict.classify(["Thank you, the lamp is lovely and came on the day you said."])
    assert reading.silence is Silence.NOTHING_ABOVE
    assert reading.reason == "nothing above 1.00"
    assert set(reading.scores) == set(Complaint)


def test_thresholds_of_an_account_override_the_measured_ones(classifier: Classifier) -> None:
    mine = Thresholds(0.0, 0.0, 1.0)
    (reading,) = classifier.with_thresholds({Complaint.FALSE_EXPERTISE: mine}).classify(["The lamp is lovely."])
    assert Complaint.FALSE_EXPERTISE in reading.labels(Level.PRESELECT)
    assert Complaint.FALSE_EXPERTISE not in reading.labels(Level.WRITE)
    assert classifier.thresholds[Complaint.FALSE_EXPERTISE] != mine


HOSTILE = {
    "100 kB": "where is my order " * 6_000,
    "one word of 100 kB": "a" * 100_000,
    "brackets": "<" * 100_000,
    "newlines": "\n" * 100_000,
    "stops": "." * 100_000,
    "emoji": "\U0001f621" * 5_000,
    "control characters": "where\x00 is\x08 my\x1b[31m order?",
    "half a surrogate": "where is my \ud83d order, nobody tells me anything",
    "overrides": "\u202ewhere is my order\u202c, nobody tells me anything",
    "combining": "where is my order" + "\u0301" * 10_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_texts_get_an_answer_or_a_reason(classifier: Classifier, text: str) -> None:
    (reading,) = classifier.classify([text])
    assert bool(reading.labels()) != bool(reading.reason)
    assert all(0 <= e.start < e.end <= len(text) for e in reading.evidence)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=400))
def test_no_text_raises(text: str) -> None:
    (reading,) = Classifier.load().classify([text])
    assert all(0.0 <= score <= 1.0 for score in reading.scores.values())


def test_the_newest_customer_message_is_open_and_the_earlier_one_history(classifier: Classifier) -> None:
    ticket = _ticket((C, WHERE_IS_IT), (A, "It ships tomorrow."), (C, NOBODY_CALLED))
    reading = classifier.read_ticket(ticket)
    assert reading.anchor == "m2"
    assert reading.labels() == (Complaint.NO_CALLBACK,)
    assert {e.message_id for e in reading.evidence} == {"m2"}
    assert [(e.complaint, e.message_id, e.at) for e in reading.history] == [
        (Complaint.NO_ORDER_UPDATE, "m0", ticket.messages[0].at)
    ]


def test_messages_since_the_last_answer_are_read_together(classifier: Classifier) -> None:
    reading = classifier.read_ticket(_ticket((C, WHERE_IS_IT), (S, "We received your request."), (C, NOBODY_CALLED)))
    assert reading.anchor == "m2"
    assert set(reading.labels()) >= {Complaint.NO_CALLBACK, Complaint.NO_ORDER_UPDATE}
    assert {e.message_id for e in reading.evidence} == {"m0", "m2"}
    assert reading.history == ()


def test_an_internal_note_is_no_answer(classifier: Classifier) -> None:
    ticket = _ticket((C, WHERE_IS_IT), (A, "note to self"), (C, "Hello?"), internal=frozenset({1}))
    assert Complaint.NO_ORDER_UPDATE in classifier.read_ticket(ticket).labels()


def test_what_an_agent_wrote_or_is_quoted_is_no_complaint(classifier: Classifier) -> None:
    quoting = f"Thanks, all is well now.\n\nOn Mon, 2 Mar 2026 at 09:00, Ann wrote:\n> {NOBODY_CALLED}"
    assert classifier.read_ticket(_ticket((C, quoting))).labels() == ()
    only_agent = classifier.read_ticket(_ticket((A, NOBODY_CALLED)))
    assert only_agent.reason == "written by the business"
    assert classifier.read_ticket(_ticket()).reason == "empty"


def test_a_ticket_may_be_its_subject_alone(classifier: Classifier) -> None:
    subject = "Nobody has replied to my three emails"
    reading = classifier.read_ticket(_ticket((C, ""), subject=subject))
    assert Complaint.NO_CALLBACK in reading.labels()
    evidence = reading.evidence_for(Complaint.NO_CALLBACK)[0]
    assert evidence.message_id is None
    assert subject[evidence.start : evidence.end] == evidence.text


@pytest.mark.parametrize(
    "subject", ["I called on Monday. Nobody has", "I called on  Monday. Nobody...", "I called \u2026"]
)
def test_a_subject_that_is_only_the_message_s_beginning_is_not_quoted(classifier: Classifier, subject: str) -> None:
    ticket = _ticket((C, "I called on Monday. Nobody has called me back since."), subject=subject)
    evidence = classifier.read_ticket(ticket).evidence_for(Complaint.NO_CALLBACK)
    assert evidence and all(item.message_id is not None for item in evidence)


def test_evidence_of_a_ticket_points_into_the_message(classifier: Classifier) -> None:
    ticket = _ticket((C, "Hello there."), (C, f"Me again. {NOBODY_CALLED}"), subject="Order 5512")
    for item in classifier.read_ticket(ticket).evidence_for(Complaint.NO_CALLBACK):
        message = next(m for m in ticket.messages if m.id == item.message_id)
        assert message.raw[item.start : item.end] == item.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_worker_reads_with_the_model_of_its_parent(classifier: Classifier) -> None:
    expected = _shape(classifier.classify([NOBODY_CALLED])[0])
    child = os.fork()
    if child == 0:
        os._exit(0 if _shape(classifier.classify([NOBODY_CALLED])[0]) == expected else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _shape(reading: Reading) -> tuple[Any, ...]:
    return reading.labels(), dict(reading.scores), reading.evidence


@pytest.mark.parametrize("levels", [(0.9, 0.8, 0.95), (0.5, 0.6, 1.5), (-0.1, 0.5, 0.6)])
def test_thresholds_must_rise(levels: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="thresholds show="):
        Thresholds(*levels)
