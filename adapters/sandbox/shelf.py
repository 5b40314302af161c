"""Numbered, ordered records that an account keeps beside its tickets (macros, fields, rules, webhooks ...)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from adapters.sandbox.clock import Clock, stamp

Record = dict[str, Any]


class Shelf:
    """Records by id, in the order they were added, each with `created_at` and `updated_at`."""

    def __init__(self, clock: Clock, next_id: Callable[[], int | str]) -> None:
        self._clock = clock
        self._next_id = next_id
        self._rows: dict[int | str, Record] = {}

    def add(self, record: Record) -> Record:
        """Keep a copy of `record`, completed with an id (unless it brings one) and its times."""
        now = stamp(self._clock.now())
        row: Record = {"id": self._next_id(), **record}
        row.setdefault("created_at", now)
        row.setdefault("updated_at", now)
        self._rows[row["id"]] = row
        return row

    def get(self, key: int | str) -> Record | None:
        return self._rows.get(key)

    def change(self, row: Record, values: Record) -> Record:
        row.update(values)
        row["updated_at"] = stamp(self._clock.now())
        return row

    def remove(self, key: int | str) -> bool:
        return self._rows.pop(key, None) is not None

    def find(self, **wanted: Any) -> Record | None:
        return next((r for r in self._rows.values() if all(r.get(k) == v for k, v in wanted.items())), None)

    def by_position(self) -> list[Record]:
        return sorted(self._rows.values(), key=lambda row: (row.get("position") or 0, str(row["id"])))

    def __iter__(self) -> Iterator[Record]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)
