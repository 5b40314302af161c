"""Alerts go to real apprise services, here an HTTP address of this machine."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from redis import Redis
from structlog.testing import capture_logs

from adapters.contract import Secret
from integration.pipeline.alerts import send_alerts
from integration.pipeline.context import Context
from integration.settings import Alerts
from integration.store.deadlines import Deadlines
from tests.integration.pipeline.hostile_worker import hostile_context

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


class Chat(ThreadingHTTPServer):
    """Takes what is sent to it, except under /broken, and except what says "too hot"."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Room)
        self.taken: list[str] = []

    def address(self, path: str) -> Secret:
        return Secret(f"json://127.0.0.1:{self.server_port}/{path}")


class _Room(BaseHTTPRequestHandler):
    server: Chat

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["message"]
        takes = "broken" not in self.path and "too hot" not in said
        if takes:
            self.server.taken.append(said)
        self.send_response(200 if takes else 500)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def chat() -> Iterator[Chat]:
    with Chat() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


@pytest.fixture
def context(redis: Redis, redis_server: str, database_url: str) -> Iterator[Context]:
    made = hostile_context(redis_server, database_url)
    made.store.migrate()
    yield made
    made.store.close()


def sending_to(context: Context, *addresses: Secret) -> Context:
    return dataclasses.replace(context, settings=dataclasses.replace(context.settings, alerts=Alerts(addresses)))


def test_an_alert_is_sent_once_where_one_service_takes_it_and_another_does_not(context: Context, chat: Chat) -> None:
    context = sending_to(context, chat.address("broken-secret"), chat.address("good"))
    Deadlines(context.store).alert("acme", 1, "at_risk", "ticket 1", NOW)
    Deadlines(context.store).alert("acme", 2, "breached", "ticket 2", NOW)
    with capture_logs() as logged:
        assert send_alerts(context, NOW) == 2
        assert send_alerts(context, NOW) == 0
    assert chat.taken == ["ticket 1", "ticket 2"]
    said = str(logged)
    assert "alerts.urls[0]" in said and "alerts.urls[1]" not in said
    assert "secret" not in said


def test_an_alert_that_nobody_takes_holds_up_no_other(context: Context, chat: Chat) -> None:
    context = sending_to(context, chat.address("good"))
    deadlines = Deadlines(context.store)
    deadlines.alert("acme", 1, "at_risk", "too hot", NOW)
    deadlines.alert("acme", 2, "at_risk", "ticket 2", NOW)
    assert send_alerts(context, NOW) == 1
    assert chat.taken == ["ticket 2"]
    assert [alert.text for alert in deadlines.waiting_alerts()] == ["too hot"]
