"""Commands around practice: a team's own failures, without the people in them."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from adapters.contract import Gone, HelpdeskError, Ticket
from integration.cli.loading import known_account, settings_or_exit
from integration.complaints import zones
from integration.pipeline.context import build_context
from integration.recovery.rehearsal.exercises import LONGEST_TEXT
from integration.recovery.rehearsal.masking import masked

_SHORTEST_TEXT = 20


@click.group()
def rehearsal() -> None:
    """What agents practise on. Nothing of what they write there is kept."""


@rehearsal.command(epilog="Example: makeright rehearsal collect --account acme --out acme-exercises.jsonl --most 40")
@click.option("--account", required=True, help="The account in makeright.toml.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="A file that is not there yet."
)
@click.option("--most", type=click.IntRange(1, 500), default=40, show_default=True, help="How many at most.")
@click.pass_context
def collect(ctx: click.Context, account: str, out: Path, most: int) -> None:
    """Write complaints that the account has had as exercises: names, numbers and addresses masked.

    The messages are read from the helpdesk again, since none is stored here. Masking is no proof of anonymity: read the
    file and strike what tells too much before you name it in makeright.toml (`exercises`).
    Exit status: 0 written, 1 nothing to write or the helpdesk did not answer.
    """
    context = build_context(settings_or_exit(ctx.obj))
    name = known_account(context.settings, account)
    if out.exists():
        raise click.UsageError(f"{out} is there already; name another file")
    found = [d for d in context.store.decisions(name, limit=10 * most) if d.kind == "reading" and d.labels]
    chosen = list({decision.ticket_id: decision for decision in reversed(found)}.values())[-most:]
    rows: list[dict[str, object]] = []
    for decision in track(chosen, console=Console(stderr=True), description="tickets"):
        try:
            ticket = zones.read(context.helpdesks[name].fetch(decision.ticket_id))
        except Gone:
            continue
        except HelpdeskError as error:
            raise click.ClickException(str(error)) from None
        text = masked(_said(ticket, decision.anchor_message), _names(ticket))[:LONGEST_TEXT]
        if len(text) >= _SHORTEST_TEXT:
            number = len(rows) + 1
            rows.append(
                {"id": f"{name.lower().replace('_', '-')}-{number}", "complaints": list(decision.labels), "text": text}
            )
    if not rows:
        raise click.ClickException("no complaint of this account can be read")
    out.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    click.echo(f"{out}: {len(rows)} exercises. Read them before anybody practises on them.")


def _said(ticket: Ticket, anchor: str | None) -> str:
    return next((message.text for message in ticket.messages if message.id == anchor), "")


def _names(ticket: Ticket) -> list[str]:
    """The customer's, and what stands before the @ of their address."""
    own = ticket.requester.email.partition("@")[0].replace(".", " ")
    return [ticket.requester.name, own]


rehearsal_commands: list[click.Command] = [rehearsal]
