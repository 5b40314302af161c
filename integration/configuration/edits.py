"""Changing makeright.toml by program: comments, order and layout stay as the person left them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Table

from adapters.whole_files import make_folder, write_whole

# Whoever may read the file learns addresses and names of secrets, never a secret.
FILE_MODE, SECRET_MODE, SECRET_FOLDER_MODE = 0o644, 0o600, 0o700


def with_account(text: str, name: str, section: Mapping[str, Any], *, comment: str = "") -> str:
    """`text` with a section [accounts.NAME] at its end. Raises ValueError if it has one."""
    document = tomlkit.parse(text)
    accounts = document.get("accounts")
    if accounts is None:
        accounts = document["accounts"] = tomlkit.table(is_super_table=True)
    if name in accounts:
        raise ValueError(f"accounts.{name} is there already")
    table = tomlkit.table()
    if comment:
        table.comment(comment)
    _fill(table, section)
    accounts[name] = table
    written = tomlkit.dumps(document)
    return written if written.endswith("\n") else f"{written}\n"


def with_level(text: str, account: str, level: str) -> str:
    """`text` with another level for this account. Raises KeyError if there is no such account."""
    document = tomlkit.parse(text)
    document["accounts"][account]["level"] = level
    return tomlkit.dumps(document)


def with_service(text: str, values: Mapping[str, Any]) -> str:
    """`text` with these keys in [service], where it does not say them already."""
    document = tomlkit.parse(text)
    if "service" not in document:
        document["service"] = tomlkit.table()
    service = document["service"]
    for key, value in values.items():
        if key not in service:
            service[key] = value
    return tomlkit.dumps(document)


def write_file(path: Path, text: str, *, mode: int = FILE_MODE) -> None:
    """Whole or not at all; a file that is there stays with whom it belongs to, and keeps its mode."""
    write_whole(path, text, mode=mode)


def write_secret(path: Path, secret: str) -> None:
    """A file that only its owner may read, in a folder that only its owner may enter."""
    make_folder(path.parent, mode=SECRET_FOLDER_MODE)
    write_file(path, f"{secret}\n", mode=SECRET_MODE)


def _fill(table: Table | InlineTable, section: Mapping[str, Any]) -> None:
    """Small tables stand on one line; those that hold tables (brands, say) get sections of their own."""
    for key, value in section.items():
        if not isinstance(value, Mapping):
            table[key] = value
            continue
        deep = any(isinstance(item, Mapping) for item in value.values()) or key == "calendar"
        below = tomlkit.table() if deep and isinstance(table, Table) else tomlkit.inline_table()
        _fill(below, value)
        table[key] = below
