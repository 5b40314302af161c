"""Commands that run the service: everything at once, or one part."""

from __future__ import annotations

import os
import signal
import threading
import time

import click

from integration.cli.loading import settings_or_exit
from integration.pipeline.clock import run_clock
from integration.pipeline.context import build_backfill_context, build_context
from integration.pipeline.doctor import at_work
from integration.pipeline.worker import work
from integration.settings import Settings
from integration.store.store import Store
from integration.supervisor import STOP_SECONDS, AlreadyRunning, Supervisor, gunicorn_command, running_supervisor

# The processor, too, is for live tickets first.
BACKFILL_NICENESS = 10
LOOK_SECONDS = 0.5


@click.command(epilog="Example: makeright up")
@click.pass_context
def up(ctx: click.Context) -> None:
    """Run everything here: web, workers, clock and, unless redis_url names another, an embedded Redis."""
    settings = settings_or_exit(ctx.obj)
    Store(settings.service.database_url).migrate()
    click.echo(
        f"Starting. Webhooks come in at {settings.service.public_url}/hooks/ACCOUNT; logs are kept in "
        f"{settings.service.data_folder}/logs",
        err=True,
    )
    threading.Thread(target=_say_when_ready, args=(settings,), daemon=True).start()
    try:
        Supervisor(settings).run()
    except AlreadyRunning as error:
        raise click.ClickException(str(error)) from None


def _say_when_ready(settings: Settings) -> None:
    context = build_context(settings)
    while not at_work(context):
        time.sleep(LOOK_SECONDS)
    click.echo(
        "Ready. `makeright check` in another terminal says how every part is; Ctrl-C here stops everything.", err=True
    )


@click.command(epilog="Example: makeright down")
@click.pass_context
def down(ctx: click.Context) -> None:
    """Stop what `makeright up` started; what is in hand is finished, what waits is kept."""
    folder = settings_or_exit(ctx.obj).service.data_folder
    pid = running_supervisor(folder)
    if pid is None:
        click.echo("Nothing is running.", err=True)
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS + 15
    while running_supervisor(folder) is not None:
        if time.monotonic() > deadline:
            raise click.ClickException(f"process {pid} does not stop; look into {folder}/logs")
        time.sleep(0.2)
    click.echo("Stopped.", err=True)


@click.command(epilog="Example: makeright restart    (after a change to makeright.toml)")
@click.pass_context
def restart(ctx: click.Context) -> None:
    """Start the parts anew, with the configuration as it is now; the embedded Redis keeps running."""
    folder = settings_or_exit(ctx.obj).service.data_folder
    pid = running_supervisor(folder)
    if pid is None:
        raise click.ClickException("nothing is running; start it with `makeright up`")
    os.kill(pid, signal.SIGHUP)
    click.echo("Restarting.", err=True)


@click.command(epilog="Example: makeright web")
@click.pass_context
def web(ctx: click.Context) -> None:
    """Run the web server alone."""
    settings = settings_or_exit(ctx.obj)
    Store(settings.service.database_url).migrate()
    os.environ["MAKERIGHT_CONFIG"] = str(settings.file.resolve())
    command = gunicorn_command(settings)
    os.execv(command[0], command)


@click.command(epilog="Example: makeright worker")
@click.option("--burst", is_flag=True, help="Stop when the queue is empty.")
@click.option(
    "--backfill", is_flag=True, help="Work for a backfill, at low priority (`makeright backfill` starts these)."
)
@click.pass_context
def worker(ctx: click.Context, burst: bool, backfill: bool) -> None:
    """Run one worker."""
    settings = settings_or_exit(ctx.obj)
    context = build_backfill_context(settings) if backfill else build_context(settings)
    context.store.migrate()
    if backfill:
        os.nice(BACKFILL_NICENESS)
    work(context, burst=burst)


@click.command(epilog="Example: makeright clock")
@click.pass_context
def clock(ctx: click.Context) -> None:
    """Run the clock: the sweep, and all that is due at a time."""
    context = build_context(settings_or_exit(ctx.obj))
    context.store.migrate()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    run_clock(context, stop)


service_commands = [up, down, restart, web, worker, clock]
