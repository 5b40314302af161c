"""What is read of the things that `provision` makes in a Zendesk account. What we send is read by the same schemas, so
that what is there and what is wanted are told in the same words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load

from adapters.contract import Transient


class _Row(Schema):
    """Unknown keys are passed over; a null means the same as no key at all."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _drop_nulls(self, data: Any, **_: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class _Id(fields.Field[str]):
    """Numbers, and the letters and digits of a webhook's id, as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> str:
        text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
        if not (text.isascii() and text.isalnum() and len(text) < 40):
            raise ValidationError("Not an id.")
        return text


def _plain(value: object) -> str:
    """A condition's value, which may be a number or a flag, as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class ConditionRow(_Row):
    field = fields.String(load_default="")
    # Left out where there is only one (update_type), and then told as "is".
    operator = fields.String(load_default="is")
    value = fields.Raw(load_default="")


class ConditionsRow(_Row):
    all = fields.List(fields.Nested(ConditionRow), load_default=list)
    any = fields.List(fields.Nested(ConditionRow), load_default=list)


class ActionRow(_Row):
    field = fields.String(load_default="")
    value = fields.Raw(load_default="")


class HookRow(_Row):
    id = _Id()
    name = fields.String(load_default="")
    description = fields.String(load_default="")
    endpoint = fields.String(load_default="")
    http_method = fields.String(load_default="")
    request_format = fields.String(load_default="")
    status = fields.String(load_default="")
    subscriptions = fields.List(fields.String(), load_default=list)


class _Rule(_Row):
    id = _Id()
    title = fields.String(load_default="")
    description = fields.String(load_default="")
    active = fields.Boolean(load_default=True)
    actions = fields.List(fields.Nested(ActionRow), load_default=list)
    conditions = fields.Nested(ConditionsRow, load_default=lambda: {"all": [], "any": []})


class TriggerRow(_Rule):
    """A trigger."""


class MacroRow(_Rule):
    restriction = fields.Raw(load_default=None)


class ViewRow(_Rule):
    """A view is read with `conditions`, and written with `all` and `any` at its top."""

    @pre_load
    def _one_form(self, data: Any, **_: Any) -> Any:
        if isinstance(data, dict) and "conditions" not in data:
            return {**data, "conditions": {name: data.get(name) or [] for name in ("all", "any")}}
        return data


class OptionRow(_Row):
    name = fields.String(load_default="")
    value = fields.String(load_default="")
    id = _Id()


class FieldRow(_Row):
    id = _Id()
    title = fields.String(load_default="")
    type = fields.String(load_default="")
    active = fields.Boolean(load_default=True)
    agent_description = fields.String(load_default="")
    custom_field_options = fields.List(fields.Nested(OptionRow), load_default=list)


class MetricRow(_Row):
    priority = fields.String(load_default="")
    metric = fields.String(load_default="")
    target = fields.Integer(load_default=0)
    business_hours = fields.Boolean(load_default=False)


class PolicyRow(_Row):
    id = _Id()
    title = fields.String(load_default="")
    description = fields.String(load_default="")
    filter = fields.Nested(ConditionsRow, load_default=lambda: {"all": [], "any": []})
    policy_metrics = fields.List(fields.Nested(MetricRow), load_default=list)


def read(schema: type[Schema], content: object, *, account: str, call: str) -> dict[str, Any]:
    """Raises Transient naming the fields that are wrong."""
    try:
        row: dict[str, Any] = schema().load(content)  # type: ignore[arg-type]
    except ValidationError as error:
        places = ", ".join(sorted(map(str, error.messages_dict)))
        raise Transient(f"the answer cannot be read: {places[:200]}", account=account, call=call) from None
    return row


def condition_words(conditions: list[dict[str, Any]]) -> str:
    """ "update_type is Create; current_tags not_includes makeright_seen", in an order that does not depend on theirs."""
    return "; ".join(sorted(f"{one['field']} {one['operator']} {_plain(one['value'])}" for one in conditions))


def action_words(actions: list[dict[str, Any]], name: str) -> list[str]:
    """The parts of the action called `name` as texts; none where there is no such action."""
    value: Any = next((action["value"] for action in actions if action["field"] == name), [])
    return [_plain(part) for part in (value if isinstance(value, list) else [value])]
