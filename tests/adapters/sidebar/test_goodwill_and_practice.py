"""Goodwill and practice in both sidebar apps, in a real browser."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect
from sqlalchemy import func, select

from integration.complaints.taxonomy import Complaint
from integration.pipeline.goodwill import answer
from integration.store.goodwill import Goodwill
from integration.store.models import Base
from tests.adapters.sidebar.scene import Scene
from tests.adapters.sidebar.stage import QUOTE

FOUND = {Complaint.NO_CALLBACK: (0.97, QUOTE)}
REPLY = (
    "Hello, you left four voicemails about your boiler and nobody rang you. I am sorry. Coming back to you was ours to do. "
    "I will call you today at 15:00. The visit is free of charge."
)


def a_ticket(scene: Scene, helpdesk: str, **changes: Any) -> str:
    ticket = scene.stage.ticket(helpdesk)
    scene.stage.decide(helpdesk, ticket, FOUND, **changes)
    return ticket


def test_a_gesture_is_given_asked_for_answered_and_taken_back(scene: Scene, helpdesk: str) -> None:
    context = scene.stage.context
    ticket = a_ticket(scene, helpdesk)
    panel = scene.open(helpdesk, ticket)
    panel.get_by_text("Goodwill", exact=True).click()
    amount = panel.get_by_label("Amount in USD")
    amount.fill("a lot")
    scene.button("Offer").click()
    expect(panel.locator(".goodwill")).to_contain_text("Write an amount like 12.50")
    amount.fill("150")
    scene.button("Offer").click()
    expect(panel.locator(".goodwill li")).to_contain_text("credit, USD 150.00")
    expect(panel.locator(".goodwill li")).to_contain_text("waits for a manager")
    (kept,) = Goodwill(context.store).of_ticket(helpdesk, ticket)
    answer(context, kept.id, approve=True, by="maria", via="console")
    panel.get_by_label("Gesture").select_option("priority_slot")
    expect(amount).to_have_count(0)
    scene.button("Offer").click()
    expect(panel.locator(".goodwill li")).to_have_count(2)
    expect(panel.locator(".goodwill li").first).to_contain_text("approved, in the draft")
    panel.get_by_role("button", name="Take back: credit").click()
    expect(panel.locator(".goodwill li")).to_have_count(1)
    states = [one.state for one in Goodwill(context.store).of_ticket(helpdesk, ticket)]
    assert states == ["withdrawn", "approved"]


def counts(scene: Scene) -> dict[str, int]:
    with scene.stage.context.store.session() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_an_agent_practises_with_the_five_steps_and_the_coach(scene: Scene, helpdesk: str) -> None:
    panel = scene.open(helpdesk, a_ticket(scene, helpdesk))
    before = counts(scene)
    scene.button("Practise").click()
    scene.wait_state("practice")
    expect(panel.locator(".task blockquote")).to_contain_text("four voicemails since last Wednesday")
    expect(panel.get_by_label("Your reply")).to_be_focused()
    scene.button("Check my reply").click()
    expect(panel.locator(".practice .notice")).to_have_text("Write a reply first.")
    panel.get_by_label("Your reply").fill(REPLY)
    scene.button("Check my reply").click()
    expect(panel.locator(".practice .notice")).to_have_text("All five steps seen.")
    expect(panel.locator(".steps .seen")).to_have_count(5)
    panel.get_by_label("Your reply").fill("😀 It was the courier's fault. Someone will call you soon.")
    scene.button("Check my reply").click()
    expect(panel.locator(".steps .unseen")).to_have_count(5)
    expect(panel.locator(".steps")).to_contain_text("Who does what, and by when?")
    expect(panel.locator(".practised")).to_contain_text("Not seen is not missing")
    expect(panel.locator(".practised")).to_contain_text("What went wrong here: no callback.")
    scene.button("Another one").click()
    expect(panel.locator(".task blockquote")).to_contain_text("payment plan for my crown")
    expect(panel.get_by_label("Your reply")).to_have_value("")
    assert counts(scene) == before
    panel.get_by_label("Your reply").fill("half a sentence")
    scene.button("Back to the ticket").click()
    scene.wait_state("suggestion")
    scene.button("Practise").click()
    expect(panel.get_by_label("Your reply")).to_have_value("half a sentence")


def test_practice_is_not_taken_away_by_news_of_the_ticket(scene: Scene, helpdesk: str) -> None:
    ticket = a_ticket(scene, helpdesk)
    panel = scene.open(helpdesk, ticket)
    scene.button("Practise").click()
    scene.wait_state("practice")
    expect(panel.locator(".task blockquote")).to_be_visible()
    panel.get_by_label("Your reply").fill("half a sentence")
    scene.stage.reply(helpdesk, ticket, "Hello? Still nobody.")
    scene.page.wait_for_timeout(400)
    expect(panel.get_by_label("Your reply")).to_have_value("half a sentence")
    expect(panel).to_have_attribute("data-state", "practice")


def test_practice_is_there_where_nothing_is_suggested_and_says_when_it_is_away(scene: Scene, helpdesk: str) -> None:
    ticket = scene.stage.ticket(helpdesk, "Hello there")
    scene.stage.decide(helpdesk, ticket, {})
    panel = scene.open(helpdesk, ticket, "silent")
    scene.button("Practise").click()
    expect(panel.locator(".task blockquote")).to_contain_text("boiler")
    panel.get_by_label("Your reply").fill(REPLY)
    scene.page.route(
        f"**/workspace/apps/{helpdesk}/request", lambda route: route.fulfill(json={"status": 0, "text": ""})
    )
    scene.button("Check my reply").click()
    expect(panel.locator(".practice .notice")).to_contain_text("What you wrote is still there")
    expect(panel.get_by_label("Your reply")).to_have_value(REPLY)
