"""The stage, once per run of these tests, and a real browser before it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.sidebar.scene import Scene
from tests.adapters.sidebar.stage import Stage, stage

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="package")
def staged(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage"), redis_server) as made:
        yield made


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield made
        made.close()


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
