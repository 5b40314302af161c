"""Practice in the panel: a failure to answer, and what the coach and the five steps say of the answer. The address names
the ticket beside which the panel stands; nothing of it is read, and nothing of what is written here is kept or counted."""

from __future__ import annotations

from typing import Any

from flask import current_app
from werkzeug.exceptions import NotFound

from integration.recovery.rehearsal.exercises import Exercise, after, packaged_exercises
from integration.recovery.rehearsal.steps import steps
from integration.settings import AccountSettings
from integration.web import throttle
from integration.web.sidebar.gate import guarded_blueprint, proven
from integration.web.sidebar.schemas import (
    ExerciseSchema,
    NextExerciseSchema,
    PractisedSchema,
    RehearsalSchema,
)

rehearsal = guarded_blueprint("rehearsal", "Practising on failures. Nothing is kept.")


@rehearsal.post("/exercise")
@rehearsal.arguments(NextExerciseSchema)
@rehearsal.response(200, ExerciseSchema)
@proven(throttle.REHEARSAL)
def exercise(body: dict[str, Any], account: AccountSettings, ticket_id: str) -> Exercise:
    """The exercise behind the one named; the team's own come first."""
    return after(_exercises(account), body["after"])


@rehearsal.post("/rehearsal")
@rehearsal.arguments(RehearsalSchema)
@rehearsal.response(200, PractisedSchema)
@rehearsal.alt_response(404, description="there is no such exercise")
@proven(throttle.REHEARSAL)
def practise(body: dict[str, Any], account: AccountSettings, ticket_id: str) -> dict[str, Any]:
    """What the coach finds in a practice reply, and which of the five steps are seen in it."""
    chosen = next((one for one in _exercises(account) if one.id == body["exercise"]), None)
    if chosen is None:
        raise NotFound
    judge = current_app.extensions["makeright-coach"]
    findings = tuple(judge(body["text"], account.own.playbook.apology.policy.value)) if judge else ()
    return {
        "findings": findings,
        "steps": steps(body["text"], chosen.text, findings),
        "available": judge is not None,
        "complaints": [complaint.words for complaint in chosen.complaints],
    }


def _exercises(account: AccountSettings) -> tuple[Exercise, ...]:
    return (*account.exercises, *packaged_exercises())
