"""`makeright demo`: everything on this machine, with something to look at."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from integration.complaints.taxonomy import Complaint
from integration.demo import (
    HELPDESKS,
    DemoTicket,
    SandboxClient,
    Tally,
    answers,
    connect,
    free_port,
    packaged_tickets,
    read_tickets,
    running_sandbox,
    send,
    wait_for,
)
from integration.demo.tally import finished, tally
from integration.recovery.playbook import default_playbook
from integration.settings import load_settings
from integration.store.store import Store
from integration.supervisor import Supervisor

# A run in which nothing moves for so long will not come to an end any more.
PATIENCE_SECONDS = 180.0
# The demo writes sooner than a real account should: every kind of complaint is to be seen. In docs/classifier.md stands
# how often a label is right at the thresholds that hold without this.
_SURE_ENOUGH = 0.85
_THRESHOLDS = ", ".join(
    f"{complaint} = {{ show = {_SURE_ENOUGH}, preselect = {_SURE_ENOUGH}, write = {_SURE_ENOUGH} }}"
    for complaint in Complaint
)


@click.command(epilog="Example: makeright demo --tickets messages.jsonl --once")
@click.option(
    "--tickets",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help='Play this file of {"id", "text"} per line instead of the packaged tickets.',
)
@click.option("--once", is_flag=True, envvar="DEMO_ONCE", help="End after the last ticket (as DEMO_ONCE=1 does).")
@click.option("--workers", type=click.IntRange(1, 16), default=2, show_default=True, help="How many workers to run.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Where the demo keeps its data; emptied at the start.",
)
def demo(tickets: Path | None, once: bool, workers: int, folder: Path) -> None:
    """Play tickets through a sandbox of both helpdesks and show what Makeright makes of them.

    With a file to play it ends after the last ticket. Exit status 1 if any ticket was lost, doubled or failed.
    """
    console = Console(stderr=True)
    try:
        played = list(read_tickets(tickets.read_text("utf-8").splitlines())) if tickets else packaged_tickets()
    except (ValueError, OSError) as error:
        raise click.ClickException(f"{tickets}: {error}") from None
    once = once or tickets is not None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    hooks = f"http://127.0.0.1:{free_port(8080)}"
    with running_sandbox(free_port(8090), log=folder / "sandbox.log") as sandbox:
        file = connect(
            sandbox,
            folder,
            hooks=hooks,
            extra=f"workers = {workers}",
            account_extra=f"thresholds = {{ {_THRESHOLDS} }}",
        )
        settings = load_settings(file)
        store = Store(settings.service.database_url)
        store.migrate()
        supervisor = Supervisor(settings, on_line=lambda part, line: None)
        thread = threading.Thread(target=supervisor.run, kwargs={"handle_signals": False}, daemon=True)
        thread.start()
        try:
            wait_for(lambda: answers(f"{hooks}/readyz"), "the web server")
            console.print(f"\nAgent workspace: [bold]{sandbox.url}/[/]   (logs in {folder}/logs)")
            console.print(f"Console:         [bold]{hooks}/console/[/]\n")
            tallies = _play(console, sandbox, store, played)
            _show(console, tallies, labelled=any(ticket.labels is not None for ticket in played))
            if not once:
                console.print(
                    f"\nLook at the tickets: [bold]{sandbox.url}/[/]   and at the console: [bold]{hooks}/console/[/]"
                )
                console.print("Ctrl-C ends the demo.")
                _stay()
        finally:
            supervisor.stop()
            thread.join(60)
            store.close()
    raise SystemExit(0 if all(one.well for one in tallies) else 1)


def _play(console: Console, sandbox: SandboxClient, store: Store, played: list[DemoTicket]) -> list[Tally]:
    sent: dict[str, dict[str, DemoTicket]] = {helpdesk: {} for helpdesk in HELPDESKS}
    total = len(played) * len(HELPDESKS)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    ) as progress:
        sending = progress.add_task("tickets sent", total=total)
        reading = progress.add_task("tickets read", total=total)

        def look() -> int:
            done = sum(finished(store, helpdesk, sent[helpdesk]) for helpdesk in HELPDESKS)
            progress.update(reading, completed=done)
            return done

        for number, ticket in enumerate(played):
            for helpdesk in HELPDESKS:
                sent[helpdesk][send(sandbox, helpdesk, ticket)] = ticket
                progress.advance(sending)
            if number % 10 == 0:
                look()
        done, moved = look(), time.monotonic()
        while done < total and time.monotonic() - moved < PATIENCE_SECONDS:
            time.sleep(0.3)
            now = look()
            if now > done:
                done, moved = now, time.monotonic()
    # Our own writes come back as webhooks; whatever they could set off has happened after this.
    time.sleep(2)
    playbook = default_playbook()
    return [tally(store, sandbox, playbook, helpdesk, sent[helpdesk]) for helpdesk in HELPDESKS]


_COUNTS: dict[str, Callable[[Tally], int]] = {
    "tickets": lambda one: one.tickets,
    "annotated: tags, field and note": lambda one: one.annotated,
    "left untouched": lambda one: one.untouched,
    "lost": lambda one: len(one.lost),
    "doubled": lambda one: len(one.doubled),
    "failed": lambda one: len(one.failed),
    "annotated in part": lambda one: len(one.incomplete),
    "touched without a complaint": lambda one: len(one.disturbed),
    "public replies sent (never)": lambda one: one.public_replies,
}


def _show(console: Console, tallies: list[Tally], *, labelled: bool) -> None:
    table = Table(title="What became of the tickets")
    table.add_column()
    for one in tallies:
        table.add_column(one.helpdesk, justify="right", style=None if one.well else "red")
    for name, count in _COUNTS.items():
        table.add_row(name, *(str(count(one)) for one in tallies))
    if labelled:
        table.add_row("read as labelled", *(str(one.tickets - len(one.otherwise)) for one in tallies))
    console.print(table)
    for one in tallies:
        for name in ("lost", "doubled", "failed", "incomplete", "disturbed", "otherwise"):
            if name == "otherwise" and not labelled:
                continue
            if ids := getattr(one, name):
                console.print(f"{one.helpdesk}: {name}: tickets {', '.join(ids[:20])}{' ...' if len(ids) > 20 else ''}")
        if one.public_replies:
            console.print(
                f"{one.helpdesk}: {one.public_replies} public replies were sent; there must be none", style="red"
            )


def _stay() -> None:
    if sys.stdin is not None and os.isatty(sys.stderr.fileno()):
        print(file=sys.stderr)
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        pass
