"""docs/configuration.md names every key that may stand in makeright.toml, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from marshmallow import Schema, fields

from adapters import helpdesk_class, helpdesk_kinds
from integration.configuration.console import ConsoleSchema, OidcSchema
from integration.recovery.calendar_forms import CalendarSchema
from integration.settings import (
    SECTIONS,
    AccountSchema,
    AlertsSchema,
    GoodwillSchema,
    PrivacySchema,
    ServiceSchema,
    SweepSchema,
    ThresholdsSchema,
)

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def documented() -> dict[str, set[str]]:
    """Per heading, what stands in code in the first column of its table."""
    found: dict[str, set[str]] = {}
    for part in re.split(r"^#{2,3} ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title = part.splitlines()[0].strip()
        found[title] = {
            key for row in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)
        }
    return found


def keys(schema: Schema) -> set[str]:
    return {str(field.data_key or name) for name, field in schema.fields.items()}


def nested(schema: Schema) -> Iterator[tuple[str, Schema]]:
    for name, field in schema.fields.items():
        if isinstance(field, fields.Nested):
            yield name, field.schema


def test_the_page_names_every_key_and_no_other() -> None:
    known = {
        "[service]": keys(ServiceSchema()),
        "[alerts]": keys(AlertsSchema()),
        "[console]": keys(ConsoleSchema()),
        "oidc": keys(OidcSchema()),
        "[accounts.NAME]": keys(AccountSchema()),
        "thresholds": keys(ThresholdsSchema()),
        "sweep": keys(SweepSchema()),
        "goodwill": keys(GoodwillSchema()),
        "privacy": keys(PrivacySchema()),
        "calendar": keys(CalendarSchema()),
    }
    for kind in helpdesk_kinds():
        schema = helpdesk_class(kind).options_schema()
        known[kind.capitalize()] = keys(schema)
        known |= {name: keys(below) for name, below in nested(schema)}
    assert documented() == known


def test_every_section_of_the_file_is_on_the_page() -> None:
    text = PAGE.read_text("utf-8")
    for section in SECTIONS:
        assert f"## [{section}" in text
