"""The workspace page, in a real browser: what agents see and do, live, and that ticket text stays text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.adapters.sandbox.running import RunningSandbox

HOSTILE = (
    '<img src=x onerror="document.title=1"><script>window.owned=1</script><a href="javascript:window.owned=1">link</a>'
    '<svg onload="window.owned=1"></svg><iframe srcdoc="<script>parent.owned=1</script>"></iframe>'
    '<p style="position:fixed">text</p><details open ontoggle="window.owned=1"><summary>s</summary></details>'
)


def expect(locator: Any) -> Any:
    return pytest.importorskip("playwright.sync_api").expect(locator)


@pytest.fixture
def page(chromium: Any, sandbox: RunningSandbox) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=sandbox.url)
    made = context.new_page()
    problems: list[str] = []
    made.on("pageerror", lambda error: problems.append(str(error)))
    yield made
    context.close()
    assert problems == []


def test_the_page_has_a_strict_policy(sandbox: RunningSandbox) -> None:
    answer = sandbox.session.get(f"{sandbox.url}/", timeout=30)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "<script>" not in answer.text and "style=" not in answer.text and "http" not in answer.text


def test_tickets_of_both_helpdesks_are_listed_searched_and_paged(page: Any, sandbox: RunningSandbox) -> None:
    rows = [
        {"helpdesk": ("zendesk", "freshdesk")[n % 2], "text": f"parcel {n}", "subject": f"Parcel {n}"}
        for n in range(60)
    ]
    sandbox.control("tickets", {"tickets": rows})
    page.goto("/")
    page.wait_for_selector("tbody tr")
    assert page.locator("tbody tr").count() == 25
    assert "60" in page.locator("[role=tab]").first.inner_text()
    page.get_by_role("tab", name="Freshdesk").click()
    expect(page.locator(".chip.freshdesk")).to_have_count(25)
    page.get_by_role("button", name="Next page").click()
    expect(page.locator("tbody tr")).to_have_count(5)
    page.get_by_label("Search tickets").fill("parcel 41")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "Parcel 41" in page.locator("tbody").inner_text()


def test_notes_and_replies_look_different_and_arrive_live(page: Any, sandbox: RunningSandbox) -> None:
    ticket = sandbox.ticket("zendesk", "Where is my order?")
    page.goto(f"/tickets/zendesk/{ticket}")
    page.wait_for_selector("#live[data-state=on]")
    wish = {"comment": {"html_body": "<p>Look <b>here</b></p>", "public": False}, "tags": ["complaint_no_order_update"]}
    sandbox.zendesk("PUT", f"tickets/{ticket}", json={"ticket": wish})
    page.wait_for_selector(".message.note b")
    page.wait_for_selector(".properties .tag >> text=complaint_no_order_update")
    colour = "node => getComputedStyle(node).backgroundColor"
    note = page.locator(".message.note article").evaluate(colour)
    customer = page.locator(".message.customer article").evaluate(colour)
    assert note != customer
    assert "Internal note" in page.locator(".message.note").inner_text()


def test_ticket_text_never_runs(page: Any, sandbox: RunningSandbox) -> None:
    ticket = sandbox.ticket("zendesk", HOSTILE, subject=HOSTILE, html=HOSTILE, tags=["<b>bold</b>"])
    sandbox.zendesk("PUT", f"tickets/{ticket}", json={"ticket": {"comment": {"html_body": HOSTILE, "public": False}}})
    for path in ("/", f"/tickets/zendesk/{ticket}"):
        page.goto(path)
        page.wait_for_selector("tbody tr, .message.note")
        assert page.evaluate("window.owned") is None
        assert page.locator("main iframe, main script, main [onerror], main [onload], main [style]").count() == 0
    assert page.locator('.message a[href^="javascript"]').count() == 0
    assert page.locator("h1").first.inner_text().startswith("<img")


def test_agents_reply_note_tag_and_solve_from_the_page(page: Any, sandbox: RunningSandbox) -> None:
    ticket = sandbox.ticket("freshdesk")
    page.goto(f"/tickets/freshdesk/{ticket}")
    page.wait_for_selector(".message")
    page.locator("#agent").select_option(label="Ira Novak")
    page.get_by_label("Message", exact=True).fill("We call you at three.")
    page.get_by_role("button", name="Send reply").click()
    page.wait_for_selector(".message.agent")
    page.get_by_role("tab", name="Internal note").click()
    page.get_by_label("Message", exact=True).fill("Ring the depot")
    page.get_by_role("button", name="Add note").click()
    page.wait_for_selector(".message.note")
    page.get_by_label("Add a tag").fill("depot")
    page.get_by_label("Add a tag").press("Enter")
    page.wait_for_selector(".properties .tag >> text=depot")
    page.get_by_label("Status").last.select_option(label="Resolved")
    page.wait_for_selector(".ticket-head .status.solved")
    seen = sandbox.seen("freshdesk", ticket)
    assert [(c["author"], c["public"]) for c in seen["comments"][1:]] == [("Ira Novak", True), ("Ira Novak", False)]
    assert (seen["tags"], seen["status"], seen["assignee"]) == (["depot"], "solved", "Ira Novak")
    assert sandbox.control("stats")["freshdesk"]["public_replies"] == 0


def test_the_keyboard_is_enough(page: Any, sandbox: RunningSandbox) -> None:
    for subject in ("Third", "Second", "First"):
        sandbox.ticket("zendesk", subject=subject)
        sandbox.control("clock", {"advance": 2})
    page.goto("/")
    page.wait_for_selector("tbody tr")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector(".ticket-head h1 >> text=Second")
    page.keyboard.press("n")
    page.keyboard.type("only us")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".message.note >> text=only us")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_selector("tbody tr")
    page.keyboard.press("/")
    page.keyboard.type("Third")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_a_draft_survives_what_arrives_meanwhile(page: Any, sandbox: RunningSandbox) -> None:
    ticket = sandbox.ticket("zendesk")
    page.goto(f"/tickets/zendesk/{ticket}")
    page.wait_for_selector("#live[data-state=on]")
    page.get_by_label("Message", exact=True).fill("half a sent")
    page.get_by_label("Add a tag").fill("half a ta")
    sandbox.control(f"tickets/zendesk/{ticket}/reply", {"as": "customer", "text": "Hello?"})
    page.wait_for_selector(".message >> text=Hello?")
    assert page.get_by_label("Message", exact=True).input_value() == "half a sent"
    assert page.get_by_label("Add a tag").input_value() == "half a ta"


def test_a_new_ticket_is_opened_as_a_customer(page: Any, sandbox: RunningSandbox) -> None:
    page.goto("/")
    page.get_by_role("button", name="New ticket").click()
    page.get_by_label("Subject").fill("No call")
    page.get_by_label("Message", exact=True).fill("Nobody called me back")
    page.get_by_role("button", name="Open ticket").click()
    page.wait_for_selector(".ticket-head h1 >> text=No call")
    assert sandbox.seen("zendesk", 1)["requester"]["email"] == "robin@customer.example"


@pytest.mark.parametrize("width", [1280, 900])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off(chromium: Any, sandbox: RunningSandbox, width: int, scheme: str) -> None:
    ticket = sandbox.ticket("zendesk", "x" * 400, subject="y" * 200, tags=["z" * 60, "complaint_no_order_update"])
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=sandbox.url)
    page = context.new_page()
    for path, selector in (("/", "tbody tr"), (f"/tickets/zendesk/{ticket}", ".message")):
        page.goto(path)
        page.wait_for_selector(selector)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(
            "[...document.querySelectorAll('.conversation, .properties, .apps, .table-frame')]"
            ".every(node => node.scrollWidth <= node.clientWidth + 1)"
        )
    context.close()


def test_a_ticket_that_does_not_exist_says_so(page: Any) -> None:
    page.goto("/tickets/zendesk/99")
    page.wait_for_selector("text=No such ticket")
