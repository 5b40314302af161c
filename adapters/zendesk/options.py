"""What an account on Zendesk is configured with, beside the settings that every account has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from adapters.contract import Secret
from adapters.fields import SecretField

_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A confidential OAuth client; its tokens act as the admin who created it."""

    client_id: str
    client_secret: Secret


@dataclass(frozen=True, slots=True)
class ApiToken:
    """The old way in. None can be created since 2026-10-27, and all stop working on 2027-04-30 (platform page, 3)."""

    email: str = field(repr=False)
    api_token: Secret


@dataclass(frozen=True, slots=True)
class ZendeskOptions:
    """`subdomain` may be missing where the account's `base_url` stands in for it.

    `account_id` is compared with what a hook says, if it is known. `hook_window` is how old (or how far ahead) a
    hook's signed time may be; Zendesk itself names no limit.
    """

    subdomain: str | None
    auth: OAuthClient | ApiToken
    account_id: str | None
    hook_window: timedelta


def _check_subdomain(value: str) -> None:
    if not _SUBDOMAIN.fullmatch(value):
        raise ValidationError(
            f"{value!r} is not a Zendesk subdomain: write only the part before .zendesk.com, in lower case (acme)"
        )


class _AuthSchema(Schema):
    client_id = fields.String(load_default=None, validate=validate.Length(min=1))
    client_secret = SecretField(load_default=None)
    email = fields.Email(load_default=None)
    api_token = SecretField(load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def _one_way_in(self, data: dict[str, Any], **kwargs: Any) -> None:
        given = {name for name, value in data.items() if value is not None}
        if given not in ({"client_id", "client_secret"}, {"email", "api_token"}):
            raise ValidationError(
                "write client_id and client_secret of an OAuth client (or, until 2027-04-30, email and api_token)"
            )

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> OAuthClient | ApiToken:
        if data["client_id"] is not None:
            return OAuthClient(data["client_id"], data["client_secret"])
        return ApiToken(data["email"], data["api_token"])


class ZendeskOptionsSchema(Schema):
    """The keys of `[accounts.<name>]` in makeright.toml that only this adapter reads."""

    subdomain = fields.String(load_default=None, validate=_check_subdomain)
    auth = fields.Nested(_AuthSchema, required=True)
    account_id = fields.String(
        load_default=None,
        validate=validate.Regexp(r"^[0-9]{1,20}\Z", error='write the number as text, like account_id = "12514403"'),
    )
    hook_window_seconds = fields.Integer(
        load_default=300,
        validate=validate.Range(min=30, max=86_400, error="choose between 30 seconds and 86400 (a day)"),
    )

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> ZendeskOptions:
        window = timedelta(seconds=data.pop("hook_window_seconds"))
        return ZendeskOptions(**data, hook_window=window)
