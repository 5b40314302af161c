"""The configuration as it is in force, every key with its value, given or default. Secrets are never shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import Field, fields, is_dataclass
from datetime import time, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from flask.typing import ResponseReturnValue

from adapters.contract import Secret
from adapters.hook_secrets import HookSecrets
from integration.recovery.calendars import BusinessCalendar
from integration.recovery.playbook import Playbook
from integration.settings import Settings
from integration.web.console.blueprint import console, context, page
from integration.web.console.words import span

HIDDEN = "set, not shown"


@console.get("/configuration")
def configuration() -> ResponseReturnValue:
    settings = context().settings
    return page("configuration.html", file=settings.file, sections=list(sections(settings)))


def sections(settings: Settings) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """(section, its (key, value) lines) in the order of the file."""
    for name in ("service", "alerts", "console"):
        yield name, list(_lines(getattr(settings, name)))
    for account in settings.accounts.values():
        yield f"accounts.{account.name}", list(_lines(account))


def _lines(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if is_dataclass(value) and not isinstance(value, (type, Playbook, BusinessCalendar)):
        for part in fields(value):
            yield from _part(part, getattr(value, part.name), place)
    elif isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _lines(item, f"{place}.{key}" if place else str(key))
    else:
        yield place, said(value)


def _part(part: Field[Any], value: Any, place: str) -> Iterator[tuple[str, str]]:
    where = f"{place}.{part.name}" if place else part.name
    if not part.repr and value is not None:
        # Whatever does not stand in a repr is not for a page either.
        yield where, HIDDEN
    else:
        yield from _lines(value, where)


def said(value: Any) -> str:
    """One value in words. What is not known to be harmless is not shown."""
    match value:
        case None | () | "":
            return "-"
        case Secret() | HookSecrets():
            return HIDDEN
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case timedelta():
            return span(value)
        case Playbook():
            return f"{value.version} ({value.digest})"
        case BusinessCalendar():
            return f"{value.name}, {value.zone.key}" + (f", holidays {value.holidays}" if value.holidays else "")
        case ZoneInfo():
            return value.key
        case str():
            return without_password(value)
        case tuple() | frozenset():
            return ", ".join(said(one) for one in (sorted(value, key=str) if isinstance(value, frozenset) else value))
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case Mapping():
            return "-" if not value else HIDDEN
        case _:
            return str(value) if isinstance(value, (Path, time)) else type(value).__name__


def without_password(text: str) -> str:
    """An address keeps everything but the password in it and what follows a "?"."""
    parts = urlsplit(text) if "://" in text else None
    if parts is None or not (parts.password or parts.query):
        return text
    who, at, host = parts.netloc.rpartition("@")
    name, colon, _ = who.partition(":")
    return urlunsplit((parts.scheme, f"{name}{':***' if colon else ''}{at}{host}", parts.path, "", ""))
