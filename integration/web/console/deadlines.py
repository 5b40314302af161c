"""Tickets at risk, and what was promised by when: every clock that runs, and the broken ones nobody has answered."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from integration.recovery.watch import State
from integration.store.feed import Feed
from integration.web.console.asked import AccountField, Asked, KeyField, asked, written
from integration.web.console.blueprint import console, context, page

PER_PAGE = 40
STATES = (State.BREACHED.value, State.AT_RISK.value, State.DUE.value)


class DeadlinesAsked(Asked):
    account = AccountField(load_default="")
    state = fields.String(load_default="", validate=validate.OneOf(["", *STATES]))
    after = KeyField(load_default=None)


@console.get("/deadlines")
def deadlines() -> ResponseReturnValue:
    wanted = asked(DeadlinesAsked)
    after = wanted["after"] if wanted["after"] and wanted["after"].id.isdecimal() else None
    lines = Feed(context().store).deadlines(
        account=wanted["account"], state=wanted["state"], after=after, limit=PER_PAGE + 1
    )
    more, lines = len(lines) > PER_PAGE, lines[:PER_PAGE]
    return page(
        "deadlines.html",
        lines=lines,
        wanted=wanted,
        later=written(lines[-1].key) if more else "",
        is_first=after is None,
        accounts=context().settings.accounts,
        states=STATES,
        now=context().now(),
    )
