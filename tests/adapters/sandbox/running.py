"""A running sandbox for tests: import `sandbox` (one server per session, reset before each test) into a conftest.

from tests.adapters.sandbox.running import sandbox, sandbox_server  # noqa: F401
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from adapters.sandbox.server import Server, serve


@dataclass(frozen=True)
class RunningSandbox:
    """Where it is and how to get in. `control` calls its control API and returns the JSON answer."""

    url: str
    zendesk_client_id: str = "makeright"
    zendesk_client_secret: str = "sandbox-client-secret"
    zendesk_api_token: str = "sandbox-api-token"
    service_email: str = "service@acme.example"
    freshdesk_agent_key: str = "sandbox-agent-key"
    freshdesk_admin_key: str = "sandbox-admin-key"
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    @property
    def zendesk_url(self) -> str:
        return f"{self.url}/zendesk"

    @property
    def freshdesk_url(self) -> str:
        return f"{self.url}/freshdesk"

    def control(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """POST with a body, GET without one (or as `method` says). Fails the test on an error answer."""
        method = method or ("GET" if body is None else "POST")
        answer = self.session.request(method, f"{self.url}/control/{path.lstrip('/')}", json=body, timeout=30)
        assert answer.ok, f"{method} /control/{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def ticket(self, helpdesk: str, text: str = "Nobody called me back.", **more: Any) -> int:
        """A customer opens a ticket; its id."""
        return int(self.control("tickets", {"helpdesk": helpdesk, "text": text, **more})["id"])

    def seen(self, helpdesk: str, ticket_id: int) -> dict[str, Any]:
        """Everything the sandbox knows of a ticket."""
        found: dict[str, Any] = self.control(f"tickets/{helpdesk}/{ticket_id}")["ticket"]
        return found

    def zendesk(self, method: str, path: str, email: str | None = None, **more: Any) -> requests.Response:
        """One Zendesk API call with the API token, as the service user or somebody else."""
        auth = (f"{email or self.service_email}/token", self.zendesk_api_token)
        return self.session.request(method, f"{self.zendesk_url}/api/v2/{path}", auth=auth, timeout=30, **more)

    def freshdesk(self, method: str, path: str, admin: bool = False, **more: Any) -> requests.Response:
        """One Freshdesk API call with the agent's key or the admin's."""
        key = self.freshdesk_admin_key if admin else self.freshdesk_agent_key
        return self.session.request(method, f"{self.freshdesk_url}/api/v2/{path}", auth=(key, "X"), timeout=30, **more)

    def settle(self, timeout: float = 20.0) -> None:
        """Wait until every webhook has been delivered or given up."""
        assert self.control(f"webhooks/idle?timeout={timeout}")["idle"], "webhooks are still pending"


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something that happens in the background; fails the test if it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@dataclass(frozen=True)
class Received:
    """A call that reached the receiver. Header names are lower-case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Received], "int | tuple[int, dict[str, str]]"]


@dataclass
class Receiver:
    """A real HTTP server that webhooks are sent to. `answer` decides the status (and headers) of each call."""

    url: str
    calls: list[Received] = field(default_factory=list)
    answer: Answer = lambda call: 202


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Server]:
    server = serve(0).start()
    yield server
    server.close()


@pytest.fixture
def sandbox(sandbox_server: Server) -> RunningSandbox:
    """A sandbox as on its first day."""
    running = RunningSandbox(sandbox_server.url)
    running.session.trust_env = False
    running.control("reset", {})
    return running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = Received(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            with lock:
                box.calls.append(call)
                wish = box.answer(call)
            status, headers = wish if isinstance(wish, tuple) else (wish, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET = do_PUT = _take

        def log_message(self, *args: Any) -> None:
            pass

    class Listener(ThreadingHTTPServer):
        request_queue_size = 128

    server = Listener(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    box = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield box
    server.shutdown()
    server.server_close()
