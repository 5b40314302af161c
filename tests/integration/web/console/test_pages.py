"""What the pages show of a store."""

from __future__ import annotations

import dataclasses
import html
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from integration.complaints.reading import Evidence
from integration.complaints.taxonomy import Complaint
from integration.pipeline.reports import interval
from integration.settings import load_settings
from integration.store.feed import Feed, Filter, Key
from integration.web.console.asked import KeyField, written
from integration.web.console.assets import dark
from integration.web.console.configuration import said, sections, without_password
from integration.web.console.marked import pieces
from integration.web.console.signin import _safe
from tests.integration.web.console.bulk import fill
from tests.integration.web.console.stage import PASSWORD, SECRETS, Stage, stage, token_on


def text_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"account": "acme"},
        {"label": "no_callback"},
        {"label": "none", "account": "acme-uk"},
        {"level": "suggest"},
        {"label": "overpromising", "account": "acme", "level": "annotate"},
        {"account": "acme", "level": "suggest"},
    ],
    ids=str,
)
def test_the_feed_pages_through_every_decision_once_newest_first(filled: Stage, asked: dict[str, str]) -> None:
    operator, seen, more = filled.operator(), [], dict(asked)
    while True:
        page = operator.get(filled("/decisions"), params=more).text
        seen += re.findall(r'href="/console/decisions/([0-9a-f]{16})"', page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        if older is None:
            break
        more = {key: values[0] for key, values in parse_qs(urlsplit(html.unescape(older[1])).query).items()}
    expected = [
        one.id
        for account in ("acme", "acme-uk")
        for one in filled.context.store.decisions(account, limit=1000)
        if asked.get("account", account) == account
        and asked.get("level", one.level) == one.level
        and ("label" not in asked or asked["label"] in (one.labels or ("none",)))
    ]
    assert seen == sorted(expected, reverse=True)


def test_a_page_of_the_feed_stays_the_same_while_more_arrives(staged: Stage) -> None:
    store, settings, now = staged.context.store, staged.context.settings, staged.context.now()
    fill(store, settings, 30, now)
    feed = Feed(store)
    first = feed.page(Filter(), limit=10)
    second = feed.page(Filter(), before=first[-1].key, limit=10)
    store.add(dataclasses.replace(store.decisions("acme")[0], id="ffff", created_at=now + timedelta(hours=1)))
    assert feed.page(Filter(), before=first[-1].key, limit=10) == second
    assert feed.newer(Filter(), first[0].key) == 1
    assert feed.newer(Filter(label="none"), first[0].key) + feed.newer(Filter(account="acme-uk"), first[0].key) <= 1


@pytest.mark.parametrize(
    "asked",
    ["account=nobody", "label=x", "level=all", "before=!!!", "before=AAAA", "before=bm90YWRhdGUgMQ"],
)
def test_an_address_that_is_wrong_is_told_what_is_wrong(filled: Stage, asked: str) -> None:
    answer = filled.operator().get(filled(f"/decisions?{asked}"))
    assert answer.status_code == 400
    assert asked.split("=")[0] in text_of(answer.text)


@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2100, 1, 1), timezones=st.timezones()),
    st.text("0123456789abcdefXYZ", min_size=1, max_size=20),
)
def test_a_key_comes_back_from_an_address(at, id_) -> None:  # type: ignore[no-untyped-def]
    assert KeyField().deserialize(written(Key(at, id_))) == Key(at.astimezone(UTC), id_)


@given(st.text(max_size=60))
def test_no_key_breaks_the_page(word: str) -> None:
    from marshmallow import ValidationError

    try:
        KeyField().deserialize(word)
    except ValidationError as error:
        assert error.messages == ["begin again at the first page"]


def test_a_decision_shows_evidence_clock_and_draft(filled: Stage) -> None:
    operator = filled.operator()
    page = operator.get(filled("/decisions"), params={"label": "no_callback", "account": "acme"}).text
    (id_, *_) = re.findall(r'href="/console/decisions/([0-9a-f]{16})"', page)
    shown = text_of(operator.get(filled(f"/decisions/{id_}")).text)
    assert "nobody has called me back" in shown and "94 %" in shown
    assert "Rule: same business day" in shown and "complaint_no_callback" in shown
    assert "Drafts" in shown


def test_accounts_show_how_they_do(filled: Stage) -> None:
    filled.context.queue.heard("acme", filled.context.now() - timedelta(minutes=5))
    shown = text_of(filled.operator().get(filled()).text)
    assert "Last webhook 5 min ago" in shown
    assert "no webhook seen" in shown  # acme-uk
    assert re.search(r"Last write \d+ (s|min|h) ago", shown)
    assert "account 200 of 200" in shown


def test_deadlines_come_the_earliest_first_and_by_state(filled: Stage) -> None:
    operator = filled.operator()
    page = operator.get(filled("/deadlines")).text
    dues = re.findall(r'<time datetime="([^"]+)"', page)
    assert dues and dues == sorted(dues)
    broken = text_of(operator.get(filled("/deadlines?state=breached")).text)
    assert "ago" in broken and " in " not in broken.split("Why then")[1].split("Rule:")[0]


def test_the_funnel_adds_up_to_what_agents_said(filled: Stage) -> None:
    shown = text_of(filled.operator().get(filled("/accuracy?account=acme&days=90")).text)
    whole, *labels = filled.context.store.feedback.funnel("acme", [c.value for c in Complaint])
    assert f"Received {whole.received}" in shown and f"Accepted {whole.accepted}" in shown
    for line, label in zip(labels, Complaint, strict=True):
        assert f"{label.words.capitalize()} {line.suggested} {line.shown} {line.corrected} {line.missed}" in shown


def test_root_causes_have_a_plot_and_the_same_in_figures(filled: Stage) -> None:
    page = filled.operator().get(filled("/causes?account=acme")).text
    assert page.count("<svg") == 2 and "<style" not in page and "style=" not in page and "pygal-chart" in page
    assert "The same in figures" in page
    rows = re.findall(r"<tr><th[^>]*>\d+/\d+</th>((?:<td>\d+</td>)+)", page)
    counted = sum(int(n) for row in rows for n in re.findall(r"\d+", row))
    labelled = sum(len(one.labels) for one in filled.context.store.decisions("acme", limit=1000))
    # The first days of the store may lie before the first Monday shown.
    assert 0.8 * labelled <= counted <= labelled


def test_the_box_reads_a_message_and_keeps_nothing(staged: Stage) -> None:
    operator = staged.operator()
    text = (
        "Hello,\r\n\r\nI left three voicemails last week and nobody has called me back. <b>Please</b> call.\r\n\r\nJo"
    )
    token = token_on(operator.get(staged("/try")).text)
    answer = operator.post(staged("/try"), data={"csrf_token": token, "account": "acme", "text": text})
    assert answer.status_code == 200
    found = re.search(r'<div class="message">(.*?)</div>', answer.text, re.DOTALL)
    assert found and re.sub(r"</?mark[^>]*>", "", found[1]) == html.escape(text.replace("\r\n", "\n"))
    shown = text_of(answer.text)
    assert "No callback" in shown and "Shown from" in shown
    assert staged.context.store.decisions("acme") == []


@pytest.mark.parametrize(
    ("given_", "said_"),
    [({"text": " "}, "empty"), ({"text": "x" * 20_001}, "longer"), ({"account": "nobody"}, "no such account")],
)
def test_a_box_filled_in_wrongly_says_so(staged: Stage, given_: dict[str, str], said_: str) -> None:
    operator = staged.operator()
    token = token_on(operator.get(staged("/try")).text)
    answer = operator.post(staged("/try"), data={"csrf_token": token, "account": "acme", "text": "x", **given_})
    assert answer.status_code == 400 and said_ in text_of(answer.text)


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(-3, 70), st.integers(-3, 70), st.sampled_from(list(Complaint))), max_size=5),
)
def test_marking_evidence_changes_nothing_of_the_text(text: str, spans: list[tuple[int, int, Complaint]]) -> None:
    cut = pieces(text, [Evidence(label, start, end, "") for start, end, label in spans if start < end])
    assert "".join(piece.text for piece in cut) == text
    at = 0
    for piece in cut:
        for label in piece.labels:
            assert any(start <= at and at + len(piece.text) <= end for start, end, one in spans if one.value == label)
        at += len(piece.text)


def test_no_secret_is_on_any_page(filled: Stage) -> None:
    operator = filled.operator()
    for path in ("/configuration", "/", "/playbook", "/audit"):
        page = operator.get(filled(path)).text
        for secret in (*SECRETS.values(), PASSWORD, "$argon2"):
            assert secret not in page
    shown = text_of(operator.get(filled("/configuration")).text)
    assert "auth.client_secret set, not shown" in shown and "accounts.acme-uk" in shown


def test_every_setting_is_shown_with_a_value_a_person_understands(
    tmp_path: Path, redis: Redis, redis_server: str
) -> None:
    with stage(tmp_path, redis_server, 'password_hash = "file:password-hash"'):
        lines = dict(sections(load_settings(tmp_path / "makeright.toml")))
    assert ("level", "annotate") in lines["accounts.acme"] and ("idle", "30 min") in lines["console"]
    unclear = [
        line
        for keys in lines.values()
        for line in keys
        if not line[1] or re.search(r"object at|Secret\(|Secrets$", line[1])
    ]
    assert unclear == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+psycopg://makeright:pa:ss@db/m", "postgresql+psycopg://makeright:***@db/m"),
        ("rediss://:secret@redis:6379/0", "rediss://:***@redis:6379/0"),
        ("postgresql://u@db/m?password=secret", "postgresql://u@db/m"),
        ("sqlite:////var/makeright.db", "sqlite:////var/makeright.db"),
        ("09:00-17:00", "09:00-17:00"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown == said(url)


@given(st.text())
def test_signing_in_leads_only_to_pages_of_the_console(filled_path: str) -> None:
    from flask import Flask

    from integration.web.console.blueprint import console

    app = Flask("x")
    app.add_url_rule("/console/", endpoint="console.accounts", view_func=lambda: "")
    del console
    with app.test_request_context():
        for wanted in (filled_path, "/console/" + filled_path):
            found = _safe(wanted)
            assert found.startswith("/console/") and "//" not in found and "\\" not in found


def test_the_dark_sheet_holds_for_the_whole_page() -> None:
    css = "a{b:c}[data-bs-theme=dark]{--x:1}[data-bs-theme=dark] .y::z,.q{d:e}@media print{.a{b:c}}"
    assert dark(css) == ":root{--x:1}\n:root .y::z{d:e}"


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 0, None, None), (10, 10, 0.722, 1.0), (0, 10, 0.0, 0.278), (50, 100, 0.404, 0.596)],
)
def test_an_interval_is_wide_where_little_is_known(hits: int, of: int, low: float | None, high: float | None) -> None:
    found = interval(hits, of)
    assert found == (None if low is None else pytest.approx((low, high), abs=0.001))


def test_an_installation_without_accounts_has_pages_all_the_same(
    tmp_path: Path, redis: Redis, redis_server: str
) -> None:
    with stage(tmp_path, redis_server, accounts="") as made:
        for path in (
            "/",
            "/decisions",
            "/deadlines",
            "/accuracy",
            "/shadow",
            "/causes",
            "/goodwill",
            "/failed",
            "/try",
            "/playbook",
        ):
            assert made.visitor().get(made(path)).status_code == 200
