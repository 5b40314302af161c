"""Zendesk: tokens for client credentials."""

from __future__ import annotations

import hmac
import secrets

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from adapters.sandbox.zendesk.account import Token
from adapters.sandbox.zendesk.blueprint import account, api
from adapters.sandbox.zendesk.wishes import TokenWish

DEFAULT_SECONDS = 1_800
SHORTEST, LONGEST = 300, 172_800


@api.post("/oauth/tokens")
def create_token() -> ResponseReturnValue:
    """A token that acts as the account's service user. No refresh token comes with it (platform page: Zendesk, 3).

    An invalid scope still yields a token; every call with it is answered 403.
    """
    try:
        wish = TokenWish().load(request.get_json(silent=True) or [])
    except ValidationError:
        return _refuse(400, "invalid_request", "The request must be JSON")
    if wish.get("grant_type") != "client_credentials":
        return _refuse(400, "unsupported_grant_type", "Only client_credentials can be granted here")
    known = account().credentials
    right = hmac.compare_digest((wish.get("client_id") or "").encode(), known.zendesk_client_id.encode())
    right &= hmac.compare_digest((wish.get("client_secret") or "").encode(), known.zendesk_client_secret.encode())
    if not right:
        description = "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method."
        return _refuse(401, "invalid_client", description)
    seconds = wish.get("expires_in") or DEFAULT_SECONDS
    if not SHORTEST <= seconds <= LONGEST:
        return _refuse(400, "invalid_request", f"expires_in must be between {SHORTEST} and {LONGEST}")
    scope = wish.get("scope") or ""
    token = secrets.token_hex(32)
    account().tokens[token] = Token(tuple(scope.split()), account().clock.time() + seconds)
    body = {"access_token": token, "token_type": "bearer", "scope": scope, "expires_in": seconds}
    return jsonify(body), 201


def _refuse(status: int, error: str, description: str) -> ResponseReturnValue:
    return jsonify({"error": error, "error_description": description}), status
