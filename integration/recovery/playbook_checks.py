"""What must fit together in a playbook: names that refer to each other, templates, tags, limits, words."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from integration.complaints.taxonomy import Complaint
from integration.recovery.playbook_schema import PRIORITIES
from integration.recovery.templates import TemplateError, check, render
from integration.recovery.toml_places import Path

Mistake = tuple[Path, object, str]

ANY = "any"
VARIANTS = ("full", "short", "call")
# What every draft must have; a call needs its opening question, too.
NEEDED = ("acknowledge", "apologise", "regret", "own", "stand_by", "act")
# Fault is admitted in these parts alone, because only the policy `full` uses them.
FAULT_PARTS = frozenset({"apologise", "own"})
_FAULT = re.compile(
    r"\b(?:our|my) (?:own )?(?:mistake|fault|error|failure|failing|negligence|oversight)s?\b"
    r"|\bwe (?:failed|were wrong|were at fault|got it wrong|made (?:a|an|this) (?:mistake|error)|messed up|let you down|did not keep|should have)\b"
    r"|\byou should have (?:had|heard|got|been)\b|\b(?:to blame|liable|liability|negligent)\b",
    re.IGNORECASE,
)
_TEMPLATE_SYNTAX = re.compile(r"\{\{|\{%|\{#")


def checked(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """The mistakes of a playbook that the schema has loaded, as (path, value, fix)."""
    names = data["facts"].keys()
    yield from _precedence(data)
    yield from _tags(data)
    yield from _goodwill(data["goodwill"])
    yield from _voices(data, names)
    for complaint, remedy in data["complaints"].items():
        yield from _remedy(("complaints", str(complaint)), remedy, data, names)


def voice_chain(name: str, voices: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The voice and those it is like, nearest first; ends at a name that is missing or comes again."""
    chain: list[Mapping[str, Any]] = []
    seen: set[str] = set()
    while name in voices and name not in seen:
        seen.add(name)
        chain.append(voices[name])
        name = voices[name].get("like", "")
    return chain


def part_template(chain: Sequence[Mapping[str, Any]], complaint: Complaint, variant: str, part: str) -> str | None:
    """A part's template: the complaint's own in the nearest voice that has one, else the voice's for `any`."""
    for subject in (complaint.value, ANY):
        for voice in chain:
            found: str | None = voice.get(subject, {}).get(variant, {}).get(part)
            if found is not None:
                return found
    return None


def _precedence(data: Mapping[str, Any]) -> Iterator[Mistake]:
    counted = Counter(data["precedence"])
    for complaint in Complaint:
        if complaint not in data["complaints"]:
            yield ("complaints",), None, f"says nothing about {complaint}: add [complaints.{complaint}]"
        if counted[complaint] != 1:
            often = "is missing" if counted[complaint] == 0 else f"stands there {counted[complaint]} times"
            yield ("precedence",), None, f"{complaint} {often}: name each complaint once"


def _tags(data: Mapping[str, Any]) -> Iterator[Mistake]:
    places: dict[Path, str] = {("tags", key): tag for key, tag in data["tags"].items()}
    for complaint, remedy in data["complaints"].items():
        places |= {("complaints", str(complaint), "tags", key): tag for key, tag in remedy["tags"].items()}
    counted = Counter(places.values())
    first: dict[str, Path] = {}
    for path, tag in places.items():
        # Two complaints may share a clock's tag; every other tag tells one thing.
        shared = path[-1] == "clock" and first.get(tag, path)[-1] == "clock"
        if counted[tag] > 1 and tag in first and not shared:
            yield path, tag, f"{'.'.join(first[tag])} is the same tag: give each its own"
        first.setdefault(tag, path)


def _goodwill(goodwill: Mapping[str, Any]) -> Iterator[Mistake]:
    if not goodwill["limits"]:
        yield ("goodwill", "limits"), None, "name at least one role, like { agent = 20 }"
    for key, gesture in goodwill["gestures"].items():
        place = ("goodwill", "gestures", key)
        yield from _template((*place, "words"), gesture["words"], ["amount"])
        costs = "amount" in gesture["words"]
        if costs and gesture["up_to"] == 0:
            yield (*place, "up_to"), 0, "its words name an amount: write the most that it may cost"


def _remedy(
    place: Path, remedy: Mapping[str, Any], data: Mapping[str, Any], facts: Collection[str]
) -> Iterator[Mistake]:
    for fact in remedy["facts"]:
        if fact not in facts:
            yield (*place, "facts"), fact, f"is no fact: {_nearest(fact, facts)}, or add its question to [facts]"
    menu = data["goodwill"]["gestures"]
    for gesture in remedy["goodwill"]["gestures"]:
        if gesture not in menu:
            yield (
                (*place, "goodwill", "gestures"),
                gesture,
                f"is not on the menu: {_nearest(gesture, menu)}, or add [goodwill.gestures.{gesture}]",
            )
    for key, limits in (("goodwill", remedy["goodwill"]["limits"]), ("repeat", remedy["repeat"]["limits"])):
        yield from _limits((*place, key, "limits"), limits, data["goodwill"]["limits"])
    first, again = remedy["priority"], remedy["repeat"].get("priority", PRIORITIES[-1])
    if PRIORITIES.index(again) < PRIORITIES.index(first):
        yield (
            (*place, "repeat", "priority"),
            again,
            f"is lower than the first time ({first}): raise it, or leave it out",
        )
    if not any(macro["enabled"] for macro in remedy["macros"].values()):
        yield (*place, "macros"), None, "has no macro that is enabled: keep at least one"
    for key, macro in remedy["macros"].items():
        for part in ("title", "body"):
            if _TEMPLATE_SYNTAX.search(macro[part]):
                yield (*place, "macros", key, part), None, "has template syntax: a macro asks in [square brackets]"


def _limits(place: Path, limits: Mapping[str, Decimal], roles: Mapping[str, Decimal]) -> Iterator[Mistake]:
    for role, limit in limits.items():
        if role not in roles:
            yield (*place, role), float(limit), f"is no role: {_nearest(role, roles)}, or add it to goodwill.limits"
    merged = {**roles, **{role: limit for role, limit in limits.items() if role in roles}}
    order = sorted(roles, key=lambda role: roles[role])
    for lower, higher in pairwise(order):
        if merged[lower] > merged[higher]:
            named = lower if lower in limits else higher
            yield (
                (*place, named),
                float(merged[named]),
                f"{lower} may give {merged[lower]}, more than {higher} ({merged[higher]}): keep them in order",
            )


def _voices(data: Mapping[str, Any], names: Collection[str]) -> Iterator[Mistake]:
    voices = data["voices"]
    if data["voice"] not in voices:
        yield (
            ("voice",),
            data["voice"],
            f"is no voice: {_nearest(data['voice'], voices)}, or add [voices.{data['voice']}]",
        )
    for name, voice in voices.items():
        place = ("voices", name)
        like = voice.get("like")
        if like is not None and like not in voices:
            yield (*place, "like"), like, f"is no voice: {_nearest(like, voices)}"
            continue
        chain = voice_chain(name, voices)
        if chain[-1].get("like") is not None:
            yield (*place, "like"), like, "leads back to itself: let one voice be like none"
            continue
        yield from _templates(place, voice, names)
        for complaint in Complaint:
            for variant in VARIANTS:
                for part in (*NEEDED, *(("opening",) if variant == "call" else ())):
                    if not (part_template(chain, complaint, variant, part) or "").strip():
                        path = (*place, complaint.value, variant, part)
                        yield path, None, f"is missing: write it here or in voices.{name}.{ANY}.{variant}"


def _templates(place: Path, voice: Mapping[str, Any], names: Collection[str]) -> Iterator[Mistake]:
    for key in ("greeting", "closing", "signature"):
        if key in voice:
            yield from _template((*place, key), voice[key], names)
            yield from _fault((*place, key), voice[key])
    for subject in (ANY, *(complaint.value for complaint in Complaint)):
        for variant, parts in voice.get(subject, {}).items():
            for part, source in parts.items():
                path = (*place, subject, variant, part)
                yield from _template(path, source, names)
                if part not in FAULT_PARTS:
                    yield from _fault(path, source)


def _template(path: Path, source: str, names: Collection[str]) -> Iterator[Mistake]:
    try:
        check(source, names)
        # What is right in form may still fail when it runs, so it runs once with everything known and once with nothing.
        for value in ("x", ""):
            if _TEMPLATE_SYNTAX.search(render(source, dict.fromkeys(names, value))):
                raise TemplateError("shows template syntax to the customer: write the words instead")
    except TemplateError as error:
        yield path, source, str(error)


def _fault(path: Path, source: str) -> Iterator[Mistake]:
    if found := _FAULT.search(source):
        yield path, found[0], "admits fault where the policy may forbid it: move it to `apologise` or `own`"


def _nearest(word: str, words: Collection[str]) -> str:
    near = difflib.get_close_matches(word, words, 1)
    return f"did you mean {near[0]!r}?" if near else "there are " + ", ".join(sorted(words))
