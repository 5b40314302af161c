"""Commands for those who look after an installation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click

from integration.cli.loading import known_account, settings_or_exit
from integration.pipeline.context import build_context
from integration.pipeline.sweep import sweep as sweep_account


def for_accounts(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the argument ACCOUNTS, none of which means all."""
    return click.argument("accounts", nargs=-1)(command)


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


ops_commands = [sweep]
