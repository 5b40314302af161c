"""`/api/v1/accounts/<account>/tickets/<id>`: the panel, what agents answer to it, and the coach.

Nothing here is for browsers on other sites: no CORS header is ever sent. Calls come from Zendesk's proxy or Freshworks'
servers, each with a proof of its installation.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import structlog
from flask import Response, current_app, json, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint
from redis.exceptions import RedisError

from integration.complaints.taxonomy import Complaint
from integration.pipeline.suggestion import restored
from integration.settings import AccountSettings, Level
from integration.store.deadlines import Deadlines
from integration.store.feedback import Feedback, Kind, Verdict
from integration.store.goodwill import Goodwill
from integration.web import throttle
from integration.web.sidebar.gate import guarded_blueprint, proven, working_context
from integration.web.sidebar.panel import State, panel_view
from integration.web.sidebar.schemas import (
    CoachedSchema,
    CoachFindingSchema,
    DraftToCoachSchema,
    FeedbackSchema,
    PanelSchema,
    TagsSchema,
)

log = structlog.get_logger()
# What an answer puts on the ticket, so that the helpdesk's own reports can count it.
_TAGS = {
    Kind.ACCEPTED: "makeright_accepted",
    Kind.DISMISSED: "makeright_dismissed",
    Kind.LABEL_CORRECTED: "makeright_corrected",
    Kind.MACRO_APPLIED: "makeright_macro",
}

sidebar = guarded_blueprint("sidebar", "What the sidebar apps in Zendesk and Freshdesk call.")
docs = Blueprint("docs", __name__, template_folder="templates")


@sidebar.get("")
@sidebar.doc(responses={"304": {"description": "as you know it (If-None-Match)"}, "401": {"description": "not proven"}})
@sidebar.response(200, PanelSchema)
@proven(throttle.PANEL)
def panel(account: AccountSettings, ticket_id: str) -> Response:
    """What the panel shows of a ticket, all in one answer."""
    context = working_context()
    # Asked first: a job that ends between the two leaves its decision to be found.
    checking = _checking(account.name, ticket_id)
    decision = None if account.level is Level.SHADOW else context.store.standing_decision(account.name, ticket_id)
    words = context.store.feedback.of_ticket(account.name, ticket_id) if decision else ()
    view = panel_view(
        account.name,
        account.level,
        ticket_id,
        decision,
        words,
        deadline=Deadlines(context.store).newest(account.name, ticket_id) if decision else None,
        checking=checking,
        gestures=Goodwill(context.store).of_ticket(account.name, ticket_id) if decision else (),
    )
    if view.state is State.SUGGESTION and view.decision_id and not any(w.kind is Kind.SHOWN for w in words):
        context.store.feedback.shown(account.name, ticket_id, view.decision_id, datetime.now(UTC))
    body: dict[str, Any] = PanelSchema().dump(view)
    body["version"] = blake2b(json.dumps(body, sort_keys=True).encode(), digest_size=12).hexdigest()
    answer = make_response(body)
    answer.set_etag(body["version"])
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Vary"] = "Authorization"
    answer.make_conditional(request)
    return answer


@sidebar.post("/feedback")
@sidebar.arguments(FeedbackSchema)
@sidebar.response(200, TagsSchema)
@proven(throttle.FEEDBACK)
def feedback(body: dict[str, Any], account: AccountSettings, ticket_id: str) -> dict[str, list[str]]:
    """Keep an agent's answer. It is written to the store, and to the ticket as a tag where the account's level allows."""
    context = working_context()
    label: Complaint | None = body["label"]
    context.store.feedback.add(
        Feedback(
            account=account.name,
            ticket_id=ticket_id,
            kind=Kind(body["kind"]),
            at=datetime.now(UTC),
            label=label.value if label else None,
            **{key: body[key] for key in ("decision_id", "verdict", "reason", "variant", "macro_id", "distance")},
        )
    )
    tags = _tags(account, ticket_id, body)
    if not body["host_tags"] and (tags["add"] or tags["remove"]):
        try:
            context.queue.offer_tags(account.name, ticket_id, add=tags["add"], remove=tags["remove"])
        except RedisError as error:
            # The store has it; the tag is for the helpdesk's reports only.
            log.error("queue_away", account=account.name, error=type(error).__name__)
    return tags


@sidebar.post("/coach")
@sidebar.arguments(DraftToCoachSchema)
@sidebar.response(200, CoachedSchema)
@proven(throttle.COACH)
def coach(body: dict[str, Any], account: AccountSettings, ticket_id: str) -> dict[str, Any]:
    """What in a draft could go wrong with the customer, and better words. Nothing of it is kept."""
    judge = current_app.extensions["makeright-coach"]
    if judge is None:
        return {"findings": [], "available": False}
    findings = judge(body["text"], body["policy"] or "full")
    return {"findings": CoachFindingSchema(many=True).dump(findings), "available": True}


@docs.get("/api/docs")
def describe() -> ResponseReturnValue:
    """The API on one page, without a script."""
    answer = make_response(render_template("api_docs.html", spec=current_app.extensions["makeright-spec"].to_dict()))
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    return answer


def _checking(account: str, ticket_id: str) -> bool:
    try:
        return working_context().queue.is_waiting(account, ticket_id)
    except RedisError:
        return False


def _tags(account: AccountSettings, ticket_id: str, body: dict[str, Any]) -> dict[str, list[str]]:
    if account.level is not Level.ANNOTATE:
        return {"add": [], "remove": []}
    kind, verdict = Kind(body["kind"]), body["verdict"]
    prefix = account.tag_prefix
    if kind is Kind.EDITED:
        return {"add": [prefix + ("makeright_edited" if body["distance"] else "makeright_unchanged")], "remove": []}
    if kind not in _TAGS:
        return {"add": [], "remove": []}
    add, remove = [prefix + _TAGS[kind]], []
    if kind is Kind.LABEL_CORRECTED:
        decision = working_context().store.standing_decision(account.name, ticket_id)
        tag = restored(decision.panel).label_tags.get(body["label"].value) if decision else None
        if tag is not None and verdict is Verdict.WRONG:
            remove = [tag]
        elif tag is not None and verdict is Verdict.WITHDRAWN:
            add, remove = [tag], add
    return {"add": add, "remove": remove}
