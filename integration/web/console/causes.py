"""What went wrong week by week, and how often customers had to come back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, fields

from integration.complaints.taxonomy import Complaint
from integration.pipeline.reports import report
from integration.web.console.asked import AccountField, Asked, asked, one_account
from integration.web.console.blueprint import console, context, page
from integration.web.console.plots import lines, stacked


class CausesAsked(Asked):
    account = AccountField(load_default="")


def _counts() -> fields.Field[Any]:
    return fields.List(fields.Integer(), required=True)


class _Weeks(Schema):
    """The report as it is kept."""

    class Meta:
        unknown = EXCLUDE

    weeks = fields.List(fields.Date(), required=True)
    labels = fields.Dict(fields.String(), fields.List(fields.Integer()), required=True)
    contacts, came_back, complaints, failed_again = _counts(), _counts(), _counts(), _counts()
    contact_days = fields.Integer(required=True)
    complaint_days = fields.Integer(required=True)


@console.get("/causes")
def causes() -> ResponseReturnValue:
    account = one_account(asked(CausesAsked)["account"])
    if not account:
        return page("causes.html", report=None, accounts={})
    kept = report(context(), account, "weeks")
    found: dict[str, Any] = _Weeks().load(dict(kept.body))
    weeks = [_week(day) for day in found["weeks"]]
    by_label = {label.words.capitalize(): found["labels"].get(label.value, []) for label in Complaint}
    again = {
        "Came back": _shares(found["came_back"], found["contacts"]),
        "Failed again": _shares(found["failed_again"], found["complaints"]),
    }
    return page(
        "causes.html",
        account=account,
        accounts=context().settings.accounts,
        report=found,
        weeks=weeks,
        by_label=by_label,
        again=again,
        causes_plot=stacked("Tickets with a complaint, by week and kind", weeks, by_label),
        again_plot=lines("Share of customers who came back or were failed again, by week", weeks, again),
        at=kept.at,
        now=context().now(),
    )


def _shares(hits: Sequence[int], of: Sequence[int]) -> list[float | None]:
    return [hit / whole if whole else None for hit, whole in zip(hits, of, strict=True)]


def _week(day: date) -> str:
    return f"{day.day}/{day.month}"
