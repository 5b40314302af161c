"""Settings for a command, with mistakes told the way a person wants to read them."""

from __future__ import annotations

from pathlib import Path

import click

from integration.configuration.in_force import texts_in_force
from integration.logs import configure_logs
from integration.settings import Settings, SettingsError, load_settings


def settings_or_exit(file: Path, *, hooks_to_come: bool = False) -> Settings:
    """The checked settings, for a supervisor's part those in force; exits with status 2 and one line per mistake.

    `hooks_to_come`: see `load_settings`.
    """
    try:
        settings = load_settings(file, texts=texts_in_force(file), hooks_to_come=hooks_to_come)
    except SettingsError as error:
        for problem in error.problems:
            click.echo(str(problem), err=True)
        raise SystemExit(2) from None
    configure_logs(json=settings.service.json_logs)
    return settings


def known_account(settings: Settings, name: str) -> str:
    """`name` if it is configured; else a usage error that lists those that are."""
    if name not in settings.accounts:
        raise click.UsageError(
            f"no account {name!r} in {settings.file}; there are: {', '.join(settings.accounts) or 'none'}"
        )
    return name
