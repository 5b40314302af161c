"""On which line of a TOML text a key stands: `tomllib` does not tell, and an error without a line is hard to mend."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

Path = tuple[str, ...]

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEY = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*"
_HEADER = re.compile(rf"^\s*\[\[?[ \t]*({_KEY})[ \t]*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(rf"^\s*({_KEY})[ \t]*=[ \t]*(.*)$", re.DOTALL)
_MULTILINE = ('"""', "'''")
_STRING = re.compile(r"""\"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#.*$""")


class Places:
    """The lines of one valid TOML text.

    >>> Places('a = 1\\n[b.c]\\nd = { e = 2 }').line(("b", "c", "d", "e"))
    3
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        section: Path = ()
        closing = ""
        depth = 0
        for number, line in enumerate(text.splitlines(), start=1):
            if closing:
                if closing in line:
                    closing = ""
                continue
            if depth > 0:
                depth += _brackets(line)
                continue
            if header := _HEADER.match(line):
                section = _parts(header[1])
                self._note(section, number)
            elif assignment := _ASSIGNMENT.match(line):
                self._note((*section, *_parts(assignment[1])), number)
                value = assignment[2]
                closing = next((mark for mark in _MULTILINE if value.startswith(mark)), "")
                if closing:
                    closing = "" if closing in value[3:] else closing
                else:
                    depth = max(0, _brackets(value))

    def line(self, path: Sequence[str]) -> int | None:
        """The line of this key, or of the nearest table around it; None if not even its first key stands here."""
        for length in range(len(path), 0, -1):
            if (found := self._lines.get(tuple(path[:length]))) is not None:
                return found
        return None

    def _note(self, path: Path, number: int) -> None:
        self._lines[path] = number
        for length in range(1, len(path)):
            self._lines.setdefault(path[:length], number)


def _brackets(value: str) -> int:
    """How many arrays and tables this piece of a value leaves open."""
    bare = _STRING.sub("", value)
    return sum(bare.count(mark) for mark in "[{") - sum(bare.count(mark) for mark in "]}")


def _parts(key: str) -> Path:
    found: list[str] = []
    node: Any = tomllib.loads(f"{key} = 0")
    while isinstance(node, dict):
        ((name, node),) = node.items()
        found.append(name)
    return tuple(found)
