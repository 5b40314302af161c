"""Every answer of Freshdesk that is read, reduced to what is used of it.

The platform adds keys at any time and sends null for whatever is blank (platform page: Freshdesk, read a ticket), so
unknown keys are dropped and null counts as absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load

_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::\d\d)?\s*([ap])\.?m\.?", re.ASCII | re.IGNORECASE)


class Moment(fields.AwareDateTime):
    """A point in time, in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", default_timezone=UTC, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        moment: datetime = super()._deserialize(value, attr, data, **kwargs)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None


def stamp(moment: datetime) -> str:
    """A time as Freshdesk writes it: 2022-11-16T15:58:29Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class AnswerSchema(Schema):
    """A JSON object of Freshdesk's that becomes a `row`."""

    row: ClassVar[type[Any]]

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _drop_nulls(self, data: Any, **kwargs: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> Any:
        return self.row(**data)


def _texts() -> fields.List[Any]:
    return fields.List(fields.String(allow_none=True))


@dataclass(frozen=True, slots=True)
class Person:
    id: int | None = None
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)


class PersonSchema(AnswerSchema):
    row = Person
    id = fields.Integer()
    name = fields.String()
    email = fields.String()


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket in Freshdesk's own codes (platform page: Freshdesk, codes)."""

    id: int
    created_at: datetime
    updated_at: datetime
    subject: str = field(default="", repr=False)
    description: str = field(default="", repr=False)
    description_text: str = field(default="", repr=False)
    status: int | None = None
    priority: int | None = None
    source: int | None = None
    type: str | None = None
    tags: tuple[str, ...] = ()
    custom_fields: Mapping[str, Any] = field(default_factory=dict, repr=False)
    group_id: int | None = None
    product_id: int | None = None
    company_id: int | None = None
    requester_id: int | None = None
    responder_id: int | None = None
    requester: Person = field(default_factory=Person)
    due_by: datetime | None = None
    fr_due_by: datetime | None = None
    spam: bool = False
    deleted: bool = False


class TicketSchema(AnswerSchema):
    row = TicketRow
    id = fields.Integer(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    subject = fields.String()
    description = fields.String()
    description_text = fields.String()
    status = fields.Integer()
    priority = fields.Integer()
    source = fields.Integer()
    type = fields.String()
    tags = _texts()
    custom_fields = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    group_id = fields.Integer()
    product_id = fields.Integer()
    company_id = fields.Integer()
    requester_id = fields.Integer()
    responder_id = fields.Integer()
    requester = fields.Nested(PersonSchema)
    due_by = Moment()
    fr_due_by = Moment()
    spam = fields.Boolean()
    deleted = fields.Boolean()

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> TicketRow:
        return TicketRow(**{**data, "tags": tuple(tag for tag in data.get("tags", ()) if tag)})


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A reply, note or forward. `source`: 0 reply, 2 note, 5 tweet, 6 survey, 7 Facebook, 8 forward, 9 phone."""

    id: int
    created_at: datetime
    body: str = field(default="", repr=False)
    body_text: str = field(default="", repr=False)
    incoming: bool = False
    private: bool = False
    auto_response: bool = False
    automation_id: int | None = None
    source: int | None = None
    user_id: int | None = None


class ConversationSchema(AnswerSchema):
    row = ConversationRow
    id = fields.Integer(required=True)
    created_at = Moment(required=True)
    body = fields.String()
    body_text = fields.String()
    incoming = fields.Boolean()
    private = fields.Boolean()
    auto_response = fields.Boolean()
    automation_id = fields.Integer()
    source = fields.Integer()
    user_id = fields.Integer()


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field of the ticket form. `choices` comes in half a dozen shapes: see `form`."""

    name: str = ""
    label: str = ""
    type: str = ""
    choices: Any = None
    default: bool = False
    required_for_agents: bool = False
    required_for_closure: bool = False


class FieldSchema(AnswerSchema):
    row = FieldRow
    name = fields.String()
    label = fields.String()
    type = fields.String()
    choices = fields.Raw()
    default = fields.Boolean()
    required_for_agents = fields.Boolean()
    required_for_closure = fields.Boolean()


@dataclass(frozen=True, slots=True)
class AgentRow:
    """The owner of an API key. `ticket_scope`: 1 all tickets, 2 those of the agent's groups, 3 assigned ones only."""

    id: int
    ticket_scope: int | None = None
    contact: Person = field(default_factory=Person)


class AgentSchema(AnswerSchema):
    row = AgentRow
    id = fields.Integer(required=True)
    ticket_scope = fields.Integer()
    contact = fields.Nested(PersonSchema)


@dataclass(frozen=True, slots=True)
class FolderRow:
    id: int
    name: str = ""
    personal: bool = False


class FolderSchema(AnswerSchema):
    row = FolderRow
    id = fields.Integer(required=True)
    name = fields.String()
    personal = fields.Boolean()


@dataclass(frozen=True, slots=True)
class CannedResponseRow:
    """`visibility`: 0 everybody, 1 its author alone, 2 certain groups."""

    id: int
    title: str = ""
    content: str = field(default="", repr=False)
    content_html: str = field(default="", repr=False)
    visibility: int = 0
    group_ids: tuple[int, ...] = ()
    updated_at: datetime | None = None


class CannedResponseSchema(AnswerSchema):
    row = CannedResponseRow
    id = fields.Integer(required=True)
    title = fields.String()
    content = fields.String()
    content_html = fields.String()
    visibility = fields.Integer()
    group_ids = fields.List(fields.Integer(allow_none=True))
    updated_at = Moment()

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> CannedResponseRow:
        groups = tuple(group for group in data.get("group_ids", ()) if group is not None)
        return CannedResponseRow(**{**data, "group_ids": groups})


@dataclass(frozen=True, slots=True)
class RulesMeta:
    """`cascading_rules`: whether every matching creation rule runs, or the first one only; None where it is not said."""

    cascading_rules: bool | None = None


class RulesMetaSchema(AnswerSchema):
    row = RulesMeta
    cascading_rules = fields.Boolean()


@dataclass(frozen=True, slots=True)
class RulesRow:
    meta: RulesMeta = field(default_factory=RulesMeta)


class RulesSchema(AnswerSchema):
    row = RulesRow
    meta = fields.Nested(RulesMetaSchema)


class MinuteField(fields.Field[int]):
    """A time of day, "8:00 am" or "08:00:00 am", in minutes since midnight; seconds are dropped."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None or not 1 <= int(found[1]) <= 12 or int(found[2]) > 59:
            raise ValidationError("Not a time of day.")
        return (int(found[1]) % 12 + (12 if found[3].lower() == "p" else 0)) * 60 + int(found[2])


@dataclass(frozen=True, slots=True)
class WorkdayRow:
    start_time: int
    end_time: int


class WorkdaySchema(AnswerSchema):
    row = WorkdayRow
    start_time = MinuteField(required=True)
    end_time = MinuteField(required=True)


@dataclass(frozen=True, slots=True)
class BusinessHoursRow:
    """`time_zone` is a Rails name ("Chennai"), not one of the IANA database. A day without hours may be None."""

    id: int
    name: str = ""
    is_default: bool = False
    time_zone: str = ""
    business_hours: Mapping[str, WorkdayRow | None] = field(default_factory=dict)


class BusinessHoursSchema(AnswerSchema):
    row = BusinessHoursRow
    id = fields.Integer(required=True)
    name = fields.String()
    is_default = fields.Boolean()
    time_zone = fields.String(required=True)
    business_hours = fields.Dict(fields.String(), fields.Nested(WorkdaySchema, allow_none=True))
