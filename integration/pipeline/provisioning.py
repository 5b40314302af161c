"""Bringing an account's helpdesk into the state we need, and back: plan, make, remember, check, undo, rotate.

What there is to make follows from the settings and the playbook; how, is the adapter's affair. Each thing is remembered
as soon as it stands, so that a run that breaks off half-way is taken up by the next.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from adapters.contract import Finding, Health, HelpdeskError, Secret
from adapters.hook_secrets import HookSecrets
from adapters.provisioning import (
    HOOK,
    OLD_HOOK,
    SIGNING_SECRET,
    Choice,
    Item,
    Kind,
    Made,
    Provisioner,
    State,
    WantedClock,
    WantedReply,
    Wishes,
    findings,
)
from integration.complaints.taxonomy import Complaint
from integration.pipeline.context import Context
from integration.pipeline.macro_shelf import refresh_macros
from integration.recovery.calendars import BusinessCalendar
from integration.recovery.clock_rules import BusinessHours, ClockRule, EndOfNextBusinessDay, EveryBusinessHours
from integration.recovery.drafts import as_html
from integration.recovery.playbook_macros import replies
from integration.settings import AccountSettings
from integration.store.provisioned import Provisioned

OnStep = Callable[[Item], None]
# What only a person can remove, each with the steps.
ByHand = tuple[tuple[Made, tuple[str, ...]], ...]


class ProvisionError(Exception):
    """It cannot be done as things are. The text names the place, the value and the fix."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one account's helpdesk lacks. `leftovers` were made once and are wanted no longer."""

    account: str
    items: tuple[Item, ...]
    leftovers: tuple[Made, ...] = ()

    @property
    def to_do(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.state is not State.IN_PLACE and not item.by_hand)

    @property
    def by_hand(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.state is not State.IN_PLACE and item.by_hand)

    @property
    def in_place(self) -> bool:
        return not (self.to_do or self.by_hand or self.leftovers)


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of an undo: `kept` was left although we made it, `by_hand` waits for a person."""

    removed: tuple[Made, ...]
    kept: tuple[Made, ...]
    by_hand: ByHand


@dataclass(frozen=True, slots=True)
class Finished:
    """How a rotation ended: whether there was anything to end, and the hook that stays since it was there before us."""

    ended: bool
    left: Made | None = None


def look(context: Context, name: str, *, sla: bool = False) -> Plan:
    """Compare what is there with what is wanted; only reads. Raises ProvisionError and HelpdeskError."""
    wishes, provisioner = _wishes(context, name, sla=sla), _provisioner(context, name)
    if sla and not provisioner.knows_policies_by_tag:
        raise ProvisionError(
            f"accounts.{name}.helpdesk: its SLA policies cannot be keyed on tags: leave out --sla; "
            "policies there choose by priority, type or group, which the playbook can set"
        )
    items = provisioner.plan(wishes)
    wanted = {item.key for item in items} | {OLD_HOOK}
    return Plan(name, items, tuple(made for key, made in wishes.made.items() if key not in wanted))


def carry_out(context: Context, plan: Plan, *, sla: bool = False, on_step: OnStep = lambda item: None) -> ByHand:
    """Make what the plan says, and remember it. Returns the leftovers that only a person can remove, with the steps.

    Raises ProvisionError and HelpdeskError.
    """
    name, provisioner, remembered = plan.account, _provisioner(context, plan.account), Provisioned(context.store)
    hook_secrets = _hook_secrets(context, name)
    if hook_secrets.file is None and any(
        item.kind is Kind.HOOK and (item.id is None or SIGNING_SECRET in {one.aspect for one in item.differences})
        for item in plan.items
    ):
        raise ProvisionError(_NO_FILE.format(name=name))
    if not provisioner.platform_chooses_secret and not len(hook_secrets):
        _put(context, name, Secret(secrets.token_urlsafe(32)))
    wishes = _wishes(context, name, sla=sla)
    for item in plan.items:
        on_step(item)
        if item.by_hand and item.id is None:
            continue
        if item.state is State.IN_PLACE or item.by_hand:
            made = Made(
                item.key, item.kind, item.id or "", item.name, item.reference, item.url, created=not item.adopted
            )
        else:
            made = provisioner.apply(item, wishes)
        if item.kind is Kind.SETTING:
            continue
        if made.secret is not None and made.secret not in tuple(hook_secrets):
            _put(context, name, made.secret)
        remembered.keep(name, made)
        wishes = replace(wishes, made={**wishes.made, made.key: made})
    by_hand = []
    for made in plan.leftovers:
        if steps := provisioner.remove(made):
            by_hand.append((made, steps))
        else:
            remembered.forget(name, made.key)
    refresh_macros(context, name, anew=True)
    return tuple(by_hand)


def undo(
    context: Context, name: str, *, delete_fields: bool = False, on_step: Callable[[Made], None] = lambda made: None
) -> Undone:
    """Take back what we made, the last first, and nothing else. Fields hold data: they stay unless it is said.

    Raises HelpdeskError; what was removed before it stays removed, and is forgotten.
    """
    provisioner, remembered = _provisioner(context, name), Provisioned(context.store)
    removed, kept, by_hand = [], [], []
    for made in reversed(_in_order(remembered.of(name))):
        on_step(made)
        if made.kind is Kind.FIELD and not delete_fields and (made.created or made.before):
            kept.append(made)
            continue
        if steps := provisioner.remove(made):
            by_hand.append((made, steps))
            continue
        remembered.forget(name, made.key)
        removed.append(made)
    refresh_macros(context, name, anew=True)
    return Undone(tuple(removed), tuple(kept), tuple(by_hand))


def rotate(context: Context, name: str, *, on_step: OnStep = lambda item: None) -> Plan:
    """Let the helpdesk use a new secret while the old one still counts. `finish_rotation` ends that.

    Returns what a person has to do. Raises ProvisionError and HelpdeskError; nothing points to the new secret before
    the service is known to accept it.
    """
    provisioner, remembered = _provisioner(context, name), Provisioned(context.store)
    if _hook_secrets(context, name).file is None:
        raise ProvisionError(_NO_FILE.format(name=name))
    wishes = _wishes(context, name)
    if OLD_HOOK in wishes.made or (not provisioner.platform_chooses_secret and _rotating(context, name)):
        raise ProvisionError(
            f"accounts.{name}: a rotation is under way: end it with `makeright rotate {name} --finish` first"
        )
    if not provisioner.platform_chooses_secret:
        _put(context, name, Secret(secrets.token_urlsafe(32)))
    elif HOOK not in wishes.made:
        raise ProvisionError(f"accounts.{name}: there is no webhook of ours yet: run `makeright provision {name}`")
    elif (hook := provisioner.renewed_hook(wishes)) is not None:
        assert hook.secret is not None
        _put(context, name, hook.secret)
        if trouble := provisioner.try_hook(hook, wishes):
            provisioner.remove(replace(hook, created=True))
            _hook_secrets(context, name).drop_first()
            raise ProvisionError(
                f"accounts.{name}: nothing was changed, since the new secret is not accepted: {trouble}. "
                "Look whether the service runs and reads the same secret file"
            )
        remembered.keep(name, replace(wishes.made[HOOK], key=OLD_HOOK))
        remembered.keep(name, hook)
    plan = look(context, name)
    moving = tuple(item for item in plan.items if item.kind in (Kind.HOOK, Kind.RULE))
    moving = tuple(replace(item, before=None) for item in moving)
    carry_out(context, Plan(name, moving), on_step=on_step)
    return look(context, name)


def finish_rotation(context: Context, name: str) -> Finished:
    """Drop the old secret, and the old hook if we made it.

    Raises ProvisionError as long as something still uses the old one.
    """
    provisioner, remembered = _provisioner(context, name), Provisioned(context.store)
    plan = look(context, name)
    waiting = [item.name for item in plan.items if item.kind in (Kind.HOOK, Kind.RULE) and item.differences]
    if waiting:
        raise ProvisionError(
            f"accounts.{name}: not yet moved to the new secret: {', '.join(waiting)}. "
            f"`makeright provision {name}` says what is missing"
        )
    old = remembered.of(name).get(OLD_HOOK)
    if old is not None:
        if old.created:
            provisioner.remove(old)
        remembered.forget(name, OLD_HOOK)
    dropped = _hook_secrets(context, name).drop_old()
    return Finished(dropped or old is not None, left=None if old is None or old.created else old)


def provision_findings(context: Context, name: str) -> Iterator[Finding]:
    """The plan as lines of a check. Does not raise for what it finds."""
    helpdesk = context.helpdesks[name]
    if helpdesk.provisioner() is None:
        return
    try:
        plan = look(context, name)
    except (HelpdeskError, ProvisionError) as error:
        yield Finding(
            "set-up", Health.WARNING, str(error), f"run `makeright provision {name}` with an administrator's key"
        )
        return
    except SQLAlchemyError:
        # Nothing is remembered without a database; what is wrong with it is told in its own line.
        return
    yield from findings(name, plan.items, Provisioned(context.store).of(name))


# --- what is wanted ---------------------------------------------------------------------------------------------


def _wishes(context: Context, name: str, *, sla: bool = False) -> Wishes:
    account, made = context.account(name), Provisioned(context.store).of(name)
    tags = account.own.playbook.tags
    with_clocks = sla or any(one.kind is Kind.POLICY for one in made.values())
    return Wishes(
        account=name,
        hook_url=_hook_url(context, account),
        seen_tag=account.tag_prefix + tags.seen,
        recovery_tags=tuple(account.tag_prefix + tag for tag in (tags.due, tags.at_risk, tags.breached)),
        choices=tuple(Choice(complaint.value, complaint.words.capitalize()) for complaint in Complaint),
        tag_prefix=account.tag_prefix,
        replies=tuple(_replies(account)),
        clocks=tuple(_clocks(account)) if with_clocks else (),
        made=made,
    )


def _hook_url(context: Context, account: AccountSettings) -> str:
    public = context.settings.service.public_url.rstrip("/")
    if urlsplit(public).scheme != "https" and not account.account.sandbox:
        raise ProvisionError(
            f"service.public_url: {public!r}: the helpdesk calls this address from the internet: "
            "write the https address under which this service is reached"
        )
    return f"{public}/hooks/{account.name}"


def _replies(account: AccountSettings) -> Iterator[WantedReply]:
    brands = {brand: handling.playbook for brand, handling in account.brands.items()}
    for key, (macro, brand) in replies(account.own.playbook, brands).items():
        title = f"{macro.title} ({brand})" if brand else macro.title
        yield WantedReply(key, title, as_html(macro.body))


def _clocks(account: AccountSettings) -> Iterator[WantedClock]:
    for complaint, remedy in account.own.playbook.remedies.items():
        minutes = _minutes(remedy.first.clock, account.own.calendar)
        yield WantedClock(complaint.value, complaint.words, account.tag_prefix + remedy.clock_tag, minutes)


def _minutes(rule: ClockRule, calendar: BusinessCalendar) -> int:
    """A rule as the length of business time that the helpdesk's own SLA policies know: a business day is the calendar's
    longest. Our own clock stays the exact one."""
    if isinstance(rule, BusinessHours | EveryBusinessHours):
        return max(1, round(rule.hours * 60))
    day = max(sum(span.end - span.start for span in spans) for spans in calendar.week)
    return day * (2 if isinstance(rule, EndOfNextBusinessDay) else 1)


# --- how --------------------------------------------------------------------------------------------------------

_NO_FILE = (
    "accounts.{name}.webhook_secrets: none stands in a file, so there is no place to put the new secret: "
    'write webhook_secrets = ["file:secrets/{name}-hook"]; the file is made for you'
)


def _provisioner(context: Context, name: str) -> Provisioner:
    found = context.helpdesks[name].provisioner()
    if found is None:
        kind = context.account(name).kind
        raise ProvisionError(
            f"accounts.{name}.helpdesk: {kind!r}: is set up by hand: adapters/{kind}/README.md says how"
        )
    return found


def _hook_secrets(context: Context, name: str) -> HookSecrets:
    found = context.account(name).account.webhook_secrets
    return found if isinstance(found, HookSecrets) else HookSecrets(*found)


def _put(context: Context, name: str, secret: Secret) -> None:
    kept = _hook_secrets(context, name)
    if kept.file is None:
        raise ProvisionError(_NO_FILE.format(name=name))
    kept.put(secret)


def _rotating(context: Context, name: str) -> bool:
    kept = _hook_secrets(context, name)
    return kept.file is not None and len(HookSecrets(kept.file)) > 1


def _in_order(made: Mapping[str, Made]) -> list[Made]:
    """Hooks first, then what calls them: in the order in which it was made, whatever the clock said of it."""
    order = list(Kind)
    return sorted(made.values(), key=lambda one: order.index(one.kind))
