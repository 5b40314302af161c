"""Signing in with the installation's password or through an OpenID provider, and signing out."""

from __future__ import annotations

from functools import cache

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from flask import current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound, TooManyRequests

from integration.configuration.console import Oidc
from integration.web import throttle
from integration.web.console import access
from integration.web.console.blueprint import console, context, page
from integration.web.console.oidc import NotLetIn, provider, who

log = structlog.get_logger()

LONGEST_PASSWORD = 1024
BOOTSTRAP = "the console's password"


@console.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    if g.person is not None:
        return redirect(url_for("console.accounts"))
    return _form()


@console.post("/sign-in")
def try_password() -> ResponseReturnValue:
    hashed = context().settings.console.password_hash
    if hashed is None:
        raise NotFound
    limits: throttle.Throttle = current_app.extensions["makeright-throttle"]
    caller = request.remote_addr or ""
    for item, names in ((throttle.SIGN_IN, ("sign-in", caller)), (throttle.SIGN_IN_ALL, ("sign-in", "all"))):
        if (pause := limits.hit(item, *names, closed=True)) is not None:
            raise TooManyRequests(retry_after=pause)
    if not _fits(hashed.reveal(), request.form.get("password", "")[:LONGEST_PASSWORD]):
        access.note("wrong password", detail=f"from {caller}", actor="somebody")
        return _form(status=403, wrong="That is not the password.")
    access.begin(BOOTSTRAP, context().settings.console.password_role, "with the password")
    return redirect(_next())


@console.get("/sign-in/provider")
def ask_provider() -> ResponseReturnValue:
    oidc = _oidc()
    session["next"] = _next()
    answer: ResponseReturnValue = provider(oidc).authorize_redirect(_callback())
    return answer


@console.get("/sign-in/callback")
def from_provider() -> ResponseReturnValue:
    oidc, wanted = _oidc(), session.get("next")
    try:
        person, role = who(oidc)
    except NotLetIn as refusal:
        log.warning("sign_in_refused", reason=refusal.reason)
        # Anybody can call this address: only what the provider vouches for is written down.
        if refusal.person:
            access.note("was not let in", detail=refusal.reason, actor=refusal.person)
        return _form(status=403, wrong=str(refusal))
    access.begin(person, role, f"through {oidc.issuer}")
    return redirect(_safe(wanted))


@console.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    access.end()
    return redirect(url_for("console.sign_in"))


def _form(status: int = 200, wrong: str = "") -> ResponseReturnValue:
    settings = context().settings.console
    return page(
        "sign_in.html",
        status,
        wrong=wrong,
        next=_next(),
        with_password=settings.password_hash is not None,
        with_provider=settings.oidc is not None,
    )


def _oidc() -> Oidc:
    oidc = context().settings.console.oidc
    if oidc is None:
        raise NotFound
    return oidc


def _callback() -> str:
    return context().settings.service.public_url.rstrip("/") + url_for("console.from_provider")


def _next() -> str:
    return _safe(request.values.get("next"))


def _safe(wanted: object) -> str:
    """Only ever to a page of ours."""
    home = url_for("console.accounts")
    if not isinstance(wanted, str) or not wanted.startswith("/console/") or "\\" in wanted or "//" in wanted:
        return home
    return wanted if wanted.isprintable() else home


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


def _fits(hashed: str, password: str) -> bool:
    try:
        return _hasher().verify(hashed, password)
    except (Argon2Error, InvalidHashError):
        return False
