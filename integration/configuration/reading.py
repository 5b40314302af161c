"""One reading of a configuration file: its text, its secrets, its playbooks, and every mistake on the way."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from adapters.contract import Secret
from integration.recovery.playbook import Playbook, default_playbook, read_playbook
from integration.recovery.playbook_layers import Layer, PlaybookError
from integration.recovery.toml_mistakes import Problem, mistakes, not_toml, shown
from integration.recovery.toml_places import Path as KeyPath
from integration.recovery.toml_places import Places

# What stands at such a place is not repeated in an error: it may be a secret in the wrong form.
_SENSITIVE = re.compile(r"secret|token|key|password")
# A user name and password in an address are not repeated either.
_USER_INFO = re.compile(r"://[^@/\s]*@")


# Time of change, size and inode: tells that a file was changed or replaced; None where there is none.
Stamp = tuple[int, int, int] | None


def stamp_of(file: Path) -> Stamp:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class SettingsError(Exception):
    """The configuration cannot be used. `problems` are all the mistakes, each with its place, value and fix; `files` are
    those in one of which they may be mended, as they were when they were read."""

    def __init__(self, file: Path, problems: Sequence[Problem], files: Mapping[Path, Stamp] | None = None) -> None:
        self.file = file
        self.problems = tuple(problems)
        self.files = dict(files or {})
        super().__init__("\n".join(str(problem) for problem in problems))


class Reading:
    """One reading of a configuration: which files it takes, and which mistakes it finds, one per key at most."""

    def __init__(self, file: Path, texts: Mapping[Path, str] | None, *, hooks_to_come: bool = False) -> None:
        """`hooks_to_come`: the files that webhook secrets stand in may be missing, since they are about to be written."""
        self._hooks_to_come = hooks_to_come
        self.file = file
        self.folder = file.parent
        self.problems: list[Problem] = []
        self.texts: dict[Path, str] = {}
        self.files: dict[Path, Stamp] = {}
        self._given = texts or {}
        self._told: set[KeyPath] = set()
        self._places = Places("")

    def text(self, path: Path) -> str:
        """Raises OSError, UnicodeDecodeError."""
        path = path.resolve()
        # Before it is read: a change meanwhile must not be taken for what was read.
        self.files[path] = stamp_of(path)
        self.texts[path] = self._given[path] if path in self._given else path.read_text("utf-8")
        return self.texts[path]

    def toml(self) -> dict[str, Any]:
        """The file itself. Raises SettingsError."""
        try:
            text = self.text(self.file)
        except FileNotFoundError:
            fix = "there is no such file: write one with `makeright init`, or name another with --config"
            raise SettingsError(self.file, [Problem(str(self.file), "", "", fix)], self.files) from None
        except (OSError, UnicodeDecodeError) as error:
            fix = f"cannot be read ({type(error).__name__}): it must be a readable file of UTF-8 text"
            raise SettingsError(self.file, [Problem(str(self.file), "", "", fix)], self.files) from None
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(self.file, [not_toml(str(self.file), text, error)], self.files) from None
        self._places = Places(text)
        return found

    def wrong(self, path: KeyPath, fix: str, *, value: object = None) -> None:
        """Keep a mistake, unless one about this very key is known: what follows from it is not told as well."""
        if path in self._told:
            return
        self._told.add(path)
        place = ".".join(path)
        line = self._places.line(path)
        hidden = isinstance(value, Secret) or _SENSITIVE.search(place)
        text = "" if hidden else _USER_INFO.sub("://***@", shown(value))
        self.problems.append(Problem(f"{self.file}:{line}" if line else str(self.file), place, text, fix))

    def load(self, schema: Schema, data: Any, path: KeyPath, *, also: Sequence[str] = ()) -> Any:
        """What the schema makes of `data`; None if it is wrong."""
        try:
            return schema.load(data)
        except ValidationError as error:
            for place, value, fix in mistakes(error.messages, data, schema, path, also=also):
                self.wrong(place, fix, value=value)
            return None

    def resolved(self, value: Any, path: KeyPath = ()) -> Any:
        """`value` with every `env:NAME` and `file:PATH` replaced by the Secret it names."""
        if isinstance(value, dict):
            return {key: self.resolved(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolved(item, (*path, str(number))) for number, item in enumerate(value)]
        if isinstance(value, str) and value.startswith(("env:", "file:")):
            kind, _, name = value.partition(":")
            found = os.environ.get(name, "") if kind == "env" else self._content(self.folder / name)
            of_hook = kind == "file" and len(path) == 4 and path[0] == "accounts" and path[2] == "webhook_secrets"
            if not found and of_hook and self._hooks_to_come:
                return Secret("to come")
            if not found:
                fix = (
                    f"set the environment variable {name}" if kind == "env" else f"put the secret into the file {name}"
                )
                if of_hook:
                    fix += f", or let `makeright provision {path[1]}` do so"
                self.wrong(path, f"{value!r} is missing or empty: {fix}")
            return Secret(found)
        return value

    def playbook(self, files: Sequence[str], path: KeyPath) -> Playbook:
        """The packaged playbook with these files laid over it; that one alone where one of them cannot be used."""
        layers = []
        for name in files:
            try:
                layers.append(Layer(name, self.text(self.folder / name)))
            except (OSError, UnicodeDecodeError) as error:
                fix = f"cannot be read ({type(error).__name__}): name a file of UTF-8 text beside this one"
                self.wrong(path, fix, value=name)
        try:
            return read_playbook(*layers)
        except PlaybookError as error:
            for problem in error.problems:
                # Each is one of its own, though all have one place here.
                self._told.discard(path)
                self.wrong(path, str(problem))
            return default_playbook()

    def _content(self, path: Path) -> str:
        self.files[path.resolve()] = stamp_of(path)
        try:
            return path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            return ""
