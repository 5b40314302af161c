"""Who is signed in to the console. Kept here and not in a cookie, so that signing out ends it everywhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import delete

from integration.store.models import SessionRow
from integration.store.store import Store

# How often "last seen" is written down: a page is not to cost a write.
_NOTICE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignIn:
    person: str
    role: str


class Sessions:
    """`idle` is how long one may do nothing, `longest` after how long one has to sign in again in any case. `way_in`
    tells how one signs in: a token counts for as long as that is the same."""

    def __init__(self, store: Store, *, idle: timedelta, longest: timedelta, way_in: str = "") -> None:
        self._session = store.session
        self._way_in = way_in
        self._idle, self._longest = idle, longest

    def begin(self, person: str, role: str, now: datetime) -> str:
        """Returns the token that proves this sign-in; only its hash is kept. Sign-ins that ran out are forgotten."""
        token = secrets.token_urlsafe(32)
        with self._session.begin() as session:
            ran_out = (SessionRow.seen_at < now - self._idle) | (SessionRow.signed_in_at < now - self._longest)
            session.execute(delete(SessionRow).where(ran_out))
            session.add(SessionRow(id=self._hash(token), person=person, role=role, signed_in_at=now, seen_at=now))
        return token

    def find(self, token: str, now: datetime) -> SignIn | None:
        """Who this token belongs to, unless it was ended or ran out."""
        with self._session() as session:
            row = session.get(SessionRow, self._hash(token))
            if row is None or now - row.seen_at > self._idle or now - row.signed_in_at > self._longest:
                return None
            if now - row.seen_at > _NOTICE:
                row.seen_at = now
                session.commit()
            return SignIn(row.person, row.role)

    def end(self, token: str) -> None:
        with self._session.begin() as session:
            session.execute(delete(SessionRow).where(SessionRow.id == self._hash(token)))

    def _hash(self, token: str) -> str:
        # The key of a blake2b is 64 bytes at most, a way in may be longer.
        key = blake2b(self._way_in.encode()).digest()
        return blake2b(token.encode(), key=key, digest_size=32).hexdigest()
