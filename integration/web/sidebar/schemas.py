"""The sidebar API's bodies: what a panel gets, what it may send."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_dump, pre_load, validate, validates_schema

from integration.complaints.taxonomy import Complaint
from integration.pipeline.suggestion import OfferedGestureSchema, RunningClockSchema, SuggestedMacroSchema
from integration.recovery.goodwill import Answer
from integration.recovery.rehearsal.steps import Step
from integration.store.feedback import Kind, Verdict
from integration.web.sidebar.panel import Reason, State

LONGEST_DRAFT = 20_000
LARGEST_AMOUNT = 1_000_000
# Why a label is wrong, as the panel's buttons have it.
REASONS = ("not_said", "someone_else", "settled", "other_label")
VARIANTS = ("full", "short", "call")


class _Body(Schema):
    """From outside: unknown keys are passed over, nulls count as absent."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def drop_nulls(self, data: Any, **_: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class QuoteSchema(Schema):
    text = fields.String(required=True)
    message = fields.String(allow_none=True)
    start = fields.Integer()
    end = fields.Integer()


class FoundSchema(Schema):
    key = fields.String(required=True)
    title = fields.String(required=True)
    meaning = fields.String()
    probability = fields.Float()
    quotes = fields.List(fields.Nested(QuoteSchema))
    verdict = fields.String()


class PartSchema(Schema):
    text = fields.String(required=True)
    gap = fields.String()


class DraftSchema(Schema):
    variant = fields.String(required=True)
    parts = fields.List(fields.Nested(PartSchema))
    gaps = fields.List(fields.Tuple((fields.String(), fields.String())), metadata={"description": "name, question"})
    entry = fields.String()
    hold = fields.String()


class GestureSchema(Schema):
    """What was asked for on this ticket."""

    id = fields.Integer()
    words = fields.String()
    state = fields.String(metadata={"description": "pending, approved or declined"})
    approver = fields.String(metadata={"description": "the lowest role that may approve it"})


class GoodwillViewSchema(Schema):
    currency = fields.String()
    limit = fields.String(metadata={"description": "the most that an agent gives one customer without asking"})
    menu = fields.List(fields.Nested(OfferedGestureSchema))
    asked = fields.List(fields.Nested(GestureSchema))


class LabelSchema(Schema):
    key = fields.String(required=True)
    title = fields.String(required=True)
    meaning = fields.String(required=True)


class PanelSchema(Schema):
    """One ticket's panel. `version` stands for the rest of it and is the ETag, too."""

    version = fields.String()
    account = fields.String()
    ticket_id = fields.String()
    state = fields.Enum(State, by_value=True)
    checking = fields.Boolean(metadata={"description": "the ticket changed and is being read again"})
    reason = fields.Enum(Reason, by_value=True, allow_none=True)
    detail = fields.String()
    decision_id = fields.String(allow_none=True)
    anchor_at = fields.AwareDateTime(format="iso", allow_none=True)
    complaints = fields.List(fields.Nested(FoundSchema))
    missing = fields.List(fields.String())
    remedy = fields.String()
    clock = fields.Nested(RunningClockSchema, allow_none=True)
    relationship = fields.String()
    macros = fields.List(fields.Nested(SuggestedMacroSchema))
    drafts = fields.List(fields.Nested(DraftSchema))
    policy = fields.String()
    playbook = fields.String()
    goodwill = fields.Nested(GoodwillViewSchema, allow_none=True)
    labels = fields.List(fields.Nested(LabelSchema))

    @post_dump
    def with_labels(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        data["labels"] = [{"key": c.value, "title": c.words.capitalize(), "meaning": c.meaning} for c in Complaint]
        return data


_ANSWERS = [kind.value for kind in Kind if kind is not Kind.SHOWN]


class FeedbackSchema(_Body):
    """An agent's answer. Text is never sent: `distance` says how far the reply moved from the draft."""

    kind = fields.String(required=True, validate=validate.OneOf(_ANSWERS))
    decision_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 20))
    label = fields.Enum(Complaint, by_value=True, load_default=None, allow_none=True)
    verdict = fields.Enum(Verdict, by_value=True, load_default=None, allow_none=True)
    reason = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(REASONS))
    variant = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(VARIANTS))
    macro_id = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(r"^[\w.:-]{1,64}$"))
    distance = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0, 1))
    host_tags = fields.Boolean(
        load_default=False, metadata={"description": "the helpdesk's page puts the answered tags on the ticket itself"}
    )

    @validates_schema
    def complete(self, data: dict[str, Any], **_: Any) -> None:
        kind = data.get("kind")
        if kind == Kind.LABEL_CORRECTED and not (data.get("label") and data.get("verdict")):
            raise ValidationError("a correction needs label and verdict", "label")
        if kind == Kind.EDITED and data.get("distance") is None:
            raise ValidationError("an edit needs its distance", "distance")
        if kind == Kind.MACRO_APPLIED and not data.get("macro_id"):
            raise ValidationError("an applied macro needs its macro_id", "macro_id")


class TagsSchema(Schema):
    """The tags that say so on the ticket; empty where the account's level does not let us write."""

    add = fields.List(fields.String())
    remove = fields.List(fields.String())


class DraftToCoachSchema(_Body):
    """What an agent is writing. It is looked at and forgotten: neither stored nor logged."""

    text = fields.String(required=True, validate=validate.Length(max=LONGEST_DRAFT))
    policy = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(("full", "regret_only", "hold_for_review"))
    )


def _is_an_amount(amount: Decimal) -> None:
    # Not `validate.Range`: its bounds would stand in the description as text.
    if not 0 <= amount <= LARGEST_AMOUNT:
        raise ValidationError(f"an amount is 0 to {LARGEST_AMOUNT}")


class GoodwillSchema(_Body):
    """A gesture that an agent wants to give, or the `id` of one to take back."""

    gesture = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(r"^[a-z0-9_]{1,64}$"))
    # By a call: a Decimal would stand in the description as text.
    amount = fields.Decimal(load_default=lambda: Decimal(0), validate=_is_an_amount)
    by = fields.String(load_default="", validate=validate.Length(max=120), metadata={"description": "a hint"})
    withdraw = fields.Integer(load_default=None, allow_none=True, strict=True)

    @validates_schema
    def complete(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("gesture") is None) == (data.get("withdraw") is None):
            raise ValidationError("name either a gesture or one to withdraw", "gesture")


class GoodwillAnswerSchema(Schema):
    answer = fields.Enum(Answer, by_value=True)
    reason = fields.String()
    approver = fields.String(allow_none=True)


class CoachFindingSchema(Schema):
    rule = fields.String(required=True)
    start = fields.Integer(required=True)
    end = fields.Integer(required=True)
    text = fields.String(required=True)
    why = fields.String()
    instead = fields.String()


class CoachedSchema(Schema):
    findings = fields.List(fields.Nested(CoachFindingSchema))
    available = fields.Boolean(metadata={"description": "false where this installation has no coach"})


class NextExerciseSchema(_Body):
    after = fields.String(load_default="", validate=validate.Length(max=64))


class ExerciseSchema(Schema):
    """A customer's message to answer. Which complaint it carries is told with the reply's findings."""

    id = fields.String(required=True)
    text = fields.String(required=True)
    facts = fields.List(fields.String(), metadata={"description": "what the agent may take as known"})
    trade = fields.String()
    tone = fields.String()


class RehearsalSchema(_Body):
    """A reply to an exercise. It is looked at and forgotten: neither stored nor logged nor counted."""

    exercise = fields.String(required=True, validate=validate.Length(1, 64))
    text = fields.String(required=True, validate=validate.Length(max=LONGEST_DRAFT))


class TakenSchema(Schema):
    """One of the five steps. Not seen is no verdict: it may have been taken in words that no rule knows."""

    step = fields.Enum(Step, by_value=True)
    seen = fields.Boolean()
    start = fields.Integer()
    end = fields.Integer()
    text = fields.String()


class PractisedSchema(CoachedSchema):
    steps = fields.List(fields.Nested(TakenSchema))
    complaints = fields.List(fields.String())
