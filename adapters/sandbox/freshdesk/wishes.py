"""What may come into the Freshdesk API: shapes and types. A key that is not here is refused, as Freshdesk does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields


class Strict(fields.Field[Any]):
    """A value of exactly these Python types; a boolean is no number."""

    def __init__(self, *types: type, **more: Any) -> None:
        super().__init__(**more)
        self._types = types

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:
        if (isinstance(value, bool) and bool not in self._types) or not isinstance(value, self._types):
            named = {str: "String", int: "Integer", bool: "Boolean", list: "Array", dict: "key/value pair"}
            raise ValidationError(
                f"Value set is of type {type(value).__name__.title()}. It should be a/an {named[self._types[0]]}"
            )
        return value


def text() -> Strict:
    return Strict(str, allow_none=True)


def number() -> Strict:
    return Strict(int, allow_none=True)


def switch() -> Strict:
    return Strict(bool)


def texts() -> fields.List[str]:
    return fields.List(Strict(str), allow_none=True)


class Wish(Schema):
    """Unknown keys are refused (marshmallow's default)."""


class TicketWish(Wish):
    status = number()
    priority = number()
    type = text()
    source = number()
    group_id = number()
    responder_id = number()
    tags = Strict(list, allow_none=True)
    custom_fields = Strict(dict, allow_none=True)
    due_by = text()
    fr_due_by = text()
    subject = text()
    description = text()
    product_id = number()
    company_id = number()
    email_config_id = number()
    parent_id = number()
    internal_agent_id = number()
    internal_group_id = number()
    requester_id = number()
    email = text()
    name = text()
    phone = text()
    twitter_id = text()
    facebook_id = text()
    unique_external_id = text()
    lookup_parameter = text()
    attachments = Strict(list, allow_none=True)


class NewTicketWish(TicketWish):
    cc_emails = texts()
    related_ticket_ids = fields.List(number(), allow_none=True)


class BulkWish(Wish):
    ids = fields.List(number(), required=True)
    properties = fields.Nested(TicketWish, load_default=dict)
    reply = Strict(dict, allow_none=True)


class BulkUpdateWish(Wish):
    bulk_action = fields.Nested(BulkWish, required=True)


class StructuredPart(Schema):
    class Meta:
        unknown = INCLUDE

    data = Strict(dict, load_default=dict)


class StructuredBody(Schema):
    class Meta:
        unknown = INCLUDE

    body_contents = fields.List(fields.Nested(StructuredPart), load_default=list)


class EditWish(Wish):
    body = text()
    attachments = Strict(list, allow_none=True)


class NoteWish(EditWish):
    structured_body = fields.Nested(StructuredBody, allow_none=True)
    private = switch()
    incoming = switch()
    notify_emails = texts()
    user_id = number()


class ReplyWish(EditWish):
    structured_body = fields.Nested(StructuredBody, allow_none=True)
    from_email = text()
    user_id = number()
    cc_emails = texts()
    bcc_emails = texts()


# -- settings


class ChoiceWish(Wish):
    id = number()
    value = text()
    position = number()
    deleted = Strict(bool, allow_none=True)
    choices = Strict(list, allow_none=True)


class FieldWish(Wish):
    label = text()
    label_for_customers = text()
    type = text()
    position = number()
    customers_can_edit = switch()
    displayed_to_customers = switch()
    required_for_closure = switch()
    required_for_agents = switch()
    required_for_customers = switch()
    choices = fields.List(fields.Nested(ChoiceWish), allow_none=True)
    dependent_fields = Strict(list, allow_none=True)
    section_mappings = Strict(list, allow_none=True)


class FolderWish(Wish):
    name = text()


class ResponseWish(Wish):
    title = text()
    content_html = text()
    folder_id = number()
    visibility = number()
    group_ids = fields.List(number(), allow_none=True)
    attachments = Strict(list, allow_none=True)


class PolicyWish(Wish):
    name = text()
    description = text()
    active = switch()
    is_default = switch()
    position = number()
    sla_target = Strict(dict, allow_none=True)
    applicable_to = Strict(dict, allow_none=True)
    escalation = Strict(dict, allow_none=True)


# -- automation rules: their inner objects have more keys than are read here


class Loose(Schema):
    class Meta:
        unknown = INCLUDE


class PerformerWish(Loose):
    type = fields.Integer(required=True)
    members = Strict(list, allow_none=True)


class EventWish(Loose):
    field_name = Strict(str, required=True)


class PropertyWish(Loose):
    field_name = Strict(str, required=True)
    operator = text()


class ConditionsWish(Loose):
    match_type = text()
    properties = fields.List(fields.Nested(PropertyWish), allow_none=True)


class ContentWish(Loose):
    """`content` is a template, or names with a placeholder each; the codes of the layouts are not documented."""

    content_type = fields.Raw(allow_none=True)
    content_layout = fields.Raw(allow_none=True)
    content = Strict(str, dict, allow_none=True)


class ActionWish(Loose):
    field_name = Strict(str, required=True)
    value = fields.Raw(allow_none=True)
    url = text()
    request_type = fields.Raw(allow_none=True)
    api_key = text()
    auth_header = Strict(dict, allow_none=True)
    custom_headers = Strict(dict, allow_none=True)
    content = fields.Nested(ContentWish, allow_none=True)


class RuleWish(Wish):
    name = text()
    description = text()
    position = number()
    active = switch()
    performer = fields.Nested(PerformerWish, allow_none=True)
    events = fields.List(fields.Nested(EventWish), allow_none=True)
    conditions = fields.List(fields.Nested(ConditionsWish), allow_none=True)
    operator = text()
    actions = fields.List(fields.Nested(ActionWish), allow_none=True)
