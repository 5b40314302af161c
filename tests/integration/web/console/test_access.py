"""Who may see and do what, and what no page lets through."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from redis import Redis

from integration.store.audit import AuditLog
from integration.web.console.access import own_key
from tests.integration.web.console.bulk import fill
from tests.integration.web.console.stage import Stage, sign_in, stage, token_on

PAGES = [
    "/", "/decisions", "/deadlines", "/accuracy", "/shadow", "/causes", "/goodwill", "/webhooks", "/failed", "/try",
    "/playbook", "/configuration",
]  # fmt: skip
ACTS = [
    "/try", "/sign-out", "/decisions/0000000000000001/read-again", "/shadow/0000000000000001/judge", "/level",
    "/failed/1/again", "/failed/again", "/webhooks/acme/1-0/again", "/goodwill/1",
]  # fmt: skip
VIEWER = 'password_hash = "file:password-hash"\npassword_role = "viewer"'


@pytest.mark.parametrize("path", [*PAGES, "/audit", "/decisions/newer?than=x", "/nothing"])
def test_without_a_session_every_page_asks_to_sign_in(filled: Stage, path: str) -> None:
    answer = filled.visitor().get(filled(path), allow_redirects=False)
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/console/sign-in?next=")


@pytest.mark.parametrize("path", ACTS)
def test_without_a_session_nothing_can_be_done(filled: Stage, path: str) -> None:
    assert filled.visitor().post(filled(path), data={"text": "x"}).status_code == 401


def test_a_viewer_reads_but_does_not_act(tmp_path: Path, redis: Redis, redis_server: str) -> None:
    with stage(tmp_path, redis_server, VIEWER, decisions=20) as made:
        viewer = made.operator()
        assert [viewer.get(made(path)).status_code for path in PAGES] == [200] * len(PAGES)
        shown = viewer.get(made("/decisions/0000000000000001")).text
        assert "Read this ticket again" not in shown and "Audit log" not in shown
        assert viewer.get(made("/audit")).status_code == 403
        token = token_on(viewer.get(made("/try")).text)
        refused = viewer.post(made("/decisions/0000000000000001/read-again"), data={"csrf_token": token})
        assert refused.status_code == 403 and "role" in refused.text
        for act in ACTS[3:]:
            assert viewer.post(made(act), data={"csrf_token": token}).status_code == 403
        assert viewer.get(made("/level?account=acme&level=shadow")).status_code == 403
        assert made.context.queue.backlog().waiting == 0
        log = [(deed.action, deed.detail) for deed in AuditLog(made.context.store).newest()]
        assert ("was refused", "/console/decisions/0000000000000001/read-again") in log


def test_an_operator_has_a_ticket_read_again_and_it_is_written_down(staged: Stage) -> None:
    fill(staged.context.store, staged.context.settings, 4, staged.context.now())
    operator = staged.operator()
    page = operator.get(staged("/decisions/0000000000000000"))
    answer = operator.post(staged("/decisions/0000000000000000/read-again"), data={"csrf_token": token_on(page.text)})
    assert answer.status_code == 200 and "in the queue" in answer.text
    assert staged.context.queue.is_waiting("acme", "10000")
    deed = AuditLog(staged.context.store).newest()[0]
    assert (deed.actor, deed.action, deed.account, deed.detail) == (
        "the console's password",
        "had a ticket read again",
        "acme",
        "ticket 10000",
    )


@pytest.mark.parametrize(
    "token", ["", "forged", "IjEyMyI.Z0.x"], ids=["no token", "a made up one", "one that looks right"]
)
@pytest.mark.parametrize("path", ACTS)
def test_a_forged_request_is_refused(filled: Stage, path: str, token: str) -> None:
    operator = filled.operator()
    answer = operator.post(filled(path), data={"csrf_token": token, "account": "acme", "text": "x"})
    assert answer.status_code == 400 and "no longer valid" in answer.text
    assert operator.get(filled(), allow_redirects=False).status_code == 200


def test_the_token_of_another_session_is_refused(filled: Stage) -> None:
    another = filled.visitor()
    assert sign_in(another, filled).status_code == 200
    theirs = token_on(another.get(filled("/try")).text)
    answer = filled.operator().post(filled("/try"), data={"csrf_token": theirs, "account": "acme", "text": "x"})
    assert answer.status_code == 400


def test_signing_in_is_guarded_too(staged: Stage) -> None:
    assert staged.visitor().post(staged("/sign-in"), data={"password": "x"}).status_code == 400


@pytest.mark.parametrize("path", [*PAGES, "/audit", "/sign-in", "/nothing", "/decisions/0000000000000001"])
def test_every_answer_carries_the_policy(filled: Stage, path: str) -> None:
    headers = filled.operator().get(filled(path), allow_redirects=False).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert headers["X-Frame-Options"] == "DENY" and headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_hooks_and_the_sidebar_need_no_token_of_the_console(filled: Stage) -> None:
    assert requests.post(f"{filled.url}/hooks/acme", json={}, timeout=10).status_code == 401


# -- without a sign-in


def test_on_this_machine_alone_everybody_is_a_viewer(open_stage: Stage) -> None:
    visitor = open_stage.visitor()
    assert [visitor.get(open_stage(path)).status_code for path in PAGES] == [200] * len(PAGES)
    assert visitor.get(open_stage("/audit")).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "makeright.example.com:8080"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"X-Real-IP": "203.0.113.9"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_whatever_may_come_from_elsewhere_is_told_how_to_switch_it_on(
    open_stage: Stage, headers: dict[str, str]
) -> None:
    answer = open_stage.visitor().get(open_stage(), headers=headers)
    assert answer.status_code == 403
    assert "makeright console password" in answer.text and "acme" not in answer.text


def test_with_a_public_address_it_is_off_even_here(tmp_path: Path, redis: Redis, redis_server: str) -> None:
    """A proxy on this machine would make the whole world look local."""
    from integration.app import create_app
    from integration.pipeline.context import build_context
    from integration.settings import load_settings

    with stage(tmp_path, redis_server):
        file = tmp_path / "makeright.toml"
        file.write_text(file.read_text().replace('public_url = "http://127.0.0.1', 'public_url = "https://ops.example'))
        context = build_context(load_settings(file))
        with create_app(context).test_client() as client:
            for path in (*PAGES, "/audit", "/sign-in", "/nothing"):
                answer = client.get(f"/console{path}", base_url="http://127.0.0.1:8080")
                assert answer.status_code == 403 and b"The console is off" in answer.data
        context.store.close()


def test_the_key_that_signs_cookies_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    first = own_key(tmp_path / "var")
    assert own_key(tmp_path / "var") == first and len(first) == 64
    (file,) = (tmp_path / "var").iterdir()
    assert file.stat().st_mode & 0o077 == 0
