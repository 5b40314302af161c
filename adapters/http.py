"""One requests session per account: time-outs, no silent retries, redaction, and an address guard.

Why no retries here: urllib3 would repeat a POST after a read time-out, which on a helpdesk is a doubled note
(platform page: RQ and HTTP, "HTTP retries"). Connecting may be retried, sending never; the job comes back later.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from adapters.contract import Conflict, Gone, Permanent, Throttled, Transient, Unauthorised

CONNECT_SECONDS, READ_SECONDS = 3.05, 10.0
# A helpdesk's answer is JSON of a few hundred kilobytes at most; more is not read into memory.
MAX_ANSWER_BYTES = 20 * 1024 * 1024

GoneIf = frozenset[int] | Callable[[requests.Response], bool]


def checked_base_url(url: str) -> str:
    """An address that may be called: https, or plain http to this machine only. Raises ValueError saying what is wrong."""
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise ValueError("an address must not carry a user name or password")
    if not parts.hostname:
        raise ValueError(f"{url!r} is not an address; write it like https://acme.example.com")
    if parts.query or parts.fragment:
        raise ValueError(f"{url!r} must end after the path")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return url.rstrip("/")
    raise ValueError(f"{url!r} must use https (plain http is accepted for this machine's own addresses only)")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class HelpdeskSession:
    """Calls one helpdesk account.

    `authorise` returns the Authorization header's value for each request (None: the call goes without). `explain` turns
    an error answer into a short text for ops; it must not quote the ticket. `observe` sees every answer, for learning
    rate limits from its headers; `saw` is told how every call ended: the status, or "no answer".
    """

    def __init__(
        self,
        account: str,
        base_url: str,
        *,
        authorise: Callable[[], str | None],
        explain: Callable[[requests.Response], str],
        observe: Callable[[requests.Response], None],
        saw: Callable[[str], None] = lambda outcome: None,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self.account = account
        self.base_url = checked_base_url(base_url)
        self._authorise = authorise
        self._explain = explain
        self._observe = observe
        self._saw = saw
        self._timeout = (CONNECT_SECONDS, read_seconds)
        self._session = requests.Session()
        # Proxies and .netrc of the machine must not redirect or sign a helpdesk's calls.
        self._session.trust_env = False
        retry = Retry(total=2, connect=2, read=0, status=0, other=0, redirect=0, respect_retry_after_header=False)
        self._session.mount("https://", HTTPAdapter(max_retries=retry))
        self._session.mount("http://", HTTPAdapter(max_retries=retry))
        self._session.headers.update({"Accept": "application/json", "User-Agent": user_agent()})

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        gone_if: GoneIf = frozenset(),
    ) -> Any:
        """Send one request and return the parsed JSON (None for an empty answer).

        `path` is below the base URL, or a whole URL on the same host (pagination links). `gone_if` names the statuses
        that mean "this ticket is no more" for this call, or tells it from the whole answer. Raises the HelpdeskError
        family.
        """
        return self.exchange(method, path, params=params, json=json, gone_if=gone_if)[0]

    def exchange(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        gone_if: GoneIf = frozenset(),
    ) -> tuple[Any, requests.Response]:
        """Like `call`, with the response beside its JSON, for those who need its headers (links, the server's clock)."""
        url = self._own_url(path)
        call = f"{method} {urlsplit(url).path}"
        try:
            answer = self._session.request(
                method,
                url,
                params=params,
                json=json,
                headers={"Authorization": self._authorise()},
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            content = self._read(answer)
        except requests.exceptions.RequestException as error:
            self._saw("no answer")
            # The exception's text can carry the URL's query: only its kind is told.
            raise Transient(type(error).__name__, account=self.account, call=call) from None
        self._saw(str(answer.status_code))
        self._observe(answer)
        if 200 <= answer.status_code < 300:
            if not content.strip():
                return None, answer
            try:
                return answer.json(), answer
            except (ValueError, RecursionError):
                raise Transient(
                    "the answer is not JSON", account=self.account, call=call, status=answer.status_code
                ) from None
        raise self._error(answer, call, gone_if)

    def close(self) -> None:
        self._session.close()

    def _own_url(self, path: str) -> str:
        if path.startswith("/"):
            return self.base_url + path
        try:
            base, target = urlsplit(self.base_url), urlsplit(path)
        except ValueError:
            raise Permanent("refused to follow a link that is no address", account=self.account) from None
        if (base.scheme, base.netloc) != (target.scheme, target.netloc):
            raise Permanent(f"refused to follow a link to another host ({target.hostname})", account=self.account)
        return path

    @staticmethod
    def _read(answer: requests.Response) -> bytes:
        body = bytearray()
        for chunk in answer.iter_content(64 * 1024):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                answer.close()
                raise requests.exceptions.ContentDecodingError("answer too large")
        # Leaves the response readable as if it had been loaded at once.
        answer._content = bytes(body)
        return answer._content

    def _error(self, answer: requests.Response, call: str, gone_if: GoneIf) -> Exception:
        status = answer.status_code
        where: dict[str, Any] = {"account": self.account, "call": call, "status": status}
        if status == 429:
            return Throttled("over the helpdesk's limit", retry_after=retry_after_seconds(answer), **where)
        if status >= 500 or status == 408:
            return Transient(f"answered {status}", **where)
        message = f"answered {status}: {self._explain(answer)}"
        if gone_if(answer) if callable(gone_if) else status in gone_if:
            return Gone(message, **where)
        if status in (401, 403):
            return Unauthorised(message, **where)
        if status == 409:
            return Conflict(message, **where)
        return Permanent(message, **where)


def retry_after_seconds(answer: requests.Response, default: float = 60.0) -> float:
    """`Retry-After` as seconds, between 1 and 3600; both of HTTP's forms are read, nonsense gives the default."""
    said = answer.headers.get("Retry-After", "").strip()
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            seconds = default
    return min(max(seconds, 1.0), 3600.0) if seconds == seconds else default


def user_agent() -> str:
    try:
        return f"makeright/{version('makeright')}"
    except PackageNotFoundError:
        return "makeright"
