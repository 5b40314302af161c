"""The secrets that webhooks are proven by, read where they lie, so that a new one counts at once in every process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

from adapters.contract import Secret
from adapters.whole_files import make_folder, write_whole

# The one in use and the one before it: more are never accepted.
MOST_PER_FILE = 2


class HookSecrets(Sequence[Secret]):
    """Secrets in this order: fixed ones, and those that stand in files, one per line, at most two of each file.

    A file is read each time, so that a rotation needs no restart. One that vanishes keeps counting as last read.
    """

    def __init__(self, *sources: Secret | Path) -> None:
        self._sources = sources
        self._last: dict[Path, tuple[Secret, ...]] = {}

    @property
    def file(self) -> Path | None:
        """Where a new secret can be put; None if all are fixed."""
        return next((source for source in self._sources if isinstance(source, Path)), None)

    def put(self, secret: Secret) -> None:
        """Make `secret` the first in the file, and keep the one before it. Raises ValueError if there is no file."""
        old = [one for one in self._in_file() if one != secret]
        self._write([secret, *old][:MOST_PER_FILE])

    def drop_first(self) -> None:
        """Take back the latest `put`, if there is another secret to fall back on."""
        if len(found := self._in_file()) > 1:
            self._write(found[1:])

    def drop_old(self) -> bool:
        """Leave only the first secret of the file. Says whether there was another."""
        found = self._in_file()
        if len(found) > 1:
            self._write(found[:1])
        return len(found) > 1

    def __iter__(self) -> Iterator[Secret]:
        for source in self._sources:
            if isinstance(source, Path):
                yield from self._read(source)
            else:
                yield source

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @overload
    def __getitem__(self, index: int) -> Secret: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Secret, ...]: ...
    def __getitem__(self, index: int | slice) -> Secret | tuple[Secret, ...]:
        return tuple(self)[index]

    def __repr__(self) -> str:
        return "HookSecrets(***)"

    def _in_file(self) -> list[Secret]:
        if self.file is None:
            raise ValueError("no webhook secret is kept in a file")
        return list(self._read(self.file))

    def _read(self, path: Path) -> tuple[Secret, ...]:
        try:
            lines = path.read_text("utf-8").split()
        except (OSError, UnicodeDecodeError):
            return self._last.get(path, ())
        self._last[path] = tuple(Secret(line) for line in lines[:MOST_PER_FILE])
        return self._last[path]

    def _write(self, secrets: Sequence[Secret]) -> None:
        """Whole or not at all, and for the owner's eyes only."""
        assert self.file is not None
        make_folder(self.file.resolve().parent, mode=0o700)
        write_whole(self.file, "".join(f"{secret.reveal()}\n" for secret in secrets), mode=0o600)
