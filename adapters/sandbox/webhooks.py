"""Sending webhooks as the platforms do: in the background, with their retries, and as unreliably as asked for.

A delivery waits in a heap ordered by its due time on the sandbox's clock and is sent by a bounded pool of threads, so
advancing the clock by half an hour brings a half-hour retry forward, too.
"""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import requests

from adapters.sandbox.clock import Clock, stamp

POOL_SIZE = 16
KEPT_DELIVERIES = 20_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: `status` is the receiver's answer, None if there was none (`error` then says why)."""

    at: datetime
    seconds: float
    status: int | None = None
    error: str | None = None
    retry_after: float | None = None
    body: str = ""

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class Delivery:
    """One webhook call on its way. `outcome` is None until it is decided; a copy is one that was duplicated on request."""

    id: str
    platform: Platform
    webhook_id: str
    ticket_id: int | None
    event: str
    method: str
    url: str
    body: bytes
    created_at: datetime
    due: float
    headers: dict[str, str] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    outcome: str | None = None
    generation: int = 0
    is_copy: bool = False

    def report(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "helpdesk": self.platform.helpdesk,
            "webhook_id": self.webhook_id,
            "ticket_id": self.ticket_id,
            "event": self.event,
            "url": self.url,
            "body": self.body.decode(errors="replace"),
            "created_at": stamp(self.created_at),
            "outcome": self.outcome or "pending",
            "attempts": [
                {"at": stamp(a.at), "status": a.status, "error": a.error, "seconds": round(a.seconds, 3)}
                for a in self.attempts
            ],
        }


@dataclass(frozen=True, slots=True)
class Postpone:
    """Not now: look again in `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Abandon:
    """Never: the delivery ends with this outcome."""

    outcome: str


class Platform(Protocol):
    """How one helpdesk sends: its headers, its time-out, its gates and its retries.

    `retry_factor` scales the waits between retries unless the control API sets another.
    """

    helpdesk: str
    timeout: float
    retry_factor: float

    def headers(self, delivery: Delivery) -> dict[str, str]: ...

    def admit(self, delivery: Delivery) -> Postpone | Abandon | None: ...

    def retry_in(self, delivery: Delivery) -> float | None:
        """Seconds until the next try after a failed one, or None to give up. Unscaled."""
        ...

    def note(self, delivery: Delivery, attempt: Attempt) -> None:
        """Called after every attempt (circuit breakers, logs)."""
        ...


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What may go wrong on the way. `reorder` and `latency` are seconds; `retry_factor` scales the waits for retries.

    `reorder` holds every delivery back for a random time up to that many seconds, which shuffles those that are close
    together; `duplicates` is the number of extra copies.
    """

    duplicates: int = 0
    reorder: float = 0.0
    drop_probability: float = 0.0
    seed: int = 0
    latency: float = 0.0
    retry_factor: float | None = None


class Sender:
    """The outgoing post of both helpdesks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ready = threading.Condition()
        self._heap: list[tuple[float, int, Delivery]] = []
        self._order = itertools.count()
        self._generation = 0
        self._open = 0
        self._random = random.Random(0)
        self._local = threading.local()
        self._closed = False
        self.disturbance = Disturbance()
        self.deliveries: deque[Delivery] = deque(maxlen=KEPT_DELIVERIES)
        self.counts: dict[str, Counter[str]] = {}
        self._pool = ThreadPoolExecutor(POOL_SIZE, thread_name_prefix="sandbox-webhook")
        clock.on_move(self._wake)
        self._thread = threading.Thread(target=self._dispatch, name="sandbox-webhooks", daemon=True)
        self._thread.start()

    # -- accepting

    def disturb(self, disturbance: Disturbance) -> None:
        with self._ready:
            self.disturbance = disturbance
            self._random = random.Random(disturbance.seed)

    def send(self, delivery: Delivery) -> None:
        """Hand over a delivery; returns at once."""
        with self._ready:
            if self._closed:
                return
            wish = self.disturbance
            self._count(delivery, "queued")
            if wish.drop_probability and self._random.random() < wish.drop_probability:
                delivery.outcome = "dropped"
                self._count(delivery, "dropped")
                self.deliveries.append(delivery)
                return
            for copy in range(1 + wish.duplicates):
                item = delivery if copy == 0 else _copy(delivery)
                if copy:
                    self._count(delivery, "duplicated")
                item.due = self._clock.time() + wish.latency + self._random.random() * wish.reorder
                item.generation = self._generation
                self.deliveries.append(item)
                self._open += 1
                self._push(item)

    def idle(self, timeout: float) -> bool:
        """Wait until nothing is pending or `timeout` real seconds are over; True if nothing is."""
        deadline = time.monotonic() + timeout
        with self._ready:
            while self._open:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._ready.wait(left)
        return True

    def reset(self) -> None:
        """Forget everything pending and recorded."""
        with self._ready:
            self._generation += 1
            self._heap.clear()
            self._open = 0
            self.deliveries.clear()
            self.counts.clear()
            self.disturbance = Disturbance()
            self._random = random.Random(0)
            self._ready.notify_all()

    def close(self) -> None:
        with self._ready:
            self._closed = True
            self._heap.clear()
            self._ready.notify_all()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def report(self, helpdesk: str) -> dict[str, Any]:
        with self._ready:
            counts = self.counts.get(helpdesk, Counter())
            answers = {k.removeprefix("answer:"): v for k, v in sorted(counts.items()) if k.startswith("answer:")}
            plain = {k: v for k, v in sorted(counts.items()) if not k.startswith("answer:")}
        return {
            **dict.fromkeys(("queued", "sent", "retried", "dropped", "duplicated", "delivered", "failed"), 0),
            **plain,
            "answers": answers,
        }

    # -- delivering

    def _push(self, delivery: Delivery) -> None:
        heapq.heappush(self._heap, (delivery.due, next(self._order), delivery))
        self._ready.notify_all()

    def _wake(self) -> None:
        with self._ready:
            self._ready.notify_all()

    def _dispatch(self) -> None:
        while True:
            with self._ready:
                while not self._closed:
                    if not self._heap:
                        self._ready.wait()
                    elif (wait := self._heap[0][0] - self._clock.time()) > 0:
                        self._ready.wait(wait)
                    else:
                        break
                if self._closed:
                    return
                delivery = heapq.heappop(self._heap)[2]
            self._pool.submit(self._attempt, delivery)

    def _attempt(self, delivery: Delivery) -> None:
        with self._ready:
            if delivery.generation != self._generation or self._closed:
                return
            gate = delivery.platform.admit(delivery)
            if isinstance(gate, Postpone):
                delivery.due = self._clock.time() + gate.seconds
                self._push(delivery)
                return
            if isinstance(gate, Abandon):
                self._finish(delivery, gate.outcome)
                return
        attempt = self.call(delivery)
        with self._ready:
            if delivery.generation != self._generation:
                return
            delivery.attempts.append(attempt)
            self._count(delivery, "sent")
            self._count(delivery, f"answer:{attempt.status or attempt.error}")
            delivery.platform.note(delivery, attempt)
            if attempt.succeeded:
                self._finish(delivery, "delivered")
                return
            wait = delivery.platform.retry_in(delivery)
            if wait is None:
                self._finish(delivery, "failed")
                return
            self._count(delivery, "retried")
            factor = self.disturbance.retry_factor
            delivery.due = self._clock.time() + wait * (delivery.platform.retry_factor if factor is None else factor)
            self._push(delivery)

    def call(self, delivery: Delivery) -> Attempt:
        """One HTTP call, without any retry."""
        session = self._session()
        started = time.monotonic()
        at = datetime.now(UTC)
        try:
            answer = session.request(
                delivery.method,
                delivery.url,
                data=delivery.body,
                headers=delivery.platform.headers(delivery),
                timeout=delivery.platform.timeout,
            )
        except requests.Timeout:
            return Attempt(at, time.monotonic() - started, error="timeout")
        except (requests.RequestException, ValueError):
            return Attempt(at, time.monotonic() - started, error="connection")
        try:
            retry_after: float | None = float(answer.headers.get("Retry-After", ""))
        except ValueError:
            retry_after = None
        return Attempt(
            at,
            time.monotonic() - started,
            status=answer.status_code,
            retry_after=retry_after,
            body=answer.text[:2000],
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            self._local.session = session
        return session

    def _finish(self, delivery: Delivery, outcome: str) -> None:
        delivery.outcome = outcome
        self._count(delivery, outcome)
        self._open -= 1
        self._ready.notify_all()

    def _count(self, delivery: Delivery, what: str) -> None:
        self.counts.setdefault(delivery.platform.helpdesk, Counter())[what] += 1


def _copy(delivery: Delivery) -> Delivery:
    return Delivery(
        id=delivery.id,
        platform=delivery.platform,
        webhook_id=delivery.webhook_id,
        ticket_id=delivery.ticket_id,
        event=delivery.event,
        method=delivery.method,
        url=delivery.url,
        body=delivery.body,
        created_at=delivery.created_at,
        due=delivery.due,
        headers=delivery.headers,
        is_copy=True,
    )
