"""The calls of Zendesk's API that the adapter makes, each within its budgets and with its answer read."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests
from redis import Redis

from adapters.budget import Allowance, Budget
from adapters.contract import Account, Permanent, Throttled, Transient, Unauthorised
from adapters.http import GoneIf, HelpdeskSession, retry_after_seconds
from adapters.zendesk.limits import ACCOUNT, INCREMENTAL, UPDATES, readings, updates_of
from adapters.zendesk.options import ApiToken, ZendeskOptions
from adapters.zendesk.schemas import (
    ApiBrand,
    ApiHoliday,
    ApiMacro,
    ApiSchedule,
    Audit,
    AuditsAnswer,
    BrandsAnswer,
    Comment,
    CommentsAnswer,
    ExportAnswer,
    HolidaysAnswer,
    MacrosAnswer,
    SchedulesAnswer,
    TicketAnswer,
    TicketField,
    TicketFieldAnswer,
    Updated,
    User,
    UserAnswer,
    loaded,
)
from adapters.zendesk.tokens import RUNTIME_SCOPE, ClientCredentials, Credentials, LegacyToken

T = TypeVar("T")
PAGE = 100
# The export's pages are large; the second size is for accounts whose first one takes too long to answer.
EXPORT_PAGES = (400, 50)
# The export never tells of the latest minute and refuses to start in it; the rest is for clocks that disagree.
EXPORT_DELAY_SECONDS = 120
MACRO_PAGES = 50
_TICKET_ID = re.compile(r"[1-9][0-9]{0,18}")
# What an error answer may be quoted for: identifiers such as RecordInvalid or a field's name, never prose.
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z_]{2,40}")


class ZendeskClient:
    """Calls one account. `clock_skew` is Zendesk's clock minus ours in seconds, as of the latest answer."""

    def __init__(self, account: Account, redis: Redis, scope: str = RUNTIME_SCOPE) -> None:
        options: ZendeskOptions = account.options
        self._address = address(account)
        self.account = account
        self.budget = Budget(redis, account.name, share=account.share)
        self.clock_skew: float | None = None
        self._session = self._new_session(lambda: self._credentials.header())
        self._credentials: Credentials
        if isinstance(options.auth, ApiToken):
            self._credentials = LegacyToken(options.auth)
        else:
            anonymous = self._new_session(lambda: None)
            self._credentials = ClientCredentials(options.auth, anonymous, redis, account.name, scope)

    @property
    def base_url(self) -> str:
        return self._session.base_url

    # --- reading ------------------------------------------------------------------------------------------------

    def ticket(self, ticket_id: str) -> TicketAnswer:
        return self._read(TicketAnswer, _ticket_path(ticket_id), {"include": "users"}, gone_if=_is_gone)

    def newest_comments(self, ticket_id: str) -> Iterator[CommentsAnswer]:
        """Page by page, the newest first, each with its authors."""
        yield from self._pages(CommentsAnswer, f"{_ticket_path(ticket_id)}/comments", "-created_at", include="users")

    def first_comment(self, ticket_id: str) -> Comment | None:
        path, params = f"{_ticket_path(ticket_id)}/comments", {"sort": "created_at", "page[size]": 1}
        return next(iter(self._read(CommentsAnswer, path, params, gone_if=_is_gone).comments), None)

    def newest_audits(self, ticket_id: str, pages: int) -> Iterator[Audit]:
        for page in self.audit_pages(ticket_id, pages):
            yield from page.audits

    def audit_pages(self, ticket_id: str, pages: int) -> Iterator[AuditsAnswer]:
        """The newest updates first, with their authors."""
        path = f"{_ticket_path(ticket_id)}/audits"
        for number, page in enumerate(self._pages(AuditsAnswer, path, "-created_at", include="users"), 1):
            yield page
            if number >= pages:
                return

    def me(self) -> User:
        return self._read(UserAnswer, "/api/v2/users/me").user

    def ticket_field(self, field_id: str) -> TicketField | None:
        """None if the account has no such field."""
        try:
            return self._read(TicketFieldAnswer, f"/api/v2/ticket_fields/{field_id}").ticket_field
        except Permanent as error:
            if error.status == 404:
                return None
            raise

    def macros(self, page_size: int = PAGE) -> Iterator[ApiMacro]:
        """Active macros that are not an agent's own."""
        pages = self._pages(MacrosAnswer, "/api/v2/macros", size=page_size, active="true", access="shared")
        for number, page in enumerate(pages, 1):
            yield from page.macros
            if number >= MACRO_PAGES:
                return

    def schedules(self) -> list[ApiSchedule]:
        return self._read(SchedulesAnswer, "/api/v2/business_hours/schedules").schedules

    def holidays(self, schedule_id: str) -> list[ApiHoliday]:
        return self._read(HolidaysAnswer, f"/api/v2/business_hours/schedules/{schedule_id}/holidays").holidays

    def brands(self) -> Iterator[ApiBrand]:
        for page in self._pages(BrandsAnswer, "/api/v2/brands"):
            yield from page.brands

    def export(self, cursor: str | None, start: datetime) -> ExportAnswer:
        """One page of the incremental export, from `cursor`, or from `start` without one."""
        latest = int(time.time()) - EXPORT_DELAY_SECONDS
        where = {"cursor": cursor} if cursor else {"start_time": max(min(int(start.timestamp()), latest), 0)}
        path = "/api/v2/incremental/tickets/cursor"
        for per_page in EXPORT_PAGES:
            # Without the scope, tickets that an AI agent handles would be left out.
            params = {**where, "per_page": per_page, "support_type_scope": "all"}
            try:
                return self._read(ExportAnswer, path, params, also=(INCREMENTAL,))
            except Transient as error:
                if error.status not in (None, 504) or per_page == EXPORT_PAGES[-1]:
                    raise
        raise AssertionError("unreachable")

    # --- writing ------------------------------------------------------------------------------------------------

    def update_ticket(self, ticket_id: str, ticket: Mapping[str, Any]) -> Updated:
        """The one write. Raises Conflict if the ticket has moved on since `updated_stamp`."""
        path, per_ticket = _ticket_path(ticket_id), updates_of(ticket_id)
        try:
            content = self._call("PUT", path, json={"ticket": ticket}, gone_if=_is_gone, also=(per_ticket, UPDATES))
        except Throttled as error:
            if error.status == 429 and self.budget.left(UPDATES)[0] and self.budget.left(ACCOUNT)[0]:
                # Neither of the limits that headers tell of: it is this ticket's own.
                self.budget.learn(per_ticket, remaining=0, resets=error.retry_after)
            raise
        return loaded(Updated, content, account=self.account.name, call=f"PUT {path}")

    # --- the account's own settings ------------------------------------------------------------------------------

    def setting(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None
    ) -> Mapping[str, Any] | None:
        """One call of an administrator's, its answer as it came; None if there is no such thing (404).

        Some of these answers are empty (a webhook's update and every deletion): an empty mapping then.
        """
        try:
            content = self._call(method, path, params=params, json=json, may_be_empty=True)
        except Permanent as error:
            if error.status == 404:
                return None
            raise
        if content is not None and not isinstance(content, dict):
            raise Transient("the answer is not an object", account=self.account.name, call=f"{method} {path}")
        return content or {}

    # --- how ----------------------------------------------------------------------------------------------------

    def _new_session(self, authorise: Callable[[], str | None]) -> HelpdeskSession:
        return HelpdeskSession(
            self.account.name,
            self._address,
            authorise=authorise,
            explain=_explained,
            observe=self._observe,
            saw=self.budget.saw,
        )

    def _read(
        self,
        kind: type[T],
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        gone_if: GoneIf = frozenset(),
        also: tuple[Allowance, ...] = (),
    ) -> T:
        content = self._call("GET", path, params=params, gone_if=gone_if, also=also)
        return loaded(kind, content, account=self.account.name, call=f"GET {path}")

    def _pages(
        self, kind: type[T], path: str, sort: str | None = None, *, size: int = PAGE, **params: str
    ) -> Iterator[T]:
        """By cursor, for as long as the account says that there is more."""
        asked: dict[str, Any] = {**params, "page[size]": size}
        if sort:
            asked["sort"] = sort
        while True:
            answer: Any = self._read(kind, path, asked, gone_if=_is_gone if "/tickets/" in path else frozenset())
            yield answer
            following = answer.meta.after_cursor
            if not answer.meta.has_more or not following or following == asked.get("page[after]"):
                return
            asked["page[after]"] = following

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        gone_if: GoneIf = frozenset(),
        also: tuple[Allowance, ...] = (),
        may_be_empty: bool = False,
    ) -> Any:
        def attempt() -> Any:
            self._spend((*also, ACCOUNT), call)
            return self._session.call(method, path, params=params, json=json, gone_if=gone_if)

        call = f"{method} {path}"
        try:
            content = attempt()
        except Unauthorised as error:
            # 401 says that nothing was done, so that trying again with another token is safe, for a write too.
            if error.status != 401 or error.call.endswith("/oauth/tokens") or not self._credentials.renew():
                raise
            content = attempt()
        if content is None and not may_be_empty:
            raise Transient("the answer is empty", account=self.account.name, call=call, status=200)
        return content

    def _spend(self, allowances: tuple[Allowance, ...], call: str) -> None:
        for allowance in allowances:
            if wait := self.budget.take(allowance):
                message = f"our share of the limit {allowance.name} is used up"
                raise Throttled(message, retry_after=wait, account=self.account.name, call=call)

    def _observe(self, answer: requests.Response) -> None:
        told = list(readings(answer.headers))
        for reading in told:
            self.budget.learn(
                reading.allowance, remaining=reading.remaining, limit=reading.limit, resets=reading.resets
            )
        if answer.status_code == 429 and not told and answer.request.method == "GET":
            self.budget.learn(ACCOUNT, remaining=0, resets=retry_after_seconds(answer))
        try:
            their_time = parsedate_to_datetime(answer.headers["Date"])
        except (KeyError, ValueError, TypeError):
            return
        self.clock_skew = (their_time - datetime.now(UTC)).total_seconds() if their_time.tzinfo else None


def address(account: Account) -> str:
    """Raises ValueError if neither `subdomain` nor `base_url` says it."""
    if account.base_url:
        return account.base_url
    if not account.options.subdomain:
        raise ValueError('subdomain is missing: write subdomain = "acme", the part before .zendesk.com')
    return f"https://{account.options.subdomain}.zendesk.com"


def _ticket_path(ticket_id: str) -> str:
    if not _TICKET_ID.fullmatch(ticket_id):
        raise Permanent("a Zendesk ticket id is a number")
    return f"/api/v2/tickets/{ticket_id}"


def _error_code(answer: requests.Response) -> str:
    content = _json(answer)
    code = content.get("error") if isinstance(content, dict) else None
    return code if isinstance(code, str) else ""


def _is_gone(answer: requests.Response) -> bool:
    """Deleted and suspended tickets are RecordNotFound; any other 404 means that the address is wrong."""
    return answer.status_code == 404 and _error_code(answer) == "RecordNotFound"


def _explained(answer: requests.Response) -> str:
    """The identifiers in an error answer: its code, and the fields that a validation found fault with."""
    content = _json(answer)
    details = content.get("details") if isinstance(content, dict) else None
    named = [_error_code(answer), *(details if isinstance(details, dict) else ())]
    return (
        ", ".join(name for name in named if isinstance(name, str) and _IDENTIFIER.fullmatch(name)) or "no reason given"
    )


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None
