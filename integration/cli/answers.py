"""Where the answers of `makeright init` come from: a person at a terminal, or flags; the questions are the same."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import click

T = TypeVar("T")
# Turns an answer into what is kept of it. Raises ValueError saying what is wrong with it and how to put it right.
Read = Callable[[str], T]


@dataclass(frozen=True, slots=True)
class Choice:
    """`value` is what a flag says, `words` are what a person reads."""

    value: str
    words: str


class Answers:
    """`given` are answers from flags, by key; `ask` says whether a person may be asked for the others."""

    def __init__(self, given: Mapping[str, str], *, ask: bool) -> None:
        self.ask = ask
        self._given = dict(given)

    def explain(self, *lines: str) -> None:
        """For people only."""
        if self.ask:
            for line in lines:
                click.echo(line)

    def text(
        self, key: str, words: str, read: Read[T], *, flag: str, default: str | None = None, hidden: bool = False
    ) -> T:
        """The answer under `key`. A wrong one is asked for again; from a flag it ends the command (UsageError)."""
        if key in self._given:
            # Used up: if it turns out wrong later, a person is asked.
            said = self._given.pop(key)
            try:
                return read(said)
            except ValueError as error:
                raise click.UsageError(f"{flag}: {error}") from None
        if not self.ask:
            if default is None:
                raise click.UsageError(f"{words}: say it by {flag} (or answer at a terminal, without --no-input)")
            return read(default)

        def proved(said: str) -> T:
            try:
                return read(said.strip())
            except ValueError as error:
                raise click.UsageError(str(error)) from None

        answer: T = click.prompt(
            words, default=default, hide_input=hidden, value_proc=proved, show_default=not hidden and bool(default)
        )
        return answer

    def choose(self, key: str, words: str, choices: Sequence[Choice], *, flag: str) -> str:
        """One of `choices`; the first unless said otherwise. A person may answer by its number."""
        if len(choices) == 1 and key not in self._given:
            return choices[0].value
        if key not in self._given:
            for number, choice in enumerate(choices, 1):
                self.explain(f"  {number}  {choice.words}")
        values = [choice.value for choice in choices]

        def read(said: str) -> str:
            if said in values:
                return said
            if self.ask and said.isdecimal() and 1 <= int(said) <= len(values):
                return values[int(said) - 1]
            raise ValueError(f"{said!r} is none of: {', '.join(values)}")

        default = "1" if self.ask else values[0]
        return self.text(key, words, read, flag=flag, default=default)

    def confirm(self, words: str, *, default: bool) -> bool:
        return click.confirm(words, default=default) if self.ask else default

    def left(self) -> list[str]:
        """Flags that answered nothing."""
        return sorted(self._given)


def at_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
