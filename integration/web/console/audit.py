"""Who did what, when. For operators: it names people."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from marshmallow import fields, validate

from integration.configuration.console import Role
from integration.store.audit import AuditLog
from integration.web.console.access import only
from integration.web.console.asked import AccountField, Asked, asked
from integration.web.console.blueprint import console, context, page

PER_PAGE = 50


class AuditAsked(Asked):
    account = AccountField(load_default="")
    before = fields.Integer(load_default=None, validate=validate.Range(1, 2**62))


@console.get("/audit")
@only(Role.OPERATOR)
def audit() -> ResponseReturnValue:
    wanted = asked(AuditAsked)
    deeds = AuditLog(context().store).newest(
        account=wanted["account"] or None, before=wanted["before"], limit=PER_PAGE + 1
    )
    more, deeds = len(deeds) > PER_PAGE, deeds[:PER_PAGE]
    return page(
        "audit.html",
        deeds=deeds,
        wanted=wanted,
        older=deeds[-1].id if more else 0,
        is_first=wanted["before"] is None,
        accounts=context().settings.accounts,
    )
