"""The playbook: per complaint its remedy, clock, tags, people, macros, words and gestures. Read from TOML, immutable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any

from marshmallow import ValidationError

from adapters.contract import Priority
from integration.complaints.taxonomy import Complaint
from integration.recovery.clock_rules import ClockRule
from integration.recovery.playbook_checks import checked, part_template, voice_chain
from integration.recovery.playbook_layers import Layer, Layers, PlaybookError
from integration.recovery.playbook_schema import LEAVE, PlaybookSchema
from integration.recovery.toml_mistakes import mistakes

__all__ = ["Layer", "Playbook", "PlaybookError", "default_layer", "default_playbook", "read_playbook"]


class Policy(StrEnum):
    """How far an apology may go, mildest control first."""

    FULL = "full"
    REGRET_ONLY = "regret_only"
    HOLD_FOR_REVIEW = "hold_for_review"


class Variant(StrEnum):
    """Where a draft is spoken: an e-mail, a chat or tweet, a telephone."""

    FULL = "full"
    SHORT = "short"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class PlaybookMacro:
    """A reply to suggest; what stands in square brackets is for the agent to fill in.

    `key` ("no_callback.call_back_today") stays the same when the words change.
    """

    key: str
    title: str
    body: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Step:
    """What is done, by when and by whom. `priority` and `group` are None where the ticket's own stay."""

    text: str
    clock: ClockRule
    updates: ClockRule | None
    priority: Priority | None
    group: str | None
    limits: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Remedy:
    """What is done about one complaint: `first`, and `again` when the same customer is failed the same way again."""

    complaint: Complaint
    label_tag: str
    clock_tag: str
    first: Step
    again: Step
    facts: tuple[str, ...]
    macros: tuple[PlaybookMacro, ...]
    gestures: tuple[str, ...]
    words: tuple[str, ...]

    def step(self, *, repeat: bool) -> Step:
        return self.again if repeat else self.first


@dataclass(frozen=True, slots=True)
class Tags:
    seen: str
    repeat: str
    due: str
    at_risk: str
    breached: str
    kept: str
    goodwill_approved: str
    goodwill_declined: str
    called: str

    @property
    def states(self) -> frozenset[str]:
        """Of these a ticket carries one at a time."""
        return frozenset({self.due, self.at_risk, self.breached, self.kept})


@dataclass(frozen=True, slots=True)
class RelationshipRules:
    repeat_within: timedelta
    repeat_contact_within: timedelta
    company_counts: bool


@dataclass(frozen=True, slots=True)
class PromiseRules:
    """A draft names a time `margin` before the deadline, and none nearer than `earliest`."""

    margin: timedelta
    earliest: timedelta


@dataclass(frozen=True, slots=True)
class ApologyRules:
    policy: Policy
    categories: Mapping[str, Policy]

    def policy_for(self, categories: frozenset[str]) -> Policy:
        """The strictest that holds for a ticket of these categories (compared without case)."""
        known = {name.casefold(): policy for name, policy in self.categories.items()}
        found = [known[name.casefold()] for name in categories if name.casefold() in known]
        return max([self.policy, *found], key=list(Policy).index)


@dataclass(frozen=True, slots=True)
class Gesture:
    """`words` is a template of {{ amount }}; `up_to` the most that it may cost, in the menu's currency."""

    key: str
    words: str
    up_to: Decimal


@dataclass(frozen=True, slots=True)
class Menu:
    """The goodwill of all complaints. `limits` per role in rising order."""

    currency: str
    window: timedelta
    limits: Mapping[str, Decimal]
    gestures: Mapping[str, Gesture]


@dataclass(frozen=True, slots=True)
class Parts:
    """The templates of one draft; "" where a part says nothing. `opening` is a call's first question."""

    opening: str = ""
    acknowledge: str = ""
    apologise: str = ""
    regret: str = ""
    own: str = ""
    stand_by: str = ""
    act: str = ""
    make_right: str = ""


@dataclass(frozen=True, slots=True)
class Voice:
    """How a brand speaks: templates, those of each complaint and variant complete."""

    name: str
    greeting: str
    closing: str
    signature: str
    drafts: Mapping[tuple[Complaint, Variant], Parts]


@dataclass(frozen=True, slots=True)
class Playbook:
    """`remedies` stand in the order of precedence; `gaps` are the facts a draft may need with the question for each.

    `version` is what the team calls it, `digest` changes with every change of content.
    """

    version: str
    digest: str
    remedies: Mapping[Complaint, Remedy]
    tags: Tags
    relationship: RelationshipRules
    promise: PromiseRules
    apology: ApologyRules
    goodwill: Menu
    gaps: Mapping[str, str]
    team: str
    voice: Voice
    source: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def seen_tag(self) -> str:
        return self.tags.seen

    def remedies_for(self, complaints: frozenset[Complaint]) -> tuple[Remedy, ...]:
        """In the order of precedence: the first leads."""
        return tuple(remedy for complaint, remedy in self.remedies.items() if complaint in complaints)


def default_layer() -> Layer:
    return Layer("playbook.toml", (files("integration.recovery") / "playbook.toml").read_text("utf-8"))


@cache
def default_playbook() -> Playbook:
    return read_playbook()


def read_playbook(*layers: Layer) -> Playbook:
    """The packaged playbook with these layers (account, then brand) over it. Raises PlaybookError with all mistakes."""
    read = Layers([default_layer(), *layers])
    problems = read.without_version()
    schema = PlaybookSchema()
    try:
        data: dict[str, Any] = schema.load(read.merged)
    except ValidationError as error:
        found = list(mistakes(error.messages, read.merged, schema))
    else:
        found = list(checked(data))
    problems += [read.problem(path, fix, value=value) for path, value, fix in found]
    if problems:
        raise PlaybookError(problems)
    return _built(data, read.version, read.merged)


def _built(data: Mapping[str, Any], version: str, source: Mapping[str, Any]) -> Playbook:
    content = json.dumps(source, sort_keys=True, ensure_ascii=False).encode()
    relationship, promise, apology, goodwill = (data[k] for k in ("relationship", "promise", "apology", "goodwill"))
    return Playbook(
        version=version,
        digest=blake2b(content, digest_size=8).hexdigest(),
        remedies={complaint: _remedy(complaint, data["complaints"][complaint]) for complaint in data["precedence"]},
        tags=Tags(**data["tags"]),
        relationship=RelationshipRules(
            repeat_within=timedelta(days=relationship["repeat_within_days"]),
            repeat_contact_within=timedelta(days=relationship["repeat_contact_within_days"]),
            company_counts=relationship["company_counts"],
        ),
        promise=PromiseRules(
            margin=timedelta(minutes=promise["margin_minutes"]),
            earliest=timedelta(minutes=promise["earliest_minutes"]),
        ),
        apology=ApologyRules(
            policy=Policy(apology["policy"]),
            categories={name: Policy(policy) for name, policy in apology["categories"].items()},
        ),
        goodwill=Menu(
            currency=goodwill["currency"],
            window=timedelta(days=goodwill["window_days"]),
            limits=dict(sorted(goodwill["limits"].items(), key=lambda limit: limit[1])),
            gestures={key: Gesture(key, **gesture) for key, gesture in goodwill["gestures"].items()},
        ),
        gaps=data["facts"],
        team=data["team"],
        voice=_voice(data["voice"], data["voices"]),
        source=source,
    )


def _remedy(complaint: Complaint, data: Mapping[str, Any]) -> Remedy:
    first = Step(
        text=data["remedy"],
        clock=data["clock"],
        updates=data.get("updates"),
        priority=_priority(data["priority"]),
        group=data["group"] or None,
        limits=data["goodwill"]["limits"],
    )
    repeat = data["repeat"]
    again = Step(
        text=repeat.get("remedy", first.text),
        clock=repeat.get("clock", first.clock),
        updates=repeat.get("updates", first.updates),
        priority=_priority(repeat["priority"]) if "priority" in repeat else raised(first.priority),
        group=repeat.get("group") or first.group,
        limits={**first.limits, **repeat["limits"]},
    )
    return Remedy(
        complaint=complaint,
        label_tag=data["tags"]["label"],
        clock_tag=data["tags"]["clock"],
        first=first,
        again=again,
        facts=tuple(data["facts"]),
        macros=tuple(
            PlaybookMacro(f"{complaint}.{key}", macro["title"], macro["body"].strip(), macro["language"])
            for key, macro in data["macros"].items()
            if macro["enabled"]
        ),
        gestures=tuple(data["goodwill"]["gestures"]),
        words=tuple(data["words"]),
    )


def _priority(word: str) -> Priority | None:
    return None if word == LEAVE else Priority(word)


def raised(priority: Priority | None) -> Priority:
    """One level higher, as far as there is one; from none it is the level above the usual."""
    levels = list(Priority)
    return levels[min(levels.index(priority or Priority.NORMAL) + 1, len(levels) - 1)]


def _voice(name: str, voices: Mapping[str, Mapping[str, Any]]) -> Voice:
    chain = voice_chain(name, voices)
    plain = {key: next((v[key] for v in chain if key in v), "") for key in ("greeting", "closing", "signature")}
    drafts = {
        (complaint, variant): Parts(
            **{part.name: part_template(chain, complaint, variant, part.name) or "" for part in fields(Parts)}
        )
        for complaint in Complaint
        for variant in Variant
    }
    return Voice(name, **plain, drafts=drafts)
