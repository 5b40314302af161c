"""The stage, once per run of these tests, and a real browser before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sidebar.scene import Scene
from tests.adapters.sidebar.stage import Stage, stage


@pytest.fixture(scope="package")
def staged(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage"), redis_server) as made:
        yield made


@pytest.fixture(params=["zendesk", "freshdesk"])
def helpdesk(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def scene(staged: Stage, chromium: Any, tmp_path: Path) -> Iterator[Scene]:
    """A page of its own; a script error anywhere, or a dialog, fails the test."""
    context = chromium.new_context(viewport={"width": 1360, "height": 1000})
    page = context.new_page()
    made = Scene(staged, page)
    yield made
    context.close()
    assert made.problems == []
