"""Whether an installation is as it must be, one finding per question. What a helpdesk answers is its adapter's part."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import requests
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy import inspect
from sqlalchemy.exc import SQLAlchemyError

from adapters.contract import Finding, Health, HelpdeskError
from adapters.http import is_loopback
from integration.pipeline.context import Context
from integration.pipeline.hook_watch import watched
from integration.pipeline.provisioning import provision_findings
from integration.recovery.calendars import BusinessCalendar
from integration.recovery.playbook import Playbook
from integration.settings import ALWAYS_OPEN, AccountSettings, Level, Settings

_UP = "run `makeright up`"
# Below these the database and the logs of a busy day may not fit any more.
LITTLE_DISK, HARDLY_ANY_DISK = 2 * 1024**3, 256 * 1024**2
# A worker that has not been heard of for this long does not work (its own limit is 60 seconds).
WORKER_SILENCE = timedelta(minutes=3)
# A queue whose oldest ticket has waited this long is not being worked off.
LONG_WAIT_SECONDS = 300
# How many sweeps may fall out before somebody should know.
MISSED_SWEEPS = 3
REQUEST_SECONDS = 5


def service_findings(context: Context) -> Iterator[Finding]:
    """Everything that all accounts share. Never raises for what it finds."""
    settings = context.settings
    yield Finding(
        "configuration", Health.OK, f"{settings.file} is valid, {_counted(len(settings.accounts), 'account')}"
    )
    yield from _secret_files(settings)
    yield from _disk(settings.service.data_folder)
    yield from _database(context)
    yield from _queue(context)
    yield from _web(settings)


def account_findings(context: Context, name: str, *, live: bool = True) -> Iterator[Finding]:
    """Everything about one account. `live`: the queue is there, so that it can be asked for what it has seen."""
    account = context.account(name)
    yield from _level(account)
    yield from _handling(account)
    try:
        yield from context.helpdesks[name].check()
        yield from provision_findings(context, name)
    except HelpdeskError as error:
        yield Finding("helpdesk", Health.ERROR, str(error), "see what the call is answered with, and check again")
    if live:
        yield from _hooks(context, name)
        yield from _sweep(context, account)


def at_work(context: Context) -> bool:
    """Whether web server, queue and a worker are up. Never raises for what it finds."""
    try:
        return _alive(context.redis) > 0 and _answers(f"{_own_address(context.settings)}/readyz")
    except RedisError:
        return False


def _secret_files(settings: Settings) -> Iterator[Finding]:
    files = [file for file in sorted(settings.files.keys() - settings.texts.keys()) if file.exists()]
    open_ones = [file for file in files if file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)]
    for file in open_ones:
        yield Finding("secrets", Health.WARNING, f"{file} can be read by other users", f"chmod 600 {file}")
    if not open_ones:
        yield Finding("secrets", Health.OK, "all set" + (f", {len(files)} files for their owner only" if files else ""))


def _disk(folder: Path) -> Iterator[Finding]:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    detail = f"{free / 1024**3:.1f} GB free at {folder}"
    if free < LITTLE_DISK:
        health = Health.ERROR if free < HARDLY_ANY_DISK else Health.WARNING
        yield Finding("disk", health, detail, "make room, or move service.data_folder")
    else:
        yield Finding("disk", Health.OK, detail)


def _database(context: Context) -> Iterator[Finding]:
    try:
        if context.store.migrated():
            yield Finding("database", Health.OK, "up to date")
        elif inspect(context.store.engine).get_table_names():
            yield Finding(
                "database", Health.ERROR, "its tables are those of another version", f"{_UP}: it migrates them"
            )
        else:
            yield Finding("database", Health.WARNING, "empty so far", f"{_UP}: it makes the tables")
    except SQLAlchemyError as error:
        fix = "see that the database runs and that service.database_url is right"
        yield Finding("database", Health.ERROR, type(error).__name__, fix)


def _queue(context: Context) -> Iterator[Finding]:
    try:
        backlog = context.queue.backlog()
    except RedisError as error:
        yield Finding(
            "queue", Health.ERROR, f"cannot be reached ({type(error).__name__})", f"{_UP}, or correct service.redis_url"
        )
        return
    detail = f"{backlog.waiting} waiting, {backlog.scheduled} scheduled, {backlog.running} running"
    if backlog.oldest_seconds > LONG_WAIT_SECONDS:
        fix = "see whether workers are alive and what holds them up (logs); more of them: service.workers"
        yield Finding("queue", Health.WARNING, f"{detail}; the oldest for {_ago(backlog.oldest_seconds)}", fix)
    else:
        yield Finding("queue", Health.OK, detail)
    alive = _alive(context.redis)
    if alive == 0:
        yield Finding("workers", Health.ERROR, "none is alive: nothing is read", f"{_UP}, or `makeright worker`")
    else:
        yield Finding("workers", Health.OK, f"{alive} alive")


def _alive(redis: Redis) -> int:
    now = datetime.now(UTC)
    return sum(
        worker.last_heartbeat is not None and now - worker.last_heartbeat.replace(tzinfo=UTC) < WORKER_SILENCE
        for worker in Worker.all(connection=redis)
    )


def _web(settings: Settings) -> Iterator[Finding]:
    service = settings.service
    own = _own_address(settings)
    if not _answers(f"{own}/readyz"):
        yield Finding(
            "web server", Health.ERROR, f"does not answer at {service.listen}", f"{_UP}, and see logs/web.log"
        )
    else:
        yield Finding("web server", Health.OK, f"answers at {service.listen}")
    if service.public_url == own or is_loopback(urlsplit(service.public_url).hostname or ""):
        if all(account.account.sandbox for account in settings.accounts.values()):
            return
        fix = "set service.public_url to the https address that leads to this service"
        yield Finding("public address", Health.ERROR, f"{service.public_url}: no helpdesk can reach it", fix)
    elif _answers(f"{service.public_url}/healthz"):
        yield Finding("public address", Health.OK, f"{service.public_url} leads here")
    else:
        fix = "see DNS, certificate and proxy; if this machine cannot see its own public address, look from outside"
        yield Finding("public address", Health.WARNING, f"{service.public_url}/healthz does not answer from here", fix)


def _own_address(settings: Settings) -> str:
    return f"http://{settings.service.listen.replace('0.0.0.0', '127.0.0.1')}"


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=REQUEST_SECONDS, allow_redirects=False).ok
    except requests.RequestException:
        return False


def _level(account: AccountSettings) -> Iterator[Finding]:
    does = {
        Level.SHADOW: "decisions are stored, nothing is shown or written",
        Level.SUGGEST: "agents are shown decisions in the sidebar, nothing is written",
        Level.ANNOTATE: "tags, fields and notes go onto tickets",
    }
    yield Finding("level", Health.OK, f"{account.level}: {does[account.level]}")


def _handling(account: AccountSettings) -> Iterator[Finding]:
    for brand, handling in [("", account.own), *account.brands.items()]:
        of = f" of {brand}" if brand else ""
        yield _book(f"playbook{of}", handling.playbook)
        yield _hours(f"calendar{of}", handling.calendar)


def _book(subject: str, playbook: Playbook) -> Finding:
    return Finding(subject, Health.OK, f"{playbook.version}, voice {playbook.voice.name}, all templates in order")


def _hours(subject: str, calendar: BusinessCalendar) -> Finding:
    if calendar == ALWAYS_OPEN:
        fix = "write the team's hours under [accounts.NAME.calendar] (docs/configuration.md)"
        return Finding(subject, Health.WARNING, "none: every hour counts, at night and on Sundays too", fix)
    days = f"holidays {calendar.holidays}" if calendar.holidays else "no public holidays"
    return Finding(
        subject, Health.OK, f"{calendar.name}, {calendar.zone.key}, {days}, {len(calendar.closures)} closures"
    )


def _hooks(context: Context, name: str) -> Iterator[Finding]:
    found = watched(context.redis, name)
    now = context.now()
    if found.refused_at and (found.seen_at is None or found.refused_at > found.seen_at):
        detail = f"the last was refused {_ago((now - found.refused_at).total_seconds())} ago: {found.refused_why}"
        fix = "compare the secret in the helpdesk with webhook_secrets (`makeright provision` puts it right)"
        yield Finding("webhooks", Health.ERROR, detail, fix)
    elif found.seen_at is None:
        fix = "write a test ticket as a customer; if none comes, see that the helpdesk's rule is there and points here"
        yield Finding("webhooks", Health.WARNING, "none has come yet", fix)
    else:
        yield Finding("webhooks", Health.OK, f"the last came {_ago((now - found.seen_at).total_seconds())} ago")


def _sweep(context: Context, account: AccountSettings) -> Iterator[Finding]:
    try:
        kept = context.store.cursor(account.name)
    except SQLAlchemyError:
        return
    if kept is None:
        yield Finding("sweep", Health.WARNING, "has not run yet", f"{_UP}; its clock sweeps")
        return
    silence = context.now() - kept[1]
    detail = f"{_ago(silence.total_seconds())} ago"
    if silence > MISSED_SWEEPS * account.sweep_every + timedelta(minutes=1):
        yield Finding(
            "sweep", Health.ERROR, f"the last was {detail}", "see that the clock runs: `makeright up`, logs/clock.log"
        )
    else:
        yield Finding("sweep", Health.OK, detail)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _ago(seconds: float) -> str:
    """
    >>> _ago(90)
    '2 minutes'
    """
    units: tuple[tuple[str, Callable[[float], float]], ...] = (
        ("second", lambda s: s),
        ("minute", lambda s: s / 60),
        ("hour", lambda s: s / 3600),
    )
    for (name, of), limit in zip(units, (90, 5400, 129_600), strict=True):
        if seconds < limit:
            return _counted(max(0, round(of(seconds))), name)
    return f"{round(seconds / 86_400)} days"
