"""What an account on Freshdesk is configured with, beside the settings that every account has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from adapters.budget import Allowance
from adapters.contract import Secret
from adapters.fields import SecretField

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.freshdesk\.com")


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls per minute that a plan grants: in total, and for the two kinds of call that have a limit of their own."""

    account: Allowance
    update: Allowance | None
    listing: Allowance | None


def _limits(total: int, update: int | None = None, listing: int | None = None) -> Limits:
    return Limits(
        Allowance("account", total, 60),
        Allowance("tickets-update", update, 60) if update else None,
        Allowance("tickets-list", listing, 60) if listing else None,
    )


# Platform page: Freshdesk, rate limits per account per minute.
PLANS: Mapping[str, Limits] = {
    "trial": _limits(50),
    "growth": _limits(200, update=80, listing=20),
    "pro": _limits(400, update=160, listing=100),
    "enterprise": _limits(700, update=280, listing=200),
}


@dataclass(frozen=True, slots=True)
class FreshdeskOptions:
    """`domain` may be missing where the account's `base_url` stands in for it.

    `api_key` is the key of the agent that Makeright writes as; `admin_api_key` is used only for what Freshdesk shows to
    administrators alone (canned responses, rules, business hours).
    """

    api_key: Secret
    domain: str | None
    admin_api_key: Secret | None
    secret_header: str
    plan: str
    write_due_dates: bool

    @property
    def limits(self) -> Limits:
        return PLANS[self.plan]


def _check_domain(value: str) -> None:
    if not _DOMAIN.fullmatch(value):
        raise ValidationError(
            "not a Freshdesk domain: write it like acme.freshdesk.com, even if your portal has a host name of its own"
        )


class FreshdeskOptionsSchema(Schema):
    """The keys of `[accounts.<name>]` in makeright.toml that only this adapter reads."""

    api_key = SecretField(required=True)
    domain = fields.String(load_default=None, validate=_check_domain)
    admin_api_key = SecretField(load_default=None)
    secret_header = fields.String(
        load_default="X-Makeright-Secret",
        validate=validate.Regexp(r"^[A-Za-z][A-Za-z0-9-]{0,63}\Z", error="write a header name like X-Makeright-Secret"),
    )
    plan = fields.String(
        load_default="growth",
        validate=validate.OneOf(tuple(PLANS), error="choose one of: {choices}"),
    )
    write_due_dates = fields.Boolean(load_default=False)

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> FreshdeskOptions:
        return FreshdeskOptions(**data)
