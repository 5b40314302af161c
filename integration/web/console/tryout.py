"""Paste a message and see what would be made of it. Nothing is stored, logged or written."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from flask import current_app, g, request
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from werkzeug.exceptions import TooManyRequests

from integration.complaints.classifier import Classifier
from integration.pipeline.rehearsal import rehearse
from integration.web import throttle
from integration.web.console.asked import AccountField, one_account
from integration.web.console.asked import mistakes as found_wrong
from integration.web.console.blueprint import console, context, page
from integration.web.console.marked import pieces

LONGEST_MESSAGE = 20_000
# A loaded model reads one text at a time.
_turn = threading.Lock()


class Pasted(Schema):
    class Meta:
        unknown = EXCLUDE

    account = AccountField(required=True)
    brand = fields.String(load_default="", validate=validate.Length(max=200))
    subject = fields.String(load_default="", validate=validate.Length(max=1000))
    text = fields.String(
        required=True,
        validate=[
            validate.Length(max=LONGEST_MESSAGE, error=f"is longer than {LONGEST_MESSAGE} characters"),
            lambda text: None if text.strip() else _empty(),
        ],
    )


def _empty() -> None:
    raise ValidationError("is empty: paste a customer's message")


@console.get("/try")
def tryout() -> ResponseReturnValue:
    return _page({"account": one_account(""), "brand": "", "subject": "", "text": ""})


@console.post("/try")
def tried() -> ResponseReturnValue:
    limits: throttle.Throttle = current_app.extensions["makeright-throttle"]
    if (pause := limits.hit(throttle.TRY_OUT, "try", g.person.person)) is not None:
        raise TooManyRequests(retry_after=pause)
    given = {key: request.form.get(key, "") for key in ("account", "brand", "subject", "text")}
    # Browsers send line ends as two characters; evidence counts them as one.
    given["text"] = given["text"].replace("\r\n", "\n")
    try:
        pasted: dict[str, Any] = Pasted().load(given)
    except ValidationError as error:
        return _page(given, 400, mistakes=found_wrong(error))
    account = context().account(pasted["account"])
    with _turn:
        found = rehearse(
            classifier(), account, pasted["text"], context().now(), subject=pasted["subject"], brand=pasted["brand"]
        )
    in_text = [item for item in found.reading.evidence if item.message_id is not None]
    return _page(
        pasted,
        found=found,
        pieces=pieces(pasted["text"], in_text),
        elsewhere=[item for item in found.reading.evidence if item.message_id is None],
        thresholds=found.reading.thresholds,
        account=account,
    )


def _page(given: dict[str, Any], status: int = 200, **more: Any) -> ResponseReturnValue:
    return page(
        "tryout.html", status, given=given, accounts=context().settings.accounts, longest=LONGEST_MESSAGE, **more
    )


@cache
def classifier() -> Classifier:
    """Loaded with the first message: a web process that is never asked carries no model."""
    return Classifier.load()
