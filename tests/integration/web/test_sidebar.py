"""The sidebar's API: who may call it, what it tells, what it keeps."""

from __future__ import annotations

import base64
import dataclasses
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
from sqlalchemy import func, select

from integration.app import create_app
from integration.pipeline.context import Context, build_context
from integration.pipeline.suggestion import (
    DraftText,
    Gap,
    OfferedGesture,
    OfferedGoodwill,
    RunningClock,
    SuggestedMacro,
    Suggestion,
    stored,
)
from integration.settings import load_settings
from integration.store.feedback import Kind, Verdict
from integration.store.goodwill import Goodwill
from integration.store.models import Base
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


def test_who_has_a_proof_is_not_held_up_by_those_who_have_none(
    client: FlaskClient, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided(context)
    monkeypatch.setattr(throttle, "REFUSED", RateLimitItemPerMinute(3))
    # As behind a reverse proxy: one address for all.
    assert [client.get(url(), headers=bearer("wrong")).status_code for _ in range(5)][-1] == 429
    assert client.get(url(), headers=bearer(signed())).status_code == 200


@pytest.mark.parametrize(("proxies", "answers"), [(0, [401, 429]), (1, [401, 401])])
def test_behind_trusted_proxies_callers_are_told_apart(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: int, answers: list[int]
) -> None:
    file = tmp_path / "makeright.toml"
    file.write_text(file.read_text().replace("[service]", f"[service]\ntrusted_proxies = {proxies}"))
    monkeypatch.setattr(throttle, "REFUSED", RateLimitItemPerMinute(1))
    client = create_app(dataclasses.replace(context, settings=load_settings(file))).test_client()
    # What a caller writes into the header itself stands first, and counts for nothing.
    callers = [{"X-Forwarded-For": f"198.51.100.1, 203.0.113.{n}"} for n in (1, 2)]
    told = [client.get(url(), headers={**bearer("wrong"), **caller}).status_code for caller in callers]
    assert told == answers


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


def test_a_changed_ticket_is_said_to_be_read_until_its_job_has_seen_it_through(
    client: FlaskClient, context: Context
) -> None:
    def checking() -> bool:
        return bool(client.get(url(), headers=bearer(signed())).get_json()["checking"])

    decided(context)
    assert not checking()
    context.queue.offer("zd", "42")
    assert checking()
    with context.queue.lock("zd", "42"):
        context.queue.taken_up("zd", "42")
        assert checking()
    assert not checking()


@pytest.mark.parametrize(
    ("silence", "reason", "detail"),
    [
        ("nothing above 0.50", "nothing_above", "0.50"),
        ("not English (de)", "other_language", "de"),
        ("too short", "too_short", ""),
        ("empty", "no_customer_text", ""),
        ("written by the business", "no_customer_text", ""),
        ("set aside by an agent", "set_aside", ""),
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
    parts = ("", "/feedback", "/coach", "/goodwill", "/exercise", "/rehearsal")
    assert set(spec["paths"]) >= {base + part for part in parts}
    page = client.get("/api/docs")
    assert page.status_code == 200 and "<script" not in page.text
    assert f"{base}/feedback" in page.text and "default-src 'none'" in page.headers["Content-Security-Policy"]


# -- goodwill


OFFER = OfferedGoodwill("no_callback", "USD", "agent", "20", (OfferedGesture("credit", "We credit you", "200"),))


def offered(context: Context, **changes: Any) -> Decision:
    panel = stored(Suggestion(("no_callback",), NOW, goodwill=OFFER))
    return decided(context, panel=panel, **changes)


def test_an_agent_gives_within_the_limit_and_asks_above_it(client: FlaskClient, context: Context) -> None:
    offered(context)
    where, who = url(what="/goodwill"), bearer(signed())
    refused = client.post(where, headers=who, json={"gesture": "credit", "amount": "201"}).get_json()
    assert refused["answer"] == "refused" and "USD 200.00" in refused["reason"]
    asked = client.post(where, headers=who, json={"gesture": "credit", "amount": 50, "by": "Dana"}).get_json()
    assert (asked["answer"], asked["approver"]) == ("needs_approval", "lead")
    goodwill = client.get(url(), headers=who).get_json()["goodwill"]
    assert (goodwill["currency"], goodwill["limit"], goodwill["menu"][0]["key"]) == ("USD", "20", "credit")
    (gesture,) = goodwill["asked"]
    assert (gesture["words"], gesture["state"], gesture["approver"]) == ("credit, USD 50.00", "pending", "lead")
    taken = client.post(where, headers=who, json={"withdraw": gesture["id"]}).get_json()
    assert taken["answer"] == "allowed"
    assert client.get(url(), headers=who).get_json()["goodwill"]["asked"] == []
    given = client.post(where, headers=who, json={"gesture": "credit", "amount": "7.50"}).get_json()
    assert given["answer"] == "allowed"


def test_what_was_asked_for_on_another_ticket_is_not_taken_back_here(client: FlaskClient, context: Context) -> None:
    offered(context)
    offered(context, ticket="43")
    client.post(url(what="/goodwill"), headers=bearer(signed()), json={"gesture": "credit", "amount": 5})
    (kept,) = Goodwill(context.store).of_ticket("zd", "42")
    other = client.post(url(ticket="43", what="/goodwill"), headers=bearer(signed()), json={"withdraw": kept.id})
    assert other.get_json()["answer"] == "refused"
    assert Goodwill(context.store).get(kept.id) == kept


@pytest.mark.parametrize(
    "body",
    [
        {}, {"gesture": "credit", "withdraw": 1}, {"gesture": "<b>"}, {"gesture": "credit", "amount": "much"},
        {"gesture": "credit", "amount": -1}, {"gesture": "credit", "amount": "NaN"}, {"withdraw": "1; drop"},
        {"gesture": "credit", "amount": 10**9}, {"gesture": "credit", "by": "x" * 121},
    ],
)  # fmt: skip
def test_a_wrong_wish_is_refused(client: FlaskClient, context: Context, body: dict[str, Any]) -> None:
    offered(context)
    assert client.post(url(what="/goodwill"), headers=bearer(signed()), json=body).status_code == 422
    assert Goodwill(context.store).of_ticket("zd", "42") == []


def test_where_nothing_is_suggested_nothing_is_given(client: FlaskClient, context: Context) -> None:
    body = {"gesture": "credit", "amount": 5}
    assert client.post(url(what="/goodwill"), headers=bearer(signed()), json=body).status_code == 409
    decided(context, labels=(), silence="nothing above 0.50", panel=stored(Suggestion(())))
    assert client.post(url(what="/goodwill"), headers=bearer(signed()), json=body).status_code == 409
    offered(context, account="zd-shadow")
    shadow = client.post(url("zd-shadow", what="/goodwill"), headers=bearer(signed(account="zd-shadow")), json=body)
    assert shadow.status_code == 409
    assert client.post(url(what="/goodwill"), headers=bearer("wrong"), json=body).status_code == 401


# -- practice


def tables(context: Context) -> dict[str, int]:
    with context.store.session() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_practice_is_answered_and_leaves_no_trace(client: FlaskClient, context: Context, redis: Redis) -> None:
    before = tables(context)
    task = client.post(url(what="/exercise"), headers=bearer(signed()), json={}).get_json()
    assert task["text"] and task["facts"] and "complaints" not in task
    reply = "Sorry if you feel upset, zebra. I will call you today at 15:00."
    answer = client.post(url(what="/rehearsal"), headers=bearer(signed()), json={"exercise": task["id"], "text": reply})
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_json()
    assert [one["step"] for one in body["steps"]] == ["acknowledge", "apologise", "own", "act", "make_right"]
    assert [one["seen"] for one in body["steps"]] == [False, False, False, True, False]
    assert body["steps"][3]["text"] == "I will call you today at 15:00."
    assert body["complaints"] == ["no callback"]
    if body["available"]:
        assert any(reply[one["start"] : one["end"]] == one["text"] for one in body["findings"])
    following = client.post(url(what="/exercise"), headers=bearer(signed()), json={"after": task["id"]}).get_json()
    assert following["id"] != task["id"]
    assert tables(context) == before
    assert not [key for key in redis.scan_iter() if b"limit" not in key.lower()]


def test_practice_needs_an_exercise_that_exists_and_a_proof(client: FlaskClient, context: Context) -> None:
    where = url(what="/rehearsal")
    assert client.post(where, headers=bearer(signed()), json={"exercise": "no-such", "text": "x"}).status_code == 404
    assert client.post(where, headers=bearer(signed()), json={"text": "x"}).status_code == 422
    long = {"exercise": "boiler-voicemails", "text": "x" * 20_001}
    assert client.post(where, headers=bearer(signed()), json=long).status_code == 422
    for what, body in (("/rehearsal", {"exercise": "boiler-voicemails", "text": "x"}), ("/exercise", {})):
        assert client.post(url(what=what), headers=bearer("x"), json=body).status_code == 401


def test_a_teams_own_exercises_come_first(context: Context, tmp_path: Path) -> None:
    own = {"id": "ours", "complaints": ["overpromising"], "text": "[name] said two days and it took nine."}
    (tmp_path / "own.jsonl").write_text(json.dumps(own))
    file = tmp_path / "makeright.toml"
    file.write_text(file.read_text().replace("[accounts.zd]", '[accounts.zd]\nexercises = "own.jsonl"', 1))
    made = build_context(load_settings(file), redis_patience=1)
    client = create_app(made).test_client()
    task = client.post(url(what="/exercise"), headers=bearer(signed()), json={}).get_json()
    assert (task["id"], task["text"]) == ("ours", own["text"])
    other = client.post(url("fd", what="/exercise"), headers=bearer(NEW), json={}).get_json()
    assert other["id"] != "ours"
    made.store.close()


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
