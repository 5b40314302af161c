"""The section `[console]`: who may look at an installation, and who may act on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from adapters.contract import Secret
from adapters.fields import SecretField
from adapters.http import is_loopback

SHORTEST_SESSION_KEY = 32


class Role(StrEnum):
    """A viewer reads; an operator also acts, and sees who did what."""

    VIEWER = "viewer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Oidc:
    """An OpenID provider. `role_claim` is the way to the claim (dots lead into objects) that holds one or more names;
    `operators` and `viewers` are the names that make somebody one. Whoever has none of them does not get in."""

    issuer: str
    client_id: str
    client_secret: Secret
    scopes: tuple[str, ...]
    name_claim: str
    role_claim: str
    operators: frozenset[str]
    viewers: frozenset[str]


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """`session_key` signs cookies; where it is None the installation makes one for itself.

    A sign-in ends after `idle` without a page, and after `longest` in any case.
    """

    password_hash: Secret | None = None
    password_role: Role = Role.OPERATOR
    session_key: Secret | None = None
    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=12)
    oidc: Oidc | None = None

    @property
    def has_sign_in(self) -> bool:
        return self.password_hash is not None or self.oidc is not None

    @property
    def way_in(self) -> str:
        """Who gets in as what, as one text: where it changes, everybody signs in again. Holds the password's hash."""
        password, oidc = self.password_hash, self.oidc
        return repr(
            (
                (password.reveal(), self.password_role.value) if password is not None else None,
                (oidc.issuer, oidc.client_id, oidc.role_claim, sorted(oidc.operators), sorted(oidc.viewers))
                if oidc is not None
                else None,
            )
        )


class OidcSchema(Schema):
    class Meta:
        unknown = RAISE

    issuer = fields.Url(required=True, require_tld=False, schemes={"http", "https"})
    client_id = fields.String(required=True, validate=validate.Length(min=1))
    client_secret = SecretField(required=True)
    scopes = fields.List(fields.String(), load_default=lambda: ["openid", "profile", "email"])
    name_claim = fields.String(load_default="email")
    role_claim = fields.String(load_default="groups")
    operators = fields.List(fields.String(), load_default=list)
    viewers = fields.List(fields.String(), load_default=list)

    @validates_schema
    def trustworthy(self, data: dict[str, Any], **_: Any) -> None:
        issuer = urlsplit(data["issuer"])
        if issuer.scheme != "https" and not is_loopback(issuer.hostname or ""):
            raise ValidationError("must begin with https://", "issuer")
        if "openid" not in data["scopes"]:
            raise ValidationError('must contain "openid"', "scopes")
        if not data["operators"] and not data["viewers"]:
            raise ValidationError(
                f"nobody could sign in: name those values of the claim {data['role_claim']!r} that may", "operators"
            )

    @post_load
    def built(self, data: dict[str, Any], **_: Any) -> Oidc:
        return Oidc(
            **{
                **data,
                "issuer": data["issuer"].rstrip("/"),
                "scopes": tuple(data["scopes"]),
                "operators": frozenset(data["operators"]),
                "viewers": frozenset(data["viewers"]),
            }
        )


class ConsoleSchema(Schema):
    class Meta:
        unknown = RAISE

    password_hash = SecretField(load_default=None)
    password_role = fields.Enum(Role, by_value=True, load_default=Role.OPERATOR)
    session_key = SecretField(load_default=None)
    idle_minutes = fields.Float(load_default=30.0, validate=validate.Range(1, 24 * 60))
    longest_hours = fields.Float(load_default=12.0, validate=validate.Range(0.1, 24 * 7))
    oidc = fields.Nested(OidcSchema, load_default=None)

    @validates_schema
    def sound(self, data: dict[str, Any], **_: Any) -> None:
        if (hashed := data["password_hash"]) is not None:
            try:
                extract_parameters(hashed.reveal())
            except InvalidHashError:
                raise ValidationError(
                    "is not an argon2 hash: make one with `makeright console password`", "password_hash"
                ) from None
        key = data["session_key"]
        if key is not None and len(key.reveal()) < SHORTEST_SESSION_KEY:
            raise ValidationError(
                f"needs at least {SHORTEST_SESSION_KEY} characters: make one with `openssl rand -hex 32`", "session_key"
            )

    @post_load
    def built(self, data: dict[str, Any], **_: Any) -> ConsoleSettings:
        return ConsoleSettings(
            password_hash=data["password_hash"],
            password_role=data["password_role"],
            session_key=data["session_key"],
            idle=timedelta(minutes=data["idle_minutes"]),
            longest=timedelta(hours=data["longest_hours"]),
            oidc=data["oidc"],
        )
