"""One sandbox for all Zendesk tests, as on its first day for each; and a judge over every request they send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from redis import Redis

from adapters.sandbox.server import Server, serve
from adapters.zendesk.helpdesk import ZendeskDesk
from tests.adapters.gate import Gate, gate_before
from tests.adapters.zendesk import judge
from tests.adapters.zendesk.platform import ZendeskPlatform, zendesk_account


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Server]:
    server = serve(0).start()
    yield server
    server.close()


@pytest.fixture
def platform(sandbox: Server) -> ZendeskPlatform:
    return ZendeskPlatform(sandbox)


@pytest.fixture
def gate(platform: ZendeskPlatform) -> Iterator[Gate]:
    with gate_before(platform.url) as gate:
        yield gate


@pytest.fixture
def desk(gate: Gate, redis: Redis, platform: ZendeskPlatform) -> ZendeskDesk:
    return ZendeskDesk(zendesk_account(gate.url, platform.fields), redis)


# Kinds of requests that the judge has let pass already, so that each is judged once in a run.
_PASSED: set[str] = set()


@pytest.fixture(autouse=True)
def every_request_is_judged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the adapter sends must be what Zendesk's own description allows (where that is at hand)."""
    sent: dict[str, requests.PreparedRequest] = {}
    send = requests.Session.send

    def recording(session: requests.Session, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        if str(session.headers.get("User-Agent")).startswith("makeright"):
            sent.setdefault(judge.likeness(request), request)
        return send(session, request, **how)

    monkeypatch.setattr(requests.Session, "send", recording)
    yield
    if judge.DESCRIPTION.exists():
        objections = [judge.objection(request) for kind, request in sent.items() if kind not in _PASSED]
        assert not list(filter(None, objections))
        _PASSED.update(sent)
