"""The playbook as it is in force for an account or brand."""

from __future__ import annotations

from flask.typing import ResponseReturnValue
from marshmallow import fields
from werkzeug.exceptions import NotFound

from integration.recovery.goodwill import limits_for
from integration.web.console.asked import AccountField, Asked, asked, one_account
from integration.web.console.blueprint import console, context, page


class PlaybookAsked(Asked):
    account = AccountField(load_default="")
    brand = fields.String(load_default="")


@console.get("/playbook")
def playbook() -> ResponseReturnValue:
    wanted = asked(PlaybookAsked)
    name = one_account(wanted["account"])
    if not name:
        return page("playbook.html", playbook=None, accounts={})
    account = context().account(name)
    if wanted["brand"] and wanted["brand"] not in account.brands:
        raise NotFound
    handling = account.handling(wanted["brand"])
    return page(
        "playbook.html",
        account=account,
        brand=wanted["brand"],
        accounts=context().settings.accounts,
        playbook=handling.playbook,
        calendar=handling.calendar,
        limits={
            complaint: [limits_for(handling.playbook, complaint, repeat=repeat) for repeat in (False, True)]
            for complaint in handling.playbook.remedies
        },
    )
