"""Whether an account is set up as it must be: one finding per question, each with its fix."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator

from adapters.contract import Account, Finding, Health, HelpdeskError
from adapters.freshdesk.client import FreshdeskClient
from adapters.freshdesk.form import TicketForm, choices
from adapters.freshdesk.options import PLANS, FreshdeskOptions

# Beyond this, times in reports and the sweep's overlap stop fitting together.
MOST_SKEW_SECONDS = 60

# A header value with anything else is changed or refused by Freshdesk's rule editor.
_PLAIN_SECRET = re.compile(r"[A-Za-z0-9_.~-]+")

_SCOPES = {2: "the tickets of its groups", 3: "the tickets assigned to it"}

_ASK_ADMIN = "set admin_api_key to the key of an administrator; without it the rest works"


def findings(account: Account, options: FreshdeskOptions, client: FreshdeskClient) -> Iterator[Finding]:
    """Every question is asked, whatever the one before it brought. Never raises a HelpdeskError."""
    yield from _secrets(account, options)
    yield from _asked("API key", "see the key under Profile settings of the agent, and api_key", lambda: _key(client))
    yield from _clock(client)
    yield from _limits(options, client)
    yield from _asked(
        "ticket fields", "give the agent's role the right to view and edit tickets", lambda: _form(account, client)
    )
    if options.admin_api_key is None:
        yield Finding("administrator's key", Health.WARNING, "none: canned responses are not offered", _ASK_ADMIN)
        return
    yield from _asked("canned responses", "see admin_api_key and the account's plan", lambda: _responses(client))
    yield from _asked("creation rules", "see admin_api_key", lambda: _rules(client))
    yield from _asked("business hours", "see admin_api_key", lambda: _hours(client))


def _asked(subject: str, fix: str, ask: Callable[[], Iterable[Finding]]) -> list[Finding]:
    try:
        return list(ask())
    except HelpdeskError as error:
        return [Finding(subject, Health.ERROR, str(error), fix)]


def _secrets(account: Account, options: FreshdeskOptions) -> Iterator[Finding]:
    where = f"header {options.secret_header}, or basic authentication"
    if not account.webhook_secrets:
        yield Finding("webhook secret", Health.ERROR, "none: every webhook is refused", "set webhook_secrets")
    elif not all(_PLAIN_SECRET.fullmatch(secret.reveal()) for secret in account.webhook_secrets):
        yield Finding(
            "webhook secret",
            Health.WARNING,
            "holds characters that Freshdesk's header box does not keep (comma, colon, space ...)",
            "use letters, digits, - and _ only",
        )
    else:
        yield Finding("webhook secret", Health.OK, f"{len(account.webhook_secrets)} accepted ({where})")


def _key(client: FreshdeskClient) -> Iterator[Finding]:
    me = client.me(anew=True)
    if me.ticket_scope in _SCOPES:
        yield Finding(
            "API key",
            Health.WARNING,
            f"agent {me.id} sees only {_SCOPES[me.ticket_scope]}; other tickets stay unread",
            "set the agent's scope to Global Access (Admin > Agents)",
        )
    else:
        yield Finding("API key", Health.OK, f"agent {me.id} may see every ticket")


def _clock(client: FreshdeskClient) -> Iterator[Finding]:
    ahead = client.clock_ahead
    if ahead is not None and abs(ahead) > MOST_SKEW_SECONDS:
        detail = f"Freshdesk's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
        yield Finding("clock", Health.WARNING, detail, "let this machine synchronise its clock (NTP)")
    elif ahead is not None:
        yield Finding("clock", Health.OK, "agrees with Freshdesk's")


def _limits(options: FreshdeskOptions, client: FreshdeskClient) -> Iterator[Finding]:
    left, limit = client.calls_left()
    detail = f"{left} of {limit} calls left this minute"
    fitting = next((name for name, limits in PLANS.items() if limits.account.calls == limit), options.plan)
    if fitting != options.plan:
        detail += f"; that is the {fitting} plan's limit, not {options.plan}'s"
        yield Finding("rate limit", Health.WARNING, detail, f'set plan = "{fitting}"')
    elif left < limit * 0.2:
        yield Finding("rate limit", Health.WARNING, detail, "see which other apps use the account's API")
    else:
        yield Finding("rate limit", Health.OK, detail)


def _form(account: Account, client: FreshdeskClient) -> Iterator[Finding]:
    form = client.form(anew=True)
    for ours, theirs in sorted(account.fields.items()):
        yield _field(form, ours, theirs)
    demanded = sorted(
        row.name
        for row in form.fields.values()
        if not row.default and (row.required_for_agents or row.required_for_closure)
    )
    if demanded:
        yield Finding(
            "required fields",
            Health.WARNING,
            f"Freshdesk may refuse an update (400) while one of these is empty: {', '.join(demanded)}",
            "if failures name one of them, make it optional for agents (Admin > Ticket Fields)",
        )


def _field(form: TicketForm, ours: str, theirs: str) -> Finding:
    subject = f"field {ours}"
    if theirs not in form.fields:
        near = difflib.get_close_matches(theirs, form.fields, n=3)
        hint = f"; there is {', '.join(near)}" if near else ""
        return Finding(
            subject,
            Health.ERROR,
            f"the account has no field {theirs!r}{hint}",
            f"create it (Admin > Ticket Fields) or correct fields.{ours}",
        )
    row = form.fields[theirs]
    offered = choices(row)
    if row.type in ("custom_dropdown", "nested_field") and not offered:
        return Finding(
            subject, Health.WARNING, f"{theirs} offers no choices", "add its choices (Admin > Ticket Fields)"
        )
    return Finding(subject, Health.OK, f"{theirs} ({', '.join(offered) if offered else row.type})")


def _responses(client: FreshdeskClient) -> Iterator[Finding]:
    shared = [folder for folder in client.folders() if not folder.personal]
    yield Finding("canned responses", Health.OK, f"{len(shared)} shared folders can be read")


def _rules(client: FreshdeskClient) -> Iterator[Finding]:
    if client.creation_rules().meta.cascading_rules is False:
        yield Finding(
            "creation rules",
            Health.WARNING,
            "only the first matching rule runs: a rule above ours keeps new tickets from us, or ours keeps them from it",
            "Admin > Automations > Ticket Creation, gear: Execute all matching rules",
        )
    else:
        yield Finding("creation rules", Health.OK, "all matching rules run")


def _hours(client: FreshdeskClient) -> Iterator[Finding]:
    for hours in client.business_hours():
        if hours.is_default:
            yield Finding("business hours", Health.OK, f"Freshdesk counts by {hours.name!r} in {hours.time_zone}")
