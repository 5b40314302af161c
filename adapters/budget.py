"""Rate budgets shared by every process of an installation, kept in Redis.

A budget follows the helpdesk's own counting: a number of calls per window, corrected downwards by what the platform's
answers say is left. Other integrations of the account draw on the same limits, so a part of each is left to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from redis import Redis

# Takes `cost` from a window if that leaves at least `floor`; answers 0, or the milliseconds until the window ends.
_TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'remaining', 'ends', 'limit')
local limit = tonumber(state[3] or ARGV[1])
local floor = math.floor(limit * tonumber(ARGV[4]))
local remaining, ends = tonumber(state[1] or limit), tonumber(state[2] or 0)
if now >= ends then remaining, ends = limit, now + tonumber(ARGV[2]) end
local cost = tonumber(ARGV[3])
if remaining - cost < floor then return ends - now end
redis.call('HSET', KEYS[1], 'remaining', remaining - cost, 'ends', ends)
redis.call('PEXPIREAT', KEYS[1], ends + 86400000)
return 0
"""

# Takes over what the platform said; within a window the number left only goes down, so late answers do no harm. Where the
# limit itself is news, what was left was counted from an assumption, and the platform's word replaces it.
_LEARN = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'remaining', 'ends', 'limit')
local remaining, ends = tonumber(state[1]), tonumber(state[2] or 0)
local news = ARGV[1] ~= '' and ARGV[1] ~= state[3]
if news then redis.call('HSET', KEYS[1], 'limit', ARGV[1]) end
local said = tonumber(ARGV[2])
if now >= ends or not remaining or news then
  remaining, ends = said, now + tonumber(ARGV[4])
elseif said < remaining then
  remaining = said
end
if ARGV[3] ~= '' then ends = now + tonumber(ARGV[3]) end
redis.call('HSET', KEYS[1], 'remaining', remaining, 'ends', ends)
redis.call('PEXPIREAT', KEYS[1], ends + 86400000)
return 0
"""


@dataclass(frozen=True, slots=True)
class Allowance:
    """A platform's limit: `calls` per `seconds`, counted under `name` ("account", "tickets-update")."""

    name: str
    calls: int
    seconds: int


class Budget:
    """The allowances of one account. `share` (0 to 1) is the part of each that this installation may use."""

    def __init__(self, redis: Redis, account: str, *, share: float) -> None:
        self._redis = redis
        self._account = account
        self._kept_back = 1.0 - share
        self._take = redis.register_script(_TAKE)
        self._learn = redis.register_script(_LEARN)

    def take(self, allowance: Allowance, cost: int = 1) -> float:
        """Take `cost` calls. Returns 0.0 if they were granted, else the seconds until it is worth asking again."""
        arguments: list[Any] = [allowance.calls, allowance.seconds * 1000, cost, self._kept_back]
        return float(self._take(keys=[self._key(allowance)], args=arguments)) / 1000

    def learn(
        self, allowance: Allowance, *, remaining: int, limit: int | None = None, resets: float | None = None
    ) -> None:
        """Correct an allowance by what the platform said: calls left, limit, seconds until the window resets."""
        arguments: list[Any] = [
            "" if limit is None else limit,
            remaining,
            "" if resets is None else int(resets * 1000),
            allowance.seconds * 1000,
        ]
        self._learn(keys=[self._key(allowance)], args=arguments)
        if limit is not None:
            self._redis.sadd(_names(self._account), allowance.name)

    def saw(self, outcome: str) -> None:
        """Count a call by how it ended: an HTTP status, or "no answer"."""
        self._redis.hincrby(_calls(self._account), outcome, 1)

    def left(self, allowance: Allowance) -> tuple[int, int]:
        """(calls left, limit) as far as known, for checks and metrics."""
        remaining, limit = self._redis.hmget(self._key(allowance), "remaining", "limit")
        ceiling = int(limit) if limit else allowance.calls
        return (int(remaining) if remaining is not None else ceiling), ceiling

    def _key(self, allowance: Allowance) -> str:
        return _key(self._account, allowance.name)


def budgets(redis: Redis, account: str) -> dict[str, tuple[int, int]]:
    """(calls left, calls per window) by name, for every limit that the platform has told the size of."""
    found = {}
    names: Any = redis.smembers(_names(account))
    for name in sorted(raw.decode() for raw in names):
        remaining, limit = redis.hmget(_key(account, name), "remaining", "limit")
        if remaining is not None and limit is not None:
            found[name] = (int(remaining), int(limit))
    return found


def calls(redis: Redis, account: str) -> dict[str, int]:
    """How many calls ended in which way."""
    rows: Any = redis.hgetall(_calls(account))
    return {outcome.decode(): int(number) for outcome, number in rows.items()}


def _key(account: str, name: str) -> str:
    return f"makeright:budget:{account}:{name}"


def _names(account: str) -> str:
    return f"makeright:budgets:{account}"


def _calls(account: str) -> str:
    return f"makeright:calls:{account}"
