"""What is read of the rules, fields and canned responses that `provision` makes in a Freshdesk account.

The inner objects of rules are documented in part only (platform page: Freshdesk, 1.9). They are kept as they came, so
that a rule made by hand can serve as the template for ours.
"""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load

from adapters.contract import Transient


class _Row(Schema):
    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _drop_nulls(self, data: Any, **_: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


def _objects() -> fields.List[Any]:
    return fields.List(fields.Dict(keys=fields.String()), load_default=list)


class RuleRow(_Row):
    id = fields.Integer(required=True)
    name = fields.String(load_default="")
    description = fields.String(load_default="")
    active = fields.Boolean(load_default=True)
    performer = fields.Dict(keys=fields.String(), load_default=dict)
    events = _objects()
    conditions = _objects()
    actions = _objects()


class RulesMeta(_Row):
    cascading_rules = fields.Boolean(load_default=None)


class RulesAnswer(_Row):
    rules = fields.List(fields.Nested(RuleRow), load_default=list)
    meta = fields.Nested(RulesMeta, load_default=lambda: {"cascading_rules": None})


class ChoiceRow(_Row):
    id = fields.Integer()
    value = fields.String(load_default="")


class FieldRow(_Row):
    """A field as administrators see it; `choices` of other types than drop-downs are of no interest."""

    id = fields.Integer(required=True)
    name = fields.String(load_default="")
    label = fields.String(load_default="")
    type = fields.String(load_default="")
    choices = fields.List(fields.Nested(ChoiceRow), load_default=list)

    @pre_load
    def _only_of_drop_downs(self, data: Any, **_: Any) -> Any:
        if isinstance(data, dict) and data.get("type") != "custom_dropdown":
            return {key: value for key, value in data.items() if key != "choices"}
        return data


class FolderRow(_Row):
    id = fields.Integer(required=True)
    name = fields.String(load_default="")
    personal = fields.Boolean(load_default=False)


class ResponseRow(_Row):
    id = fields.Integer(required=True)
    title = fields.String(load_default="")
    content = fields.String(load_default="")
    content_html = fields.String(load_default="")
    visibility = fields.Integer(load_default=0)


def read(schema: Schema, content: object, *, account: str, call: str) -> Any:
    """Raises Transient naming the fields that are wrong."""
    try:
        return schema.load(content)  # type: ignore[arg-type]
    except ValidationError as error:
        messages = error.messages if isinstance(error.messages, dict) else {}
        places = ", ".join(sorted(str(place) for place in messages))[:200] or "not even its shape"
        raise Transient(f"the answer is not as documented: {places}", account=account, call=call) from None
