"""The playbook: per complaint its tags, clock, remedy and macro. Read from TOML, checked, immutable."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from integration.complaints.taxonomy import Complaint

# Freshdesk keeps tags of at most 32 characters (platform page: Freshdesk 2.3); both platforms accept these letters.
_TAG = validate.Regexp(r"^[a-z0-9_]{1,28}$", error="a tag is 1 to 28 of a-z, 0-9 and _")
_TEXT = validate.Length(min=1, max=4000)


@dataclass(frozen=True, slots=True)
class PlaybookMacro:
    """A reply to suggest; what stands in square brackets is for the agent to fill in."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """What is done about one complaint."""

    complaint: Complaint
    label_tag: str
    clock_tag: str
    text: str
    macro: PlaybookMacro


@dataclass(frozen=True, slots=True)
class Playbook:
    """`remedies` stand in the order of precedence."""

    version: str
    seen_tag: str
    remedies: Mapping[Complaint, Remedy]


class PlaybookError(Exception):
    """The playbook cannot be used; the text has one line per mistake, with its place."""


class MacroSchema(Schema):
    title = fields.String(required=True, validate=validate.Length(1, 100))
    body = fields.String(required=True, validate=_TEXT)


class RemedySchema(Schema):
    label = fields.String(required=True, validate=_TAG)
    clock = fields.String(required=True, validate=_TAG)
    remedy = fields.String(required=True, validate=_TEXT)
    macro = fields.Nested(MacroSchema, required=True)


class TagsSchema(Schema):
    seen = fields.String(required=True, validate=_TAG)


class PlaybookSchema(Schema):
    version = fields.String(required=True, validate=validate.Length(1, 40))
    tags = fields.Nested(TagsSchema, required=True)
    complaints = fields.Dict(fields.Enum(Complaint, by_value=True), fields.Nested(RemedySchema), required=True)


def read_playbook(text: str) -> Playbook:
    """Read a playbook from TOML. Raises PlaybookError."""
    try:
        data: dict[str, Any] = PlaybookSchema(unknown=RAISE).load(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise PlaybookError(f"the playbook is not TOML: {error}") from None
    except ValidationError as error:
        raise PlaybookError(f"the playbook has mistakes: {error.messages}") from None
    missing = [complaint.value for complaint in Complaint if complaint not in data["complaints"]]
    if missing:
        raise PlaybookError(f"the playbook says nothing about {', '.join(missing)}: add [complaints.{missing[0]}]")
    return Playbook(
        version=data["version"],
        seen_tag=data["tags"]["seen"],
        remedies={
            complaint: Remedy(
                complaint=complaint,
                label_tag=entry["label"],
                clock_tag=entry["clock"],
                text=entry["remedy"],
                macro=PlaybookMacro(entry["macro"]["title"], entry["macro"]["body"].strip()),
            )
            for complaint, entry in data["complaints"].items()
        },
    )


def default_playbook() -> Playbook:
    return read_playbook((files("integration.recovery") / "playbook.toml").read_text("utf-8"))
