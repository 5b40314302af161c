"""The neutral vocabulary of what Makeright puts into a helpdesk: what is wanted, what is there, and the difference.

An adapter compares the two (`Provisioner.plan`, which only reads) and makes them the same, thing by thing. What the
platform's API cannot do comes back as steps for a person. Nothing here does I/O, and nothing knows a platform.
"""

from __future__ import annotations

import html
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from adapters.contract import Finding, Health, Secret

# The keys that every adapter uses for the same thing; macros and SLA policies carry the playbook's keys behind theirs.
HOOK, NEW_TICKET, COMPLAINT_FIELD, VIEW = "hook", "rule.new_ticket", "field.complaint", "view.recovery"
# Under this key a hook is remembered that is being replaced, until the rotation of its secret is finished.
OLD_HOOK = "hook.old"


class Kind(StrEnum):
    """What a thing is, in the words of the field. A `SETTING` is a switch of the account's that is not ours."""

    HOOK = "webhook"
    RULE = "rule"
    FIELD = "field"
    FOLDER = "folder"
    MACRO = "macro"
    VIEW = "view"
    POLICY = "SLA policy"
    SETTING = "setting"


class State(StrEnum):
    IN_PLACE = "in place"
    MISSING = "missing"
    DIFFERENT = "different"
    SUPERFLUOUS = "superfluous"


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of the complaint's field: our own key ("no_callback") and how people read it."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class WantedReply:
    """A macro or canned response. `html` is finished, escaped HTML."""

    key: str
    title: str
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WantedClock:
    """An SLA policy on tickets that carry `tag`: a reply within `minutes` of business time."""

    key: str
    title: str
    tag: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Made:
    """A thing in the helpdesk, as it is remembered.

    `reference` is what the account's `fields` name a field by. `created`: it was made by us; otherwise it was there
    before, and `before` is how it was, as far as we changed it (None: not at all). `secret` is a hook's signing secret
    where the platform chooses it; it is not part of what is remembered.
    """

    key: str
    kind: Kind
    id: str
    name: str
    reference: str = ""
    url: str = ""
    created: bool = True
    before: Mapping[str, Any] | None = field(default=None, repr=False)
    secret: Secret | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one account's helpdesk is to contain. `made` is what is remembered from before, by key.

    `recovery_tags` are those of tickets with a clock that runs or was missed; `tag_prefix` is the account's own.
    """

    account: str
    hook_url: str
    seen_tag: str
    recovery_tags: tuple[str, ...]
    choices: tuple[Choice, ...]
    tag_prefix: str = ""
    replies: tuple[WantedReply, ...] = ()
    clocks: tuple[WantedClock, ...] = ()
    made: Mapping[str, Made] = field(default_factory=dict)

    def marker(self, key: str) -> str:
        """Stands in the description of what we make, so that it is found again even if our database is lost."""
        return f"[makeright {self.account} {key}]"


@dataclass(frozen=True, slots=True)
class Difference:
    """One aspect of a thing as it is and as it is wanted; "" where there is none."""

    aspect: str
    present: str
    wanted: str

    @property
    def words(self) -> str:
        if self.aspect == SWITCHED_ON:
            return "is switched off"
        if {self.present, self.wanted} == {YES, NO}:
            return f"{self.aspect}: {self.present}"
        if not self.present:
            return f"{self.aspect} is missing"
        if not self.wanted:
            return f"{self.aspect} is not wanted any more"
        return f"{self.aspect} is {_short(self.present)}, not {_short(self.wanted)}"


# The aspect that says whether a thing is active at all, and its two values.
SWITCHED_ON, YES, NO = "switched on", "yes", "no"
# The aspect that says whether we know the secret that a hook signs with.
SIGNING_SECRET = "signing secret"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a plan. `present` and `wanted` map aspects to what people read; an aspect that both share with the
    same text is in order. `id` is None where there is no such thing yet. `by_hand` are the steps of a person where the
    platform's API has none; `adopted`: it was there before us."""

    key: str
    kind: Kind
    name: str
    wanted: Mapping[str, str]
    present: Mapping[str, str] = field(default_factory=dict)
    id: str | None = None
    reference: str = ""
    url: str = ""
    adopted: bool = False
    before: Mapping[str, Any] | None = field(default=None, repr=False)
    by_hand: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        if self.id is None:
            return State.MISSING
        if not self.wanted:
            return State.SUPERFLUOUS
        return State.DIFFERENT if self.differences else State.IN_PLACE

    @property
    def differences(self) -> tuple[Difference, ...]:
        aspects = [*self.wanted, *(aspect for aspect in self.present if aspect not in self.wanted)]
        told = (Difference(one, self.present.get(one, ""), self.wanted.get(one, "")) for one in aspects)
        return tuple(difference for difference in told if difference.present != difference.wanted)


class Provisioner(ABC):
    """Plans and makes what one account's helpdesk is to contain. An adapter that can, hands one out by
    `Helpdesk.provisioner`."""

    # Whether the platform chooses a hook's secret (it is read back), or we do (the first of the account's own).
    platform_chooses_secret: ClassVar[bool]
    # Whether the platform's SLA policies can be keyed on tags.
    knows_policies_by_tag: ClassVar[bool] = False

    @abstractmethod
    def plan(self, wishes: Wishes) -> tuple[Item, ...]:
        """Everything wanted, beside what is there, in the order in which it is to be made. Only reads.

        Raises HelpdeskError.
        """

    @abstractmethod
    def apply(self, item: Item, wishes: Wishes) -> Made:
        """Make or repair one item that needs no hand. `wishes.made` holds what was made before it. Raises HelpdeskError."""

    @abstractmethod
    def remove(self, made: Made) -> tuple[str, ...]:
        """Take back one thing: delete what we created, restore what we changed. What is gone already is no error.

        Returns the steps for a person where the API cannot do it, () if it is done. Raises HelpdeskError.
        """

    def renewed_hook(self, wishes: Wishes) -> Made | None:
        """A second hook beside the present one, with a secret of its own; None where we choose the secret."""
        return None

    def try_hook(self, hook: Made, wishes: Wishes) -> str:
        """Send a harmless call through this hook. Returns "" if it was accepted, else what went wrong."""
        return ""


def findings(account: str, items: Iterable[Item], made: Mapping[str, Made]) -> Iterator[Finding]:
    """A plan as the lines of a check. What we made once and is broken now is an error where hooks or fields depend on it;
    before the first run, all that is to come is one line."""
    items, command = tuple(items), f"run `makeright provision {account}`"
    missing = [item for item in items if item.kind is not Kind.SETTING and item.state is State.MISSING]
    if not made and len(missing) > 1:
        kinds = Counter(item.kind for item in missing)
        parts = ", ".join(f"{number} {kind}{'s' if number > 1 else ''}" for kind, number in kinds.items())
        yield Finding("set-up", Health.WARNING, f"not in the helpdesk yet: {parts}", command)
        items = tuple(item for item in items if item not in missing)
    for item in items:
        subject = f"{item.kind} {item.name}"
        fix = " > ".join(item.by_hand) if len(item.by_hand) == 1 else "; ".join(item.by_hand)
        if item.state is State.IN_PLACE:
            yield Finding(subject, Health.OK, "as it should be")
            continue
        vital = item.kind in (Kind.HOOK, Kind.RULE, Kind.FIELD) and item.key in made
        detail = {
            State.MISSING: "is gone: somebody deleted it" if item.key in made else "is not there",
            State.SUPERFLUOUS: "is not wanted any more",
        }.get(item.state) or "; ".join(difference.words for difference in item.differences)
        yield Finding(subject, Health.ERROR if vital else Health.WARNING, detail, fix or command)


def shown_text(body: str) -> str:
    """What a reader sees of a reply: platforms rewrite its HTML when they store it, but not its words."""
    return " ".join(html.unescape(re.sub(r"<[^<>]{0,500}>", " ", body)).split())


def _short(text: str, longest: int = 120) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
