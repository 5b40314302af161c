"""What is stored about a person: shown, and forgotten."""

from __future__ import annotations

import json

import click

from integration.cli.loading import known_account, settings_or_exit
from integration.store.privacy import Privacy
from integration.store.store import Store


@click.command(epilog="Example: makeright forget acme --requester 361002345 --yes")
@click.argument("account")
@click.option("--requester", help="The customer's id in the helpdesk: all of their tickets.")
@click.option("--ticket", help="One ticket's id.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print what was deleted as JSON.")
@click.pass_context
def forget(
    ctx: click.Context, account: str, requester: str | None, ticket: str | None, yes: bool, as_json: bool
) -> None:
    """Delete everything stored here about a customer or a ticket. The helpdesk's own copy is not touched.

    A ticket that is still in the helpdesk is read again when it changes: delete it there first.
    Exit status: 0 done, 2 a wrong call.
    """
    if (requester is None) == (ticket is None):
        raise click.UsageError("say either --requester ID or --ticket ID")
    store, name = _store(ctx, account)
    privacy = Privacy(store)
    what = f"ticket {ticket}" if ticket else f"requester {requester}"
    if not yes:
        click.confirm(f"Delete everything stored about {what} of {name}?", abort=True, err=True)
    gone = privacy.forget_requester(name, requester) if requester else privacy.forget_ticket(name, ticket or "")
    if as_json:
        click.echo(json.dumps({"account": name, "deleted": dict(gone)}))
    else:
        rows = ", ".join(f"{count} of {table}" for table, count in sorted(gone.items()))
        click.echo(f"{name}: {what}: deleted {rows or 'nothing: nothing was stored'}")


@click.command("export", epilog="Example: makeright export acme --requester 361002345 > stored.json")
@click.argument("account")
@click.option("--requester", required=True, help="The customer's id in the helpdesk.")
@click.pass_context
def export(ctx: click.Context, account: str, requester: str) -> None:
    """Print everything stored here about a customer, as JSON."""
    store, name = _store(ctx, account)
    click.echo(json.dumps(Privacy(store).stored_about(name, requester), indent=2, ensure_ascii=False))


def _store(ctx: click.Context, account: str) -> tuple[Store, str]:
    settings = settings_or_exit(ctx.obj)
    store = Store(settings.service.database_url)
    store.migrate()
    return store, known_account(settings, account)


privacy_commands: list[click.Command] = [forget, export]
