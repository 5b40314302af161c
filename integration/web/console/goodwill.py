"""Gestures of goodwill that wait for an operator's answer, and what the approved ones cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema
from werkzeug.exceptions import NotFound

from integration.complaints.taxonomy import Complaint
from integration.configuration.console import Role
from integration.pipeline.goodwill import answer
from integration.recovery.goodwill import Answer, periods
from integration.store.goodwill import Goodwill
from integration.web.console.access import note, only
from integration.web.console.asked import AccountField, Asked, asked, mistakes
from integration.web.console.blueprint import console, context, needing_redis, page
from integration.web.console.plots import stacked

PER_PAGE = 25
# How far before the present week's or month's first day spending is shown: twelve of each (of months, 334 days before a
# first day lead into the first days of the eleventh month before).
REACH = {"week": timedelta(weeks=11), "month": timedelta(days=334)}
LONGEST_REASON = 300


class GoodwillAsked(Asked):
    account = AccountField(load_default="")
    by = fields.String(load_default="week", validate=validate.OneOf(REACH))
    after = fields.Integer(load_default=0, validate=validate.Range(0, 2**62))


class AnswerGiven(Schema):
    class Meta:
        unknown = EXCLUDE

    answer = fields.String(required=True, validate=validate.OneOf(["approve", "decline"]))
    reason = fields.String(
        load_default="",
        validate=validate.Length(max=LONGEST_REASON, error=f"is longer than {LONGEST_REASON} characters"),
    )

    @validates_schema
    def said_why(self, data: dict[str, Any], **_: Any) -> None:
        if data["answer"] == "decline" and not data["reason"].strip():
            raise ValidationError("say why it is declined: whoever asked will want to know", "reason")


@dataclass(frozen=True, slots=True)
class Spending:
    """What was approved in one currency: per period (named by its first day) and complaint, as a picture and in figures."""

    currency: str
    periods: tuple[str, ...]
    by_label: dict[str, list[Decimal]]
    plot: Markup

    @property
    def total(self) -> Decimal:
        return sum((amount for amounts in self.by_label.values() for amount in amounts), Decimal(0))


@console.get("/goodwill")
def goodwill() -> ResponseReturnValue:
    wanted = asked(GoodwillAsked)
    accounts = [wanted["account"]] if wanted["account"] else list(context().settings.accounts)
    table, now = Goodwill(context().store), context().now()
    waiting = table.waiting(accounts, after=wanted["after"], limit=PER_PAGE + 1)
    more, waiting = len(waiting) > PER_PAGE, waiting[:PER_PAGE]
    return page(
        "goodwill.html",
        waiting=waiting,
        later=waiting[-1][0].id if more else 0,
        is_first=not wanted["after"],
        wanted=wanted,
        accounts=context().settings.accounts,
        kinds=list(REACH),
        spending=spending(table, accounts, now, wanted["by"]),
        longest=LONGEST_REASON,
        now=now,
    )


@console.post("/goodwill/<int:id_>")
@only(Role.OPERATOR)
def answer_goodwill(id_: int) -> ResponseReturnValue:
    """Say yes or no. The answer stands with the request, the reason in the audit log."""
    one = Goodwill(context().store).get(id_) if id_ < 2**31 else None
    if one is None or one.account not in context().settings.accounts:
        raise NotFound
    back = redirect(url_for("console.goodwill"), 303)
    try:
        given: dict[str, Any] = AnswerGiven().load(request.form.to_dict())
    except ValidationError as error:
        told = "; ".join(f"{place} {' '.join(said)}" for place, said in mistakes(error).items())
        flash(f"Request {id_} is not answered: {told}.", "warning")
        return back
    approve, reason = given["answer"] == "approve", " ".join(given["reason"].split())
    with needing_redis(one.account):
        verdict = answer(context(), id_, approve=approve, by=g.person.person, via="console")
    if verdict.answer is not Answer.ALLOWED:
        flash(f"Request {id_} is not answered: {verdict.reason}.", "warning")
        return back
    done = "approved" if approve else "declined"
    because = f": {reason}" if reason else ""
    note(f"{done} goodwill", account=one.account, detail=f"request {id_} on ticket {one.ticket_id}{because}")
    flash(f"Request {id_} on ticket {one.ticket_id} is {done}.", "info")
    return back


def spending(table: Goodwill, accounts: Sequence[str], now: datetime, by: str) -> list[Spending]:
    """By week or month in UTC, as `makeright report spend` counts, up to today; a currency without any is left out."""
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    last = today + timedelta(days=1)
    if by == "week":
        first = today - timedelta(days=today.weekday()) - REACH[by]
    else:
        first = (today.replace(day=1) - REACH[by]).replace(day=1)
    cut = periods(first, last, by)
    found = [table.spent(accounts, begin, end) for begin, end in cut]
    names = tuple(f"{begin.day}/{begin.month}" if by == "week" else f"{begin:%b %Y}" for begin, _ in cut)
    told = []
    for currency in sorted({currency for amounts in found for _, currency in amounts}):
        by_label = {
            label.words.capitalize(): [amounts.get((label.value, currency), Decimal(0)) for amounts in found]
            for label in Complaint
        }
        series = {label: [float(amount) for amount in amounts] for label, amounts in by_label.items()}
        picture = stacked(f"Approved goodwill in {currency}, by {by} and complaint", names, series)
        told.append(Spending(currency, names, by_label, picture))
    return told
