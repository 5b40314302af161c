"""What `check` looks at on a Zendesk account, each with the fix if it is not well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial

from adapters.contract import Account, Finding, Health, HelpdeskError, Permanent, Throttled, Transient, Unauthorised
from adapters.zendesk.client import ZendeskClient
from adapters.zendesk.hooks import live_secrets
from adapters.zendesk.limits import ACCOUNT, UPDATES
from adapters.zendesk.options import ApiToken, ZendeskOptions
from adapters.zendesk.schemas import TicketField

TOKENS_END = date(2027, 4, 30)
# A minute is more than any machine with a time service is off.
SKEW_SECONDS = 60


def findings(account: Account, client: ZendeskClient, learn_me: Callable[[str], None]) -> Iterator[Finding]:
    yield from _hook_secrets(account)
    yield from _auth(account.options)
    yield from _asked("credentials", lambda: _me(client, learn_me))
    yield from _clock(client, account.options)
    for name, field_id in account.fields.items():
        yield from _asked(f"field {name}", partial(_field, client, name, field_id))
    yield from _asked("macros", lambda: _macros(client))
    yield from _asked("changes", lambda: _changes(client))
    yield from _asked("business hours", lambda: _schedules(client))
    for allowance in (ACCOUNT, UPDATES):
        left, limit = client.budget.left(allowance)
        yield Finding(
            f"limit {allowance.name}", Health.OK, f"{left} of {limit} calls left in {allowance.seconds} seconds"
        )


def _asked(subject: str, ask: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What asking Zendesk brought, or the error in its place."""
    try:
        # As a list, so that an error half-way is caught here.
        yield from list(ask())
    except HelpdeskError as error:
        yield Finding(subject, Health.ERROR, str(error), _fix(error))


def _fix(error: HelpdeskError) -> str:
    if isinstance(error, Throttled):
        return f"wait {error.retry_after:.0f} seconds and check again; if it stays so, lower `share` for this account"
    if isinstance(error, Unauthorised) and error.status == 403:
        return "give the OAuth client's user the admin role, and the client the scopes `read` and `tickets:write`"
    if isinstance(error, Unauthorised):
        return "compare `auth` with Admin Center > Apps and integrations > APIs > OAuth clients; the secret shows only once"
    if isinstance(error, Transient):
        return "check again in a minute; if it stays so, look at status.zendesk.com and at the way out of this network"
    return "compare `subdomain` with the address of your Zendesk: it must be the original one, not a host-mapped name"


def _hook_secrets(account: Account) -> Iterator[Finding]:
    live = live_secrets(account.webhook_secrets, sandbox=account.sandbox)
    if len(live) < len(account.webhook_secrets):
        yield Finding(
            "webhook secrets",
            Health.ERROR,
            "Zendesk's public test secret is configured; everybody knows it, so it is not accepted",
            "put the webhook's own signing secret in its place (Admin Center > Webhooks > the webhook > Reveal secret)",
        )
    if not live:
        yield Finding(
            "webhook secrets",
            Health.ERROR,
            "none that counts: every webhook is refused",
            'write webhook_secrets = ["env:NAME"] with the webhook\'s signing secret',
        )
    else:
        yield Finding("webhook secrets", Health.OK, f"{len(live)} live")


def _auth(options: ZendeskOptions) -> Iterator[Finding]:
    if isinstance(options.auth, ApiToken):
        yield Finding(
            "authentication",
            Health.WARNING,
            f"an API token: Zendesk switches all of them off on {TOKENS_END:%Y-%m-%d}",
            "make an OAuth client (README.md, Connect) and write client_id and client_secret under `auth`",
        )
    else:
        yield Finding("authentication", Health.OK, "OAuth client")


def _me(client: ZendeskClient, learn_me: Callable[[str], None]) -> Iterator[Finding]:
    user = client.me()
    if not user.id or user.role not in ("agent", "admin"):
        yield Finding(
            "credentials",
            Health.ERROR,
            f"Zendesk knows the caller as {user.role or 'nobody'}",
            "make the OAuth client while signed in as an admin whom nobody works as",
        )
        return
    learn_me(user.id)
    if user.role == "agent":
        yield Finding(
            "credentials",
            Health.WARNING,
            f"acts as user {user.id} (agent), who must not read the export that finds what webhooks lost",
            "make the OAuth client while signed in as an admin whom nobody works as",
        )
    else:
        yield Finding("credentials", Health.OK, f"acts as user {user.id} ({user.role})")


def _clock(client: ZendeskClient, options: ZendeskOptions) -> Iterator[Finding]:
    if client.clock_skew is None:
        return
    skew = round(client.clock_skew)
    if abs(skew) <= SKEW_SECONDS:
        yield Finding("clock", Health.OK, f"within {max(1, abs(skew))} s of Zendesk's")
        return
    refused = abs(skew) >= options.hook_window.total_seconds()
    yield Finding(
        "clock",
        Health.ERROR if refused else Health.WARNING,
        f"{abs(skew)} seconds {'behind' if skew > 0 else 'ahead of'} Zendesk's"
        + ("; every webhook is refused as too old" if refused else ""),
        "set this machine's clock by a time service (NTP)",
    )


def _field(client: ZendeskClient, name: str, field_id: str) -> Iterator[Finding]:
    subject, fix = f"field {name}", f'write the number of a custom ticket field: fields = {{ {name} = "360001234567" }}'
    found = client.ticket_field(field_id) if field_id.isascii() and field_id.isdigit() else None
    if found is None:
        yield Finding(subject, Health.ERROR, f"there is no ticket field {field_id}", fix)
    else:
        yield _defined(subject, found)


def _defined(subject: str, found: TicketField) -> Finding:
    if not found.active:
        return Finding(
            subject, Health.ERROR, f"field {found.id} is switched off", "switch it on in Admin Center > Fields"
        )
    if found.type in ("tagger", "multiselect"):
        if not found.options:
            fix = "add options whose tags end in the key, such as reason_no_callback (README.md, Fields)"
            return Finding(subject, Health.ERROR, f"field {found.id} ({found.type}) has no options", fix)
        return Finding(subject, Health.OK, f"field {found.id} ({found.type}) with {', '.join(found.options[:20])}")
    return Finding(subject, Health.OK, f"field {found.id} ({found.type})")


def _changes(client: ZendeskClient) -> Iterator[Finding]:
    client.export(None, datetime.now(UTC))
    yield Finding("changes", Health.OK, "the export that finds what webhooks lost can be read")


def _schedules(client: ZendeskClient) -> Iterator[Finding]:
    """Read for `makeright init`; plans without schedules have none to read, which costs nothing but that."""
    try:
        found = client.schedules()
    except (Unauthorised, Permanent) as error:
        fix = "write the hours under `calendar` by hand; on a plan without schedules there is nothing else to do"
        yield Finding("business hours", Health.WARNING, f"cannot be read ({error.status})", fix)
        return
    yield Finding(
        "business hours", Health.OK, "can be read: " + (", ".join(one.name for one in found) or "none are set")
    )


def _macros(client: ZendeskClient) -> Iterator[Finding]:
    first = next(client.macros(page_size=1), None)
    if first is None:
        fix = "make shared macros if replies are to be suggested; nothing else needs them"
        yield Finding("macros", Health.WARNING, "there are no shared macros", fix)
    else:
        yield Finding("macros", Health.OK, "shared macros can be read")
