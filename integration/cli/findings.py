"""Findings of a check on a terminal, grouped, each with its fix; or as one JSON object per line."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from adapters.contract import Finding, Health

_MARKS = {
    Health.OK: "[green]✓ ok     [/]",
    Health.WARNING: "[yellow]! warning[/]",
    Health.ERROR: "[bold red]✗ error  [/]",
}


class FindingsPrinter:
    """Prints findings as they come in, and counts them."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.counts = dict.fromkeys(Health, 0)
        self._as_json = as_json
        self._console = Console(highlight=False, soft_wrap=False)
        self._place = ""

    def show(self, place: str, finding: Finding) -> None:
        self.counts[finding.health] += 1
        if self._as_json:
            row = {
                "place": place,
                "subject": finding.subject,
                "health": finding.health,
                "detail": finding.detail,
                "fix": finding.fix,
            }
            click.echo(json.dumps(row, ensure_ascii=False))
            return
        if place != self._place:
            self._console.print(f"\n[bold]{escape(place)}[/]")
            self._place = place
        line = Table.grid(padding=(0, 1))
        line.add_column(width=9)
        line.add_column(overflow="fold")
        line.add_row(_MARKS[finding.health], f"{escape(finding.subject)}: {escape(finding.detail)}")
        if finding.fix and finding.health is not Health.OK:
            line.add_row("", f"[cyan]→ {escape(finding.fix)}[/]")
        self._console.print(Padding(line, (0, 0, 0, 2)))

    def sum_up(self) -> None:
        if not self._as_json:
            ok, warnings, errors = (self.counts[health] for health in Health)
            self._console.print(
                f"\n{ok} ok, {warnings} {_plural('warning', warnings)}, {errors} {_plural('error', errors)}"
            )


def _plural(word: str, number: int) -> str:
    return word if number == 1 else f"{word}s"
