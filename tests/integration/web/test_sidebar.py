"""The sidebar's API: who may call it, what it tells, what it keeps."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute
from redis import Redis

from integration.app import create_app
from integration.pipeline.context import Context, build_context
from integration.pipeline.suggestion import DraftText, Gap, RunningClock, SuggestedMacro, Suggestion, stored
from integration.settings import load_settings
from integration.store.feedback import Kind, Verdict
from integration.store.store import Decision, Outcome, new_decision_id
from integration.web import throttle

NEW, OLD, OTHER = "n" * 40, "o" * 40, "x" * 40
CONFIG = """
[service]
redis_url = "{redis}"
database_url = "sqlite:///m.db"
[accounts.zd]
helpdesk = "zendesk"
subdomain = "acme"
level = "annotate"
auth = {{ client_id = "makeright", client_secret = "env:NEW" }}
webhook_secrets = ["env:NEW"]
sidebar_secrets = ["env:NEW", "env:OLD"]
[accounts.zd-suggest]
helpdesk = "zendesk"
subdomain = "acme2"
level = "suggest"
auth = {{ client_id = "makeright", client_secret = "env:NEW" }}
webhook_secrets = ["env:NEW"]
sidebar_secrets = ["env:OTHER"]
[accounts.zd-shadow]
helpdesk = "zendesk"
subdomain = "acme3"
auth = {{ client_id = "makeright", client_secret = "env:NEW" }}
webhook_secrets = ["env:NEW"]
sidebar_secrets = ["env:NEW"]
[accounts.zd-closed]
helpdesk = "zendesk"
subdomain = "acme4"
auth = {{ client_id = "makeright", client_secret = "env:NEW" }}
webhook_secrets = ["env:NEW"]
[accounts.fd]
helpdesk = "freshdesk"
domain = "acme.freshdesk.com"
api_key = "env:NEW"
level = "annotate"
webhook_secrets = ["env:NEW"]
sidebar_secrets = ["env:NEW", "env:OLD"]
"""
NOW = datetime.now(UTC)
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PEM = RSA.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@pytest.fixture
def context(tmp_path: Path, redis: Redis, redis_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    for name, value in {"NEW": NEW, "OLD": OLD, "OTHER": OTHER}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "makeright.toml").write_text(CONFIG.format(redis=redis_server))
    made = build_context(load_settings(tmp_path / "makeright.toml"), redis_patience=1)
    made.store.migrate()
    yield made
    made.store.close()


@pytest.fixture
def app(context: Context) -> Flask:
    return create_app(context)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def claims(**changes: Any) -> dict[str, Any]:
    whole = {"iss": "makeright-sidebar", "aud": "makeright", "account": "zd", "exp": int(time.time()) + 60, **changes}
    return {key: value for key, value in whole.items() if value is not None}


def signed(secret: str = NEW, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **changes: Any) -> str:
    return jwt.encode(claims(**changes), secret, algorithm=algorithm, headers=headers)


def unsigned(header: dict[str, Any]) -> str:
    def part(data: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()

    return f"{part(header)}.{part(claims())}."


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def url(account: str = "zd", ticket: str = "42", what: str = "") -> str:
    return f"/api/v1/accounts/{account}/tickets/{ticket}{what}"


def decided(context: Context, account: str = "zd", ticket: str = "42", **changes: Any) -> Decision:
    suggestion = Suggestion(
        labels=("no_callback",),
        anchor_at=NOW,
        remedy="Contact them back on the same business day.",
        clock=RunningClock("no_callback", NOW + timedelta(hours=2), NOW, "America/New_York", "Rule: same day"),
        macros=(SuggestedMacro("7", "Call back", "for no callback", "Hello"),),
        drafts=(DraftText("full", "Hello, [who?] calls you. [who?]", (Gap("owner", "who?"),), "no_callback.full"),),
        label_tags={"no_callback": "complaint_no_callback"},
    )
    whole: dict[str, Any] = {
        "id": new_decision_id(),
        "account": account,
        "ticket_id": ticket,
        "fingerprint": "f",
        "anchor_message": "m1",
        "level": "annotate",
        "labels": ("no_callback",),
        "scores": {"no_callback": 0.97},
        "evidence": ({"label": "no_callback", "start": 0, "end": 6, "text": "nobody", "message": "m1"},),
        "silence": None,
        "annotation": {},
        "outcome": Outcome.PLANNED,
        "created_at": datetime.now(UTC),
        "panel": stored(suggestion),
        **changes,
    }
    decision = Decision(**whole)
    context.store.add(decision)
    if decision.outcome is Outcome.PLANNED:
        context.store.finish(decision, Outcome.WRITTEN, version="v1", tags=frozenset({"complaint_no_callback"}))
    return decision


# -- who may call


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_both_live_secrets_are_good(client: FlaskClient, secret: str) -> None:
    assert client.get(url(), headers=bearer(signed(secret))).status_code == 200
    assert client.get(url("fd"), headers=bearer(secret)).status_code == 200


BAD_TOKENS = {
    "none at all": lambda: {},
    "another scheme": lambda: {"Authorization": f"Basic {signed()}"},
    "empty": lambda: bearer(""),
    "no token": lambda: bearer("abc"),
    "wrong secret": lambda: bearer(signed(OTHER)),
    "expired": lambda: bearer(signed(exp=int(time.time()) - 60)),
    "no expiry": lambda: bearer(signed(exp=None)),
    "lives for ever": lambda: bearer(signed(exp=int(time.time()) + 10**8)),
    "not yet valid": lambda: bearer(signed(nbf=int(time.time()) + 600)),
    "another issuer": lambda: bearer(signed(iss="somebody")),
    "no issuer": lambda: bearer(signed(iss=None)),
    "another audience": lambda: bearer(signed(aud="others")),
    "no audience": lambda: bearer(signed(aud=None)),
    "another account": lambda: bearer(signed(account="zd-suggest")),
    "no account": lambda: bearer(signed(account=None)),
    "a list of accounts": lambda: bearer(signed(account=["zd"])),
    "alg none": lambda: bearer(unsigned({"alg": "none", "typ": "JWT"})),
    "alg NONE in capitals": lambda: bearer(unsigned({"alg": "NoNe"})),
    "HS512": lambda: bearer(signed(NEW * 2, "HS512")),
    "HS384 with the right secret": lambda: bearer(signed(NEW + "n" * 8, "HS384")),
    "RS256": lambda: bearer(jwt.encode(claims(), RSA_PEM, algorithm="RS256")),
    "tampered": lambda: bearer(signed()[:-4] + "AAAA"),
    "the bare secret": lambda: bearer(NEW),
    "unknown critical header": lambda: bearer(signed(headers={"crit": ["x"], "x": 1})),
    "huge": lambda: bearer("a." * 5000),
    "not ASCII": lambda: bearer("ü.ö.ä"),
}


@pytest.mark.parametrize("what", BAD_TOKENS)
def test_anything_else_is_refused_on_zendesk(client: FlaskClient, context: Context, what: str) -> None:
    decided(context)
    for method, path in (("GET", ""), ("POST", "/feedback"), ("POST", "/coach")):
        answer = client.open(
            url(what=path), method=method, headers=BAD_TOKENS[what](), json={"kind": "thumbs_up", "text": "x"}
        )
        assert answer.status_code == 401
        assert answer.get_json() == {"error": "Unauthorized"}
    assert context.store.feedback.of_ticket("zd", "42") == []


@pytest.mark.parametrize(
    ("account", "token"),
    [
        pytest.param("fd", lambda: signed(account="fd"), id="a signed token where a fixed one is due"),
        pytest.param("fd", lambda: OTHER, id="another fixed token"),
        pytest.param("fd", lambda: NEW[:-1], id="a part of the fixed token"),
        pytest.param("zd-suggest", lambda: signed(NEW, account="zd-suggest"), id="another account's secret"),
        pytest.param("zd-closed", lambda: signed(NEW, account="zd-closed"), id="an account without sidebar_secrets"),
        pytest.param("nobody", lambda: signed(NEW, account="nobody"), id="no such account"),
    ],
)
def test_a_proof_holds_for_its_own_account_only(client: FlaskClient, account: str, token: Any) -> None:
    assert client.get(url(account), headers=bearer(token())).status_code == 401


def test_no_other_site_is_let_in(client: FlaskClient) -> None:
    for method in ("GET", "OPTIONS", "POST"):
        answer = client.open(url(), method=method, headers={**bearer(signed()), "Origin": "https://evil.example"})
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def test_callers_are_slowed_down(client: FlaskClient, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = throttle.Throttle(context.redis)
    item = RateLimitItemPerMinute(3)
    assert [limits.hit(item, "x") for _ in range(3)] == [None] * 3
    pause = limits.hit(item, "x")
    assert pause is not None and 0 < pause <= 60
    monkeypatch.setattr(throttle, "REFUSED", RateLimitItemPerMinute(3))
    answers = [client.get(url(), headers=bearer("wrong")) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_without_redis_agents_still_see_their_panel(context: Context, tmp_path: Path) -> None:
    decided(context)
    away = build_context(load_settings(_moved(tmp_path)), redis_patience=0.2)
    answer = create_app(away).test_client().get(url(), headers=bearer(signed()))
    assert answer.status_code == 200
    assert answer.get_json()["state"] == "suggestion"


def _moved(folder: Path) -> Path:
    file = folder / "makeright.toml"
    lines = [
        'redis_url = "redis://127.0.0.1:1/0"' if line.startswith("redis_url") else line
        for line in file.read_text().splitlines()
    ]
    file.write_text("\n".join(lines))
    return file


# -- the panel


def test_the_panel_tells_all_at_once(client: FlaskClient, context: Context) -> None:
    decision = decided(context)
    panel = client.get(url(), headers=bearer(signed())).get_json()
    assert panel["state"] == "suggestion" and panel["decision_id"] == decision.id
    (complaint,) = panel["complaints"]
    assert (complaint["key"], complaint["title"], complaint["probability"]) == ("no_callback", "No callback", 0.97)
    assert complaint["quotes"] == [{"text": "nobody", "message": "m1", "start": 0, "end": 6}]
    assert panel["drafts"][0]["parts"] == [
        {"text": "Hello, ", "gap": ""},
        {"text": "[who?]", "gap": "owner"},
        {"text": " calls you. ", "gap": ""},
        {"text": "[who?]", "gap": "owner"},
    ]
    assert panel["drafts"][0]["gaps"] == [["owner", "who?"]]
    assert datetime.fromisoformat(panel["clock"]["due_at"]) == NOW + timedelta(hours=2)
    assert panel["clock"]["zone"] == "America/New_York"
    assert [label["key"] for label in panel["labels"]] == [
        "no_callback",
        "no_order_update",
        "overpromising",
        "false_expertise",
    ]


def test_what_is_known_already_is_not_sent_again(client: FlaskClient, context: Context) -> None:
    decided(context)
    first = client.get(url(), headers=bearer(signed()))
    etag = first.headers["ETag"]
    assert etag == f'"{first.get_json()["version"]}"'
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get(url(), headers={**bearer(signed()), "If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    client.post(
        url(what="/feedback"),
        headers=bearer(signed()),
        json={
            "kind": "label_corrected",
            "label": "no_callback",
            "verdict": "wrong",
            "decision_id": first.get_json()["decision_id"],
        },
    )
    changed = client.get(url(), headers={**bearer(signed()), "If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.get_json()["complaints"][0]["verdict"] == "wrong"


def test_a_changed_ticket_is_said_to_be_read_again(client: FlaskClient, context: Context) -> None:
    decided(context)
    context.queue.offer("zd", "42")
    assert client.get(url(), headers=bearer(signed())).get_json()["checking"] is True
    context.queue.taken_up("zd", "42")
    assert client.get(url(), headers=bearer(signed())).get_json()["checking"] is False


@pytest.mark.parametrize(
    ("silence", "reason", "detail"),
    [
        ("nothing above 0.50", "nothing_above", "0.50"),
        ("not English (de)", "other_language", "de"),
        ("too short", "too_short", ""),
        ("empty", "no_customer_text", ""),
        ("written by the business", "no_customer_text", ""),
        ("not sure enough", "nothing_above", ""),
    ],
)
def test_silence_is_told_with_its_reason(
    client: FlaskClient, context: Context, silence: str, reason: str, detail: str
) -> None:
    decided(context, labels=(), silence=silence, evidence=(), panel=stored(Suggestion((), NOW)))
    panel = client.get(url(), headers=bearer(signed())).get_json()
    assert (panel["state"], panel["reason"], panel["detail"]) == ("silent", reason, detail)


def test_in_shadow_mode_nothing_is_told(client: FlaskClient, context: Context) -> None:
    decided(context, account="zd-shadow")
    answer = client.get(url("zd-shadow"), headers=bearer(signed(account="zd-shadow")))
    panel = answer.get_json()
    assert panel["state"] == "shadow" and panel["decision_id"] is None
    assert "nobody" not in answer.text and panel["complaints"] == panel["drafts"] == []


def test_an_unread_ticket_is_told_as_such(client: FlaskClient) -> None:
    assert client.get(url(ticket="4711"), headers=bearer(signed())).get_json()["state"] == "not_read"


def test_a_decision_from_before_there_was_a_panel_is_shown_as_far_as_it_goes(
    client: FlaskClient, context: Context
) -> None:
    decided(context, panel={})
    panel = client.get(url(), headers=bearer(signed())).get_json()
    assert panel["state"] == "suggestion" and len(panel["complaints"]) == 1 and panel["drafts"] == []


def test_a_decision_that_was_overtaken_is_not_shown(client: FlaskClient, context: Context) -> None:
    kept = decided(context)
    dropped = decided(context, outcome=Outcome.DROPPED)
    assert dropped.id != kept.id
    assert client.get(url(), headers=bearer(signed())).get_json()["decision_id"] == kept.id


# -- feedback


def test_an_answer_is_kept_without_saying_whose_it_is(client: FlaskClient, context: Context) -> None:
    decision = decided(context)
    body = {
        "kind": "edited",
        "decision_id": decision.id,
        "variant": "full",
        "distance": 0.25,
        "agent": "Dana",
        "text": "secret",
    }
    assert client.post(url(what="/feedback"), headers=bearer(signed()), json=body).status_code == 200
    (word,) = context.store.feedback.of_ticket("zd", "42")
    assert (word.kind, word.variant, word.distance, word.decision_id) == (Kind.EDITED, "full", 0.25, decision.id)
    assert "Dana" not in repr(word) and "secret" not in repr(word)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "kind"),
        ({"kind": "shown"}, "kind"),
        ({"kind": "bought"}, "kind"),
        ({"kind": "edited"}, "distance"),
        ({"kind": "edited", "distance": 1.5}, "distance"),
        ({"kind": "edited", "distance": "nan"}, "distance"),
        ({"kind": "macro_applied"}, "macro_id"),
        ({"kind": "macro_applied", "macro_id": "<script>"}, "macro_id"),
        ({"kind": "label_corrected", "label": "no_callback"}, "label"),
        ({"kind": "label_corrected", "label": "price", "verdict": "wrong"}, "label"),
        ({"kind": "label_corrected", "label": "no_callback", "verdict": "rubbish"}, "verdict"),
        ({"kind": "label_corrected", "label": "no_callback", "verdict": "wrong", "reason": "because"}, "reason"),
        ({"kind": "thumbs_up", "decision_id": "x" * 21}, "decision_id"),
    ],
)
def test_a_wrong_answer_is_told_its_place(
    client: FlaskClient, context: Context, body: dict[str, Any], place: str
) -> None:
    answer = client.post(url(what="/feedback"), headers=bearer(signed()), json=body)
    assert answer.status_code == 422
    assert place in answer.get_json()["details"]["json"]
    assert context.store.feedback.of_ticket("zd", "42") == []


@pytest.mark.parametrize(
    ("body", "add", "remove"),
    [
        ({"kind": "accepted"}, ["makeright_accepted"], []),
        ({"kind": "edited", "distance": 0.0}, ["makeright_unchanged"], []),
        ({"kind": "edited", "distance": 0.4}, ["makeright_edited"], []),
        ({"kind": "dismissed"}, ["makeright_dismissed"], []),
        ({"kind": "macro_applied", "macro_id": "7"}, ["makeright_macro"], []),
        ({"kind": "thumbs_down"}, [], []),
        (
            {"kind": "label_corrected", "label": "no_callback", "verdict": "wrong"},
            ["makeright_corrected"],
            ["complaint_no_callback"],
        ),
        ({"kind": "label_corrected", "label": "overpromising", "verdict": "missing"}, ["makeright_corrected"], []),
        (
            {"kind": "label_corrected", "label": "no_callback", "verdict": "withdrawn"},
            ["complaint_no_callback"],
            ["makeright_corrected"],
        ),
    ],
)
def test_an_answer_becomes_tags_by_the_page_or_by_a_job(
    client: FlaskClient, context: Context, body: dict[str, Any], add: list[str], remove: list[str]
) -> None:
    decided(context)
    told = client.post(url(what="/feedback"), headers=bearer(signed()), json={**body, "host_tags": True})
    assert told.get_json() == {"add": add, "remove": remove}
    assert context.queue.rq.jobs == []
    client.post(url(what="/feedback"), headers=bearer(signed()), json=body)
    assert [job.args for job in context.queue.rq.jobs] == ([["zd", "42", add, remove]] if add or remove else [])


def test_below_annotate_no_answer_becomes_a_tag(client: FlaskClient, context: Context) -> None:
    decided(context, account="zd-suggest")
    headers = bearer(signed(OTHER, account="zd-suggest"))
    told = client.post(url("zd-suggest", what="/feedback"), headers=headers, json={"kind": "accepted"})
    assert told.get_json() == {"add": [], "remove": []}
    assert context.queue.rq.jobs == []
    assert [w.kind for w in context.store.feedback.of_ticket("zd-suggest", "42")] == [Kind.ACCEPTED]


# -- the coach and the description


def test_the_coach_answers_and_keeps_nothing(client: FlaskClient, context: Context, app: Flask) -> None:
    body = {"text": "It was the courier's fault.", "policy": "regret_only"}
    answer = client.post(url(what="/coach"), headers=bearer(signed()), json=body)
    assert answer.status_code == 200
    assert answer.get_json()["available"] is (app.extensions["makeright-coach"] is not None)
    assert answer.headers["Cache-Control"] == "no-store"
    for finding in answer.get_json()["findings"]:
        assert body["text"][finding["start"] : finding["end"]] == finding["text"]


def test_too_long_a_draft_is_refused(client: FlaskClient) -> None:
    answer = client.post(url(what="/coach"), headers=bearer(signed()), json={"text": "x" * 20_001})
    assert answer.status_code == 422


def test_the_api_describes_itself(client: FlaskClient) -> None:
    from openapi_core import OpenAPI

    spec = client.get("/api/docs/openapi.json").get_json()
    OpenAPI.from_dict(spec)
    base = "/api/v1/accounts/{account}/tickets/{ticket_id}"
    assert set(spec["paths"]) >= {base, f"{base}/feedback", f"{base}/coach"}
    page = client.get("/api/docs")
    assert page.status_code == 200 and "<script" not in page.text
    assert f"{base}/feedback" in page.text and "default-src 'none'" in page.headers["Content-Security-Policy"]


# -- the funnel


def test_the_funnel_counts_each_ticket_once_and_says_where_it_stopped(context: Context) -> None:
    feedback = context.store.feedback
    labels = ["no_callback", "no_order_update"]
    first, second, third = (decided(context, ticket=ticket) for ticket in ("1", "2", "3"))
    decided(context, ticket="1", created_at=NOW - timedelta(hours=3))
    decided(context, ticket="4", labels=(), silence="nothing above 0.50", panel=stored(Suggestion(())))
    decided(context, ticket="5", labels=(), silence="not English (de)", panel=stored(Suggestion(())))
    context.store.keep_failure("zd", "ticket", "422", ticket_id="6")
    for one in (first, second, first):
        feedback.shown("zd", one.ticket_id, one.id, NOW)
    feedback.add(_word(first, Kind.ACCEPTED))
    feedback.add(_word(second, Kind.LABEL_CORRECTED, label="no_callback", verdict=Verdict.WRONG))
    context.store.saw_closed("zd", "1", frozenset({"complaint_no_callback"}))
    context.store.saw_closed("zd", "2", frozenset({"complaint_no_callback"}))
    context.store.saw_closed("zd", "3", frozenset())
    whole, callback, update = feedback.funnel("zd", labels)
    assert (whole.received, whole.read, whole.suggested, whole.shown, whole.accepted) == (6, 5, 3, 2, 1)
    assert whole.silences == {"nothing above": 1, "not English": 1}
    assert (callback.suggested, callback.closed, callback.unchanged, callback.corrected) == (3, 3, 1, 1)
    assert update.suggested == 0
    assert third.id
    assert feedback.funnel("zd", labels, since=datetime.now(UTC) + timedelta(hours=1))[0].received == 0


def test_corrections_give_the_whole_set_of_labels(context: Context) -> None:
    decision = decided(context)
    feedback = context.store.feedback
    feedback.add(_word(decision, Kind.LABEL_CORRECTED, label="overpromising", verdict=Verdict.MISSING))
    (correction,) = feedback.corrections("zd")
    assert (correction.anchor_message, correction.labels) == ("m1", ("no_callback", "overpromising"))
    feedback.add(_word(decision, Kind.LABEL_CORRECTED, label="no_callback", verdict=Verdict.WRONG))
    assert feedback.corrections("zd")[0].labels == ("overpromising",)
    assert feedback.corrections("fd") == []


def _word(decision: Decision, kind: Kind, **more: Any) -> Any:
    from integration.store.feedback import Feedback

    return Feedback(decision.account, decision.ticket_id, kind, datetime.now(UTC), decision_id=decision.id, **more)
