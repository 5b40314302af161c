"""Every answer of Zendesk that is read: only what is used, nulls where Zendesk sends nulls, ids as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, ClassVar, TypeVar, cast

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load

from adapters.contract import Secret, Transient

T = TypeVar("T")
_SCHEMAS: dict[type, type[Schema]] = {}


def loaded(kind: type[T], content: object, *, account: str, call: str) -> T:
    """Read an answer. Raises Transient naming the fields that are wrong: whoever answered, it was not Zendesk's API."""
    try:
        return cast(T, _SCHEMAS[kind]().load(cast(Any, content)))
    except ValidationError as error:
        # Marshmallow's messages can quote values; the paths cannot.
        places = ", ".join(sorted(_places(error.messages)))
        raise Transient(f"the answer cannot be read: {places[:200]}", account=account, call=call) from None


def _places(messages: object, path: str = "") -> list[str]:
    if isinstance(messages, Mapping):
        return [
            place for key, part in messages.items() for place in _places(part, f"{path}.{key}" if path else f"{key}")
        ]
    return [path.removesuffix("_schema").rstrip(".") or "all of it"]


class _AnswerSchema(Schema):
    """Unknown keys are passed over, and a null means the same as no key at all."""

    kind: ClassVar[type]

    class Meta:
        unknown = EXCLUDE
        register = False

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> Any:
        return self.kind(**{name: value for name, value in data.items() if value is not None})


def _read_by(**parts: fields.Field[Any]) -> Callable[[type[T]], type[T]]:
    """Give a dataclass the schema that makes it."""

    def register(kind: type[T]) -> type[T]:
        schema = cast(type[_AnswerSchema], _AnswerSchema.from_dict({**parts}, name=f"{kind.__name__}Schema"))
        schema.kind = kind
        _SCHEMAS[kind] = schema
        return kind

    return register


class _IdField(fields.Field[str]):
    """An id, as text, whether it comes as a number (REST) or as text (events)."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and -1 <= value < 10**19:
            return str(value)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            return value
        raise ValidationError("Not an id.")


class _WordField(fields.Field[str]):
    """A word in lower case; whatever else stands there (old records have numbers) counts as none."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return value.lower() if isinstance(value, str) else ""


class _StampField(fields.String):
    """A time that is kept as it was written, once it is known to be one."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        try:
            if datetime.fromisoformat(text).utcoffset() is None:
                raise ValueError
        except ValueError:
            raise ValidationError("Not a time with a zone.") from None
        return text


class _SecretField(fields.String):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return Secret(str(super()._deserialize(value, attr, data, **kwargs)))


def _needed(kind: type[fields.Field[Any]]) -> fields.Field[Any]:
    return kind(required=True)


def _id() -> fields.Field[Any]:
    return _IdField(allow_none=True)


def _text() -> fields.Field[Any]:
    return fields.String(allow_none=True)


def _anything() -> fields.Field[Any]:
    return fields.Raw(allow_none=True)


def _flag() -> fields.Field[Any]:
    return fields.Boolean(allow_none=True, truthy={True}, falsy={False})


def _time(*, needed: bool = False) -> fields.Field[Any]:
    return fields.AwareDateTime(allow_none=not needed, required=needed, format="iso", default_timezone=UTC)


def _one(kind: type, *, needed: bool = False) -> fields.Field[Any]:
    return fields.Nested(_SCHEMAS[kind], required=needed, allow_none=not needed)


def _many(kind: type, *, needed: bool = False) -> fields.Field[Any]:
    return fields.List(fields.Nested(_SCHEMAS[kind]), required=needed, allow_none=not needed)


@_read_by(access_token=_needed(_SecretField), expires_in=fields.Integer(allow_none=True))
@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """`expires_in` is in seconds; clients created before 2026-04-30 may have none."""

    access_token: Secret
    expires_in: int | None = None


@_read_by(has_more=_flag(), after_cursor=_text())
@dataclass(frozen=True, slots=True)
class Page:
    has_more: bool = False
    after_cursor: str = ""


@_read_by(channel=_WordField(allow_none=True))
@dataclass(frozen=True, slots=True)
class Via:
    channel: str = ""


@_read_by(id=_id(), role=_text(), name=_text(), email=_text(), locale=_text(), organization_id=_id())
@dataclass(frozen=True, slots=True)
class User:
    """`id` is empty for nobody: an anonymous caller's own record."""

    id: str = ""
    role: str = ""
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    locale: str | None = None
    organization_id: str | None = None


@_read_by(user=_one(User, needed=True))
@dataclass(frozen=True, slots=True)
class UserAnswer:
    user: User


@_read_by(id=_id(), value=_anything())
@dataclass(frozen=True, slots=True)
class FieldValue:
    id: str = ""
    value: Any = field(default=None, repr=False)


@_read_by(
    id=_needed(_IdField),
    updated_at=_needed(_StampField),
    created_at=_time(needed=True),
    subject=_text(),
    status=_text(),
    priority=_text(),
    requester_id=_id(),
    group_id=_id(),
    brand_id=_id(),
    tags=fields.List(fields.String(), allow_none=True),
    custom_fields=_many(FieldValue),
    via=_one(Via),
)
@dataclass(frozen=True, slots=True)
class ApiTicket:
    """`updated_at` stays as Zendesk wrote it: it goes back as `updated_stamp`."""

    id: str
    updated_at: str
    created_at: datetime
    subject: str = field(default="", repr=False)
    status: str = ""
    priority: str = ""
    requester_id: str = ""
    group_id: str | None = None
    brand_id: str | None = None
    tags: list[str] = field(default_factory=list)
    custom_fields: list[FieldValue] = field(default_factory=list)
    via: Via = field(default_factory=Via)


@_read_by(ticket=_one(ApiTicket, needed=True), users=_many(User))
@dataclass(frozen=True, slots=True)
class TicketAnswer:
    ticket: ApiTicket
    users: list[User] = field(default_factory=list)


@_read_by(
    id=_needed(_IdField),
    created_at=_time(needed=True),
    author_id=_id(),
    html_body=_text(),
    body=_text(),
    public=_flag(),
    via=_one(Via),
)
@dataclass(frozen=True, slots=True)
class Comment:
    id: str
    created_at: datetime
    author_id: str = ""
    html_body: str = field(default="", repr=False)
    body: str = field(default="", repr=False)
    public: bool = False
    via: Via = field(default_factory=Via)


@_read_by(comments=_many(Comment, needed=True), users=_many(User), meta=_one(Page))
@dataclass(frozen=True, slots=True)
class CommentsAnswer:
    comments: list[Comment]
    users: list[User] = field(default_factory=list)
    meta: Page = field(default_factory=Page)


@_read_by(
    id=_anything(),
    type=_WordField(allow_none=True),
    field_name=_WordField(allow_none=True),
    value=_anything(),
    previous_value=_anything(),
    via=_anything(),
)
@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Events of types that we know nothing of may carry anything."""

    id: object = None
    type: str = ""
    field_name: str = ""
    value: object = field(default=None, repr=False)
    previous_value: object = field(default=None, repr=False)
    via: object = None

    @property
    def by_rule(self) -> bool:
        """A trigger's change stands in the audit of the person whose update set it off."""
        return isinstance(self.via, dict) and self.via.get("channel") == "rule"

    def adds(self, tag: str) -> bool:
        """Whether this event put the tag onto the ticket."""
        return self.field_name == "tags" and tag in _tags(self.value) and tag not in _tags(self.previous_value)


def _tags(value: object) -> list[str]:
    """As audits have them: a list, or words with blanks between them."""
    if isinstance(value, str):
        return value.split()
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


@_read_by(author_id=_id(), created_at=_time(), events=_many(AuditEvent), metadata=_anything(), via=_one(Via))
@dataclass(frozen=True, slots=True)
class Audit:
    """`metadata` is what the update's writer put there, and anybody may have put anything there."""

    author_id: str = ""
    created_at: datetime | None = None
    via: Via = field(default_factory=Via)
    events: list[AuditEvent] = field(default_factory=list)
    metadata: object = field(default=None, repr=False)

    @property
    def decision_id(self) -> str | None:
        found = self.metadata
        for step in ("custom", "makeright", "decision_id"):
            found = found.get(step) if isinstance(found, dict) else None
        return found if isinstance(found, str) else None

    @property
    def comment_id(self) -> str | None:
        return next((str(event.id) for event in self.events if event.type == "comment" and event.id), None)


@_read_by(audits=_many(Audit, needed=True), users=_many(User), meta=_one(Page))
@dataclass(frozen=True, slots=True)
class AuditsAnswer:
    audits: list[Audit]
    users: list[User] = field(default_factory=list)
    meta: Page = field(default_factory=Page)


@_read_by(updated_at=_text())
@dataclass(frozen=True, slots=True)
class UpdatedTicket:
    updated_at: str | None = None


@_read_by(ticket=_one(UpdatedTicket, needed=True), audit=_one(Audit))
@dataclass(frozen=True, slots=True)
class Updated:
    """The answer to a write, of which little is indispensable: it has gone through."""

    ticket: UpdatedTicket
    audit: Audit = field(default_factory=Audit)


@_read_by(value=_text())
@dataclass(frozen=True, slots=True)
class Option:
    value: str = ""


@_read_by(id=_needed(_IdField), type=_needed(fields.String), active=_flag(), custom_field_options=_many(Option))
@dataclass(frozen=True, slots=True)
class TicketField:
    """A field as the account defines it; `options` are the values (tags) of a drop-down or multi-select field."""

    id: str
    type: str
    active: bool = True
    custom_field_options: list[Option] = field(default_factory=list)

    @property
    def options(self) -> tuple[str, ...]:
        return tuple(option.value for option in self.custom_field_options if option.value)


@_read_by(ticket_field=_one(TicketField, needed=True))
@dataclass(frozen=True, slots=True)
class TicketFieldAnswer:
    ticket_field: TicketField


@_read_by(id=_needed(_IdField), updated_at=_needed(_StampField))
@dataclass(frozen=True, slots=True)
class ExportedTicket:
    id: str
    updated_at: str


@_read_by(tickets=_many(ExportedTicket, needed=True), after_cursor=_text(), end_of_stream=_flag())
@dataclass(frozen=True, slots=True)
class ExportAnswer:
    tickets: list[ExportedTicket]
    after_cursor: str = ""
    end_of_stream: bool = False


@_read_by(field=_text(), value=_anything())
@dataclass(frozen=True, slots=True)
class MacroAction:
    field: str = ""
    value: object = None


@_read_by(
    id=_needed(_IdField),
    title=_text(),
    active=_flag(),
    actions=_many(MacroAction),
    restriction=_anything(),
    updated_at=_time(),
)
@dataclass(frozen=True, slots=True)
class ApiMacro:
    """`restriction` says who may use it: {} or null everybody, else {"type": "Group", "id": ..., "ids": [...]}."""

    id: str
    title: str = ""
    active: bool = True
    actions: list[MacroAction] = field(default_factory=list)
    restriction: object = None
    updated_at: datetime | None = None


@_read_by(macros=_many(ApiMacro, needed=True), meta=_one(Page))
@dataclass(frozen=True, slots=True)
class MacrosAnswer:
    macros: list[ApiMacro]
    meta: Page = field(default_factory=Page)


def _minute() -> fields.Field[Any]:
    return fields.Integer(required=True, strict=True)


def _day(*, needed: bool = False) -> fields.Field[Any]:
    return fields.Date(required=needed, allow_none=not needed, format="iso")


@_read_by(start_time=_minute(), end_time=_minute())
@dataclass(frozen=True, slots=True)
class Interval:
    """Minutes since Sunday 00:00 in the schedule's zone."""

    start_time: int
    end_time: int


@_read_by(id=_needed(_IdField), name=_text(), time_zone=_needed(fields.String), intervals=_many(Interval))
@dataclass(frozen=True, slots=True)
class ApiSchedule:
    """`time_zone` is a Rails name ("Eastern Time (US & Canada)")."""

    id: str
    time_zone: str
    name: str = ""
    intervals: list[Interval] = field(default_factory=list)


@_read_by(schedules=_many(ApiSchedule, needed=True))
@dataclass(frozen=True, slots=True)
class SchedulesAnswer:
    schedules: list[ApiSchedule]


@_read_by(name=_text(), start_date=_day(needed=True), end_date=_day())
@dataclass(frozen=True, slots=True)
class ApiHoliday:
    """Both days are included."""

    start_date: date
    end_date: date | None = None
    name: str = ""


@_read_by(holidays=_many(ApiHoliday, needed=True))
@dataclass(frozen=True, slots=True)
class HolidaysAnswer:
    holidays: list[ApiHoliday]


@_read_by(id=_needed(_IdField), name=_text(), active=_flag())
@dataclass(frozen=True, slots=True)
class ApiBrand:
    id: str
    name: str = ""
    active: bool = True


@_read_by(brands=_many(ApiBrand, needed=True), meta=_one(Page))
@dataclass(frozen=True, slots=True)
class BrandsAnswer:
    brands: list[ApiBrand]
    meta: Page = field(default_factory=Page)
