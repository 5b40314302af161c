"""Word to the team about clocks at risk and broken, through any of apprise's services, outside the quiet hours."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

import structlog
from apprise import Apprise, NotifyType

from integration.pipeline.context import Context
from integration.store.deadlines import Alert, Deadlines

log = structlog.get_logger()

# Seconds that may pass before no further alert is begun: the clock has other work, and holds the lock for twice as long.
ENOUGH = 60
TITLES = {"at_risk": "A recovery is at risk", "breached": "A recovery is late"}


def send_alerts(context: Context, now: datetime) -> int:
    """Send what waits, in order; what no service takes stays for the next minute. Returns how many went out.

    Several clocks may do this at once: a lock in Redis lets one send, so that nobody is told twice.
    """
    alerts = context.settings.alerts
    if alerts.quiet_at(now):
        return 0
    deadlines = Deadlines(context.store)
    waiting = deadlines.waiting_alerts()
    if not waiting:
        return 0
    lock = context.redis.lock("makeright:alerts", timeout=2 * ENOUGH, blocking=False)
    if not lock.acquire():
        return 0
    try:
        services = [_service(url.reveal()) for url in alerts.urls]
        sent, begun = 0, time.monotonic()
        for alert in deadlines.waiting_alerts():
            if time.monotonic() - begun > ENOUGH:
                break
            # Without an address the alert stands in the store and the log only.
            if services and not _taken(services, alert):
                continue
            deadlines.alert_sent(alert.id, now)
            log.warning("alert", account=alert.account, kind=alert.kind, text=alert.text)
            sent += 1
        return sent
    finally:
        if lock.owned():
            lock.release()


def _service(address: str) -> Apprise:
    service = Apprise()
    service.add(address)
    return service


def _taken(services: Sequence[Apprise], alert: Alert) -> bool:
    """Whether any service took it. Those that did not are told apart by their place in the configuration: an address is
    a secret."""
    taken = [
        service.notify(body=alert.text, title=TITLES[alert.kind], notify_type=NotifyType.WARNING)
        for service in services
    ]
    for place, took in enumerate(taken):
        if not took:
            log.error("alert_not_taken", account=alert.account, alert=alert.id, address=f"alerts.urls[{place}]")
    return any(taken)
