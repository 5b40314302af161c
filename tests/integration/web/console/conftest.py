from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.integration.web.console.stage import Stage, stage
from tests.integration.web.console.waiting import failures, gestures, judged

BY_PASSWORD = 'password_hash = "file:password-hash"'


@pytest.fixture(scope="package")
def filled(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Stage]:
    """A console with a password, before 400 decisions. Nothing is to be changed in it."""
    with stage(tmp_path_factory.mktemp("filled"), redis_server, BY_PASSWORD, decisions=400) as made:
        store, now = made.context.store, made.context.now()
        judged(store, "acme", 9, now)
        failures(store, "acme", 3, now)
        gestures(store, made.context.settings, 60, now)
        yield made


@pytest.fixture
def staged(tmp_path: Path, redis: Redis, redis_server: str) -> Iterator[Stage]:
    """A console of the test's own, with a password and an empty store."""
    with stage(tmp_path, redis_server, BY_PASSWORD) as made:
        yield made


@pytest.fixture
def open_stage(tmp_path: Path, redis: Redis, redis_server: str) -> Iterator[Stage]:
    """A console on this machine without a sign-in."""
    with stage(tmp_path, redis_server) as made:
        yield made
