"""Switching an account's level: asked once more before it is done, written into makeright.toml, recorded."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, ValidationError, fields

from integration.configuration.console import Role
from integration.configuration.in_force import texts_in_force
from integration.pipeline.level_switch import switch_level, written_level
from integration.settings import Level, SettingsError
from integration.web.console.access import only
from integration.web.console.asked import AccountField, Asked, asked, mistakes
from integration.web.console.blueprint import console, context, page

_TROUBLE = (SettingsError, LookupError, OSError, ValueError)


class LevelAsked(Asked):
    account = AccountField(required=True)
    level = fields.Enum(Level, by_value=True, required=True)


class Confirmed(Schema):
    class Meta:
        unknown = EXCLUDE

    account = AccountField(required=True)
    level = fields.Enum(Level, by_value=True, required=True)
    # What the person saw when they decided.
    before = fields.Enum(Level, by_value=True, required=True)


@console.get("/level")
@only(Role.OPERATOR)
def level() -> ResponseReturnValue:
    wanted = asked(LevelAsked)
    return _page(wanted["account"], wanted["level"])


@console.post("/level")
@only(Role.OPERATOR)
def switched() -> ResponseReturnValue:
    try:
        confirmed: dict[str, Any] = Confirmed().load(request.form.to_dict())
    except ValidationError as error:
        wrong = "; ".join(f"{key}: {' '.join(told)}" for key, told in mistakes(error).items())
        return page("refused.html", 400, title="Bad Request", words=wrong)
    account, chosen, before = confirmed["account"], confirmed["level"], confirmed["before"]
    here = context()
    try:
        now = written_level(here.settings.file, account)
        if now is not before:
            return _page(account, chosen, 409, trouble=f"Somebody has set the level to {now} meanwhile.")
        switch_level(here.settings.file, here.store, account, before, chosen, by=g.person.person)
    except _TROUBLE as error:
        return _page(account, chosen, 409, trouble=_words(error))
    return redirect(url_for("console.shadow", account=account, switched=chosen.value), 303)


def _page(account: str, chosen: Level, status: int = 200, *, trouble: str = "") -> ResponseReturnValue:
    here, before = context(), None
    try:
        before = written_level(here.settings.file, account)
    except _TROUBLE as error:
        trouble = trouble or _words(error)
    return page(
        "level.html",
        status,
        account=here.account(account),
        level=chosen,
        before=before,
        trouble=trouble,
        file=here.settings.file,
        is_supervised=texts_in_force(here.settings.file) is not None,
    )


def _words(error: Exception) -> str:
    match error:
        case SettingsError():
            return f"The file is broken as it stands, or would be; nothing was changed. {error}"
        case OSError():
            return (
                f"The file cannot be read or written from here ({error.strerror}); nothing was changed. Change the "
                "level where the file is kept."
            )
        case ValueError():
            return f"The file is broken as it stands; nothing was changed. {error}"
        case _:
            return f"{error.args[0]}; nothing was changed."
