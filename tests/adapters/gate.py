"""A real HTTP server between an adapter and the helpdesk it talks to, where answers can be made to go wrong.

It forwards everything until a rule says otherwise, and keeps a log of what passed. Nothing in it knows a platform.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import urllib3


@dataclass(frozen=True)
class Passed:
    """A request as it reached the gate."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def writes(self) -> bool:
        """Whether it changes a ticket: everything but reads and fetching a token."""
        return self.method != "GET" and "/oauth/" not in self.path


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


# What a rule does: it gets the request and a function that lets the platform answer; None drops the connection.
Action = Callable[[Passed, Callable[[], Reply]], Reply | None]


def answer(status: int, body: bytes | str = b"", **headers: str) -> Action:
    """Answer in the platform's place. Header names are written with underscores (`Retry_After`)."""
    content = body.encode() if isinstance(body, str) else body
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request, forward: Reply(status, content, {"Content-Type": "application/json", **named})


def drop(request: Passed, forward: Callable[[], Reply]) -> None:
    """Close the connection; the platform never sees the request."""


def drop_after(request: Passed, forward: Callable[[], Reply]) -> None:
    """Let the platform act, then close the connection without an answer."""
    forward()


def stall(seconds: float) -> Action:
    """Say nothing for so long that the caller gives up."""

    def act(request: Passed, forward: Callable[[], Reply]) -> None:
        threading.Event().wait(seconds)

    return act


def truncated(request: Passed, forward: Callable[[], Reply]) -> Reply:
    """The platform's answer, cut in half but complete as far as HTTP can tell."""
    reply = forward()
    return Reply(reply.status, reply.body[: len(reply.body) // 2], reply.headers)


def edited(change: Callable[[Any], Any]) -> Action:
    """The platform's answer after `change` (JSON answers only)."""

    def act(request: Passed, forward: Callable[[], Reply]) -> Reply:
        reply = forward()
        try:
            content = json.loads(reply.body)
        except ValueError:
            return reply
        return Reply(reply.status, json.dumps(change(content)).encode(), reply.headers)

    return act


def preceded_by(act: Callable[[], object]) -> Action:
    """Something happens at the platform just before the request arrives there."""

    def pass_on(request: Passed, forward: Callable[[], Reply]) -> Reply:
        act()
        return forward()

    return pass_on


@dataclass
class _Rule:
    action: Action
    matches: Callable[[Passed], bool]
    skip: int
    times: int | None


class Gate:
    def __init__(self, target: str) -> None:
        self.target = target.rstrip("/")
        self.log: list[Passed] = []
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._pool = urllib3.PoolManager(retries=False)
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                length = int(self.headers.get("Content-Length") or 0)
                request = Passed(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
                reply = gate._reply(request)
                if reply is None:
                    self.close_connection = True
                    return
                self.send_response_only(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        # Threads that still stall when a test is over must not hold it up.
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        parts = urlsplit(self.target)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{parts.path}"
        self._origin = f"{parts.scheme}://{parts.netloc}"

    def rule(
        self,
        action: Action,
        *,
        when: Callable[[Passed], bool] | str = ".*",
        skip: int = 0,
        times: int | None = None,
    ) -> None:
        """Apply `action` to requests that match (a predicate, or a regular expression over "METHOD target").

        The first `skip` matching requests pass, then `times` of them (all, if None) are acted upon.
        """
        matches = when if callable(when) else self._expression(when)
        self._rules.append(_Rule(action, matches, skip, times))

    @staticmethod
    def _expression(pattern: str) -> Callable[[Passed], bool]:
        compiled = re.compile(pattern)
        return lambda request: bool(compiled.search(f"{request.method} {request.target}"))

    def clear(self) -> None:
        self._rules.clear()
        self.log.clear()

    @property
    def writes(self) -> list[Passed]:
        return [request for request in self.log if request.writes]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._pool.clear()

    def _reply(self, request: Passed) -> Reply | None:
        self.log.append(request)
        action = self._action(request)
        return action(request, lambda: self._forward(request)) if action else self._forward(request)

    def _action(self, request: Passed) -> Action | None:
        with self._lock:
            for rule in self._rules:
                if not rule.matches(request):
                    continue
                if rule.skip:
                    rule.skip -= 1
                elif rule.times is None or rule.times > 0:
                    rule.times = None if rule.times is None else rule.times - 1
                    return rule.action
        return None

    def _forward(self, request: Passed) -> Reply:
        # The Host header stays the gate's, so that links in the answers lead back here.
        hop = {"connection", "content-length", "accept-encoding"}
        headers = {name: value for name, value in request.headers.items() if name.lower() not in hop}
        got = self._pool.request(
            request.method, self._origin + request.target, body=request.body or None, headers=headers, redirect=False
        )
        dropped = {"content-length", "transfer-encoding", "connection", "content-encoding"}
        return Reply(
            got.status, got.data, {name: value for name, value in got.headers.items() if name.lower() not in dropped}
        )


@contextmanager
def gate_before(target: str) -> Iterator[Gate]:
    gate = Gate(target)
    try:
        yield gate
    finally:
        gate.close()
