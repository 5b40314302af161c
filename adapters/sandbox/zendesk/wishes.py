"""What may come into the Zendesk API: shapes and types, tolerant of nulls and of keys that Zendesk does not know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from adapters.sandbox.shelf import Record


def tag_list(given: Any) -> list[str]:
    """Tags as Zendesk keeps them: lower case, split at spaces, each once."""
    parts = [given] if isinstance(given, str) else list(given) if isinstance(given, (list, tuple)) else []
    words = (word for part in parts for word in re.split(r"[\s,]+", str(part).lower()))
    return list(dict.fromkeys(word for word in words if word))


class Tags(fields.Field[list[str]]):
    """A list of tags, or one string of them."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> list[str]:
        if not isinstance(value, (list, str)):
            raise ValidationError("must be a list of tags or a string")
        return tag_list(value)


class FieldValue(fields.Field[Any]):
    """A custom field's value: text, number, boolean or a list of texts."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:
        if isinstance(value, (str, int, float)):
            return value
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return value
        raise ValidationError("must be a text, a number, a boolean or a list of texts")


class Wish(Schema):
    class Meta:
        unknown = EXCLUDE


class CustomField(Wish):
    id = fields.Integer(required=True)
    value = FieldValue(allow_none=True, load_default=None)


class CustomFields(fields.Field[list[Record]]):
    """`[{"id", "value"}]`, or an object by id as a macro's result may have it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> list[Record]:
        rows = [{"id": key, "value": one} for key, one in value.items()] if isinstance(value, dict) else value
        if not isinstance(rows, list):
            raise ValidationError("must be a list of objects with id and value")
        loaded: list[Record] = CustomField(many=True).load(rows)
        return loaded


class CommentWish(Wish):
    body = fields.String(allow_none=True)
    html_body = fields.String(allow_none=True)
    public = fields.Boolean(allow_none=True)
    author_id = fields.Integer(allow_none=True)


class Comment(fields.Field[Record]):
    """A comment, or just its text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Record:
        wish: Record = CommentWish().load({"body": value} if isinstance(value, str) else value)
        return {name: part for name, part in wish.items() if part is not None}


class RequesterWish(Wish):
    name = fields.String(allow_none=True)
    email = fields.String(allow_none=True)


class StampWish(Wish):
    """`safe_update` counts by being there; its value does not matter."""

    safe_update = fields.Raw(allow_none=True)
    updated_stamp = fields.String(allow_none=True)


class TagsWish(StampWish):
    tags = Tags(allow_none=True)


class TicketWish(TagsWish):
    additional_tags = Tags(allow_none=True)
    remove_tags = Tags(allow_none=True)
    comment = Comment(allow_none=True)
    custom_fields = CustomFields(allow_none=True)
    more_fields = CustomFields(allow_none=True, data_key="fields")
    subject = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    external_id = fields.String(allow_none=True)
    status = fields.String(allow_none=True)
    priority = fields.String(allow_none=True)
    type = fields.String(allow_none=True)
    assignee_id = fields.Integer(allow_none=True)
    group_id = fields.Integer(allow_none=True)
    brand_id = fields.Integer(allow_none=True)
    requester_id = fields.Integer(allow_none=True)
    requester = fields.Nested(RequesterWish, allow_none=True)
    metadata = fields.Dict(keys=fields.String(), allow_none=True)
    macro_id = fields.Integer(allow_none=True)
    macro_ids = fields.List(fields.Integer(), allow_none=True)


# -- rules and macros


class ConditionWish(Wish):
    field = fields.String(required=True)
    operator = fields.String(allow_none=True)
    value = FieldValue(allow_none=True)


class ConditionsWish(Wish):
    all = fields.List(fields.Nested(ConditionWish), allow_none=True)
    any = fields.List(fields.Nested(ConditionWish), allow_none=True)


class ActionWish(Wish):
    field = fields.String(required=True)
    value = FieldValue(allow_none=True, load_default=None)


class RestrictionWish(Wish):
    type = fields.String(required=True)
    id = fields.Integer(allow_none=True)
    ids = fields.List(fields.Integer(), allow_none=True)


class MacroWish(Wish):
    title = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    active = fields.Boolean()
    position = fields.Integer(allow_none=True)
    actions = fields.List(fields.Nested(ActionWish), allow_none=True)
    restriction = fields.Nested(RestrictionWish, allow_none=True)


class TriggerWish(Wish):
    title = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    active = fields.Boolean()
    position = fields.Integer(allow_none=True)
    conditions = fields.Nested(ConditionsWish, allow_none=True)
    actions = fields.List(fields.Nested(ActionWish), allow_none=True)
    category_id = fields.String(allow_none=True)


class CategoryWish(Wish):
    name = fields.String(allow_none=True)
    position = fields.Integer()


class ViewWish(ConditionsWish):
    title = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    active = fields.Boolean()
    position = fields.Integer(allow_none=True)
    execution = fields.Dict(allow_none=True)
    # Written as `output`, read as `execution`.
    output = fields.Dict(allow_none=True)
    restriction = fields.Dict(allow_none=True)


class PolicyWish(Wish):
    title = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    filter = fields.Nested(ConditionsWish, allow_none=True)
    policy_metrics = fields.List(fields.Dict(), allow_none=True)
    position = fields.Integer(allow_none=True)


# -- fields, hours, webhooks


class OptionWish(Wish):
    id = fields.Integer(allow_none=True)
    name = fields.String(allow_none=True)
    value = fields.String(allow_none=True)
    default = fields.Boolean(allow_none=True)


class TicketFieldWish(Wish):
    type = fields.String(allow_none=True)
    title = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    agent_description = fields.String(allow_none=True)
    title_in_portal = fields.String(allow_none=True)
    position = fields.Integer(allow_none=True)
    active = fields.Boolean()
    required = fields.Boolean()
    collapsed_for_agents = fields.Boolean()
    visible_in_portal = fields.Boolean()
    editable_in_portal = fields.Boolean()
    required_in_portal = fields.Boolean()
    regexp_for_validation = fields.String(allow_none=True)
    tag = fields.String(allow_none=True)
    custom_field_options = fields.List(fields.Nested(OptionWish), allow_none=True)


class IntervalWish(Wish):
    """Minutes since Sunday 00:00 in the schedule's own zone."""

    start_time = fields.Integer(required=True)
    end_time = fields.Integer(required=True)


class ScheduleWish(Wish):
    name = fields.String(allow_none=True)
    time_zone = fields.String(allow_none=True)
    intervals = fields.List(fields.Nested(IntervalWish), allow_none=True)


class HolidayWish(Wish):
    name = fields.String(allow_none=True)
    start_date = fields.String(allow_none=True)
    end_date = fields.String(allow_none=True)


class AuthenticationWish(Wish):
    type = fields.String(required=True)
    data = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)
    add_position = fields.String(allow_none=True)


class WebhookWish(Wish):
    name = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    endpoint = fields.String(allow_none=True)
    http_method = fields.String(allow_none=True)
    request_format = fields.String(allow_none=True)
    status = fields.String(allow_none=True)
    subscriptions = fields.List(fields.String(), allow_none=True)
    authentication = fields.Nested(AuthenticationWish, allow_none=True)
    custom_headers = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)


class HookRequestWish(Wish):
    endpoint = fields.String(allow_none=True)
    http_method = fields.String(allow_none=True)
    payload = fields.Raw(allow_none=True)


class HookTestWish(Wish):
    request = fields.Nested(HookRequestWish, allow_none=True)


class TokenWish(Wish):
    grant_type = fields.String(allow_none=True)
    client_id = fields.String(allow_none=True)
    client_secret = fields.String(allow_none=True)
    scope = fields.String(allow_none=True)
    expires_in = fields.Integer(allow_none=True)
