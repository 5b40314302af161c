"""Work that failed, with the reason, and having it done again; of an unreadable webhook the shape of its payload."""

from __future__ import annotations

import json
import time
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.exceptions import BadRequest, NotFound

from integration.configuration.console import Role
from integration.pipeline.replay import replay
from integration.store.failures import Failures
from integration.store.store import Failure
from integration.web.console.access import note, only
from integration.web.console.asked import AccountField, Asked, asked, mistakes
from integration.web.console.blueprint import console, context, needing_redis, page

PER_PAGE = 40
KINDS = {
    "ticket": "a ticket",
    "job": "a job",
    "feedback": "an agent's answer",
    "hook": "a webhook",
    "backfill": "a backfill",
}
# A browser waits for "run all again": so many at most, and for so long. What is left stays on the list.
MOST_AT_ONCE = 1000
LONGEST_SECONDS = 10.0
LONGEST_SHAPE = 20_000
LONGEST_TOLD = 300


class FailedAsked(Asked):
    account = AccountField(load_default="")
    kind = fields.String(load_default="", validate=validate.OneOf(["", *KINDS]))
    before = fields.Integer(load_default=None, validate=validate.Range(1, 2**62))


class Chosen(Schema):
    class Meta:
        unknown = EXCLUDE

    account = AccountField(load_default="")
    kind = fields.String(load_default="", validate=validate.OneOf(["", *KINDS]))


@console.get("/failed")
def failed() -> ResponseReturnValue:
    wanted = asked(FailedAsked)
    lines = Failures(context().store).page(**wanted, limit=PER_PAGE + 1)
    more, lines = len(lines) > PER_PAGE, lines[:PER_PAGE]
    return page(
        "failed.html",
        lines=lines,
        wanted=wanted,
        kinds=KINDS,
        older=lines[-1].id if more else 0,
        is_first=wanted["before"] is None,
        accounts=context().settings.accounts,
        now=context().now(),
    )


@console.get("/failed/<int:id_>")
def failure(id_: int) -> ResponseReturnValue:
    found = _known(id_)
    payload = found.shape.get("payload")
    shape = "" if payload is None else json.dumps(payload, indent=2, ensure_ascii=False)
    return page(
        "failure.html",
        failure=found,
        kinds=KINDS,
        shape=shape[:LONGEST_SHAPE],
        is_cut=len(shape) > LONGEST_SHAPE,
        account=context().settings.accounts.get(found.account),
    )


@console.post("/failed/<int:id_>/again")
@only(Role.OPERATOR)
def run_again(id_: int) -> ResponseReturnValue:
    one = _known(id_)
    done, words = _again(one)
    note("had failed work done again", account=one.account, detail=f"failure {id_}: {'done' if done else 'not done'}")
    flash(words[:LONGEST_TOLD], "info" if done else "warning")
    return redirect(url_for("console.failed") if done else url_for("console.failure", id_=id_), 303)


@console.post("/failed/again")
@only(Role.OPERATOR)
def run_all_again() -> ResponseReturnValue:
    """Everything that the filter shows, the newest first."""
    try:
        chosen: dict[str, Any] = Chosen().load(request.form.to_dict())
    except ValidationError as error:
        raise BadRequest("; ".join(f"{key}: {' '.join(told)}" for key, told in mistakes(error).items())) from None
    table, until = Failures(context().store), time.monotonic() + LONGEST_SECONDS
    lines = table.page(**chosen, limit=MOST_AT_ONCE + 1)
    done = failing = 0
    for line in lines[:MOST_AT_ONCE]:
        if time.monotonic() > until:
            break
        if (one := table.get(line.id)) is not None:
            well, _ = _again(one)
            done, failing = done + well, failing + (not well)
    over = done + failing < len(lines)
    words = f"{done} run again" + (f", {failing} could not be" if failing else "")
    note("had failed work done again", account=chosen["account"] or None, detail=words)
    rest = ". There is more: press again for the rest." if over and done else ". Each says why." if failing else "."
    flash(words + rest, "warning" if failing or over else "info")
    return redirect(url_for("console.failed", **chosen), 303)


def _again(one: Failure) -> tuple[bool, str]:
    with needing_redis(one.account):
        did = replay(context(), one)
    return did.done, f"{one.account}: {did.words}"


def _known(id_: int) -> Failure:
    # Whatever no database takes as a number is none of ours.
    found = Failures(context().store).get(id_) if id_ < 2**31 else None
    if found is None:
        raise NotFound
    return found
