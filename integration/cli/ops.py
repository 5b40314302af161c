"""Commands for those who look after an installation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click
from redis.exceptions import RedisError

from adapters.contract import Finding, Health
from integration.cli.loading import known_account, settings_or_exit
from integration.pipeline.context import Context, build_context
from integration.pipeline.provisioning import provision_findings
from integration.pipeline.sweep import sweep as sweep_account

_COLOURS = {Health.OK: "green", Health.WARNING: "yellow", Health.ERROR: "red"}


def for_accounts(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the argument ACCOUNTS, none of which means all."""
    return click.argument("accounts", nargs=-1)(command)


@click.command(epilog="Example: makeright check acme --json")
@for_accounts
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.pass_context
def check(ctx: click.Context, accounts: tuple[str, ...], as_json: bool) -> None:
    """Check the configuration, the queue, the database and each account; exit status 1 if anything is broken."""
    context = build_context(settings_or_exit(ctx.obj))
    worst = Health.OK
    for place, finding in _findings(context, accounts or tuple(context.settings.accounts)):
        if as_json:
            click.echo(
                json.dumps(
                    {
                        "place": place,
                        "subject": finding.subject,
                        "health": finding.health,
                        "detail": finding.detail,
                        "fix": finding.fix,
                    }
                )
            )
        else:
            mark = click.style(f"{finding.health:>7}", fg=_COLOURS[finding.health])
            click.echo(f"{mark}  {place}: {finding.subject}: {finding.detail}")
            if finding.fix and finding.health is not Health.OK:
                click.echo(f"         {finding.fix}")
        if finding.health is Health.ERROR:
            worst = Health.ERROR
    raise SystemExit(1 if worst is Health.ERROR else 0)


def _findings(context: Context, accounts: tuple[str, ...]) -> Any:
    yield "service", Finding("configuration", Health.OK, f"{context.settings.file} is valid")
    try:
        context.redis.ping()
        backlog = context.queue.backlog()
        yield (
            "service",
            Finding(
                "queue",
                Health.OK,
                f"{backlog.waiting} waiting, {backlog.scheduled} scheduled, {backlog.running} running",
            ),
        )
    except RedisError as error:
        yield (
            "service",
            Finding(
                "queue",
                Health.ERROR,
                type(error).__name__,
                "start it with `makeright up`, or correct service.redis_url",
            ),
        )
        return
    migrated = context.store.migrated()
    yield (
        "service",
        Finding("database", Health.OK, "up to date")
        if migrated
        else Finding("database", Health.ERROR, "not migrated", "`makeright up` migrates it"),
    )
    for account in accounts:
        for finding in context.helpdesks[known_account(context.settings, account)].check():
            yield account, finding
        for finding in provision_findings(context, account):
            yield account, finding


@click.command(epilog="Example: makeright sweep acme")
@for_accounts
@click.option("--json", "as_json", is_flag=True, help="One JSON object per account.")
@click.pass_context
def sweep(ctx: click.Context, accounts: tuple[str, ...], as_json: bool) -> None:
    """Ask the helpdesks now what changed, and queue what was missed."""
    context = build_context(settings_or_exit(ctx.obj))
    context.store.migrate()
    failed = False
    for name in accounts or tuple(context.settings.accounts):
        found = sweep_account(context, known_account(context.settings, name))
        failed |= found.error is not None
        if as_json:
            click.echo(
                json.dumps({"account": name, "changed": found.changed, "queued": found.offered, "error": found.error})
            )
        else:
            click.echo(
                f"{name}: {found.changed} changed, {found.offered} queued"
                + (f"; stopped: {found.error}" if found.error else "")
            )
    raise SystemExit(1 if failed else 0)


ops_commands = [check, sweep]
