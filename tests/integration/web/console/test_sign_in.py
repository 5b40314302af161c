"""Getting in, by password and through a provider, and everything that must not get in."""

from __future__ import annotations

import dataclasses
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from joserfc.jwk import RSAKey
from redis import Redis

from adapters.contract import Secret
from integration.configuration.console import Role
from integration.store.audit import AuditLog
from tests.integration.web.console.provider import CLIENT, SECRET, Provider, running_provider
from tests.integration.web.console.stage import PASSWORD, Stage, sign_in, stage, token_on

ROOT = Path(__file__).parents[4]


def done(staged: Stage) -> list[tuple[str, str]]:
    return [(deed.actor, deed.action) for deed in reversed(AuditLog(staged.context.store).newest())]


# -- by password


def test_the_password_lets_in_to_where_one_was_going_and_is_written_down(staged: Stage) -> None:
    visitor = staged.visitor()
    asked = visitor.get(staged("/decisions?label=no_callback"))
    assert asked.url.startswith(staged("/sign-in?next="))
    token = token_on(asked.text)
    landed = visitor.post(
        staged("/sign-in"), data={"csrf_token": token, "password": PASSWORD, "next": "/console/decisions?label=none"}
    )
    assert landed.url == staged("/decisions?label=none") and landed.status_code == 200
    assert done(staged) == [("the console's password", "signed in")]


def test_a_wrong_password_does_not_and_only_so_many_are_tried(staged: Stage) -> None:
    visitor = staged.visitor()
    answers = [sign_in(visitor, staged, f"guess number {n}").status_code for n in range(8)]
    assert answers == [403] * 6 + [429] * 2
    # Not even the right one, until the minute is over.
    assert sign_in(visitor, staged).status_code == 429
    assert visitor.get(staged("/decisions"), allow_redirects=False).status_code == 302
    assert {action for _, action in done(staged)} == {"wrong password"}


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/console//evil.example", "/console/\\evil.example", "/hooks/acme", ""],
)
def test_signing_in_leads_nowhere_else(staged: Stage, wanted: str) -> None:
    visitor = staged.visitor()
    token = token_on(visitor.get(staged("/sign-in"), params={"next": wanted}).text)
    answer = visitor.post(
        staged("/sign-in"), data={"csrf_token": token, "password": PASSWORD, "next": wanted}, allow_redirects=False
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/")


def test_signing_out_ends_the_session_everywhere(staged: Stage) -> None:
    operator = staged.operator()
    stolen = dict(operator.cookies)
    token = token_on(operator.get(staged()).text)
    assert operator.post(staged("/sign-out"), data={"csrf_token": token}).url == staged("/sign-in")
    again = staged.visitor()
    again.cookies.update(stolen)
    assert again.get(staged(), allow_redirects=False).status_code == 302


def test_another_password_or_role_ends_every_session(staged: Stage) -> None:
    operator, settings = staged.operator(), staged.context.settings

    def shown_with(**change: Any) -> int:
        console = dataclasses.replace(settings.console, **change)
        staged.app.config["CONTEXT"] = dataclasses.replace(
            staged.context, settings=dataclasses.replace(settings, console=console)
        )
        return operator.get(staged(), allow_redirects=False).status_code

    assert shown_with(password_hash=Secret(PasswordHasher(1, 8, 1).hash("another one"))) == 302
    assert shown_with(password_role=Role.VIEWER) == 302
    assert shown_with() == 200


@pytest.mark.parametrize("rest", [timedelta(minutes=31), timedelta(hours=13)], ids=["idle", "too long"])
def test_a_session_runs_out(staged: Stage, rest: timedelta) -> None:
    operator, begun = staged.operator(), staged.context.now()
    now = [begun]
    staged.app.config["CONTEXT"] = dataclasses.replace(staged.context, now=lambda: now[0])
    steps = int(rest / timedelta(minutes=25)) if rest > timedelta(hours=1) else 0
    for step in range(steps):
        now[0] = begun + timedelta(minutes=25) * step
        if now[0] - begun < timedelta(hours=12):
            assert operator.get(staged(), allow_redirects=False).status_code == 200
    now[0] = begun + rest
    assert operator.get(staged(), allow_redirects=False).status_code == 302


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(staged: Stage) -> None:
    cookie = staged.visitor().get(staged("/sign-in")).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/console/" in cookie
    assert "Secure" not in cookie


def test_away_from_this_machine_the_cookie_travels_by_https_only(
    tmp_path: Path, redis: Redis, redis_server: str
) -> None:
    section = 'password_hash = "file:password-hash"'
    with stage(tmp_path, redis_server, section) as made:
        file = tmp_path / "makeright.toml"
        file.write_text(file.read_text().replace('public_url = "http://127.0.0.1', 'public_url = "https://ops.example'))
        from integration.app import create_app
        from integration.pipeline.context import build_context
        from integration.settings import load_settings

        with create_app(build_context(load_settings(file))).test_client() as client:
            answer = client.get("/console/sign-in", base_url="https://ops.example")
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        made.context.store.close()


def test_without_redis_no_password_is_tried(tmp_path: Path) -> None:
    with stage(tmp_path, f"unix://{tmp_path}/nothing.sock", 'password_hash = "file:password-hash"') as made:
        assert sign_in(made.visitor(), made).status_code == 429


# -- through a provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as made:
        yield made


@pytest.fixture
def with_provider(tmp_path: Path, redis: Redis, redis_server: str, provider: Provider) -> Iterator[Stage]:
    (tmp_path / "oidc-secret").write_text(SECRET)
    section = (
        f'[console.oidc]\nissuer = "{provider.url}"\nclient_id = "{CLIENT}"\nclient_secret = "file:oidc-secret"\n'
        'role_claim = "realm_access.roles"\noperators = ["support-ops"]\nviewers = ["support", "finance"]\n'
    )
    with stage(tmp_path, redis_server, section) as made:
        yield made


def arrive(staged: Stage) -> Any:
    visitor = staged.visitor()
    return visitor, visitor.get(staged("/sign-in/provider"), params={"next": "/console/audit"})


@pytest.mark.parametrize(
    ("roles", "status", "role"),
    [
        (["support-ops"], 200, "operator"),
        (["support", "support-ops"], 200, "operator"),
        (["finance"], 403, "viewer"),
        ("support", 403, "viewer"),
        (["sales"], 403, None),
        ([], 403, None),
        (None, 403, None),
        ({"support-ops": True}, 403, None),
    ],
)
def test_the_claim_decides_what_somebody_may(
    with_provider: Stage, provider: Provider, roles: Any, status: int, role: str | None
) -> None:
    provider.claims = {"sub": "u1", "email": "dana@acme.example", "realm_access": {"roles": roles}}
    visitor, landed = arrive(with_provider)
    # The audit log is for operators.
    assert landed.status_code == status
    home = visitor.get(with_provider())
    if role is None:
        assert home.url.startswith(with_provider("/sign-in"))
        assert ("dana@acme.example", "was not let in") in done(with_provider)
    else:
        assert "dana@acme.example" in home.text and f">{role}<" in home.text
        assert ("dana@acme.example", "signed in") in done(with_provider)


SPOILED: dict[str, Any] = {
    "another nonce": lambda claims: {**claims, "nonce": "other"},
    "no nonce": lambda claims: {key: value for key, value in claims.items() if key != "nonce"},
    "for another client": lambda claims: {**claims, "aud": "other"},
    "from another issuer": lambda claims: {**claims, "iss": "https://evil.example"},
    "expired": lambda claims: {**claims, "exp": claims["iat"] - 3600, "iat": claims["iat"] - 7200},
    "about nobody": lambda claims: {**claims, "sub": ""},
}


@pytest.mark.parametrize("name", SPOILED)
def test_a_token_that_is_not_in_order_lets_nobody_in(with_provider: Stage, provider: Provider, name: str) -> None:
    provider.claims = {"sub": "u1", "realm_access": {"roles": ["support-ops"]}}
    provider.spoil = SPOILED[name]
    visitor, landed = arrive(with_provider)
    assert landed.status_code == 403
    assert visitor.get(with_provider(), allow_redirects=False).status_code == 302


def test_a_token_signed_by_another_lets_nobody_in(with_provider: Stage, provider: Provider) -> None:
    provider.claims = {"sub": "u1", "realm_access": {"roles": ["support-ops"]}}
    provider.sign_with = RSAKey.generate_key(2048, {"kid": "k1"})
    assert arrive(with_provider)[1].status_code == 403


def test_an_answer_that_nobody_asked_for_lets_nobody_in(with_provider: Stage) -> None:
    answer = with_provider.visitor().get(with_provider("/sign-in/callback"), params={"code": "x", "state": "y"})
    assert answer.status_code == 403
    refused = with_provider.visitor().get(with_provider("/sign-in/callback"), params={"error": "x"})
    assert refused.status_code == 403
    # Nor does it fill the audit log: anybody can call this address.
    assert done(with_provider) == []


def test_an_address_that_the_provider_has_not_checked_is_no_name(with_provider: Stage, provider: Provider) -> None:
    provider.claims = {
        "sub": "u1",
        "email": "boss@acme.example",
        "email_verified": False,
        "realm_access": {"roles": ["support"]},
    }
    visitor, _ = arrive(with_provider)
    page = visitor.get(with_provider()).text
    assert "boss@acme.example" not in page and "u1" in page


def test_without_a_password_there_is_no_form_to_try_one(with_provider: Stage) -> None:
    page = with_provider.visitor().get(with_provider("/sign-in")).text
    assert 'type="password"' not in page and "Sign in with your organisation" in page


# -- the command


def command(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "integration.cli", "console", "password", *words],
        input=given,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )


def test_the_command_writes_a_hash_that_fits_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "console-password"
    ran = command("--out", str(file), given=f"{PASSWORD}\n")
    assert ran.returncode == 0 and PASSWORD not in ran.stdout + ran.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PasswordHasher().verify(file.read_text().strip(), PASSWORD)


def test_the_command_makes_up_a_password_or_refuses_a_short_one() -> None:
    made = json.loads(command("--generate", "--json").stdout)
    assert PasswordHasher().verify(made["hash"], made["password"])
    refused = command(given="short\n")
    assert refused.returncode == 1 and "at least 12" in refused.stderr
