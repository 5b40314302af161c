"""The first page: how every account does, at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError

from adapters.contract import CallsLeft
from integration.pipeline.context import Context
from integration.pipeline.queue import Backlog
from integration.settings import AccountSettings
from integration.store.figures import Figures, Standing
from integration.web.console.blueprint import console, context, page

DAY = timedelta(days=1)
# Below this share of a limit the next rush will be held up.
LITTLE_LEFT = 0.2


@dataclass(frozen=True, slots=True)
class AccountLine:
    """`worries` say in words what a person should look at; without one the account is well."""

    account: AccountSettings
    standing: Standing
    last_hook: datetime | None
    limits: tuple[CallsLeft, ...]
    worries: tuple[str, ...]


@console.get("/")
def accounts() -> ResponseReturnValue:
    here, now = context(), context().now()
    backlog = _backlog(here)
    lines = [_line(here, account, now) for account in here.settings.accounts.values()]
    return page("accounts.html", lines=lines, backlog=backlog, now=now)


def _backlog(here: Context) -> Backlog | None:
    try:
        return here.queue.backlog()
    except RedisError:
        return None


def _line(here: Context, account: AccountSettings, now: datetime) -> AccountLine:
    standing = Figures(here.store).standing(account.name, now - DAY)
    try:
        last_hook = here.queue.last_heard(account.name)
        limits = tuple(here.helpdesks[account.name].calls_left())
    except RedisError:
        last_hook, limits = None, ()
    return AccountLine(account, standing, last_hook, limits, tuple(_worries(standing, last_hook, limits)))


def _worries(standing: Standing, last_hook: datetime | None, limits: tuple[CallsLeft, ...]) -> list[str]:
    found = []
    if standing.failures:
        found.append(f"{standing.failures} {'job' if standing.failures == 1 else 'jobs'} failed")
    if broken := standing.deadlines.get("breached", 0):
        found.append(f"{broken} broken {'deadline' if broken == 1 else 'deadlines'} without an answer")
    if last_hook is None:
        found.append("no webhook seen")
    found.extend(
        f"{one.left} of {one.limit} calls left ({one.name})" for one in limits if one.left < one.limit * LITTLE_LEFT
    )
    return found
