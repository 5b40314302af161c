"""Commands around the sidebar: building the apps, describing their API, and what agents answered."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from adapters.contract import Gone, HelpdeskError
from adapters.sidebar_package import AppBuild, NotBuilt, app_kinds, app_zip
from integration.app import create_app
from integration.cli.loading import known_account, settings_or_exit
from integration.complaints import zones
from integration.complaints.taxonomy import Complaint
from integration.pipeline.context import build_context
from integration.store.feedback import FunnelLine


@click.group()
def sidebar() -> None:
    """The sidebar apps for the helpdesks."""


@sidebar.command(epilog="Example: makeright sidebar build zendesk --account acme --out makeright-zendesk.zip")
@click.argument("helpdesk", type=click.Choice(app_kinds()))
@click.option("--account", required=True, help="The account in makeright.toml that the app is for.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to; makeright-ACCOUNT.zip otherwise."
)
@click.option("--local", is_flag=True, help="For the sandbox: the address may be on this machine and without TLS.")
@click.pass_context
def build(ctx: click.Context, helpdesk: str, account: str, out: Path | None, local: bool) -> None:
    """Write the zip to upload, checked against the helpdesk's rules. The same input gives the same bytes.

    Exit status: 0 written, 1 the address does not do or a rule is broken, 2 the configuration is wrong.
    """
    settings = settings_or_exit(ctx.obj)
    known = settings.accounts[known_account(settings, account)]
    if known.kind != helpdesk:
        raise click.UsageError(f"{account} is on {known.kind}, not on {helpdesk}")
    if not known.sidebar_secrets:
        click.echo(
            f'accounts.{account}.sidebar_secrets: missing; the app cannot prove itself without. Write ["env:NAME"]',
            err=True,
        )
    try:
        data = app_zip(helpdesk, AppBuild(account, settings.service.public_url, version("makeright"), local))
    except NotBuilt as error:
        raise click.ClickException(str(error)) from None
    target = out or Path(f"makeright-{account}.zip")
    target.write_bytes(data)
    click.echo(f"{target}: {len(data)} bytes")


@click.command(epilog="Example: makeright openapi > openapi.json")
@click.pass_context
def openapi(ctx: click.Context) -> None:
    """Print the description of the sidebar's API (OpenAPI 3.1)."""
    app = create_app(build_context(settings_or_exit(ctx.obj)))
    click.echo(json.dumps(app.extensions["makeright-spec"].to_dict(), indent=2))


@click.group()
def feedback() -> None:
    """What agents answered to what they were shown. Never per agent."""


@feedback.command(epilog="Example: makeright feedback funnel --account acme --days 7")
@click.option("--account", help="One account; all otherwise.")
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="How far to look back.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per account and label.")
@click.pass_context
def funnel(ctx: click.Context, account: str | None, days: int, as_json: bool) -> None:
    """How far tickets got: received, read, suggested, shown, accepted, unchanged at close; and why nothing was said."""
    settings = settings_or_exit(ctx.obj)
    names = [known_account(settings, account)] if account else list(settings.accounts)
    store = build_context(settings).store
    since = datetime.now(UTC) - timedelta(days=days)
    for name in names:
        lines = store.feedback.funnel(name, [complaint.value for complaint in Complaint], since)
        if as_json:
            for line in lines:
                click.echo(json.dumps({"account": name, **dataclasses.asdict(line)}))
        else:
            Console().print(_table(name, days, lines))


_COLUMNS = ("received", "read", "suggested", "shown", "accepted", "closed", "unchanged", "corrected")


def _table(name: str, days: int, lines: list[FunnelLine]) -> Table:
    reasons = ", ".join(f"{reason} {count}" for reason, count in lines[0].silences.items())
    table = Table(title=f"{name}, last {days} days", caption=f"silent: {reasons}" if reasons else None)
    table.add_column("", no_wrap=True)
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    for line in lines:
        words = Complaint(line.label).words if line.label else "all tickets"
        table.add_row(words, *(str(getattr(line, column)) for column in _COLUMNS))
    return table


@feedback.command(epilog="Example: makeright feedback corrections --account acme --out corrections.jsonl")
@click.option("--account", required=True, help="The account in makeright.toml.")
@click.option("--out", type=click.File("w", encoding="utf-8"), default="-", help="Where to; standard output otherwise.")
@click.pass_context
def corrections(ctx: click.Context, account: str, out: TextIO) -> None:
    """Write agents' corrections as labelled messages for `makeright train --more`.

    The messages are read from the helpdesk again, since none is stored here; one that is gone is left out.
    Exit status: 0 written, 1 the helpdesk did not answer.
    """
    settings = settings_or_exit(ctx.obj)
    context = build_context(settings)
    helpdesk = context.helpdesks[known_account(settings, account)]
    missing = 0
    for one in track(context.store.feedback.corrections(account), console=Console(stderr=True), description="tickets"):
        try:
            ticket = zones.read(helpdesk.fetch(one.ticket_id))
        except Gone:
            missing += 1
            continue
        except HelpdeskError as error:
            raise click.ClickException(str(error)) from None
        text = next((message.text for message in ticket.messages if message.id == one.anchor_message), "")
        if not text:
            missing += 1
            continue
        row = {
            "id": f"{account}-{one.ticket_id}-{one.anchor_message}",
            "text": text,
            "labels": list(one.labels),
            "source": account,
            "picked_by": "correction",
        }
        out.write(json.dumps(row, ensure_ascii=False) + "\n")
    if missing:
        click.echo(f"{missing} messages are gone and were left out", err=True)


sidebar_commands: list[click.Command] = [sidebar, feedback, openapi]
