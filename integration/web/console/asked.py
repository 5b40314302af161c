"""What stands in an address, checked: filters, and the key at which a page begins."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from werkzeug.exceptions import BadRequest

from integration.store.feed import Key
from integration.web.console.blueprint import context


class KeyField(fields.Field[Key]):
    """A key in one word, as it stands in an address."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Key:
        try:
            at, id_ = urlsafe_b64decode(str(value).encode() + b"==").decode().split(" ", 1)
            moment = datetime.fromisoformat(at)
        except (ValueError, UnicodeError):
            raise ValidationError("begin again at the first page") from None
        if moment.tzinfo is None or not id_.isalnum():
            raise ValidationError("begin again at the first page")
        return Key(moment, id_)


def written(key: Key) -> str:
    return urlsafe_b64encode(f"{key.at.astimezone(UTC).isoformat()} {key.id}".encode()).decode().rstrip("=")


class AccountField(fields.String):
    """ "" or an account that is configured."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if name and name not in context().settings.accounts:
            raise ValidationError("there is no such account")
        return name


class Asked(Schema):
    """Of a page's address; what it does not know it leaves out."""

    class Meta:
        unknown = EXCLUDE


def asked(schema: type[Asked]) -> dict[str, Any]:
    """The checked address of this request. Raises BadRequest naming what is wrong with it."""
    try:
        data: dict[str, Any] = schema().load(request.args.to_dict())
    except ValidationError as error:
        raise BadRequest("; ".join(f"{place}: {' '.join(said)}" for place, said in mistakes(error).items())) from None
    return data


def mistakes(error: ValidationError) -> dict[str, list[str]]:
    """What is wrong, by the name of the field."""
    return error.messages if isinstance(error.messages, dict) else {"form": error.messages}


def one_account(name: str) -> str:
    """`name`, or the first account where none was asked for; "" if there is none at all."""
    return name or next(iter(context().settings.accounts), "")
