"""What is wrong with a TOML file, told so that a person can mend it: the place, the value, the fix."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import Schema
from marshmallow import fields as kinds

from adapters.fields import SecretField
from integration.recovery.toml_places import Path

_LINE = re.compile(r"\(?at line (\d+), column \d+\)?")
_TWICE = re.compile(r"Cannot declare \((.+?),?\) twice")
_UNKNOWN = "Unknown field."
# marshmallow's own words, as a fix.
_FIXES = {
    "Missing data for required field.": "is missing: add it",
    "Not a valid string.": "write text in quotes",
    "Not a valid integer.": "write a whole number without quotes",
    "Not a valid number.": "write a number without quotes",
    "Not a valid boolean.": "write true or false, without quotes",
    "Not a valid list.": 'write a list, like ["one", "two"]',
    "Not a valid mapping type.": "write a table, like { key = value }",
    "Not a valid URL.": "write an address like https://makeright.example.com",
    "Invalid input type.": "write a table, like { key = value }",
    "Invalid type.": "write a table, like { key = value }",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake, with its place: `where` is "file:line" or "file", `path` the key, `value` what stands there."""

    where: str
    path: str
    value: str
    fix: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.path, self.value, self.fix) if part)


def mistakes(
    messages: Any, data: Any, schema: Schema | None, path: Path = (), *, also: Collection[str] = ()
) -> Iterator[tuple[Path, object, str]]:
    """marshmallow's nested messages as (path, value, fix).

    What stands where a secret belongs is None: it may be one. `schema` is what was loaded, to tell the keys that an unknown one may have been meant for; `also` are keys that are
    right beside those of the outermost schema.
    """
    yield from _mistakes(messages, data, schema, path, also)


def _mistakes(
    messages: Any, data: Any, kind: object, path: Path, also: Collection[str]
) -> Iterator[tuple[Path, object, str]]:
    if isinstance(messages, Mapping):
        if "key" in messages and not (isinstance(data, Mapping) and "key" in data):
            # A Dict field about a key that it refuses: what stands under it does not matter then.
            yield from _mistakes(messages["key"], path[-1] if path else data, None, path, ())
            return
        for key, below in messages.items():
            name = str(key)
            if name == "_schema" or (name == "value" and not (isinstance(data, Mapping) and name in data)):
                yield from _mistakes(below, data, kind, path, ())
            elif below == [_UNKNOWN]:
                known = [*_keys(kind), *also]
                yield (*path, name), None, f"is no key here: {nearest(name, known)}"
            else:
                yield from _mistakes(below, _below(data, key), _kind_below(kind, name), (*path, name), ())
        return
    for message in messages if isinstance(messages, list) else [messages]:
        yield path, None if _holds_secret(kind) else data, _fix(str(message), data)


def nearest(word: str, words: Collection[str]) -> str:
    """What may have been meant by `word`, or else all that there is to choose from."""
    near = difflib.get_close_matches(word, words, 1)
    if near:
        return f"did you mean {near[0]!r}?"
    return "there are " + ", ".join(sorted(words)) if words else "remove it"


def shown(value: object) -> str:
    """A value for an error message; nothing for what would not fit there."""
    if value is None or isinstance(value, (dict, list)):
        return ""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def not_toml(name: str, text: str, error: tomllib.TOMLDecodeError) -> Problem:
    line = _LINE.search(str(error))
    # Without a line the text ended too early.
    where = f"{name}:{line[1] if line else max(1, len(text.splitlines()))}"
    if twice := _TWICE.search(str(error)):
        section = ".".join(part.strip(" '\"") for part in twice[1].split(","))
        return Problem(where, section, "", "stands there twice: keep one of the two, or give this one another name")
    if str(error).startswith(("Cannot overwrite", "Duplicate")):
        return Problem(where, "", "", "this key stands there twice: keep one of the two")
    reason = _LINE.sub("", str(error)).replace("(at end of document)", "").strip().rstrip(".")
    return Problem(where, "", "", f"is not TOML: {reason}; correct this line")


def _fix(message: str, value: object) -> str:
    if message.startswith("Must be one of: "):
        choices = [choice for choice in message.removeprefix("Must be one of: ").rstrip(".").split(", ") if choice]
        near = difflib.get_close_matches(str(value), choices, 1)
        return "use one of " + ", ".join(choices) + (f"; did you mean {near[0]!r}?" if near else "")
    # marshmallow's own are sentences; ours go on after the value.
    own = message[:1].lower() + message[1:] if message.endswith(".") else message
    return _FIXES.get(message, own)


def _below(data: Any, key: Any) -> Any:
    if isinstance(data, Mapping):
        return data.get(key, data.get(str(key)))
    return data[key] if isinstance(data, list) and isinstance(key, int) and key < len(data) else None


def _keys(kind: object) -> list[str]:
    """The keys that may stand in what this schema or field reads."""
    if isinstance(kind, kinds.Nested):
        kind = kind.schema
    if isinstance(kind, Schema):
        return [str(field.data_key or name) for name, field in kind.fields.items()]
    return []


def _holds_secret(kind: object) -> bool:
    if isinstance(kind, kinds.Nested):
        return any(map(_holds_secret, kind.schema.fields.values()))
    return isinstance(kind, SecretField) or (isinstance(kind, kinds.List) and _holds_secret(kind.inner))


def _kind_below(kind: object, name: str) -> object:
    """The field that reads the value under this key (or at this place of a list)."""
    if isinstance(kind, kinds.Nested):
        kind = kind.schema
    if isinstance(kind, Schema):
        return next((field for own, field in kind.fields.items() if name in (field.data_key, own)), None)
    if isinstance(kind, kinds.List):
        return cast(object, kind.inner)
    if isinstance(kind, kinds.Dict):
        return cast(object, kind.value_field)
    return None
