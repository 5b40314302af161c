"""How moments, shares and states are said on the console's pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from flask import Flask
from markupsafe import Markup, escape

from integration.complaints.taxonomy import Complaint
from integration.store.store import NO_LABEL

_STATES = {"due": "due", "at_risk": "at risk", "breached": "broken", "kept": "kept"}
_OUTCOMES = {
    "planned": "under way",
    "written": "written",
    "unchanged": "there already",
    "withheld": "withheld",
    "silent": "silent",
    "failed": "failed",
    "dropped": "overtaken",
}
_TINTS = {
    "written": "success",
    "unchanged": "success",
    "failed": "danger",
    "breached": "danger",
    "at_risk": "warning",
    "due": "info",
    "withheld": "secondary",
}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def add_words(app: Flask) -> None:
    app.jinja_env.filters.update(
        moment=moment,
        ago=ago,
        span=span,
        percent=percent,
        complaint=complaint,
        state=lambda name: _STATES.get(name, name),
        outcome=lambda name: _OUTCOMES.get(name, name),
        tint=lambda name: _TINTS.get(name, "secondary"),
        # For lists to choose from: pairs of (value, words).
        choices=lambda names: [(name, name) for name in names],
        complaint_choices=lambda names: [(name, complaint(name)) for name in names],
        state_choices=lambda names: [(name, _STATES.get(name, name)) for name in names],
        day_choices=lambda windows: [(days, f"{days} days") for days in windows],
    )
    app.jinja_env.globals["utc"] = UTC


def moment(at: datetime | None, zone: tzinfo = UTC) -> Markup:
    """ "22 Nov 16:52 EST", in the account's own zone where one is given."""
    if at is None:
        return Markup("never")
    local = at.astimezone(zone)
    words = f"{local.day} {_MONTHS[local.month - 1]} {local:%H:%M} {local.tzname()}"
    return Markup('<time datetime="{}">{}</time>').format(escape(at.isoformat(timespec="seconds")), words)


def ago(at: datetime | None, now: datetime) -> str:
    """ "4 min ago", "in 2 h"."""
    if at is None:
        return "never"
    words = span(abs(now - at))
    return f"{words} ago" if at <= now else f"in {words}"


def span(length: timedelta) -> str:
    seconds = length.total_seconds()
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size * (2 if unit == "d" else 1):
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def percent(share: float | None) -> str:
    if share is None:
        return "-"
    # What is not certain is not rounded up to it.
    places = 1 if 0.995 <= share < 1 else 0
    return f"{share * 100:.{places}f} %"


def complaint(label: str) -> str:
    """The name of a complaint as people say it; a label we do not know stays as it is."""
    if label == NO_LABEL:
        return "nothing found"
    return Complaint(label).words.capitalize() if label in set(Complaint) else label
