"""What would have been written, how much of it is right, and labels for an operator to judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate
from werkzeug.exceptions import BadRequest, NotFound

from integration.complaints.reading import Evidence, Thresholds
from integration.complaints.taxonomy import Complaint
from integration.complaints.trust import GRID
from integration.configuration.console import Role
from integration.pipeline.reports import SHADOW_WINDOWS, report, shadow_name
from integration.pipeline.shadow_report import LabelReport, judged_of, label_report, recommend
from integration.settings import Level
from integration.store.judgements import FoundLabel, Judgements
from integration.store.store import Decision
from integration.web.console.access import note, only
from integration.web.console.asked import AccountField, Asked, asked, mistakes, one_account
from integration.web.console.blueprint import console, context, page
from integration.web.console.marked import Piece, pieces
from integration.web.console.plots import lines

SAMPLES = 10
JUDGED_LAST = 5


class ShadowAsked(Asked):
    account = AccountField(load_default="")
    days = fields.Integer(load_default=SHADOW_WINDOWS[0], validate=validate.OneOf(SHADOW_WINDOWS))


class _FoundLabel(Schema):
    class Meta:
        unknown = EXCLUDE

    decision_id = fields.String(required=True)
    ticket_id = fields.String(required=True)
    label = fields.String(required=True, validate=validate.OneOf([one.value for one in Complaint]))
    score = fields.Float(required=True)

    @post_load
    def built(self, data: dict[str, Any], **_: Any) -> FoundLabel:
        return FoundLabel(**data)


class _Counts(Schema):
    class Meta:
        unknown = EXCLUDE

    shown = fields.Integer(required=True)
    written = fields.Integer(required=True)
    show = fields.Float(required=True)
    preselect = fields.Float(required=True)
    write = fields.Float(required=True)


class _Kept(Schema):
    """The report as it is kept."""

    class Meta:
        unknown = EXCLUDE

    read = fields.Integer(required=True)
    silent = fields.Integer(required=True)
    labels = fields.Dict(fields.Enum(Complaint, by_value=True), fields.Nested(_Counts), required=True)
    open = fields.List(fields.Nested(_FoundLabel), required=True)
    judged = fields.List(fields.Nested(_FoundLabel), required=True)


class Word(Schema):
    class Meta:
        unknown = EXCLUDE

    label = fields.String(required=True, validate=validate.OneOf([one.value for one in Complaint]))
    verdict = fields.String(required=True, validate=validate.OneOf(["right", "wrong"]))
    days = fields.Integer(load_default=SHADOW_WINDOWS[0], validate=validate.OneOf(SHADOW_WINDOWS))


@dataclass(frozen=True, slots=True)
class SampleLine:
    """One label with what carries it. `message` is the whole message where the account keeps those, else empty."""

    decision_id: str
    ticket_id: str
    label: str
    score: float
    would_write: bool
    right: bool | None
    at: datetime
    quotes: tuple[str, ...] = field(repr=False)
    message: tuple[Piece, ...] = field(repr=False)


@console.get("/shadow")
def shadow() -> ResponseReturnValue:
    wanted = asked(ShadowAsked)
    account, days = one_account(wanted["account"]), wanted["days"]
    if not account:
        return page("shadow.html", report=None, accounts={})
    kept = report(context(), account, shadow_name(days))
    found: dict[str, Any] = _Kept().load(dict(kept.body))
    judgements = Judgements(context().store)
    verdicts = judgements.verdicts(account)
    labels = conclusions(found, verdicts)
    waiting = [one for one in found["open"] if (one.decision_id, one.label) not in verdicts]
    said = judgements.newest(account, JUDGED_LAST)
    decisions = judgements.decisions([one.decision_id for one in (*waiting[:SAMPLES], *said)])
    limits = {one.label: one.thresholds for one in labels}

    def lines_of(some: Sequence[tuple[str, str]]) -> list[SampleLine]:
        return [
            _line(decisions[id_], label, limits[label], verdicts.get((id_, label)))
            for id_, label in some
            if id_ in decisions and label in limits
        ]

    recommended, why = recommend(labels)
    return page(
        "shadow.html",
        account=context().account(account),
        accounts=context().settings.accounts,
        days=days,
        windows=SHADOW_WINDOWS,
        report=found,
        labels=labels,
        plot=_plot(labels),
        recommended=recommended,
        why=why,
        levels=list(Level),
        waiting=len(waiting),
        samples=lines_of([(one.decision_id, one.label) for one in waiting[:SAMPLES]]),
        said=lines_of([(one.decision_id, one.label) for one in said]),
        at=kept.at,
        now=context().now(),
    )


@console.post("/shadow/<id_>/judge")
@only(Role.OPERATOR)
def judge(id_: str) -> ResponseReturnValue:
    """Keep an operator's word on one label; the newest word counts."""
    try:
        word: dict[str, Any] = Word().load(request.form.to_dict())
    except ValidationError as error:
        raise BadRequest("; ".join(f"{key}: {' '.join(told)}" for key, told in mistakes(error).items())) from None
    here = context()
    decision = here.store.decision(id_)
    if decision is None or decision.account not in here.settings.accounts:
        raise NotFound
    try:
        Judgements(here.store).judge(
            id_, [word["label"]], right=word["verdict"] == "right", judge=g.person.person, at=here.now()
        )
    except LookupError as error:
        raise BadRequest(str(error.args[0])) from None
    note("judged a label", account=decision.account, detail=f"{word['label']} of decision {id_}: {word['verdict']}")
    where = url_for("console.shadow", account=decision.account, days=word["days"], _anchor="samples")
    return redirect(where, 303)


def conclusions(found: Mapping[str, Any], verdicts: Mapping[tuple[str, str], bool]) -> list[LabelReport]:
    """The kept counts with what was judged until this moment."""
    listed = [*found["judged"], *found["open"]]
    reports = []
    for complaint, counted in found["labels"].items():
        thresholds = Thresholds(counted["show"], counted["preselect"], counted["write"])
        said = judged_of(complaint, listed, verdicts)
        reports.append(label_report(complaint, counted["shown"], counted["written"], thresholds, said))
    return reports


def _plot(labels: Sequence[LabelReport]) -> object | None:
    if not any(line.judged for label in labels for line in label.precision):
        return None
    series = {Complaint(label.label).words.capitalize(): [line.value for line in label.precision] for label in labels}
    return lines("Share that is right, by threshold and complaint", [f"{threshold:.2f}" for threshold in GRID], series)


def _line(decision: Decision, label: str, thresholds: Thresholds, right: bool | None) -> SampleLine:
    score, own = float(decision.scores.get(label, 0.0)), [one for one in decision.evidence if one["label"] == label]
    return SampleLine(
        decision.id,
        decision.ticket_id,
        label,
        score,
        score >= thresholds.write,
        right,
        decision.created_at,
        tuple(str(one["text"]) for one in own),
        _message(decision, label, own),
    )


def _message(decision: Decision, label: str, own: Sequence[Mapping[str, Any]]) -> tuple[Piece, ...]:
    if not decision.text:
        return ()
    places = [
        Evidence(Complaint(label), int(one["start"]), int(one["end"]), "")
        for one in own
        # Evidence of the subject, or of another message, has its places elsewhere.
        if one.get("message") == decision.anchor_message
    ]
    return tuple(pieces(decision.text, places))
