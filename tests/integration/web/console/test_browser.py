"""The console in a real browser: barriers, keyboard, hostile text, light and dark."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from integration.complaints.taxonomy import Complaint
from integration.pipeline.suggestion import restored, stored
from integration.store.audit import AuditLog
from integration.store.failures import Failures
from integration.store.goodwill import Goodwill
from integration.store.judgements import Judgements
from integration.store.store import Outcome
from tests.adapters.sidebar.test_hostile_text import PAYLOADS
from tests.integration.web.console.bulk import fill
from tests.integration.web.console.conftest import BY_PASSWORD
from tests.integration.web.console.stage import PASSWORD, Stage, stage
from tests.integration.web.console.waiting import gestures

PAGES = {
    "accounts": "/",
    "decisions": "/decisions",
    "one decision": "/decisions/{one}",
    "nothing fits": "/decisions?account=acme&level=shadow",
    "at risk": "/deadlines",
    "accuracy": "/accuracy?days=90",
    "shadow report": "/shadow?days=90",
    "switch the level": "/level?account=acme&level=suggest",
    "root causes": "/causes",
    "goodwill": "/goodwill",
    "webhooks": "/webhooks?account=acme",
    "failed work": "/failed",
    "one failure": "/failed/1",
    "try it": "/try",
    "playbook": "/playbook",
    "configuration": "/configuration",
    "audit log": "/audit",
    "refused": "/nothing",
}


class Browser:
    def __init__(self, context: Any, stage: Stage) -> None:
        self.context, self.stage, self.page = context, stage, context.new_page()
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        self.page.on("console", self._console)

    def _console(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.problems.append(message.text)

    def borrow_session(self) -> None:
        for cookie in self.stage.operator().cookies:
            self.context.add_cookies(
                [{"name": cookie.name, "value": cookie.value, "domain": "127.0.0.1", "path": "/console/"}]
            )

    def open(self, path: str) -> Any:
        self.page.goto(self.stage(path))
        return self.page

    def serious(self) -> list[Any]:
        self.page.evaluate(AXE_SCRIPT)
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            (v["id"], [node["html"][:200] for node in v["nodes"]])
            for v in found["violations"]
            if v["impact"] in ("serious", "critical")
        ]


@pytest.fixture
def browser(filled: Stage, chromium: Any) -> Iterator[Browser]:
    """Signed in; a script error, a dialog, or anything against the policy fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    made = Browser(context, filled)
    made.borrow_session()
    yield made
    context.close()
    assert made.problems == []


def one_found(stage: Stage) -> str:
    return next(d.id for d in stage.context.store.decisions("acme", limit=50) if d.labels)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_on_any_page(browser: Browser, scheme: str) -> None:
    browser.page.emulate_media(color_scheme=scheme)
    found = {}
    for name, path in PAGES.items():
        browser.open(path.format(one=one_found(browser.stage)))
        found[name] = browser.serious()
    page = browser.open("/try")
    page.get_by_label("The customer's message").fill("I left three voicemails and nobody has called me back.")
    page.get_by_role("button", name="Read it").click()
    page.locator("#result").wait_for()
    found["tried"] = browser.serious()
    for path in ("/sign-in", "/"):
        browser.context.clear_cookies()
        browser.open(path)
        found[f"{path} signed out"] = browser.serious()
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_dark_is_dark_and_light_is_light_without_a_script(filled: Stage, chromium: Any) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme, java_script_enabled=True)
        made = Browser(context, filled)
        made.page.route("**/*.js", lambda route: route.abort())
        made.borrow_session()
        made.open("/decisions")
        shade = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
        shades[scheme] = made.page.evaluate(shade)
        context.close()
    assert shades["light"] > 700 and shades["dark"] < 150


def test_everything_can_be_read_without_scripts(filled: Stage, chromium: Any) -> None:
    context = chromium.new_context(java_script_enabled=False)
    made = Browser(context, filled)
    made.borrow_session()
    for path in PAGES.values():
        page = made.open(path.format(one=one_found(filled)))
        expect(page.locator("main h1")).to_be_visible()
    context.close()


def test_the_keyboard_alone_signs_in_filters_and_tries(staged: Stage, chromium: Any) -> None:
    fill(staged.context.store, staged.context.settings, 40, staged.context.now())
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    made = Browser(context, staged)
    page, keys = made.open("/decisions"), made.page.keyboard

    def tab_to(what: str) -> None:
        for _ in range(40):
            keys.press("Tab")
            if page.evaluate(f"document.activeElement.matches({what!r})"):
                return
        raise AssertionError(f"the Tab key does not lead to {what}")

    tab_to("#password")
    keys.type(PASSWORD)
    keys.press("Enter")
    page.locator(".feed").wait_for()
    # The first stop of every page leads past the navigation.
    keys.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    keys.press("Enter")
    tab_to("#by-label")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    keys.type("No c")
    tab_to(".filters button")
    keys.press("Enter")
    page.wait_for_url("**label=no_callback*")
    assert page.locator(".feed > li").count() == page.locator(".label-no_callback").count() > 0
    # From the first link to the last and out again: no trap. (The address led to the content, so the page is opened anew.)
    page.goto(staged("/decisions"))
    stops = set()
    for _ in range(150):
        keys.press("Tab")
        stops.add(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
        if page.evaluate("document.activeElement === document.body"):
            break
    else:
        raise AssertionError("the Tab key does not lead out of the page")
    assert len(stops) > page.locator(".feed > li").count()
    context.close()
    assert made.problems == []


def test_newer_decisions_announce_themselves(staged: Stage, chromium: Any) -> None:
    store = staged.context.store
    fill(store, staged.context.settings, 10, staged.context.now())
    context = chromium.new_context()
    made = Browser(context, staged)
    made.borrow_session()
    page = made.open("/decisions")
    newest = store.decisions("acme")[0]
    store.add(dataclasses.replace(newest, id="f" * 16, ticket_id="777", created_at=staged.context.now()))
    news = page.get_by_role("status")
    expect(news).to_have_text("1 newer decision: show", timeout=20_000)
    news.get_by_role("link").click()
    expect(page.locator(".feed > li").first).to_contain_text("Ticket 777")
    context.close()
    assert made.problems == []


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Stage]:
    """A store with a decision for every payload, which stands wherever a customer or helpdesk can put text."""
    with stage(tmp_path_factory.mktemp("hostile"), redis_server, BY_PASSWORD, decisions=60) as made:
        store = made.context.store
        found = next(one for one in store.decisions("acme") if one.labels)
        panel = restored(found.panel)
        assert panel.clock is not None
        gestures(store, made.context.settings, 0, made.context.now(), waiting=1)
        (asked,) = Goodwill(store).listed()
        for number, payload in enumerate(PAYLOADS.values()):
            AuditLog(store).add(f"eve {payload}", "signed in", detail=payload)
            clock = dataclasses.replace(panel.clock, words=payload)
            drafts = (dataclasses.replace(panel.drafts[0], text=f"Dear {payload}", hold=payload),)
            decision = dataclasses.replace(
                found,
                id=f"e{number:015x}",
                ticket_id=payload[:32],
                evidence=tuple({**one, "text": f"Nobody called {payload}"} for one in found.evidence),
                silence=payload,
                annotation={"add_tags": [payload], "priority": payload, "group": payload},
                text=f"Nobody called {payload}",
                panel=stored(dataclasses.replace(panel, drafts=drafts, clock=clock)),
                created_at=made.context.now(),
            )
            store.add(decision)
            store.finish(decision, Outcome.FAILED, version="1", warnings=(payload,), error=payload)
            shape = {"content_type": payload, "payload": {payload: payload}, "add": [payload]}
            store.keep_failure("acme", "hook", payload, ticket_id=payload[:32], shape=shape)
            Goodwill(store).add(
                dataclasses.replace(asked, ticket_id=payload[:32], brand=payload[:64], gesture=payload[:64])
            )
        # As much as is shown of what is to be judged, and of what was.
        for one in store.decisions("acme", limit=12):
            if one.id.startswith("e"):
                Judgements(store).judge(one.id, [], right=False, judge="eve", at=made.context.now())
        yield made


@pytest.mark.parametrize("number", range(len(PAYLOADS)), ids=PAYLOADS.keys())
def test_nothing_in_a_ticket_runs(hostile: Stage, chromium: Any, number: int) -> None:
    payload = list(PAYLOADS.values())[number]
    context = chromium.new_context()
    made = Browser(context, hostile)
    made.borrow_session()
    page = made.open(f"/decisions/e{number:015x}")
    text = page.locator("main").evaluate("n => n.textContent")
    assert text.replace("\u0000", "").replace("\ufffd", "").count(payload.replace("\u0000", "")) > 5
    _only_ours(page)
    failure = next(one.id for one in Failures(hostile.context.store).open() if one.reason == payload)
    page = made.open(f"/failed/{failure}")
    text = page.locator("main").evaluate("n => n.textContent")
    assert text.replace("\u0000", "").replace("\ufffd", "").count(payload.replace("\u0000", "")) > 2
    _only_ours(page)
    page = made.open("/try")
    page.get_by_label("The customer's message").fill(f"Nobody has called me back {payload}, I left three voicemails.")
    page.get_by_label("Subject (optional)").fill(payload)
    page.get_by_label("Brand (optional)").fill(payload)
    page.get_by_role("button", name="Read it").click()
    page.locator("#result").wait_for()
    _only_ours(page)
    context.close()
    assert made.problems == []


def test_a_feed_and_a_log_full_of_hostile_text_stay_text(hostile: Stage, chromium: Any) -> None:
    context = chromium.new_context()
    made = Browser(context, hostile)
    made.borrow_session()
    for path in ("/decisions", "/audit", "/", "/shadow", "/goodwill", "/failed"):
        page = made.open(path)
        page.wait_for_timeout(200)
        _only_ours(page)
    context.close()
    assert made.problems == []


def _only_ours(page: Any) -> None:
    """No element and no script that we did not write, and nothing that ran."""
    assert page.evaluate("window.owned") is None
    foreign = "[...document.querySelectorAll('main *')].map(one => one.nodeName.toLowerCase())"
    assert not {"script", "iframe", "img", "style", "math", "object", "embed"} & set(page.evaluate(foreign))
    assert page.evaluate("[...document.scripts].every(one => one.src.startsWith(location.origin + '/console/static/'))")
    attributes = "[...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames())"
    assert not {name for name in page.evaluate(attributes) if name.startswith("on") or name == "style"}


def test_even_a_script_that_got_in_would_not_run(browser: Browser) -> None:
    page = browser.open("/decisions")
    page.evaluate(
        """() => {
          const script = document.createElement('script');
          script.textContent = 'window.owned = 1';
          document.body.append(script);
          document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.owned=1"><p style="color:red">x</p>');
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.owned") is None
    assert any("Content Security Policy" in problem for problem in browser.problems)
    browser.problems.clear()


@pytest.mark.parametrize("width", [360, 768])
def test_no_page_is_wider_than_a_small_screen(browser: Browser, width: int) -> None:
    browser.page.set_viewport_size({"width": width, "height": 800})
    too_wide = []
    for path in PAGES.values():
        page = browser.open(path.format(one=one_found(browser.stage)))
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            too_wide.append(path)
    assert too_wide == []


def test_every_complaint_has_a_colour_of_its_own(browser: Browser) -> None:
    page = browser.open("/playbook")
    colours = [
        page.locator(f"h2 .label-{label.value}").evaluate("n => getComputedStyle(n, '::before').backgroundColor")
        for label in Complaint
    ]
    assert len(set(colours)) == len(Complaint)
