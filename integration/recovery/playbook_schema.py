"""What may stand in a playbook: its keys and their values. What must fit together is checked in `playbook_checks`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from adapters.contract import Priority
from integration.complaints.taxonomy import Complaint
from integration.recovery.clock_rules import ClockRuleSchema

# Freshdesk keeps tags of at most 32 characters (platform page: Freshdesk 2.3), and an account may prefix four.
TAG = validate.Regexp(r"^[a-z0-9_]{1,28}$", error="a tag is 1 to 28 of a-z, 0-9 and _")
_WORD = validate.Regexp(r"^[a-z][a-z0-9_]{0,39}$", error="use up to 40 of a-z, 0-9 and _, a letter first")
_TEXT = validate.Length(min=1, max=4000, error="write 1 to 4000 characters")
_TEMPLATE = validate.Length(max=4000, error="write at most 4000 characters")
_LANGUAGE = validate.Regexp(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$", error='use a language code like "en" or "pt-BR"')
LEAVE = ""
PRIORITIES = (LEAVE, *(priority.value for priority in Priority))
POLICIES = ("full", "regret_only", "hold_for_review")


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class Money(fields.Field[Decimal]):
    """A number of the goodwill currency, 0 or more; text is no number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValidationError("write a number without quotes, like 20 or 7.50")
        # Through its digits: a float's own value is never the amount that was written.
        amount = Decimal(str(value))
        if not amount.is_finite() or not 0 <= amount <= 1_000_000 or amount != round(amount, 2):
            raise ValidationError("write 0 to 1000000, with at most two decimals")
        return amount


def _text(*, required: bool = True, **kwargs: Any) -> fields.String:
    return fields.String(required=required, validate=_TEXT, **kwargs)


def _template(**kwargs: Any) -> fields.String:
    return fields.String(validate=_TEMPLATE, **kwargs)


def _number(low: int, high: int) -> fields.Integer:
    between = validate.Range(low, high, error=f"write a whole number from {low} to {high}")
    return fields.Integer(required=True, strict=True, validate=between)


def _flag(**kwargs: Any) -> fields.Boolean:
    return fields.Boolean(truthy={True}, falsy={False}, **kwargs)


def _limits() -> fields.Dict:
    return fields.Dict(fields.String(validate=_WORD), Money(), load_default=dict)


def _complaint() -> fields.Enum[Complaint]:
    return fields.Enum(Complaint, by_value=True)


class TagsSchema(_Strict):
    seen = fields.String(required=True, validate=TAG)
    repeat = fields.String(required=True, validate=TAG)
    due = fields.String(required=True, validate=TAG)
    at_risk = fields.String(required=True, validate=TAG)
    breached = fields.String(required=True, validate=TAG)
    kept = fields.String(required=True, validate=TAG)
    goodwill_approved = fields.String(required=True, validate=TAG)
    goodwill_declined = fields.String(required=True, validate=TAG)
    called = fields.String(required=True, validate=TAG)


class RelationshipSchema(_Strict):
    repeat_within_days = _number(1, 3650)
    repeat_contact_within_days = _number(1, 365)
    company_counts = _flag(required=True)


class PromiseSchema(_Strict):
    margin_minutes = _number(0, 24 * 60)
    earliest_minutes = _number(0, 7 * 24 * 60)


class ApologySchema(_Strict):
    policy = fields.String(required=True, validate=validate.OneOf(POLICIES))
    categories = fields.Dict(
        fields.String(validate=validate.Length(1, 100)),
        fields.String(validate=validate.OneOf(POLICIES)),
        load_default=dict,
    )


class GestureSchema(_Strict):
    words = _text()
    up_to = Money(required=True)


class GoodwillSchema(_Strict):
    currency = fields.String(
        required=True, validate=validate.Regexp(r"^[A-Z]{3}$", error='use a currency code like "USD"')
    )
    window_days = _number(1, 3650)
    limits = fields.Dict(fields.String(validate=_WORD), Money(), required=True)
    gestures = fields.Dict(fields.String(validate=_WORD), fields.Nested(GestureSchema), required=True)


class MacroSchema(_Strict):
    title = fields.String(required=True, validate=validate.Length(min=1, max=100, error="write 1 to 100 characters"))
    body = _text()
    language = fields.String(load_default="en", validate=_LANGUAGE)
    enabled = _flag(load_default=True)


class ComplaintTagsSchema(_Strict):
    label = fields.String(required=True, validate=TAG)
    clock = fields.String(required=True, validate=TAG)


class ComplaintGoodwillSchema(_Strict):
    gestures = fields.List(fields.String(), load_default=list)
    limits = _limits()


class RepeatSchema(_Strict):
    """What is different the second time; what is not said stays as it is, the priority goes up by one."""

    remedy = _text(required=False)
    priority = fields.String(validate=validate.OneOf(PRIORITIES))
    group = fields.String(validate=validate.Length(max=100))
    clock = fields.Nested(ClockRuleSchema)
    updates = fields.Nested(ClockRuleSchema)
    limits = _limits()


class RemedySchema(_Strict):
    remedy = _text()
    priority = fields.String(load_default=LEAVE, validate=validate.OneOf(PRIORITIES))
    group = fields.String(load_default="", validate=validate.Length(max=100))
    facts = fields.List(fields.String(), load_default=list)
    clock = fields.Nested(ClockRuleSchema, required=True)
    updates = fields.Nested(ClockRuleSchema)
    tags = fields.Nested(ComplaintTagsSchema, required=True)
    goodwill = fields.Nested(ComplaintGoodwillSchema, load_default=lambda: {"gestures": [], "limits": {}})
    words = fields.List(fields.String(validate=_TEXT), load_default=list)
    repeat = fields.Nested(RepeatSchema, load_default=lambda: {"limits": {}})
    macros = fields.Dict(fields.String(validate=_WORD), fields.Nested(MacroSchema), required=True)


class PartsSchema(_Strict):
    opening = _template()
    acknowledge = _template()
    apologise = _template()
    regret = _template()
    own = _template()
    stand_by = _template()
    act = _template()
    make_right = _template()


class VariantsSchema(_Strict):
    full = fields.Nested(PartsSchema)
    short = fields.Nested(PartsSchema)
    call = fields.Nested(PartsSchema)


class VoiceSchema(_Strict):
    """`any` and the complaints' names each hold the three variants."""

    like = fields.String()
    greeting = _template()
    closing = _template()
    signature = _template()
    any = fields.Nested(VariantsSchema)
    no_callback = fields.Nested(VariantsSchema)
    no_order_update = fields.Nested(VariantsSchema)
    overpromising = fields.Nested(VariantsSchema)
    false_expertise = fields.Nested(VariantsSchema)


class PlaybookSchema(_Strict):
    version = fields.String(required=True, validate=validate.Length(min=1, max=40, error="write 1 to 40 characters"))
    precedence = fields.List(_complaint(), required=True)
    voice = fields.String(required=True)
    team = fields.String(load_default="", validate=validate.Length(max=100))
    tags = fields.Nested(TagsSchema, required=True)
    relationship = fields.Nested(RelationshipSchema, required=True)
    promise = fields.Nested(PromiseSchema, required=True)
    apology = fields.Nested(ApologySchema, required=True)
    goodwill = fields.Nested(GoodwillSchema, required=True)
    facts = fields.Dict(fields.String(validate=_WORD), _text(), required=True)
    complaints = fields.Dict(_complaint(), fields.Nested(RemedySchema), required=True)
    voices = fields.Dict(fields.String(validate=_WORD), fields.Nested(VoiceSchema), required=True)
