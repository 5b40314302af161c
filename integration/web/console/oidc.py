"""What an OpenID provider says about somebody, and what that makes of them here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import current_app
from joserfc.errors import JoseError
from requests import RequestException

from integration.configuration.console import Oidc, Role

_SECONDS = 10


class NotLetIn(Exception):
    """The text is for the person at the browser, `reason` for the logs; `person` is who it was, if that was proven."""

    def __init__(self, words: str, reason: str, person: str = "") -> None:
        super().__init__(words)
        self.reason = reason
        self.person = person


def provider(oidc: Oidc) -> Any:
    """Authlib's client, one per application. It finds the provider's addresses and keys by itself."""
    oauth = current_app.extensions.get("makeright-oauth")
    if oauth is None:
        oauth = current_app.extensions["makeright-oauth"] = OAuth(current_app)
        oauth.register(
            "provider",
            client_id=oidc.client_id,
            client_secret=oidc.client_secret.reveal(),
            server_metadata_url=f"{oidc.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": " ".join(oidc.scopes),
                "code_challenge_method": "S256",
                "default_timeout": _SECONDS,
            },
        )
    return oauth.provider


def who(oidc: Oidc) -> tuple[str, Role]:
    """The person that the provider sent back, with their role. Raises NotLetIn."""
    client = provider(oidc)
    try:
        token = client.authorize_access_token()
        claims: Mapping[str, Any] = token.get("userinfo") or {}
    except (AuthlibBaseError, JoseError, RequestException, ValueError) as error:
        # Authlib checked state, nonce, signature, issuer, audience and expiry; which of them failed is for the logs.
        raise NotLetIn("The sign-in did not work out. Try again.", type(error).__name__) from None
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        raise NotLetIn("The provider did not say who you are.", "no subject")
    name = claims.get(oidc.name_claim)
    # An address counts only once the provider has checked that it is theirs.
    checked = oidc.name_claim != "email" or claims.get("email_verified") is not False
    person = name if isinstance(name, str) and name and checked else subject
    role = role_of(oidc, claims)
    if role is None:
        raise NotLetIn(
            f"You are signed in as {person}, but have no role here. Ask for one.",
            f"no role in the claim {oidc.role_claim}",
            person,
        )
    return person, role


def role_of(oidc: Oidc, claims: Mapping[str, Any]) -> Role | None:
    held = _held(claims, oidc.role_claim)
    if held & oidc.operators:
        return Role.OPERATOR
    return Role.VIEWER if held & oidc.viewers else None


def _held(claims: Mapping[str, Any], claim: str) -> frozenset[str]:
    """The names in a claim: a text, or a list of texts. A claim whose own name has dots is looked for first."""
    found: Any = claims.get(claim)
    if found is None:
        found = claims
        for step in claim.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return frozenset({found})
    return frozenset(one for one in found if isinstance(one, str)) if isinstance(found, list) else frozenset()
