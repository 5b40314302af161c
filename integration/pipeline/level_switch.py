"""Changing the level of an account: in makeright.toml, with its comments kept, and with a record of who did it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from integration.configuration.edits import with_level, write_file
from integration.settings import Level, load_settings
from integration.store.audit import AuditLog
from integration.store.store import Store


def written_level(file: Path, account: str) -> Level:
    """What the file says now, which a running installation may not have taken up yet. Nothing else of it is checked.

    Raises OSError, LookupError if it has no such account, ValueError if it is not TOML or its level is none.
    """
    accounts = tomllib.loads(file.read_text("utf-8")).get("accounts")
    section = accounts.get(account) if isinstance(accounts, dict) else None
    if not isinstance(section, dict):
        raise LookupError(f"{file} has no account {account!r} any more")
    return Level(section.get("level", Level.SHADOW))


def switch_level(file: Path, store: Store, account: str, before: Level, level: Level, *, by: str) -> None:
    """Write `level` instead of `before`. Raises OSError, and SettingsError where the file would be broken by it, or is:
    then nothing is changed."""
    text = with_level(file.read_text("utf-8"), account, level.value)
    load_settings(file, texts={file.resolve(): text})
    write_file(file, text)
    AuditLog(store).add(by, "level", account=account, detail=f"{before.value} -> {level.value}")
