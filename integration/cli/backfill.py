"""`makeright backfill`: older tickets, through the helpdesk's export or from a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from redis.exceptions import RedisError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from adapters.contract import HelpdeskError
from integration.cli.loading import known_account, settings_or_exit
from integration.pipeline.backfill import Busy, Progress, feed
from integration.pipeline.backfill_job import foresee
from integration.pipeline.context import Context, build_backfill_context
from integration.pipeline.ticket_file import TicketFileError, read_ticket_file
from integration.pipeline.worker import load_brain
from integration.settings import Settings
from integration.store.backfills import Backfills, Unfinished
from integration.supervisor import die_with_parent


@click.command(epilog="Example: makeright backfill acme --since 2026-09-01 --shadow")
@click.argument("account")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="The first day, in UTC.")
@click.option("--shadow", is_flag=True, help="Store what would be written; write nothing, start no clock.")
@click.option(
    "--file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Read the tickets from this .csv or .jsonl instead of the helpdesk; always in shadow.",
)
@click.option("--workers", type=click.IntRange(1, 16), default=2, show_default=True, help="How many to work with.")
@click.option("--anew", is_flag=True, help="Give up a backfill that is not finished, and begin this one.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as one JSON object.")
@click.pass_context
def backfill(
    ctx: click.Context,
    account: str,
    since: datetime | None,
    shadow: bool,
    file: Path | None,
    workers: int,
    anew: bool,
    as_json: bool,
) -> None:
    """Read the tickets that changed since a day, as if their webhooks came now; solved and late ones become history.

    Live tickets go first. Stop it with Ctrl-C or any kill; the same command, or one without --since, goes on.
    Exit status: 0 all seen through, 1 some failed or it had to stop, 2 a wrong call.
    """
    settings = settings_or_exit(ctx.obj)
    known_account(settings, account)
    context = build_backfill_context(settings)
    context.store.migrate()
    if file is not None:
        outcomes = _from_file(context, account, file)
    else:
        outcomes = _from_helpdesk(settings, context, account, since, shadow, workers, anew)
    if as_json:
        click.echo(json.dumps({"account": account, "tickets": outcomes.total(), "outcomes": dict(outcomes)}))
    else:
        click.echo(f"{account}: {outcomes.total()} tickets" + "".join(f", {n} {o}" for o, n in outcomes.most_common()))
    raise SystemExit(1 if outcomes["failed"] else 0)


def _from_helpdesk(
    settings: Settings,
    context: Context,
    account: str,
    since: datetime | None,
    shadow: bool,
    workers: int,
    anew: bool,
) -> Counter[str]:
    backfills = Backfills(context.store)
    known = backfills.of(account)
    if since is None:
        if known is None or known.finished_at is not None:
            raise click.UsageError("no backfill of this account is under way: say --since DATE")
        since, shadow = known.since, known.shadow
    try:
        begun = backfills.begin(account, since.replace(tzinfo=UTC), shadow=shadow, now=context.now(), anew=anew)
    except Unfinished as error:
        raise click.ClickException(
            f"{error}: go on with it by `makeright backfill {account}`, or give it up with --anew"
        ) from None
    with ExitStack() as stack:
        bar = stack.enter_context(_bar())
        task = bar.add_task("listing", total=None)

        def tell(progress: Progress) -> None:
            words = "tickets" if progress.listed else "tickets so far"
            bar.update(task, description=words, total=progress.total or None, completed=progress.done)
            for worker in running:
                if worker.poll() is not None:
                    raise click.ClickException(f"a worker ended with status {worker.returncode}; look into its output")

        running = stack.enter_context(_workers(settings, workers))
        try:
            return feed(context, begun, tell).outcomes
        except Busy as error:
            raise click.ClickException(str(error)) from None
        except HelpdeskError as error:
            raise click.ClickException(f"{error}; nothing is lost: the same command goes on") from None
        except RedisError as error:
            raise click.ClickException(
                f"the queue cannot be reached ({type(error).__name__}): start it with `makeright up`, "
                "or correct service.redis_url"
            ) from None


def _from_file(context: Context, account: str, file: Path) -> Counter[str]:
    """In this process: nothing is asked of a helpdesk, so there is nothing to wait for. What is stored is passed by."""
    brain = load_brain()
    outcomes: Counter[str] = Counter()
    try:
        total = sum(1 for _ in read_ticket_file(file))
        with _bar() as bar:
            for ticket in bar.track(read_ticket_file(file), total=total, description="tickets"):
                outcomes[foresee(context, brain, account, ticket) or "known"] += 1
    except (TicketFileError, OSError) as error:
        raise click.ClickException(str(error)) from None
    return outcomes


def _bar() -> Bar:
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


@contextmanager
def _workers(settings: Settings, number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Workers on the backfill's queue, for as long as this process lives."""
    command = [sys.executable, "-m", "integration.cli", "--config", str(settings.file.resolve())]
    folder = settings.service.data_folder / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "backfill.log").open("ab") as output:
        running = [
            subprocess.Popen(
                [*command, "worker", "--backfill"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ},
                preexec_fn=die_with_parent if sys.platform == "linux" else None,
            )
            for _ in range(number)
        ]
    try:
        yield running
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
