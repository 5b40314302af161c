"""An account that is being connected: its settings as they come in, its secrets in files of their own, and a live trial."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from marshmallow import RAISE, fields
from redis import Redis

from adapters import helpdesk_class
from adapters.contract import Question, Secret
from adapters.helpdesk import Helpdesk
from integration.cli.borrowed_redis import borrowed_redis
from integration.configuration.edits import with_account, write_file, write_secret
from integration.recovery.toml_mistakes import mistakes
from integration.settings import AccountSchema, AccountSettings, load_settings

SECRET_FOLDER = "secrets"
_REFERENCES = ("env:", "file:")


class AccountDraft:
    """Nothing of it is in the configuration until `write`; secrets that were put into files go again by `discard`."""

    def __init__(self, file: Path, text: str, name: str, kind: str) -> None:
        self.file = file
        self.text = text
        self.name = name
        self.kind = kind
        self.section: dict[str, Any] = {"helpdesk": kind}
        self._written: list[Path] = []

    def put(self, key: str, value: Any) -> None:
        """`key` is dotted: "auth.client_id"."""
        *above, last = key.split(".")
        table = self.section
        for part in above:
            table = table.setdefault(part, {})
        table[last] = value

    def checked(self, question: Question, said: str) -> str:
        """`said` if the account's schema takes it as this question's answer. Raises ValueError with the fix."""
        if not said:
            if question.needed:
                raise ValueError("an answer is needed here")
            return said
        if question.choices and said not in question.choices:
            raise ValueError(f"choose one of: {', '.join(question.choices)}")
        path = tuple(question.key.split("."))
        trial: Any = Secret(self._revealed(said)) if question.secret else said
        trial = [trial] if _is_list(question.key) else trial
        for part in reversed(path):
            trial = {part: trial}
        ours = path[0] in AccountSchema().fields
        schema = AccountSchema() if ours else helpdesk_class(self.kind).options_schema(unknown=RAISE)
        # What is said of other keys is about those that have not been asked for yet.
        for place, _, fix in mistakes(schema.validate(trial), trial, schema):
            if place == path:
                raise ValueError(fix)
        return said

    def put_secret(self, question: Question, said: str) -> None:
        """A reference (env:NAME, file:PATH) is kept as it is; a secret goes into a file for its owner only."""
        reference = said if said.startswith(_REFERENCES) else self._kept(question.key, said)
        self.put(question.key, [reference] if _is_list(question.key) else reference)

    def make_secret(self, question: Question) -> None:
        """A random one of ours, of characters that survive in any header."""
        self.put_secret(question, secrets.token_urlsafe(32))

    def settings(self) -> AccountSettings:
        """The account as it would be configured. Raises SettingsError."""
        text = with_account(self.text, self.name, self.section)
        return load_settings(self.file, texts={self.file.resolve(): text}).accounts[self.name]

    @contextmanager
    def helpdesk(self) -> Iterator[Helpdesk]:
        """The account's helpdesk, to be asked before anything is written. Raises SettingsError."""
        account = self.settings()
        redis: Redis
        with borrowed_redis() as redis:
            yield helpdesk_class(account.kind)(account.account, redis)

    def write(self) -> None:
        """Into makeright.toml, at its end. Raises SettingsError if the whole is not valid."""
        self.settings()
        self.file.parent.mkdir(parents=True, exist_ok=True)
        write_file(self.file, with_account(self.text, self.name, self.section))
        self._written.clear()

    def discard(self) -> None:
        for path in self._written:
            path.unlink(missing_ok=True)
            with suppress(OSError):
                # Only if nothing else lies there.
                path.parent.rmdir()
        self._written.clear()

    def secret_files(self) -> list[str]:
        return [str(path.relative_to(self.file.parent)) for path in self._written]

    def _revealed(self, said: str) -> str:
        """What a reference leads to, or the secret itself. Raises ValueError."""
        kind, _, name = said.partition(":")
        if not said.startswith(_REFERENCES):
            return said
        if kind == "env":
            found, fix = os.environ.get(name, ""), f"set the environment variable {name}"
        else:
            path = self.file.parent / name
            found, fix = path.read_text("utf-8").strip() if path.is_file() else "", f"put the secret into {path}"
        if not found:
            raise ValueError(f"{said} is missing or empty: {fix}")
        return found

    def _kept(self, key: str, secret: str) -> str:
        place = Path(SECRET_FOLDER) / f"{self.name}-{key.rsplit('.', 1)[-1].removesuffix('s').replace('_', '-')}"
        path = self.file.parent / place
        if path.exists() and path not in self._written:
            raise ValueError(f"{path} is there already: remove it, or name it as file:{place}")
        write_secret(path, secret)
        if path not in self._written:
            self._written.append(path)
        return f"file:{place}"


def _is_list(key: str) -> bool:
    own: Mapping[str, Any] = AccountSchema().fields
    return isinstance(own.get(key), fields.List)
