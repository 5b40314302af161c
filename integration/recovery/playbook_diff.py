"""What differs between two playbooks, in words that a reviewer reads without knowing TOML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from integration.complaints.taxonomy import Complaint
from integration.recovery.playbook import Playbook
from integration.recovery.toml_places import Path

_LONGEST = 120
_NAMES = {
    "remedy": "what to do",
    "clock": "the clock",
    "updates": "the clock of further updates",
    "priority": "the priority",
    "group": "the group",
    "facts": "the facts a draft needs",
    "gestures": "the gestures",
    "limits": "the limit",
    "precedence": "the precedence",
    "words": "the words",
    "title": "the title",
    "body": "the text",
}


def differences(old: Playbook, new: Playbook) -> list[str]:
    """One line per difference, in the order of the files: "no callback, the second time: the clock was ..., is ..."."""
    return [_line(path, before, after) for path, before, after in _changes(old.source, new.source, ())]


_NOTHING = object()


def _changes(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    whole = path and path[-1] in ("clock", "updates")
    if isinstance(old, Mapping) and isinstance(new, Mapping) and not whole:
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _changes(old.get(key, _NOTHING), new.get(key, _NOTHING), (*path, key))
    elif old != new:
        yield path, old, new


def _line(path: Path, old: Any, new: Any) -> str:
    place = _place(path)
    if old is _NOTHING:
        return f"{place}: new, {_said(new)}"
    if new is _NOTHING:
        return f"{place}: gone, was {_said(old)}"
    if isinstance(old, list) and isinstance(new, list) and sorted(map(str, old)) != sorted(map(str, new)):
        gone = [item for item in old if item not in new]
        added = [item for item in new if item not in old]
        parts = [f"now also {_said(added)}"] if added else []
        parts += [f"no longer {_said(gone)}"] if gone else []
        return f"{place}: {', '.join(parts) or f'was {_said(old)}, is {_said(new)}'}"
    return f"{place}: was {_said(old)}, is {_said(new)}"


def _place(path: Path) -> str:
    """ "complaints.no_callback.repeat.clock" as "no callback, the second time: the clock"."""
    rest = list(path)
    said: list[str] = []
    if rest[0] == "complaints" and len(rest) > 1:
        said.append(Complaint(rest[1]).words if rest[1] in list(Complaint) else rest[1])
        rest = rest[2:]
        if rest and rest[0] == "repeat":
            said.append("the second time")
            rest = rest[1:]
    names = [_NAMES.get(part, part.replace("_", " ")) for part in rest]
    return ", ".join([*said, " ".join(names)] if names else said)


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        text = ", ".join(f"{key.replace('_', ' ')} {_said(item)}" for key, item in value.items())
    elif isinstance(value, list):
        text = ", ".join(str(item) for item in value) or "none"
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    else:
        text = " ".join(str(value).split()) or "nothing"
        if isinstance(value, str) and " " in text:
            text = f"“{text}”"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
