"""Reports that look at every decision of an account. The clock works them out now and then, so that nobody waits."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integration.complaints.encoder import packaged_thresholds
from integration.complaints.taxonomy import Complaint
from integration.pipeline.context import Context
from integration.pipeline.shadow_report import counts, fairly
from integration.settings import AccountSettings
from integration.store.figures import Figure, Figures
from integration.store.judgements import Judgements

# How far the funnel looks back, in days.
WINDOWS = (7, 30, 90)
# ... and the shadow report.
SHADOW_WINDOWS = (14, 30, 90)
WEEKS = 12
# Samples that are kept for somebody to judge until the report is worked out again.
SAMPLES = 100
# A report is worked out anew after a minute, or after twenty times as long as it took.
_FRESH = timedelta(minutes=1)
_PATIENCE = 20


def names() -> tuple[str, ...]:
    return tuple(_REPORTS)


def funnel_name(days: int) -> str:
    return f"funnel-{days}"


def shadow_name(days: int) -> str:
    return f"shadow-{days}"


def refresh_reports(context: Context, account: str, now: datetime) -> None:
    """Work out what has grown old."""
    for name in names():
        kept = Figures(context.store).kept(account, name)
        if kept is None or now - kept.at > max(_FRESH, timedelta(seconds=kept.seconds * _PATIENCE)):
            _work_out(context, account, name, now)


def report(context: Context, account: str, name: str) -> Figure:
    """As it was worked out last; worked out here where that never happened."""
    return Figures(context.store).kept(account, name) or _work_out(context, account, name, context.now())


def _work_out(context: Context, account: str, name: str, now: datetime) -> Figure:
    begun = time.perf_counter()
    body = _REPORTS[name](context, context.account(account), now)
    figure = Figure(body, now, time.perf_counter() - begun)
    Figures(context.store).keep(account, name, figure)
    return figure


def _funnel(days: int) -> Callable[[Context, AccountSettings, datetime], Mapping[str, Any]]:
    def work_out(context: Context, account: AccountSettings, now: datetime) -> Mapping[str, Any]:
        labels = [complaint.value for complaint in Complaint]
        lines = context.store.feedback.funnel(account.name, labels, now - timedelta(days=days))
        return {"lines": [asdict(line) for line in lines]}

    return work_out


def _shadow(days: int) -> Callable[[Context, AccountSettings, datetime], Mapping[str, Any]]:
    """What would have been shown and written, what is to be judged, and the scores of what was. No text of anybody's."""

    def work_out(context: Context, account: AccountSettings, now: datetime) -> Mapping[str, Any]:
        judgements = Judgements(context.store)
        found, verdicts = judgements.found(account.name, now - timedelta(days=days)), judgements.verdicts(account.name)
        thresholds = {**packaged_thresholds(), **account.thresholds}
        ordered = fairly(found.labels)
        is_open = [(one.decision_id, one.label) not in verdicts for one in ordered]
        labels = {}
        for complaint in Complaint:
            shown, written = counts(complaint, found.labels, thresholds[complaint])
            labels[complaint.value] = {"shown": shown, "written": written, **asdict(thresholds[complaint])}
        return {
            "read": found.read,
            "silent": found.silent,
            "labels": labels,
            "open": [asdict(one) for one, waits in zip(ordered, is_open, strict=True) if waits][:SAMPLES],
            "judged": [asdict(one) for one, waits in zip(ordered, is_open, strict=True) if not waits],
        }

    return work_out


def _weeks(context: Context, account: AccountSettings, now: datetime) -> Mapping[str, Any]:
    """Per week, the oldest first: tickets by complaint, and how many customers came back or were failed again."""
    figures, zone = Figures(context.store), account.own.calendar.zone
    rules = account.own.playbook.relationship
    first = _monday(now, zone) - timedelta(weeks=WEEKS - 1)
    weeks = [first + timedelta(weeks=number) for number in range(WEEKS)]
    since = datetime.combine(first, datetime.min.time(), zone)
    labels = {complaint.value: Counter[date]() for complaint in Complaint}
    seen = set()
    for label, ticket, at in figures.labelled(account.name, since):
        if (label, ticket) not in seen and label in labels:
            seen.add((label, ticket))
            labels[label][_monday(at, zone)] += 1
    contacts, came_back = _again(figures.contacts(account.name, since), rules.repeat_contact_within, zone)
    complaints, failed_again = _again(figures.complaints(account.name, since), rules.repeat_within, zone)
    return {
        "weeks": [week.isoformat() for week in weeks],
        "labels": {label: [counts[week] for week in weeks] for label, counts in labels.items()},
        "contacts": [contacts[week] for week in weeks],
        "came_back": [came_back[week] for week in weeks],
        "complaints": [complaints[week] for week in weeks],
        "failed_again": [failed_again[week] for week in weeks],
        "contact_days": rules.repeat_contact_within.days,
        "complaint_days": rules.repeat_within.days,
    }


def _again(
    events: Iterable[tuple[str, datetime]], within: timedelta, zone: ZoneInfo
) -> tuple[Counter[date], Counter[date]]:
    """By week: how many there were, and how many of them by somebody whose last one was not longer ago than `within`."""
    every, again, last = Counter[date](), Counter[date](), dict[str, datetime]()
    for who, at in events:
        week = _monday(at, zone)
        every[week] += 1
        if who in last and at - last[who] <= within:
            again[week] += 1
        last[who] = at
    return every, again


def _monday(moment: datetime, zone: ZoneInfo) -> date:
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def interval(hits: int, of: int) -> tuple[float, float] | None:
    """The share `hits` / `of` with 95 % confidence (Wilson's interval, which holds for few and for extreme counts)."""
    if of == 0:
        return None
    z, share = 1.959964, hits / of
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


_REPORTS: Mapping[str, Callable[[Context, AccountSettings, datetime], Mapping[str, Any]]] = {
    **{funnel_name(days): _funnel(days) for days in WINDOWS},
    **{shadow_name(days): _shadow(days) for days in SHADOW_WINDOWS},
    "weeks": _weeks,
}
