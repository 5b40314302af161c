"""Word to the team about clocks at risk and broken, through any of apprise's services, outside the quiet hours."""

from __future__ import annotations

from datetime import datetime

import structlog
from apprise import Apprise, NotifyType

from integration.pipeline.context import Context
from integration.store.deadlines import Deadlines

log = structlog.get_logger()

TITLES = {"at_risk": "A recovery is at risk", "breached": "A recovery is late"}


def send_alerts(context: Context, now: datetime) -> int:
    """Send what waits, in order; what cannot be sent stays for the next minute. Returns how many went out.

    Several clocks may do this at once: a lock in Redis lets one send, so that nobody is told twice.
    """
    alerts = context.settings.alerts
    if alerts.quiet_at(now):
        return 0
    deadlines = Deadlines(context.store)
    waiting = deadlines.waiting_alerts()
    if not waiting:
        return 0
    lock = context.redis.lock("makeright:alerts", timeout=120, blocking=False)
    if not lock.acquire():
        return 0
    try:
        sender = Apprise()
        for url in alerts.urls:
            sender.add(url.reveal())
        sent = 0
        for alert in deadlines.waiting_alerts():
            # Without an address the alert stands in the store and the log only.
            if alerts.urls and not sender.notify(
                body=alert.text, title=TITLES[alert.kind], notify_type=NotifyType.WARNING
            ):
                log.error("alert_not_sent", account=alert.account, alert=alert.id)
                break
            deadlines.alert_sent(alert.id, now)
            log.warning("alert", account=alert.account, kind=alert.kind, text=alert.text)
            sent += 1
        return sent
    finally:
        if lock.owned():
            lock.release()
