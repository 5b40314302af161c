"""`makeright level`: how far an account lets Makeright go."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path

import click

from integration.cli.loading import known_account, settings_or_exit
from integration.pipeline.level_switch import switch_level
from integration.settings import Level, SettingsError
from integration.store.store import Store
from integration.supervisor import running_supervisor


@click.command(epilog="Example: makeright level acme suggest")
@click.argument("account")
@click.argument("level", type=click.Choice([level.value for level in Level]))
@click.pass_obj
def level(config: Path, account: str, level: str) -> None:
    """Set the level of ACCOUNT: `shadow` stores decisions only, `suggest` shows them to agents, `annotate` writes them on
    tickets. Changes makeright.toml (comments stay) and records who did it, and when."""
    settings = settings_or_exit(config)
    before = settings.accounts[known_account(settings, account)].level
    if before.value == level:
        click.echo(f"{account} is at level {level} already.")
        return
    store = Store(settings.service.database_url)
    store.migrate()
    try:
        switch_level(config, store, account, before, Level(level), by=operator())
    except SettingsError as error:
        raise click.ClickException(f"the change would break the configuration, and was not made:\n{error}") from None
    finally:
        store.close()
    click.echo(f"{account}: {before.value} -> {level}, in {config}.")
    if running_supervisor(settings.service.data_folder) is None:
        click.echo("Nothing runs in this data folder: it counts from the next start (`makeright up`).")
        click.echo("Parts that run by themselves (web, worker, clock) take it up when they are restarted.")
    else:
        click.echo("The running installation takes it up within a few seconds.")


def operator() -> str:
    """Who is at the keyboard, as far as the machine knows: behind sudo, the one who called it."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError):
        name = f"uid {os.getuid()}"
    return f"{name}@{socket.gethostname()}"
