"""The calls to Freshdesk's API v2: what they cost, and which answers are kept for a while."""

from __future__ import annotations

import base64
import json
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import requests
from marshmallow import ValidationError
from redis import Redis

from adapters.budget import Allowance, Budget
from adapters.contract import Account, Permanent, Secret, Throttled, Transient
from adapters.freshdesk.errors import explain
from adapters.freshdesk.form import TicketForm
from adapters.freshdesk.options import FreshdeskOptions
from adapters.freshdesk.schemas import (
    AgentRow,
    AgentSchema,
    AnswerSchema,
    BusinessHoursRow,
    BusinessHoursSchema,
    CannedResponseRow,
    CannedResponseSchema,
    ConversationRow,
    ConversationSchema,
    FieldSchema,
    FolderRow,
    FolderSchema,
    RulesRow,
    RulesSchema,
    TicketRow,
    TicketSchema,
)
from adapters.http import HelpdeskSession, retry_after_seconds

PER_PAGE = 100
# A ticket takes 5,000 conversations at most (platform page: Freshdesk, notes and replies).
LAST_CONVERSATION_PAGE = 5_000 // PER_PAGE
# How long the ticket form and the owner of the key are taken as known.
KEPT_SECONDS = 600
# Lists that are short by nature (canned responses, say) are followed this many pages.
_MOST_PAGES = 100

# Spam and trash answer 405; what never was or is archived, 404.
_IN_SPAM_OR_TRASH = frozenset({405})
_NO_TICKET = _IN_SPAM_OR_TRASH | {404}

_NUMBER = re.compile(r"[1-9]\d{0,18}", re.ASCII)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    rows: tuple[Item, ...]
    more: bool


class FreshdeskClient:
    """One account's API. Raises the HelpdeskError family; `clock_ahead` is by how many seconds Freshdesk's clock is
    ahead of ours, by its latest answer."""

    def __init__(self, account: Account, options: FreshdeskOptions, redis: Redis) -> None:
        self.address = address(account)
        self.clock_ahead: float | None = None
        self._name = account.name
        self._limits = options.limits
        self._redis = redis
        self._budget = Budget(redis, account.name, share=account.share)
        self._agent = self._session(options.api_key)
        self._admin = self._session(options.admin_api_key or options.api_key)

    # --- tickets ------------------------------------------------------------------------------------------------

    def ticket(self, ticket_id: str, *, with_requester: bool = False) -> TicketRow:
        # Each include costs one more call (platform page: Freshdesk, read a ticket).
        row: TicketRow = self._one(
            TicketSchema,
            "GET",
            self._ticket(ticket_id),
            params={"include": "requester"} if with_requester else None,
            gone_if=_NO_TICKET,
            cost=2 if with_requester else 1,
        )
        return row

    def update(self, ticket_id: str, changes: Mapping[str, Any]) -> TicketRow:
        row: TicketRow = self._one(TicketSchema, "PUT", self._ticket(ticket_id), json=changes, gone_if=_NO_TICKET)
        return row

    def changed(self, since: datetime, page: int) -> Page[TicketRow]:
        """Tickets by last update, oldest first. Spam and trash are not among them."""
        params = {
            "updated_since": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "order_by": "updated_at",
            "order_type": "asc",
            "per_page": PER_PAGE,
            "page": page,
        }
        return self._page(TicketSchema, "/api/v2/tickets", params)

    # --- conversations ------------------------------------------------------------------------------------------

    def newest_conversations(self, ticket_id: str) -> tuple[ConversationRow, ...]:
        """Everything said on a ticket, or the last one to two hundred contributions of a longer one."""
        path = f"{self._ticket(ticket_id)}/conversations"

        def read(number: int) -> Page[ConversationRow]:
            return self._page(ConversationSchema, path, {"per_page": PER_PAGE, "page": number}, gone_if=_NO_TICKET)

        return last_rows(read, LAST_CONVERSATION_PAGE)

    def add_private_note(self, ticket_id: str, html: str) -> ConversationRow:
        body = {"body": html, "private": True}
        path = f"{self._ticket(ticket_id)}/notes"
        row: ConversationRow = self._one(ConversationSchema, "POST", path, json=body, gone_if=_NO_TICKET)
        return row

    def edit_note(self, note_id: str, html: str) -> ConversationRow:
        """Raises Permanent with status 404 if the note is no more."""
        if not _NUMBER.fullmatch(note_id):
            raise Permanent("not the id of a Freshdesk note", account=self._name, status=404)
        path = f"/api/v2/conversations/{note_id}"
        row: ConversationRow = self._one(
            ConversationSchema, "PUT", path, json={"body": html}, gone_if=_IN_SPAM_OR_TRASH
        )
        return row

    # --- what changes rarely ------------------------------------------------------------------------------------

    def form(self, *, anew: bool = False) -> TicketForm:
        return TicketForm.of(self._kept("ticket_fields", FieldSchema(many=True), anew))

    def me(self, *, anew: bool = False) -> AgentRow:
        owner: AgentRow = self._kept("agents/me", AgentSchema(), anew)
        return owner

    def known_me(self) -> AgentRow | None:
        """The owner of the key if that is known already; calls nobody."""
        kept: AgentRow | None = self._recall("agents/me", AgentSchema())
        return kept

    # --- for administrators only --------------------------------------------------------------------------------

    def folders(self) -> Iterator[FolderRow]:
        return self._all(FolderSchema, "/api/v2/canned_response_folders")

    def canned_responses(self, folder_id: int) -> Iterator[CannedResponseRow]:
        return self._all(CannedResponseSchema, f"/api/v2/canned_response_folders/{folder_id}/responses")

    def creation_rules(self) -> RulesRow:
        path = "/api/v2/automations/1/rules"
        answer, _ = self._exchange("GET", path, session=self._admin)
        rules: RulesRow = self._loaded(RulesSchema(), answer, f"GET {path}")
        return rules

    def business_hours(self) -> Iterator[BusinessHoursRow]:
        return self._all(BusinessHoursSchema, "/api/v2/business_hours")

    def setting(self, method: str, path: str, json: Any = None) -> Any:
        """One call of an administrator's on the account's own settings, its answer as it came (None: empty, or 404)."""
        try:
            return self._exchange(method, path, session=self._admin, json=json)[0]
        except Permanent as error:
            if error.status == 404:
                return None
            raise

    # --- limits -------------------------------------------------------------------------------------------------

    def calls_left(self) -> tuple[int, int]:
        """(calls left this minute, calls per minute) of the whole account, as far as known."""
        return self._budget.left(self._limits.account)

    # --- how it is done -----------------------------------------------------------------------------------------

    def _ticket(self, ticket_id: str) -> str:
        if not _NUMBER.fullmatch(ticket_id):
            raise Permanent("not the number of a Freshdesk ticket", account=self._name)
        return f"/api/v2/tickets/{ticket_id}"

    def _session(self, key: Secret) -> HelpdeskSession:
        def authorise() -> str:
            return "Basic " + base64.b64encode(f"{key.reveal()}:X".encode()).decode()

        return HelpdeskSession(
            self._name,
            self.address,
            authorise=authorise,
            explain=explain,
            observe=self._observe,
            saw=self._budget.saw,
        )

    def _exchange(
        self,
        method: str,
        path: str,
        *,
        session: HelpdeskSession | None = None,
        cost: int = 1,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        gone_if: frozenset[int] = frozenset(),
    ) -> tuple[Any, requests.Response]:
        sub_limit = self._sub_limit(method, path)
        for allowance, calls in ((sub_limit, 1), (self._limits.account, cost)):
            wait = self._budget.take(allowance, calls) if allowance else 0.0
            if wait > 0:
                raise Throttled(
                    "our share of the account's calls per minute is used up",
                    retry_after=max(wait, 1.0),
                    account=self._name,
                    call=f"{method} {urlsplit(path).path}",
                )
        return (session or self._agent).exchange(method, path, params=params, json=json, gone_if=gone_if)

    def _one(self, schema: type[AnswerSchema], method: str, path: str, **details: Any) -> Any:
        answer, _ = self._exchange(method, path, **details)
        return self._loaded(schema(), answer, f"{method} {path}")

    def _page(
        self,
        schema: type[AnswerSchema],
        path: str,
        params: Mapping[str, Any],
        gone_if: frozenset[int] = frozenset(),
    ) -> Page[Any]:
        answer, response = self._exchange("GET", path, params=params, gone_if=gone_if)
        rows = tuple(self._loaded(schema(many=True), answer, f"GET {path}"))
        # Pages are asked for by number, so a Link header is only ever a sign that there is more. A full page is another:
        # proxies have been known to drop headers.
        return Page(rows, "next" in response.links or len(rows) >= PER_PAGE)

    def _all(self, schema: type[AnswerSchema], path: str) -> Iterator[Any]:
        """Every row of an administrators' list, following links as far as they stay on the own host."""
        following: str | None = path
        for _ in range(_MOST_PAGES):
            if following is None:
                return
            answer, response = self._exchange("GET", following, session=self._admin)
            yield from self._loaded(schema(many=True), answer, f"GET {path}")
            following = response.links.get("next", {}).get("url") or None

    def _kept(self, what: str, schema: AnswerSchema, anew: bool) -> Any:
        known = None if anew else self._recall(what, schema)
        if known is not None:
            return known
        answer, _ = self._exchange("GET", f"/api/v2/{what}")
        fresh = self._loaded(schema, answer, f"GET /api/v2/{what}")
        if fresh:
            self._redis.set(self._key(what), json.dumps(answer), ex=KEPT_SECONDS)
        return fresh

    def _recall(self, what: str, schema: AnswerSchema) -> Any:
        kept: Any = self._redis.get(self._key(what))
        try:
            return schema.load(json.loads(kept)) if kept else None
        except (ValueError, ValidationError):
            return None

    def _key(self, what: str) -> str:
        return f"makeright:freshdesk:{self._name}:{self.address}:{what}"

    def _loaded(self, schema: AnswerSchema, answer: Any, call: str) -> Any:
        places: set[str] = set()
        if isinstance(answer, list) or not schema.many:
            try:
                return schema.load(answer)
            except ValidationError as error:
                places = set(_names(error.messages))
        # Names of fields only: a message could quote the ticket.
        where = ", ".join(sorted(places)[:5]) or "not even its shape"
        raise Transient(f"the answer is not as documented: {where}", account=self._name, call=call)

    def _sub_limit(self, method: str, path: str) -> Allowance | None:
        if method == "PUT" and re.search(r"/api/v2/tickets/\d+$", path):
            return self._limits.update
        if method == "GET" and path.endswith("/api/v2/tickets"):
            return self._limits.listing
        return None

    def _observe(self, answer: requests.Response) -> None:
        """Learn from the headers, which may be absent and whose numbers may be decimals."""
        self.clock_ahead = _seconds_ahead(answer.headers.get("Date"))
        left, total = (_number(answer.headers.get(f"X-Ratelimit-{name}")) for name in ("Remaining", "Total"))
        if left is not None:
            self._budget.learn(self._limits.account, remaining=left, limit=total or None)
        if answer.status_code == 429:
            sub_limit = self._sub_limit(answer.request.method or "", urlsplit(answer.url).path)
            # Over a limit of its own while the account still has calls left.
            spent = sub_limit if sub_limit and left else self._limits.account
            self._budget.learn(spent, remaining=0, resets=retry_after_seconds(answer))


def address(account: Account) -> str:
    """Raises ValueError if neither `domain` nor `base_url` says it."""
    if account.base_url:
        return account.base_url.rstrip("/")
    if not account.options.domain:
        raise ValueError('domain is missing: write domain = "acme.freshdesk.com"')
    return f"https://{account.options.domain}"


def last_rows(read: Callable[[int], Page[Item]], last_page: int) -> tuple[Item, ...]:
    """The rows of the last two of the pages 1 to `last_page` that `read` gives (all rows, if there are no more pages).

    Freshdesk lists conversations oldest first and does not say how many there are. The end is found by doubling and
    halving: for 5,000 conversations some eight calls instead of fifty.
    """
    pages: dict[int, Page[Item]] = {}

    def page(number: int) -> Page[Item]:
        if number not in pages:
            pages[number] = read(number)
        return pages[number]

    full, beyond = 1, last_page + 1
    while page(full).more and full + 1 < beyond:
        probe = min(full * 2, last_page) if beyond > last_page else (full + beyond) // 2
        if page(probe).rows:
            full = probe
        else:
            beyond = probe
    return (page(full - 1).rows if full > 1 else ()) + page(full).rows


def _names(messages: Any) -> Iterator[str]:
    """The fields that marshmallow complains about."""
    for place, below in messages.items() if isinstance(messages, dict) else ():
        if isinstance(place, str) and place != "_schema":
            yield place[:40]
        yield from _names(below)


def _number(said: str | None) -> int | None:
    try:
        number = float(said or "")
    except ValueError:
        return None
    return max(0, int(number)) if math.isfinite(number) else None


def _seconds_ahead(date: str | None) -> float | None:
    try:
        return parsedate_to_datetime(date or "").timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
