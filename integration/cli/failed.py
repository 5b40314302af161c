"""Failed work: what failed and why, and doing it again, or only rehearsing it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from datetime import UTC, datetime

import click
from redis.exceptions import RedisError
from rich.console import Console
from rich.progress import track
from rich.table import Table

from adapters.contract import HelpdeskError, Ignored, Unreadable
from integration.cli.loading import known_account, settings_or_exit
from integration.pipeline import webhook_log
from integration.pipeline.context import Context, build_context
from integration.pipeline.replay import Rehearsal, rehearse, replay, ticket_of
from integration.pipeline.worker import load_brain
from integration.store.failures import Failures
from integration.store.store import Failure

DATE = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


@click.command(epilog="Example: makeright failed acme --json")
@click.argument("accounts", nargs=-1)
@click.option("--webhooks", is_flag=True, help="The latest webhooks instead, with what they were answered.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.pass_context
def failed(ctx: click.Context, accounts: tuple[str, ...], webhooks: bool, as_json: bool) -> None:
    """List work that failed, with the reason. Of an unreadable webhook the payload's shape is kept, not its content.

    Exit status: 0 nothing failed, 1 something did.
    """
    context = build_context(settings_or_exit(ctx.obj))
    names = tuple(known_account(context.settings, name) for name in accounts)
    context.store.migrate()
    if webhooks:
        rows = [hook for name in names or context.settings.accounts for hook in _webhooks(context, name)]
        _show(as_json, ("id", "at", "ticket", "event", "answer"), map(_webhook_row, rows))
        return
    found = Failures(context.store).open(names)
    _show(as_json, ("id", "at", "account", "kind", "ticket", "reason"), map(_failure_row, found))
    raise SystemExit(1 if found else 0)


def _webhooks(context: Context, account: str) -> list[webhook_log.Webhook]:
    try:
        return webhook_log.latest(context.redis, account)
    except RedisError as error:
        raise _queue_away(error) from None


def _webhook_row(hook: webhook_log.Webhook) -> dict[str, object]:
    place = f"{hook.account}/{hook.id}"
    return {
        "id": place,
        "at": hook.at.isoformat(),
        "ticket": hook.ticket_id,
        "event": hook.event,
        "answer": hook.answer,
    }


def _failure_row(failure: Failure) -> dict[str, object]:
    row = dataclasses.asdict(failure)
    return {**row, "at": failure.at.isoformat(), "ticket": row.pop("ticket_id") or ""}


def _show(as_json: bool, columns: tuple[str, ...], rows: Iterable[dict[str, object]]) -> None:
    if as_json:
        for row in rows:
            click.echo(json.dumps(row))
        return
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(str(row[column]).replace("[", r"\[") for column in columns))
    Console().print(table)


@click.command("replay", epilog="Example: makeright replay --since 2026-11-20 --dry-run")
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that failed.")
@click.option("--since", type=DATE, help="Everything that failed since this moment, in UTC.")
@click.option("--dry-run", is_flag=True, help="Only say what today's configuration would decide; nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.pass_context
def replay_command(
    ctx: click.Context, ids: tuple[str, ...], everything: bool, since: datetime | None, dry_run: bool, as_json: bool
) -> None:
    """Do failed work again: the IDS are those of `makeright failed`, or of its --webhooks.

    Exit status: 0 all went well, 1 something did not, 2 a wrong call.
    """
    if bool(ids) + everything + (since is not None) != 1:
        raise click.UsageError("say which: IDS, --all, or --since DATE")
    context = build_context(settings_or_exit(ctx.obj))
    context.store.migrate()
    chosen: list[Failure | webhook_log.Webhook]
    if ids:
        chosen = [_chosen(context, one) for one in ids]
    else:
        chosen = list(Failures(context.store).open(since=since.replace(tzinfo=UTC) if since else None))
    brain = load_brain() if dry_run else None
    well = True
    for one in track(chosen, console=Console(stderr=True), description="replaying", disable=len(chosen) < 10):
        row: dict[str, object] = {"id": one.id, "account": one.account}
        try:
            if brain is not None:
                row |= _rehearsed(rehearse(context, brain, one.account, _ticket(context, one)))
            elif isinstance(one, Failure):
                done = replay(context, one)
                row |= {"done": done.done, "outcome": done.words}
            else:
                context.queue.offer(one.account, one.ticket_id)
                row |= {"done": True, "outcome": f"ticket {one.ticket_id} is in the queue again"}
        except (HelpdeskError, Unreadable, KeyError) as error:
            reason = "not configured any more" if isinstance(error, KeyError) else str(error)
            row |= {"done": False, "outcome": reason}
        except RedisError as error:
            raise _queue_away(error) from None
        well &= bool(row["done"])
        click.echo(json.dumps(row) if as_json else f"{one.account} {one.id}: {row['outcome']}")
    raise SystemExit(0 if well else 1)


def _chosen(context: Context, one: str) -> Failure | webhook_log.Webhook:
    account, _, webhook_id = one.rpartition("/")
    found: Failure | webhook_log.Webhook | None = None
    if account:
        found = webhook_log.find(context.redis, known_account(context.settings, account), webhook_id)
    elif one.isascii() and one.isdigit() and len(one) < 16:
        found = Failures(context.store).get(int(one))
    if found is None:
        raise click.UsageError(f"{one!r}: nothing of that id is open; `makeright failed` lists what is")
    return found


def _ticket(context: Context, one: Failure | webhook_log.Webhook) -> str:
    ticket = ticket_of(context, one) if isinstance(one, Failure) else one.ticket_id
    if isinstance(ticket, Ignored):
        raise Unreadable(f"nothing to do: {ticket.reason}")
    return ticket


def _rehearsed(would: Rehearsal) -> dict[str, object]:
    row = dataclasses.asdict(would) | {"due_at": would.due_at.isoformat() if would.due_at else None}
    if not would.labels:
        words = f"ticket {would.ticket_id}: silent ({would.silence})"
    else:
        parts = [
            f"tags +{' +'.join(would.add_tags)}" if would.add_tags else "",
            f"-{' -'.join(would.remove_tags)}" if would.remove_tags else "",
            f"priority {would.priority}" if would.priority else "",
            f"group {would.group}" if would.group else "",
            f"due {would.due_at.isoformat()}" if would.due_at else "",
            "a note" if would.note else "",
        ]
        words = f"ticket {would.ticket_id} (level {would.level}): {', '.join(would.labels)}: " + (
            ", ".join(filter(None, parts)) or "nothing new"
        )
    return {**row, "done": True, "outcome": words}


def _queue_away(error: RedisError) -> click.ClickException:
    return click.ClickException(
        f"the queue cannot be reached ({type(error).__name__}): start it with `makeright up`, or correct "
        "service.redis_url"
    )


failed_commands: list[click.Command] = [failed, replay_command]
