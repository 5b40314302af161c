"""The team's own macros and canned responses: read by the clock now and then, kept in Redis for the jobs to rank."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta

import structlog

from adapters.contract import HelpdeskError, Macro
from integration.pipeline.context import Context

log = structlog.get_logger()

FRESH = timedelta(minutes=15)
# What cannot be read anew for so long is forgotten: a suggestion must not outlive its macro for days.
KEPT = timedelta(hours=24)
# More than any team has; bounds what one job loads.
MOST = 2_000


def refresh_macros(context: Context, account: str) -> int | None:
    """Read an account's shared macros if the last reading is old. Returns how many there are, None if none was due.

    A plan or role that forbids reading them is no error: there is nothing to suggest, and the log says why.
    """
    if not context.redis.set(f"makeright:macros-read:{account}", "1", nx=True, ex=int(FRESH.total_seconds())):
        return None
    try:
        found = [macro for _, macro in zip(range(MOST), context.helpdesks[account].macros(), strict=False)]
    except HelpdeskError as error:
        log.warning("macros_unread", account=account, error=str(error))
        return None
    context.redis.set(_key(account), json.dumps([_plain(macro) for macro in found]), ex=int(KEPT.total_seconds()))
    return len(found)


def macros_of(context: Context, account: str) -> tuple[Macro, ...]:
    """The macros as last read; none where they never were."""
    kept = context.redis.get(_key(account))
    return tuple(_macro(row) for row in json.loads(kept)) if isinstance(kept, bytes) else ()


def _key(account: str) -> str:
    return f"makeright:macros:{account}"


def _plain(macro: Macro) -> dict[str, object]:
    updated_at = macro.updated_at.isoformat() if macro.updated_at else None
    return {**asdict(macro), "group_ids": sorted(macro.group_ids), "updated_at": updated_at}


def _macro(row: dict[str, object]) -> Macro:
    fields = dict(row)
    groups, updated_at = fields.pop("group_ids"), fields.pop("updated_at")
    assert isinstance(groups, list)
    return Macro(
        **fields,  # type: ignore[arg-type]
        group_ids=frozenset(groups),
        updated_at=datetime.fromisoformat(updated_at) if isinstance(updated_at, str) else None,
    )
