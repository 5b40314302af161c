"""How calls prove who they are: an OAuth token that all processes share, or a legacy API token."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from redis import Redis
from redis.exceptions import LockError

from adapters.contract import Transient
from adapters.http import HelpdeskSession
from adapters.zendesk.options import ApiToken, OAuthClient
from adapters.zendesk.schemas import TokenAnswer, loaded

# Audits, macros, fields and the export are open to the global `read` only; tickets can be written with less.
RUNTIME_SCOPE = "read tickets:write"
# Webhooks, triggers, fields, macros, views and policies are written with the global `write` (platform page: Zendesk, 3).
PROVISION_SCOPE = "read write"
# What we ask for (Zendesk takes 300 to 172800 seconds), and how long before its end a token is not used any more.
LIFETIME_SECONDS, EARLY_SECONDS = 3600, 90
_LOCK_SECONDS, _PATIENCE_SECONDS = 30.0, 20.0


class Credentials(Protocol):
    def header(self) -> str:
        """The Authorization header. Raises HelpdeskError if a token is needed and cannot be had."""

    def renew(self) -> bool:
        """After a 401: forget the token used last. True if a new one may be had, so that trying again makes sense."""


class LegacyToken:
    def __init__(self, auth: ApiToken) -> None:
        self._auth = auth

    def header(self) -> str:
        pair = f"{self._auth.email}/token:{self._auth.api_token.reveal()}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def renew(self) -> bool:
        return False


class ClientCredentials:
    """An access token by the client_credentials grant, kept in Redis so that workers do not mint one each.

    There is no refresh token with this grant: when it runs out, another is minted (platform page: Zendesk, 3).
    """

    def __init__(
        self, auth: OAuthClient, session: HelpdeskSession, redis: Redis, account: str, scope: str = RUNTIME_SCOPE
    ) -> None:
        self._auth = auth
        self._session = session
        self._redis = redis
        self._account = account
        self._scope = scope
        # Another client, address or scope must not inherit this one's token.
        identity = hashlib.sha256("\n".join((session.base_url, auth.client_id, scope)).encode()).hexdigest()[:16]
        self._key = f"makeright:zendesk:{account}:token:{identity}"
        self._used = ""

    def header(self) -> str:
        self._used = self._cached() or self._mint()
        return f"Bearer {self._used}"

    def renew(self) -> bool:
        with self._locked():
            # Another process may have renewed it already; its token is not to be thrown away.
            if self._cached() == self._used:
                self._redis.delete(self._key)
        return True

    def _cached(self) -> str:
        kept = self._redis.get(self._key)
        return kept.decode() if isinstance(kept, bytes) else str(kept or "")

    def _mint(self) -> str:
        with self._locked():
            if token := self._cached():
                return token
            content = self._session.call(
                "POST",
                "/oauth/tokens",
                json={
                    "grant_type": "client_credentials",
                    "client_id": self._auth.client_id,
                    "client_secret": self._auth.client_secret.reveal(),
                    "scope": self._scope,
                    "expires_in": LIFETIME_SECONDS,
                },
            )
            answer = loaded(TokenAnswer, content, account=self._account, call="POST /oauth/tokens")
            seconds = max((answer.expires_in or LIFETIME_SECONDS) - EARLY_SECONDS, 10)
            self._redis.set(self._key, answer.access_token.reveal(), ex=seconds)
            return answer.access_token.reveal()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        lock = self._redis.lock(f"{self._key}:lock", timeout=_LOCK_SECONDS, blocking_timeout=_PATIENCE_SECONDS)
        if not lock.acquire():
            raise Transient("waited in vain for another process to get a token", account=self._account)
        try:
            yield
        finally:
            # It may have run out while Zendesk took its time; the token is good all the same.
            with suppress(LockError):
                lock.release()
