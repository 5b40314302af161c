"""All pages of the console, in the order of its navigation. A new page is a file of its own and a line here."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, g

from integration.configuration.console import Role
from integration.pipeline.context import Context
from integration.web.console import (  # noqa: F401
    accounts,
    audit,
    causes,
    configuration,
    deadlines,
    decisions,
    failed,
    funnel,
    goodwill,
    level,
    playbook,
    shadow,
    signin,
    tryout,
    webhooks,
)
from integration.web.console.access import add_access
from integration.web.console.assets import asset_url
from integration.web.console.blueprint import console
from integration.web.console.words import add_words


@dataclass(frozen=True, slots=True)
class Entry:
    endpoint: str
    title: str
    role: Role = Role.VIEWER


NAVIGATION = (
    Entry("console.accounts", "Accounts"),
    Entry("console.decisions", "Decisions"),
    Entry("console.deadlines", "At risk"),
    Entry("console.funnel", "Accuracy"),
    Entry("console.shadow", "Shadow"),
    Entry("console.causes", "Root causes"),
    Entry("console.goodwill", "Goodwill"),
    Entry("console.failed", "Failed work"),
    Entry("console.tryout", "Try it"),
    Entry("console.playbook", "Playbook"),
    Entry("console.configuration", "Configuration"),
    Entry("console.audit", "Audit log", Role.OPERATOR),
)


def add_console(app: Flask, context: Context) -> None:
    """Put the console under /console/ of the application."""
    add_access(app, context.settings)
    add_words(app)
    app.register_blueprint(console)


@console.context_processor
def _everywhere() -> dict[str, object]:
    person = g.get("person")
    entries = [one for one in NAVIGATION if person and one.role in (Role.VIEWER, person.role)]
    return {"navigation": entries, "person": person, "asset_url": asset_url, "operator": Role.OPERATOR}
