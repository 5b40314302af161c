"""Who is calling the sidebar API? An installation of our app on an account, and never more than that.

Both platforms vouch for the installation only: every claim beside the expiry is chosen in the agent's browser, so what a
token says about the agent is believed by nobody here (platform pages: Zendesk 6.3, Freshdesk 5.5).
"""

from __future__ import annotations

import time
from typing import Any

import jwt

from adapters import helpdesk_class
from adapters.contract import Secret, SidebarProof
from integration.settings import AccountSettings

ISSUER = "makeright-sidebar"
AUDIENCE = "makeright"
ALGORITHM = "HS256"
LEEWAY_SECONDS = 10
# Our app asks for a minute. The browser chooses, so a longer life is not granted to whoever asks for it.
LONGEST_LIFE_SECONDS = 15 * 60


class NotProven(Exception):
    """The caller is not an installation of this account; the text is for logs and names the check that failed."""


def prove(account: AccountSettings, authorization: str) -> None:
    """Check the Authorization header of a call for this account. Raises NotProven."""
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise NotProven("no bearer token")
    if not account.sidebar_secrets:
        raise NotProven("the account has no sidebar_secrets")
    match helpdesk_class(account.kind).sidebar_proof:
        case SidebarProof.SIGNED_TOKEN:
            _prove_signed(account, token)
        case SidebarProof.FIXED_TOKEN:
            # Every secret is compared, so that the time taken does not say which one came close.
            if not any([secret.matches(token) for secret in account.sidebar_secrets]):
                raise NotProven("the installation's token is another one")
        case None:
            raise NotProven(f"{account.kind} has no sidebar app")


def _prove_signed(account: AccountSettings, token: str) -> None:
    refusals = []
    for secret in account.sidebar_secrets:
        try:
            claims = _claims(token, secret)
            break
        except jwt.PyJWTError as error:
            refusals.append(type(error).__name__)
    else:
        raise NotProven(", ".join(refusals))
    if claims["account"] != account.name:
        raise NotProven("the token is for another account")
    if claims["exp"] > time.time() + LONGEST_LIFE_SECONDS:
        raise NotProven("the token lives too long")


def _claims(token: str, secret: Secret) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        token,
        secret.reveal(),
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        issuer=ISSUER,
        leeway=LEEWAY_SECONDS,
        options={"require": ["exp", "iss", "aud", "account"]},
    )
    return claims
