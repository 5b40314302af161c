"""Decisions as they come, with their evidence; each one in full; and having a ticket read again."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate
from werkzeug.exceptions import NotFound

from integration.complaints.taxonomy import Complaint
from integration.configuration.console import Role
from integration.pipeline.suggestion import restored
from integration.settings import Level
from integration.store.feed import MOST_COUNTED, Feed, Filter
from integration.store.store import NO_LABEL, Decision
from integration.web.console.access import note, only
from integration.web.console.asked import AccountField, Asked, KeyField, asked, written
from integration.web.console.blueprint import console, context, needing_redis, page

PER_PAGE = 25
LABELS = (*(complaint.value for complaint in Complaint), NO_LABEL)


class FeedAsked(Asked):
    account = AccountField(load_default="")
    label = fields.String(load_default="", validate=validate.OneOf(["", *LABELS]))
    level = fields.String(load_default="", validate=validate.OneOf(["", *(level.value for level in Level)]))
    before = KeyField(load_default=None)


class NewerAsked(FeedAsked):
    than = KeyField(required=True)


@console.get("/decisions")
def decisions() -> ResponseReturnValue:
    wanted = asked(FeedAsked)
    sieve = Filter(wanted["account"], wanted["label"], wanted["level"])
    lines = Feed(context().store).page(sieve, before=wanted["before"], limit=PER_PAGE + 1)
    more, lines = len(lines) > PER_PAGE, lines[:PER_PAGE]
    return page(
        "decisions.html",
        lines=lines,
        sieve=sieve,
        is_first=wanted["before"] is None,
        newest=written(lines[0].key) if lines else "",
        older=written(lines[-1].key) if more else "",
        accounts=context().settings.accounts,
        labels=LABELS,
        levels=[level.value for level in Level],
    )


@console.get("/decisions/newer")
def newer() -> ResponseReturnValue:
    """How many came since the page was loaded: asked by the page's script now and then."""
    wanted = asked(NewerAsked)
    count = Feed(context().store).newer(Filter(wanted["account"], wanted["label"], wanted["level"]), wanted["than"])
    return {"count": min(count, MOST_COUNTED), "more": count > MOST_COUNTED}


@console.get("/decisions/<id_>")
def decision(id_: str) -> ResponseReturnValue:
    found = _known(id_)
    return page(
        "decision.html",
        decision=found,
        account=context().settings.accounts.get(found.account),
        suggestion=restored(found.panel),
        words=[w for w in context().store.feedback.of_ticket(found.account, found.ticket_id) if w.decision_id == id_],
    )


@console.post("/decisions/<id_>/read-again")
@only(Role.OPERATOR)
def read_again(id_: str) -> ResponseReturnValue:
    """Put the ticket into the queue. If nothing about it changed, reading it changes nothing."""
    found = _known(id_)
    if found.account not in context().settings.accounts:
        raise NotFound
    with needing_redis(found.account):
        context().queue.offer(found.account, found.ticket_id)
    note("had a ticket read again", account=found.account, detail=f"ticket {found.ticket_id}")
    return redirect(url_for("console.decision", id_=id_, queued=1))


def _known(id_: str) -> Decision:
    found = context().store.decision(id_)
    if found is None:
        raise NotFound
    return found
