"""Commands about the console."""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path

import click
from argon2 import PasswordHasher

SHORTEST_PASSWORD = 12


@click.group()
def console() -> None:
    """The console under /console/: who may sign in."""


@console.command(epilog="Example: makeright console password --out secrets/console-password")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the hash into this file, readable by you alone, instead of printing it.",
)
@click.option("--generate", is_flag=True, help="Make up a password and print it, instead of asking for one.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def password(out: Path | None, generate: bool, as_json: bool) -> None:
    """Hash a password for the console (argon2id). The password itself is kept nowhere.

    Asked for on a terminal, read from standard input otherwise. An existing file is replaced: that is how the password
    is changed.
    """
    chosen = secrets.token_urlsafe(16) if generate else _asked_for()
    if len(chosen) < SHORTEST_PASSWORD:
        raise click.ClickException(f"too short: use at least {SHORTEST_PASSWORD} characters, or --generate")
    hashed = PasswordHasher().hash(chosen)
    if out is not None:
        try:
            _write(out, hashed)
        except OSError as error:
            raise click.ClickException(f"{out}: cannot be written ({error.strerror})") from None
    if as_json:
        shown = {"file": str(out)} if out else {"hash": hashed}
        click.echo(json.dumps(shown | ({"password": chosen} if generate else {})))
        return
    if generate:
        click.echo(f"Password: {chosen}")
    if out is None:
        click.echo(hashed)
        click.echo('Keep it as a secret, and name it: password_hash = "env:NAME" under [console].', err=True)
    else:
        click.echo(f'Written. In makeright.toml, under [console]: password_hash = "file:{out}"', err=True)


def _asked_for() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _write(path: Path, hashed: str) -> None:
    """In one step, and never readable by others, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(hashed + "\n")
    fresh.replace(path)


console_commands: list[click.Command] = [console]
