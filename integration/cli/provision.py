"""Commands that make what Makeright needs in a helpdesk, take it back, and change its secret."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from redis.exceptions import RedisError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from adapters.contract import HelpdeskError
from adapters.provisioning import Item, Kind, Made, State
from integration.cli.loading import known_account, settings_or_exit
from integration.pipeline.context import Context, build_context
from integration.pipeline.hook_watch import watched
from integration.pipeline.provisioning import (
    ByHand,
    Plan,
    ProvisionError,
    carry_out,
    finish_rotation,
    look,
    rotate,
    undo,
)
from integration.settings import Settings
from integration.store.provisioned import Provisioned
from integration.supervisor import running_supervisor, start_redis

_LONGEST_CELL = 300


@click.command(epilog="Example: makeright provision acme --dry-run")
@click.argument("account")
@click.option("--dry-run", is_flag=True, help="Only say what is different; exit status 1 if anything is.")
@click.option("--undo", "undo_", is_flag=True, help="Take back what was made, and nothing else.")
@click.option("--delete-fields", is_flag=True, help="With --undo: also the ticket fields, with all they hold.")
@click.option("--sla", is_flag=True, help="Also SLA policies keyed on the clocks' tags, where the helpdesk can.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="The plan as one JSON object; asks nothing.")
@click.pass_context
def provision(
    ctx: click.Context,
    account: str,
    dry_run: bool,
    undo_: bool,
    delete_fields: bool,
    sla: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Create or repair what ACCOUNT's helpdesk needs: webhook, rules, field, macros, view.

    Shows what is there beside what is wanted before it writes, and writes only what differs: run it as often as you
    like. What the helpdesk's API cannot do is told as numbered steps. Exit status 0 if everything is in place at the
    end, 1 if something is not.
    """
    if delete_fields and not undo_:
        raise click.UsageError("--delete-fields goes with --undo")
    if dry_run and undo_:
        raise click.UsageError("--dry-run and --undo do not go together; --undo lists and asks before it removes")
    with _at_work(ctx.obj, account) as context:
        if undo_:
            raise SystemExit(_undo(context, account, delete_fields=delete_fields, yes=yes or as_json, as_json=as_json))
        raise SystemExit(_provision(context, account, dry_run=dry_run, sla=sla, yes=yes or as_json, as_json=as_json))


@click.command("rotate", epilog="Example: makeright rotate acme")
@click.argument("account")
@click.option("--finish", is_flag=True, help="Drop the old secret (after the last call that was sent with it).")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def rotate_command(ctx: click.Context, account: str, finish: bool, yes: bool) -> None:
    """Give ACCOUNT's webhook a new secret, without a gap: both count until you --finish.

    Start it while the service runs: it is asked whether it accepts the new secret before anything uses it.
    """
    with _at_work(ctx.obj, account) as context:
        if finish:
            done = finish_rotation(context, account)
            click.echo("Only the new secret counts now." if done.ended else "There was no old secret to drop.")
            if done.left is not None:
                click.echo(
                    f"The webhook {done.left.name} was there before us and stays. Nothing of ours uses it any more: "
                    f"if nothing of yours does, delete it by hand: {done.left.url}"
                )
            return
        if not yes:
            click.confirm(f"Move {account}'s webhook to a new secret?", abort=True)
        with _progress("Moving to the new secret") as step:
            plan = rotate(context, account, on_step=lambda item: step(item.name))
        _tell_by_hand(plan)
        wait = "a day" if not _chosen_by_platform(context, account) else "ten minutes"
        click.echo(f"Both secrets count. Run `makeright rotate {account} --finish` after {wait}.")
        if plan.to_do:
            click.echo("Not in place: " + ", ".join(item.name for item in plan.to_do), err=True)
        raise SystemExit(1 if plan.by_hand or plan.to_do else 0)


def _provision(context: Context, account: str, *, dry_run: bool, sla: bool, yes: bool, as_json: bool) -> int:
    plan = look(context, account, sla=sla)
    if as_json:
        if not dry_run and (plan.to_do or plan.leftovers or _unremembered(context, plan)):
            carry_out(context, plan, sla=sla)
            plan = look(context, account, sla=sla)
        click.echo(json.dumps(_plain(plan), ensure_ascii=False))
        return 0 if plan.in_place else 1
    _tell(plan)
    if dry_run:
        return 0 if plan.in_place else 1
    if plan.to_do or plan.leftovers:
        if not yes:
            click.confirm(f"Write this to {account}'s helpdesk?", abort=True)
        with _progress(f"Setting up {account}", len(plan.items)) as step:
            left = carry_out(context, plan, sla=sla, on_step=lambda item: step(item.name))
        _tell_left(left)
        if left:
            click.echo(f"Then run `makeright provision {account}` again: it looks whether they are gone.")
        plan = look(context, account, sla=sla)
    elif _unremembered(context, plan):
        # There already, made by hand: remembered, so that a repair knows it.
        carry_out(context, plan, sla=sla)
    _tell_by_hand(plan)
    if plan.in_place:
        click.echo(f"{account}: everything is in place ({len(plan.items)} things).")
        _tell_next(context, account)
    elif plan.to_do:
        click.echo("Not in place: " + ", ".join(item.name for item in plan.to_do), err=True)
    return 0 if plan.in_place else 1


def _undo(context: Context, account: str, *, delete_fields: bool, yes: bool, as_json: bool) -> int:
    made = Provisioned(context.store).of(account)
    if not made:
        click.echo(
            json.dumps({"account": account, "removed": []}) if as_json else "There is nothing of ours to remove."
        )
        return 0
    if not yes:
        for one in made.values():
            verb = "remove" if one.created else "restore" if one.before else "leave"
            held = one.kind is Kind.FIELD and not delete_fields
            click.echo(f"  {'keep' if held else verb:<8} {one.kind} {one.name}")
        warning = " The fields lose what tickets hold in them." if delete_fields else ""
        click.confirm(f"Take this back from {account}'s helpdesk?{warning}", abort=True)
    with _progress(f"Taking back from {account}", len(made)) as step:
        done = undo(context, account, delete_fields=delete_fields, on_step=lambda one: step(one.name))
    if as_json:
        groups = {"removed": done.removed, "kept": done.kept, "by_hand": [one for one, _ in done.by_hand]}
        click.echo(
            json.dumps(
                {"account": account, **{name: [one.key for one in rows] for name, rows in groups.items()}},
                ensure_ascii=False,
            )
        )
        return 1 if done.by_hand else 0
    click.echo(f"Removed {len(done.removed)}.")
    for one in done.kept:
        click.echo(f"Kept: {one.kind} {one.name}, since it holds data. --delete-fields removes it as well.")
    _tell_left(done.by_hand)
    if done.by_hand:
        click.echo(f"Then run `makeright provision {account} --undo` again: it looks whether they are gone.")
    return 1 if done.by_hand else 0


# --- telling it -------------------------------------------------------------------------------------------------


def _tell(plan: Plan) -> None:
    """What is there beside what is wanted, for whatever differs."""
    fine = sum(1 for item in plan.items if item.state is State.IN_PLACE)
    if fine:
        click.echo(f"{plan.account}: {fine} of {len(plan.items)} things are in place.")
    different = [item for item in plan.items if item.state is not State.IN_PLACE]
    if not (different or plan.leftovers):
        return
    table = Table("what", "now", "wanted", show_lines=True, title=f"{plan.account}: what differs")
    for item in different:
        name = f"[bold]{escape(item.name)}[/bold]\n{item.kind}" + ("\n(by hand)" if item.by_hand else "")
        rows = item.differences
        now = "\n".join(_cell(one.aspect, one.present) for one in rows) if item.id else "[red]not there[/red]"
        then = "\n".join(_cell(one.aspect, one.wanted) for one in rows)
        table.add_row(name, now, then)
    for made in plan.leftovers:
        table.add_row(f"[bold]{escape(made.name)}[/bold]\n{made.kind}", "there", "[red]to be removed[/red]")
    Console(width=None if sys.stdout.isatty() else 140).print(table)


def _cell(aspect: str, text: str) -> str:
    shown = text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + "…"
    return f"[dim]{escape(aspect)}:[/dim] {escape(shown) or '[red]none[/red]'}"


def _tell_by_hand(plan: Plan) -> None:
    if not plan.by_hand:
        return
    click.echo("\nThese steps the helpdesk's API does not offer; they are yours:")
    for item in plan.by_hand:
        wrong = "" if item.id is None else ", ".join(one.words for one in item.differences)
        click.echo(f"\n{item.name} ({wrong or 'is not there'})")
        for number, line in enumerate(item.by_hand, 1):
            click.echo(f"  {number}. {line}")
    click.echo(f"\nThen run `makeright provision {plan.account}` again: it reads back what you did.")


def _tell_left(left: ByHand) -> None:
    for one, steps in left:
        click.echo(f"By hand: {one.kind} {one.name}")
        for number, line in enumerate(steps, 1):
            click.echo(f"  {number}. {line}")


def _tell_next(context: Context, account: str) -> None:
    """What proves it, as long as nothing has."""
    if watched(context.redis, account).seen_at is None:
        click.echo(f"Next: write a ticket as a customer would; `makeright check {account}` says when its webhook came.")


def _plain(plan: Plan) -> dict[str, object]:
    return {
        "account": plan.account,
        "in_place": plan.in_place,
        "items": [_plain_item(item) for item in plan.items],
        "to_remove": [made.key for made in plan.leftovers],
    }


def _plain_item(item: Item) -> dict[str, object]:
    return {
        "key": item.key,
        "kind": item.kind,
        "name": item.name,
        "id": item.id,
        "url": item.url,
        "state": item.state,
        "differences": [
            {"aspect": one.aspect, "present": one.present, "wanted": one.wanted} for one in item.differences
        ],
        "by_hand": list(item.by_hand) if item.state is not State.IN_PLACE else [],
    }


def _unremembered(context: Context, plan: Plan) -> bool:
    known: dict[str, Made] = Provisioned(context.store).of(plan.account)
    there = {item.key: item.id for item in plan.items if item.id is not None and item.kind is not Kind.SETTING}
    return any(key not in known or known[key].id != found for key, found in there.items())


def _chosen_by_platform(context: Context, account: str) -> bool:
    found = context.helpdesks[account].provisioner()
    return found is not None and found.platform_chooses_secret


# --- how --------------------------------------------------------------------------------------------------------


@contextmanager
def _at_work(file: Path, account: str) -> Iterator[Context]:
    """The account's context, with the embedded Redis if nobody has started it yet; errors as a line of text."""
    settings = settings_or_exit(file, hooks_to_come=True)
    known_account(settings, account)
    with _redis_at_hand(settings):
        context = build_context(settings)
        try:
            context.store.migrate()
            yield context
        except (ProvisionError, HelpdeskError) as error:
            raise click.ClickException(str(error)) from None
        except RedisError as error:
            raise click.ClickException(
                f"service.redis_url: no answer ({type(error).__name__}): is Redis running?"
            ) from None
        finally:
            context.store.close()


@contextmanager
def _redis_at_hand(settings: Settings) -> Iterator[None]:
    folder = settings.service.data_folder
    if settings.service.redis_url != "embedded" or running_supervisor(folder) is not None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    server = start_redis(folder)
    try:
        yield
    finally:
        if server is not None:
            server.stop(timeout=10)


@contextmanager
def _progress(what: str, total: int | None = None) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal; elsewhere nothing."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[at]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=total, at="")

        def step(name: str) -> None:
            bar.update(task, advance=1, at=name)

        yield step


provision_commands: list[click.Command] = [provision, rotate_command]
