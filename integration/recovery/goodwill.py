"""Gestures of goodwill: what is on the menu, who may grant it, and what it has cost. Pure: grants are passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from integration.complaints.taxonomy import Complaint
from integration.recovery.playbook import Gesture, Playbook, Tags
from integration.recovery.templates import render


class State(StrEnum):
    """Where a grant stands. Only an approved one appears in a draft or counts as spent. `WITHDRAWN`: whoever asked has
    thought better of it."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Answer(StrEnum):
    ALLOWED = "allowed"
    NEEDS_APPROVAL = "needs_approval"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Grant:
    """A gesture for one customer. `amount` is in the menu's currency, 0 for a gesture that costs nothing."""

    at: datetime
    complaint: Complaint
    gesture: str
    amount: Decimal
    state: State = State.PENDING


@dataclass(frozen=True, slots=True)
class Verdict:
    """`approver` is the lowest role that may say yes where the asking one may not."""

    answer: Answer
    reason: str
    approver: str | None = None


def menu_for(playbook: Playbook, complaint: Complaint) -> tuple[Gesture, ...]:
    """What may be offered for this complaint, in the playbook's order."""
    return tuple(playbook.goodwill.gestures[key] for key in playbook.remedies[complaint].gestures)


def limits_for(playbook: Playbook, complaint: Complaint, *, repeat: bool = False) -> Mapping[str, Decimal]:
    """The most that each role gives, in rising order."""
    limits = {**playbook.goodwill.limits, **playbook.remedies[complaint].step(repeat=repeat).limits}
    return dict(sorted(limits.items(), key=lambda limit: limit[1]))


def decide(
    playbook: Playbook,
    complaint: Complaint,
    gesture: str,
    amount: Decimal,
    role: str,
    *,
    now: datetime,
    earlier: Iterable[Grant] = (),
    repeat: bool = False,
) -> Verdict:
    """Whether this role may grant this gesture. `earlier` are the customer's grants so far: what was approved within
    the menu's window counts towards the limit, so that one large gesture is not given as several small ones."""
    menu = playbook.goodwill
    offered = playbook.remedies[complaint].gestures
    limits = limits_for(playbook, complaint, repeat=repeat)
    if gesture not in offered:
        listed = ", ".join(offered) or "nothing"
        return Verdict(Answer.REFUSED, f"{gesture!r} is not offered for {complaint.words}; there is {listed}")
    if role not in limits:
        return Verdict(Answer.REFUSED, f"{role!r} is no role; there are {', '.join(limits)}")
    most = menu.gestures[gesture].up_to
    if not amount.is_finite() or amount < 0 or amount != round(amount, 2):
        return Verdict(Answer.REFUSED, f"{amount} is no amount of money: 0 or more, with at most two decimals")
    if amount > most:
        return Verdict(Answer.REFUSED, f"{gesture} goes up to {money(most, menu.currency)}")
    if most > 0 and amount == 0:
        return Verdict(Answer.REFUSED, f"{gesture} needs an amount, up to {money(most, menu.currency)}")
    given = sum((g.amount for g in _approved(earlier, since=now - menu.window)), Decimal(0))
    total = given + amount
    already = f" ({money(given, menu.currency)} of it given within {menu.window.days} days)" if given else ""
    what = f"{money(total, menu.currency)}{already}"
    if amount == 0 or total <= limits[role]:
        return Verdict(Answer.ALLOWED, f"{what} is within the limit of {role}, {money(limits[role], menu.currency)}")
    approver = next((higher for higher, limit in limits.items() if total <= limit), None)
    if approver is None:
        return Verdict(
            Answer.REFUSED, f"{what} is more than any role may give, {money(max(limits.values()), menu.currency)}"
        )
    reason = f"{what} is above the limit of {role}, {money(limits[role], menu.currency)}: {approver} may approve it"
    return Verdict(Answer.NEEDS_APPROVAL, reason, approver)


def asking_role(playbook: Playbook, complaint: Complaint, *, repeat: bool = False) -> str:
    """The role of whoever has proven to be nothing more: the one with the lowest limit."""
    return next(iter(limits_for(playbook, complaint, repeat=repeat)))


def highest_role(playbook: Playbook, complaint: Complaint, *, repeat: bool = False) -> str:
    return list(limits_for(playbook, complaint, repeat=repeat))[-1]


def answered_by_tags(tags: frozenset[str], names: Tags, prefix: str = "") -> State | None:
    """What an approver said by tagging the ticket; with both tags on it, no is the safer reading."""
    if prefix + names.goodwill_declined in tags:
        return State.DECLINED
    return State.APPROVED if prefix + names.goodwill_approved in tags else None


def words(playbook: Playbook, grant: Grant) -> str:
    """What a draft says of an approved grant: "We refund your delivery charge of USD 15.00."."""
    amount = money(grant.amount, playbook.goodwill.currency)
    return render(playbook.goodwill.gestures[grant.gesture].words, {"amount": amount})


def spend(grants: Iterable[Grant], *, since: datetime, until: datetime) -> Mapping[Complaint, Decimal]:
    """What was approved per complaint from `since` until just before `until`; every complaint has an entry."""
    total = dict.fromkeys(Complaint, Decimal(0))
    for grant in _approved(grants, since=since):
        if grant.at < until:
            total[grant.complaint] += grant.amount
    return total


def periods(first: datetime, last: datetime, by: str) -> list[tuple[datetime, datetime]]:
    """The time from `first` to `last` cut at the beginnings of months or weeks (Mondays); "all" cuts nothing."""
    found, begin = [], first
    while begin < last:
        end = last
        if by == "week":
            end = min(last, begin + timedelta(days=7 - begin.weekday()))
        elif by == "month":
            end = min(last, (begin.replace(day=1) + timedelta(days=32)).replace(day=1))
        found.append((begin, end))
        begin = end
    return found


def approved(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    return tuple(grant for grant in grants if grant.state is State.APPROVED)


def _approved(grants: Iterable[Grant], *, since: datetime) -> Iterable[Grant]:
    return (grant for grant in approved(grants) if grant.at >= since)


def money(amount: Decimal, currency: str) -> str:
    """ "USD 12.50" """
    return f"{currency} {amount:.2f}"
