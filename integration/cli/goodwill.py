"""Commands around goodwill: what waits for an answer, the answer, and what was spent."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import click
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table

from integration.cli.loading import known_account, settings_or_exit
from integration.complaints.taxonomy import Complaint
from integration.pipeline.context import Context, build_context
from integration.pipeline.goodwill import answer, spent
from integration.recovery.goodwill import Answer, State, money, periods
from integration.settings import Settings
from integration.store.goodwill import AskedGesture, Goodwill

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def goodwill() -> None:
    """Gestures that agents asked for above their limit. Only what is approved appears in a draft."""


@goodwill.command("list", epilog="Example: makeright goodwill list --account acme")
@click.option("--account", help="One account; all otherwise.")
@click.option("--all", "everything", is_flag=True, help="Answered ones, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per gesture.")
@click.pass_context
def list_gestures(ctx: click.Context, account: str | None, everything: bool, as_json: bool) -> None:
    """Show what waits for an answer, the oldest first."""
    settings = settings_or_exit(ctx.obj)
    states = list(State) if everything else [State.PENDING]
    found = Goodwill(build_context(settings).store).listed(_one_or_all(settings, account), states)
    if as_json:
        for one in found:
            click.echo(json.dumps(_plain(one)))
        return
    if not found:
        click.echo("Nothing waits for an answer.", err=True)
        return
    table = Table()
    for column in (
        "id",
        "account",
        "ticket",
        "complaint",
        "gesture",
        "amount",
        "state",
        "may approve",
        "asked",
        "answered",
    ):
        table.add_column(column, justify="right" if column in ("id", "amount") else "left")
    for one in found:
        answered = f"{one.answered_at:%Y-%m-%d %H:%M} {one.answered_by} ({one.via})" if one.answered_at else ""
        table.add_row(
            str(one.id), one.account, one.ticket_id, Complaint(one.complaint).words, one.gesture,
            money(one.amount, one.currency), one.state, one.approver or "", f"{one.asked_at:%Y-%m-%d %H:%M}", answered,
        )  # fmt: skip
    Console().print(table)


@goodwill.command(epilog="Example: makeright goodwill approve 17 --by maria")
@click.argument("request_id", type=int)
@click.option("--by", default=getpass.getuser, show_default="whoever is logged in", help="Who says so; it is kept.")
@click.pass_context
def approve(ctx: click.Context, request_id: int, by: str) -> None:
    """Say yes. Exit status 1 if it is answered already, or more than may be given by now."""
    _answer(build_context(settings_or_exit(ctx.obj)), request_id, approve=True, by=by)


@goodwill.command(epilog="Example: makeright goodwill decline 17 --by maria")
@click.argument("request_id", type=int)
@click.option("--by", default=getpass.getuser, show_default="whoever is logged in", help="Who says so; it is kept.")
@click.pass_context
def decline(ctx: click.Context, request_id: int, by: str) -> None:
    """Say no. Exit status 1 if it is answered already."""
    _answer(build_context(settings_or_exit(ctx.obj)), request_id, approve=False, by=by)


def _answer(context: Context, request_id: int, *, approve: bool, by: str) -> None:
    try:
        verdict = answer(context, request_id, approve=approve, by=by, via="cli")
    except RedisError as error:
        raise click.ClickException(
            f"Redis does not answer ({type(error).__name__}); start it, or see redis_url"
        ) from None
    if verdict.answer is not Answer.ALLOWED:
        raise click.ClickException(verdict.reason)
    click.echo(f"Request {request_id} is {'approved' if approve else 'declined'}: {verdict.reason}.")


@click.command(epilog="Example: makeright report spend --since 2026-11-01 --until 2026-12-01 --by month")
@click.option("--account", help="One account; all otherwise.")
@click.option("--since", type=_DAY, help="The first day (UTC); 90 days back otherwise.")
@click.option("--until", type=_DAY, help="The day after the last (UTC); tomorrow otherwise.")
@click.option(
    "--by", type=click.Choice(["all", "month", "week"]), default="all", show_default=True, help="A row per what."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per period, complaint and currency.")
@click.pass_context
def spend(
    ctx: click.Context, account: str | None, since: datetime | None, until: datetime | None, by: str, as_json: bool
) -> None:
    """What approved gestures cost, by kind of complaint and period. Never by agent."""
    settings = settings_or_exit(ctx.obj)
    context, name = build_context(settings), _one_or_all(settings, account)
    tomorrow = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time(), UTC)
    last = until.replace(tzinfo=UTC) if until else tomorrow
    first = since.replace(tzinfo=UTC) if since else last - timedelta(days=90)
    if first >= last:
        raise click.UsageError(f"--since {first:%Y-%m-%d} must lie before --until {last:%Y-%m-%d}")
    table = Table(title=f"Approved goodwill, {first:%Y-%m-%d} to {last - timedelta(days=1):%Y-%m-%d} (UTC)")
    for column in ("from", *(complaint.words for complaint in Complaint), "together"):
        table.add_column(column, justify="left" if column == "from" else "right")
    for begin, end in periods(first, last, by):
        found = spent(context, name, begin, end)
        if as_json:
            for (complaint, currency), amount in found.items():
                click.echo(
                    json.dumps(
                        {
                            "from": f"{begin:%Y-%m-%d}",
                            "until": f"{end:%Y-%m-%d}",
                            "complaint": complaint,
                            "currency": currency,
                            "amount": str(amount),
                        }
                    )
                )
            continue
        for currency in sorted({currency for _, currency in found}):
            amounts = [found.get((complaint.value, currency), Decimal(0)) for complaint in Complaint]
            table.add_row(f"{begin:%Y-%m-%d}", *(money(one, currency) for one in [*amounts, sum(amounts, Decimal(0))]))
    if not as_json:
        if not table.row_count:
            click.echo("Nothing was approved in this time.", err=True)
            return
        Console().print(table)


def _one_or_all(settings: Settings, account: str | None) -> str | None:
    return known_account(settings, account) if account else None


def _plain(one: AskedGesture) -> dict[str, object]:
    return {
        "id": one.id,
        "account": one.account,
        "ticket": one.ticket_id,
        "complaint": one.complaint,
        "gesture": one.gesture,
        "amount": str(one.amount),
        "currency": one.currency,
        "state": one.state,
        "approver": one.approver,
        "asked_at": one.asked_at.isoformat(),
        "asked_by": one.asked_by,
        "answered_at": one.answered_at.isoformat() if one.answered_at else None,
        "answered_by": one.answered_by,
        "via": one.via,
    }


goodwill_commands: list[click.Command] = [goodwill]
