"""The team's own replies: read from the sandbox, kept for the jobs, forgotten when they are gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from integration.demo import connect, free_port, running_sandbox
from integration.pipeline.context import Context, build_context
from integration.pipeline.macro_shelf import macros_of, refresh_macros
from integration.settings import load_settings


@pytest.fixture
def context(tmp_path: Path, redis: Redis, redis_server: str) -> Iterator[Context]:
    with running_sandbox(free_port(0)) as sandbox:
        file = connect(sandbox, tmp_path, hooks="http://127.0.0.1:9", extra=f'redis_url = "{redis_server}"')
        made = build_context(load_settings(file))
        yield made
        made.store.close()


def test_shared_macros_are_kept_as_they_were_read(context: Context) -> None:
    assert macros_of(context, "zendesk") == ()
    assert (refresh_macros(context, "zendesk") or 0) > 0
    kept = macros_of(context, "zendesk")
    assert kept == tuple(context.helpdesks["zendesk"].macros())
    assert "Dana's own greeting" not in {macro.title for macro in kept}


def test_they_are_read_anew_only_when_the_last_reading_is_old(context: Context, redis: Redis) -> None:
    refresh_macros(context, "zendesk")
    assert refresh_macros(context, "zendesk") is None
    redis.delete("makeright:macros-read:zendesk")
    assert refresh_macros(context, "zendesk") == len(macros_of(context, "zendesk"))


def test_a_key_that_may_not_read_canned_responses_suggests_nothing_and_breaks_nothing(context: Context) -> None:
    assert refresh_macros(context, "freshdesk") is None
    assert macros_of(context, "freshdesk") == ()
