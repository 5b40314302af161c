"""How far tickets get, and how often agents say that a label is right."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, fields, validate

from integration.pipeline.reports import WINDOWS, funnel_name, interval, report
from integration.web.console.asked import AccountField, Asked, asked, one_account
from integration.web.console.blueprint import console, context, page


class FunnelAsked(Asked):
    account = AccountField(load_default="")
    days = fields.Integer(load_default=30, validate=validate.OneOf(WINDOWS))


class _Line(Schema):
    """A line of the funnel as it is kept."""

    class Meta:
        unknown = EXCLUDE

    label = fields.String(allow_none=True, load_default=None)
    received = fields.Integer(load_default=0)
    read = fields.Integer(load_default=0)
    suggested = fields.Integer(load_default=0)
    shown = fields.Integer(load_default=0)
    accepted = fields.Integer(load_default=0)
    closed = fields.Integer(load_default=0)
    unchanged = fields.Integer(load_default=0)
    corrected = fields.Integer(load_default=0)
    missed = fields.Integer(load_default=0)
    silences = fields.Dict(fields.String(), fields.Integer(), load_default=dict)


@console.get("/accuracy")
def funnel() -> ResponseReturnValue:
    wanted = asked(FunnelAsked)
    account = one_account(wanted["account"])
    if not account:
        return page("funnel.html", whole=None, accounts={})
    kept = report(context(), account, funnel_name(wanted["days"]))
    whole, *labels = _Line(many=True).load(kept.body["lines"])
    return page(
        "funnel.html",
        account=account,
        days=wanted["days"],
        windows=WINDOWS,
        accounts=context().settings.accounts,
        whole=whole,
        labels=[(line, _right(line)) for line in labels],
        at=kept.at,
        now=context().now(),
    )


def _right(line: dict[str, Any]) -> tuple[float, float, float] | None:
    """Of what agents saw, how much they let stand: the share, and its interval."""
    around = interval(line["shown"] - line["corrected"], line["shown"]) if line["corrected"] <= line["shown"] else None
    return None if around is None else ((line["shown"] - line["corrected"]) / line["shown"], *around)
