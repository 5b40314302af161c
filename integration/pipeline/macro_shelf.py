"""The team's own macros and canned responses: read by the clock now and then, kept in Redis for the jobs to rank."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import structlog

from adapters.contract import HelpdeskError, Macro
from integration.pipeline.context import Context
from integration.recovery.playbook_macros import reply_key
from integration.store.provisioned import Provisioned

log = structlog.get_logger()

FRESH = timedelta(minutes=15)
# What cannot be read anew for so long is forgotten: a suggestion must not outlive its macro for days.
KEPT = timedelta(hours=24)
# More than any team has; bounds what one job loads.
MOST = 2_000


def refresh_macros(context: Context, account: str, *, anew: bool = False) -> int | None:
    """Read an account's shared macros if the last reading is old, or `anew` in any case. Returns how many there are,
    None if none was due.

    A plan or role that forbids reading them is no error: there is nothing to suggest, and the log says why.
    """
    mark = f"makeright:macros-read:{account}"
    if not context.redis.set(mark, "1", nx=not anew, ex=int(FRESH.total_seconds())):
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


def provisioned_macros(context: Context, account: str, brand: str | None) -> dict[str, Macro]:
    """The playbook's own macros that stand in the helpdesk, by their playbook keys, for a ticket of this brand.

    Where the helpdesk's macros can be read, one that is not among them has been deleted or switched off since.
    """
    settings = context.account(account)
    made = Provisioned(context.store).of(account)
    shelf = {macro.id: macro for macro in macros_of(context, account)}
    found: dict[str, Macro] = {}
    for remedy in settings.handling(brand).playbook.remedies.values():
        for macro in remedy.macros:
            key = reply_key(settings.own.playbook, brand if brand in settings.brands else None, macro)
            one = made.get(f"macro.{key}")
            if one is None or (shelf and one.id not in shelf):
                continue
            known = shelf.get(one.id) or Macro(one.id, one.name, macro.body)
            found[macro.key] = replace(known, url=known.url or one.url)
    return found


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
