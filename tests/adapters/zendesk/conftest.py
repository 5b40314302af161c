"""One sandbox for all Zendesk tests, as on its first day for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.sandbox.server import Server, serve
from tests.adapters.gate import Gate, gate_before
from tests.adapters.zendesk.platform import ZendeskPlatform


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
