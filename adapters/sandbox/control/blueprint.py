"""The control API's door: its blueprint, how wishes are read, and how a wrong one is answered."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError, pre_load

from adapters.sandbox.shelf import Record
from adapters.sandbox.store import HELPDESKS, Desk, Ticket
from adapters.sandbox.world import here

control = Blueprint("control", __name__, url_prefix="/control")


class Wish(Schema):
    """Nulls count as absent; unknown keys are errors, since a misspelt wish would silently do nothing."""

    @pre_load
    def drop_nulls(self, data: Any, **_: Any) -> Any:
        return {k: v for k, v in data.items() if v is not None} if isinstance(data, dict) else data


def load(schema: type[Schema]) -> Record:
    """The request's JSON, checked. Raises ValidationError, answered 422 with what is wrong where."""
    wish: Record = schema().load(request.get_json(silent=True) or {})
    return wish


@control.errorhandler(ValidationError)
def _refuse(error: ValidationError) -> ResponseReturnValue:
    return jsonify({"error": "invalid", "details": error.messages}), 422


def desk_or_refuse(helpdesk: str) -> Desk:
    if helpdesk not in here().desks:
        raise ValidationError({"helpdesk": [f"{helpdesk} is not one of {', '.join(HELPDESKS)}"]})
    return here().desks[helpdesk]


def ticket_or_refuse(helpdesk: str, ticket_id: int) -> Ticket:
    ticket = desk_or_refuse(helpdesk).tickets.get(ticket_id)
    if ticket is None:
        raise ValidationError({"id": [f"{helpdesk} has no ticket {ticket_id}"]})
    return ticket
