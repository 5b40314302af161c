"""`makeright report shadow` and `report judge`: what would have been written, judged by a person, and what follows from that."""

from __future__ import annotations

import dataclasses
import getpass
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integration.cli.loading import known_account, settings_or_exit
from integration.complaints.classifier import Classifier
from integration.complaints.taxonomy import Complaint
from integration.complaints.trust import Precision
from integration.pipeline.shadow_report import LabelReport, Sample, ShadowReport, shadow_report
from integration.settings import AccountSettings
from integration.store.judgements import Judgements
from integration.store.store import Store

_MARKS = {None: "", True: "right", False: "wrong"}


@click.command(epilog="Example: makeright report shadow acme --days 14 --judge")
@click.argument("account")
@click.option("--days", type=click.IntRange(1, 3650), default=14, show_default=True, help="How far to look back.")
@click.option("--samples", type=click.IntRange(0, 10_000), default=10, show_default=True, help="How many to show.")
@click.option("--judge", "by_key", is_flag=True, help="Judge samples by key: r right, w wrong, s skip, q stop.")
@click.option("--json", "as_json", is_flag=True, help="The whole report as one JSON object.")
@click.pass_context
def shadow(ctx: click.Context, account: str, days: int, samples: int, by_key: bool, as_json: bool) -> None:
    """What would have been written in the last days, with samples to judge; precision, thresholds and level that follow.

    Samples come in an order that has nothing to do with how sure the model is, so that judging from the top is fair.
    """
    settings = settings_or_exit(ctx.obj)
    known = settings.accounts[known_account(settings, account)]
    store = Store(settings.service.database_url)
    store.migrate()
    found = _report(store, known, days)
    if by_key:
        _judge_by_key(store, [one for one in found.samples if one.right is None])
        found = _report(store, known, days)
    if as_json:
        click.echo(json.dumps(_plain(found, samples)))
    else:
        _print(found, days, samples)


def _report(store: Store, account: AccountSettings, days: int) -> ShadowReport:
    thresholds = Classifier.load(account.thresholds).thresholds
    return shadow_report(store, account.name, account.level, thresholds, datetime.now(UTC) - timedelta(days=days))


@click.command(epilog="Example: makeright report judge 3f9a6c01d2e4b587 wrong --label overpromising")
@click.argument("decision")
@click.argument("verdict", type=click.Choice(["right", "wrong"]))
@click.option(
    "--label", "labels", multiple=True, type=click.Choice([str(c) for c in Complaint]), help="Only this label."
)
@click.pass_context
def judge(ctx: click.Context, decision: str, verdict: str, labels: tuple[str, ...]) -> None:
    """Say whether a decision's labels are right; the last word counts, and who said it is kept.

    Exit status: 0 kept, 1 there is no such decision or label.
    """
    store = Store(settings_or_exit(ctx.obj).service.database_url)
    store.migrate()
    try:
        judged = _keep(store, decision, labels, right=verdict == "right")
    except LookupError as error:
        raise click.ClickException(str(error.args[0])) from None
    click.echo(f"{decision}: {', '.join(judged)} {verdict}")


def _keep(store: Store, decision: str, labels: tuple[str, ...], *, right: bool) -> list[str]:
    return Judgements(store).judge(decision, labels, right=right, judge=getpass.getuser(), at=datetime.now(UTC))


def _judge_by_key(store: Store, samples: list[Sample]) -> None:
    console = Console(stderr=True)
    for number, one in enumerate(samples, 1):
        console.print(f"\n[bold]{Complaint(one.label).words}[/] {one.score:.2f}, ticket {one.ticket_id}")
        for quote in one.quotes:
            # Customers' words on a terminal: nothing of them may be taken for a command to it.
            console.print(f"  “{escape(_printable(quote))}”")
        console.print(f"({number} of {len(samples)}) \\[r]ight \\[w]rong \\[s]kip \\[q]uit ", end="")
        while (key := click.getchar().lower()) not in ("r", "w", "s", "q"):
            pass
        console.print(key)
        if key == "q":
            return
        if key in ("r", "w"):
            _keep(store, one.decision_id, (one.label,), right=key == "r")


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _plain(found: ShadowReport, samples: int) -> dict[str, Any]:
    data = dataclasses.asdict(dataclasses.replace(found, samples=found.samples[:samples]))
    return {**data, "since": found.since.isoformat()}


def _print(found: ShadowReport, days: int, samples: int) -> None:
    console = Console()
    table = Table(title=f"{found.account}, last {days} days: {found.read} read, {found.silent} silent")
    for column in ("", "would show", "would write", "judged", "right", "precision", "advice"):
        table.add_column(column, overflow="fold")
    for label in found.labels:
        table.add_row(*_line(label))
    console.print(table)
    for label in found.labels:
        if any(line.judged for line in label.precision):
            console.print(_thresholds(label))
    if samples and found.samples:
        listed = Table(title="Samples: makeright report judge DECISION right|wrong")
        for column in ("decision", "ticket", "label", "sure", "says", ""):
            listed.add_column(column, overflow="fold")
        for one in found.samples[:samples]:
            quotes = escape(_printable(" / ".join(one.quotes)))
            listed.add_row(one.decision_id, one.ticket_id, one.label, f"{one.score:.2f}", quotes, _MARKS[one.right])
        console.print(listed)
    console.print(f"Level now: {found.level}. Recommended: [bold]{found.recommended}[/] ({found.why}).")


def _line(label: LabelReport) -> tuple[str, ...]:
    now, advice = label.in_force, label.advice
    said = advice.thresholds
    words = f"show {said.show:.2f}, preselect {said.preselect:.2f}, write {said.write:.2f}: " if said else ""
    return (
        Complaint(label.label).words,
        str(label.shown),
        f"{label.written} (at {label.thresholds.write:.2f})",
        str(now.judged),
        str(now.right),
        _interval(now),
        words + advice.why,
    )


def _thresholds(label: LabelReport) -> Table:
    table = Table(title=f"{Complaint(label.label).words}: precision at each threshold (95 %)")
    for column in ("threshold", "judged", "right", "precision"):
        table.add_column(column, justify="right")
    for line in label.precision:
        if line.judged:
            table.add_row(f"{line.threshold:.2f}", str(line.judged), str(line.right), _interval(line))
    return table


def _interval(line: Precision) -> str:
    return "-" if line.value is None else f"{line.value:.2f} [{line.low:.2f}, {line.high:.2f}]".replace("[", r"\[")
