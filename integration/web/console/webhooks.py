"""The latest webhooks of an account, what they were answered, and having the ticket of one read again."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields
from werkzeug.exceptions import NotFound

from integration.configuration.console import Role
from integration.pipeline import webhook_log
from integration.pipeline.hook_watch import HookWatch, watched
from integration.pipeline.webhook_log import Webhook
from integration.web.console.access import note, only
from integration.web.console.asked import AccountField, Asked, asked, one_account
from integration.web.console.blueprint import console, context, needing_redis, page

PER_PAGE = 100


class WebhooksAsked(Asked):
    account = AccountField(load_default="")
    ticket = fields.String(load_default="")


@console.get("/webhooks")
def webhooks() -> ResponseReturnValue:
    """Those of one ticket, or the newest of all."""
    wanted = asked(WebhooksAsked)
    account, ticket = one_account(wanted["account"]), wanted["ticket"].strip()
    lines, watch = _came(account, ticket) if account else ([], HookWatch())
    return page(
        "webhooks.html",
        lines=lines,
        watch=watch,
        account=account,
        ticket=ticket,
        accounts=context().settings.accounts,
        now=context().now(),
    )


@console.post("/webhooks/<account>/<id_>/again")
@only(Role.OPERATOR)
def webhook_again(account: str, id_: str) -> ResponseReturnValue:
    if account not in context().settings.accounts:
        raise NotFound
    with needing_redis(account):
        hook = webhook_log.find(context().redis, account, id_)
        if hook is None:
            raise NotFound
        context().queue.offer(account, hook.ticket_id)
    note("had a ticket read again", account=account, detail=f"ticket {hook.ticket_id}")
    flash(f"{account}: ticket {hook.ticket_id} is in the queue again", "info")
    return redirect(url_for("console.webhooks", account=account, ticket=request.form.get("ticket", "")), 303)


def _came(account: str, ticket: str) -> tuple[list[Webhook], HookWatch]:
    redis = context().redis
    with needing_redis(account):
        came = webhook_log.latest(redis, account, webhook_log.KEPT if ticket else PER_PAGE)
        return [one for one in came if ticket in ("", one.ticket_id)][:PER_PAGE], watched(redis, account)
