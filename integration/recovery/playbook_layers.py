"""A playbook in layers (default, account, brand): read, laid over each other, every value knowing where it came from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integration.recovery.toml_mistakes import Problem, not_toml, shown
from integration.recovery.toml_places import Path, Places

# A clock is one thing: its keys depend on its kind, so a layer's clock replaces the one below it as a whole.
_WHOLE = frozenset({"clock", "updates", "categories"})


@dataclass(frozen=True, slots=True)
class Layer:
    """One TOML text; `place` is what errors call it: a file's name, say."""

    place: str
    text: str = field(repr=False)


class PlaybookError(Exception):
    """The playbook cannot be used; `problems` are all the mistakes found, each with place, value and fix."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class Layers:
    """The layers read from TOML, first to last, and `merged`: the last one's word counts. Raises PlaybookError."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._read: list[tuple[Layer, dict[str, Any], Places]] = []
        problems: list[Problem] = []
        for layer in layers:
            try:
                data = tomllib.loads(layer.text)
            except tomllib.TOMLDecodeError as error:
                problems.append(not_toml(layer.place, layer.text, error))
            else:
                self._read.append((layer, data, Places(layer.text)))
        if problems:
            raise PlaybookError(problems)
        self.merged: dict[str, Any] = {}
        for _, data, _ in self._read:
            self.merged = _merged(self.merged, data)

    @property
    def version(self) -> str:
        """What the layers call their versions, joined: "2026-11-22+acme-3"."""
        return "+".join(str(data.get("version", "")) for _, data, _ in self._read)

    def without_version(self) -> list[Problem]:
        """A layer's version is its own: one from below would not change with this layer's content."""
        fix = 'is missing: write version = "..." at the top, and change it whenever the content changes'
        return [Problem(layer.place, "version", "", fix) for layer, data, _ in self._read if "version" not in data]

    def problem(self, path: Path, fix: str, *, value: object = None) -> Problem:
        """A mistake at this key: in the last layer that has it, or has the most of its path."""
        best: tuple[int, str] = (0, self._read[-1][0].place)
        for layer, data, places in self._read:
            depth = _depth(data, path)
            if depth >= best[0] and depth:
                line = places.line(path[:depth])
                best = (depth, layer.place if line is None else f"{layer.place}:{line}")
        return Problem(best[1], ".".join(path), shown(value), fix)


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        beneath = merged.get(key)
        if isinstance(value, dict) and isinstance(beneath, dict) and key not in _WHOLE:
            merged[key] = _merged(beneath, value)
        else:
            merged[key] = value
    return merged


def _depth(data: Any, path: Path) -> int:
    """How many parts of the path this layer has."""
    depth = 0
    for part in path:
        if not isinstance(data, dict) or part not in data:
            break
        data = data[part]
        depth += 1
    return depth
