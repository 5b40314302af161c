"""Hooks as the sandbox really sends them, over HTTP, in both modes."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from redis import Redis

from adapters.contract import Annotation, Hint, HookRequest, Ignored, Refused, Secret, Unreadable
from adapters.zendesk.helpdesk import ZendeskDesk
from adapters.zendesk.hooks import PUBLIC_TEST_SECRET
from tests.adapters.zendesk.platform import HOOK_SECRETS, ZendeskPlatform, zendesk_account
from tests.adapters.zendesk.signing import NOW, signed
from tests.adapters.zendesk.test_hooks import fixture

# The body that README.md gives to paste.
TRIGGER_BODY = '{"ticket_id":"{{ticket.id}}","current_user_id":"{{current_user.id}}"}'


class Receiver:
    def __init__(self) -> None:
        arrived: queue.Queue[HookRequest] = queue.Queue()
        self._arrived = arrived

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                arrived.put(HookRequest(headers, body, headers.get("content-type", ""), datetime.now(UTC)))
                self.send_response_only(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks/acme"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def next(self) -> HookRequest:
        return self._arrived.get(timeout=20)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def connected(platform: ZendeskPlatform, receiver: Receiver, redis: Redis, mode: str, **more: Any) -> ZendeskDesk:
    wish = {"helpdesk": "zendesk", "url": receiver.url, "mode": mode, **more}
    secret = platform.control("POST", "/connect", wish)["signing_secret"]
    return ZendeskDesk(zendesk_account(platform.url, {}, webhook_secrets=(Secret(secret),)), redis)


def read(desk: ZendeskDesk, request: HookRequest) -> Hint | Ignored:
    desk.verify(request)
    return desk.read_hook(request)


@pytest.mark.parametrize(("mode", "event"), [("events", "created"), ("trigger", "trigger")])
def test_new_ticket_arrives_as_a_signed_hint(
    platform: ZendeskPlatform, receiver: Receiver, redis: Redis, mode: str, event: str
) -> None:
    desk = connected(platform, receiver, redis, mode)
    ticket_id = platform.new_ticket("Nobody called me back")
    request = receiver.next()
    hint = read(desk, request)
    assert isinstance(hint, Hint)
    assert (hint.ticket_id, hint.event) == (ticket_id, event)
    assert hint.delivery_id
    assert desk.fetch(hint.ticket_id).messages[0].raw
    with pytest.raises(Refused):
        desk.verify(replace(request, body=request.body + b" "))


def test_own_note_comes_back_as_an_event_and_is_ignored(
    platform: ZendeskPlatform, receiver: Receiver, redis: Redis
) -> None:
    desk = connected(platform, receiver, redis, "events")
    ticket_id = platform.new_ticket("Nobody called me back")
    assert isinstance(read(desk, receiver.next()), Hint)
    desk.annotate(desk.fetch(ticket_id), Annotation("d", note_html="<p>Call today.</p>"), look_first=False)
    request = receiver.next()
    assert json.loads(request.body)["type"].endswith("comment_added")
    assert read(desk, request) == Ignored("own write")
    platform.later(1)
    platform.reply(ticket_id, "Hello?")
    assert isinstance(read(desk, receiver.next()), Hint)


def test_own_write_comes_back_through_a_trigger_and_is_ignored(
    platform: ZendeskPlatform, receiver: Receiver, redis: Redis
) -> None:
    """With the guards taken out of the trigger, so that only the body tells."""
    desk = connected(platform, receiver, redis, "trigger", body=TRIGGER_BODY)
    for trigger in platform.world.zendesk.triggers:
        kept = [each for each in trigger["conditions"]["all"] if each["field"] != "current_via_id"]
        trigger["conditions"]["all"] = kept
    ticket_id = platform.new_ticket("Nobody called me back")
    assert isinstance(read(desk, receiver.next()), Hint)
    desk.annotate(desk.fetch(ticket_id), Annotation("d", frozenset({"makeright_seen"})), look_first=False)
    assert read(desk, receiver.next()) == Ignored("own write")


def test_account_id_is_learnt_from_a_signed_event_and_compared_from_then_on(redis: Redis) -> None:
    desk = ZendeskDesk(zendesk_account("http://127.0.0.1:9", {}), redis)
    foreign_header = signed({"ticket_id": "1"}, HOOK_SECRETS[0], x_zendesk_account_id="7")
    desk.verify(foreign_header)
    assert isinstance(read(desk, signed(fixture("event_ticket_created"), HOOK_SECRETS[0])), Hint)
    with pytest.raises(Refused, match="another Zendesk account"):
        desk.verify(foreign_header)
    with pytest.raises(Unreadable, match="account 7"):
        read(desk, signed({**fixture("event_ticket_created"), "account_id": 7}, HOOK_SECRETS[0]))


def test_configured_account_id_is_compared_at_once(redis: Redis) -> None:
    account = zendesk_account("http://127.0.0.1:9", {})
    desk = ZendeskDesk(replace(account, options=replace(account.options, account_id="7")), redis)
    with pytest.raises(Refused, match="another Zendesk account"):
        desk.verify(signed({"ticket_id": "1"}, HOOK_SECRETS[0]))


@pytest.mark.parametrize("in_sandbox", [True, False])
def test_public_test_secret_opens_the_sandbox_only(redis: Redis, in_sandbox: bool) -> None:
    account = zendesk_account(
        "http://127.0.0.1:9", {}, webhook_secrets=(Secret(PUBLIC_TEST_SECRET),), sandbox=in_sandbox
    )
    request = signed({"ticket_id": "1"}, PUBLIC_TEST_SECRET)
    if in_sandbox:
        ZendeskDesk(account, redis).verify(request)
    else:
        with pytest.raises(Refused):
            ZendeskDesk(account, redis).verify(request)


def test_window_is_the_configured_one(redis: Redis) -> None:
    account = zendesk_account("http://127.0.0.1:9", {})
    request = signed({"ticket_id": "1"}, HOOK_SECRETS[0])
    wide = replace(account, options=replace(account.options, hook_window=account.options.hook_window * 4))
    late = replace(request, received_at=NOW + account.options.hook_window * 3)
    ZendeskDesk(wide, redis).verify(late)
    with pytest.raises(Refused):
        ZendeskDesk(account, redis).verify(late)
