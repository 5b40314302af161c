"""Who is asking, and may they? Decided before any page of the console is made."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Forbidden, Unauthorized

from adapters.http import is_loopback
from integration.configuration.console import Role
from integration.settings import Settings
from integration.store.audit import AuditLog
from integration.store.sessions import Sessions, SignIn
from integration.web.console.blueprint import console, context, page

# Reached without being signed in.
_OPEN = {"console.sign_in", "console.try_password", "console.ask_provider", "console.from_provider"}
_ASSETS = {"console.static", "console.asset"}
_NOBODY = SignIn("this machine", Role.VIEWER)


def add_access(app: Flask, settings: Settings) -> None:
    """Cookies and the check against forged requests."""
    secure = not _is_local(settings.service.public_url)
    key = settings.console.session_key
    app.config.update(
        SECRET_KEY=key.reveal() if key else own_key(settings.service.data_folder),
        SESSION_COOKIE_NAME="makeright-console",
        SESSION_COOKIE_PATH="/console/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=secure,
        # Not "Strict": coming back from the provider one would seem to be nobody.
        SESSION_COOKIE_SAMESITE="Lax",
        # Hooks and the sidebar's API prove themselves in other ways; the console asks for the check itself.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=int(settings.console.longest.total_seconds()),
    )
    app.extensions["makeright-csrf"] = CSRFProtect(app)


def own_key(folder: Path) -> str:
    """A key of this installation's own, made by whichever process comes first."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "console-session-key"
    fresh = folder / f".console-session-key.{os.getpid()}.{token_hex(4)}"
    if not path.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token_hex(32))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text()


@console.before_request
def gate() -> ResponseReturnValue | None:
    if request.endpoint in _ASSETS:
        return None
    settings = context().settings
    g.person = _person()
    if not settings.console.has_sign_in and g.person is None:
        return page("off.html", 403, file=settings.file.name)
    if g.person is None and request.endpoint not in _OPEN:
        if request.method != "GET":
            raise Unauthorized
        return redirect(url_for("console.sign_in", next=request.full_path.rstrip("?")))
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        current_app.extensions["makeright-csrf"].protect()
    return None


def only(role: Role) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Refuses everybody else. Refusals are written down: they are either a mistake to mend or an attempt."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if g.person is None or g.person.role != role:
                note("was refused", detail=request.path[:200])
                raise Forbidden
            return view(*args, **kwargs)

        return guarded

    return decorate


def note(action: str, *, account: str | None = None, detail: str = "", actor: str | None = None) -> None:
    """Write down that the person asking did this."""
    who = actor or (g.person.person if g.get("person") else "nobody")
    AuditLog(context().store).add(who, action, account=account, detail=detail)


def sessions() -> Sessions:
    asked = context().settings.console
    return Sessions(context().store, idle=asked.idle, longest=asked.longest, way_in=asked.way_in)


def begin(person: str, role: Role, how: str) -> None:
    """Sign this browser in. Whatever its session held before is gone."""
    session.clear()
    session["token"] = sessions().begin(person, role, context().now())
    note("signed in", detail=f"{how}, as {role}", actor=person)


def end() -> None:
    if token := session.get("token"):
        note("signed out")
        sessions().end(token)
    session.clear()


def _person() -> SignIn | None:
    settings = context().settings
    if not settings.console.has_sign_in:
        return _NOBODY if _from_this_machine(settings) else None
    token = session.get("token")
    return sessions().find(token, context().now()) if isinstance(token, str) else None


def _from_this_machine(settings: Settings) -> bool:
    """Without a sign-in only an installation that nobody else can reach shows itself.

    A proxy on this machine makes everybody look local, so the public address must be local too; and the name asked for,
    or a page elsewhere could have its own name led to this machine.
    """
    return (
        _is_local(settings.service.public_url)
        and is_loopback(request.remote_addr or "")
        and _is_local(f"http://{request.host}")
        and not any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-Ip"))
    )


def _is_local(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")
