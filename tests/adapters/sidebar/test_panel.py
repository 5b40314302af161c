"""Both sidebar apps in a real browser: what an agent sees, does, and is spared."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from integration.complaints.taxonomy import Complaint
from integration.settings import Level
from integration.store.feedback import Kind, Verdict
from tests.adapters.sidebar.scene import Scene, until
from tests.adapters.sidebar.stage import QUOTE

NC, NU, OP = Complaint.NO_CALLBACK, Complaint.NO_ORDER_UPDATE, Complaint.OVERPROMISING
FOUND = {NC: (0.97, QUOTE)}


def a_ticket(scene: Scene, helpdesk: str, **changes: Any) -> str:
    ticket = scene.stage.ticket(helpdesk)
    scene.stage.decide(helpdesk, ticket, FOUND, **changes)
    return ticket


def test_the_panel_says_what_went_wrong_until_when_and_what_to_answer(scene: Scene, helpdesk: str) -> None:
    ticket = a_ticket(scene, helpdesk)
    panel = scene.open(helpdesk, ticket)
    expect(panel.get_by_role("heading", name="No callback")).to_be_visible()
    expect(panel.get_by_text("97 %")).to_be_visible()
    expect(panel.locator("blockquote")).to_have_text(QUOTE)
    expect(panel.locator(".clock .when")).to_contain_text("New York")
    expect(panel.locator(".clock .left")).to_contain_text("left")
    expect(panel.locator(".relationship")).to_contain_text("2nd time in 90 days")
    expect(panel.get_by_role("button", name="Callback: we call you today")).to_be_visible()
    expect(panel.get_by_test_id("preview")).to_contain_text("[who takes this on?]")
    order = panel.evaluate(
        "node => ['.complaints','.clock','.relationship','.macros','.draft','.coach','.opinion']"
        ".map(name => node.querySelector(name).getBoundingClientRect().top)"
    )
    assert order == sorted(order)
    shown = [w.kind for w in scene.stage.context.store.feedback.of_ticket(helpdesk, ticket)]
    assert shown == [Kind.SHOWN]


def test_the_app_works_with_our_own_stand_in_for_the_sdk_too(scene: Scene) -> None:
    app = scene.stage.sandbox.app
    app.config["NPM_SDK"] = False
    try:
        panel = scene.open("zendesk", a_ticket(scene, "zendesk"))
        scene.button("Insert").click()
        expect(panel.locator(".notice")).to_contain_text("Inserted")
        assert scene.frame.evaluate("String(ZAFClient.init)").startswith("init()")
    finally:
        app.config["NPM_SDK"] = True


def test_filling_a_missing_fact_updates_the_draft_and_inserting_puts_it_into_the_composer(
    scene: Scene, helpdesk: str
) -> None:
    ticket = a_ticket(scene, helpdesk)
    panel = scene.open(helpdesk, ticket)
    panel.get_by_label("Who takes this on?", exact=True).fill("Priya Nair")
    expect(panel.get_by_test_id("preview")).not_to_contain_text("[who takes this on?]")
    expect(panel.get_by_test_id("preview")).to_contain_text("Priya Nair will call you")
    panel.get_by_label("On which number?").fill("212 555 0134")
    expect(panel.locator(".actions")).not_to_contain_text("missing")
    scene.button("Insert").click()
    expect(scene.composer).to_have_value(panel.get_by_test_id("preview").inner_text())
    assert "Priya Nair will call you on 212 555 0134" in scene.composer.input_value()
    (word,) = until(lambda: scene.stage.words(helpdesk, ticket), "nothing came back")
    assert (word.kind, word.variant) == (Kind.ACCEPTED, "full")


def test_the_agents_own_name_is_one_click_away(scene: Scene, helpdesk: str) -> None:
    panel = scene.open(helpdesk, a_ticket(scene, helpdesk))
    panel.get_by_role("button", name="Me, Dana Reyes").click()
    expect(panel.get_by_label("Who takes this on?", exact=True)).to_have_value("Dana Reyes")
    expect(panel.get_by_test_id("preview")).to_contain_text("Dana Reyes will call you")


def test_what_was_changed_before_sending_comes_back_as_a_distance_and_not_as_text(scene: Scene, helpdesk: str) -> None:
    ticket = a_ticket(scene, helpdesk)
    scene.open(helpdesk, ticket)
    scene.button("Insert").click()
    expect(scene.composer).not_to_have_value("")
    scene.composer.fill(scene.composer.input_value() + " One more word of my own.")
    scene.page.get_by_role("button", name="Send reply").click()
    words = until(
        lambda: [w for w in scene.stage.words(helpdesk, ticket) if w.kind is Kind.EDITED], "no distance came back"
    )
    assert 0 < words[0].distance < 0.3


def test_text_that_the_agent_has_typed_is_never_written_over(scene: Scene, helpdesk: str) -> None:
    panel = scene.open(helpdesk, a_ticket(scene, helpdesk))
    scene.composer.click()
    scene.composer.type("Dear Maureen, I have just")
    scene.button("Insert").click()
    if helpdesk == "zendesk":
        expect(panel.locator(".notice")).to_contain_text("Inserted")
        assert scene.composer.input_value().startswith("Dear Maureen, I have just\n\nHello Maureen")
    else:
        expect(panel.locator(".notice")).to_contain_text("nothing was touched")
        expect(scene.composer).to_have_value("Dear Maureen, I have just")


def test_a_macro_of_the_team_is_applied(scene: Scene, helpdesk: str) -> None:
    ticket = a_ticket(scene, helpdesk)
    panel = scene.open(helpdesk, ticket)
    panel.get_by_role("button", name=": Callback: we call you today").click()
    until(lambda: "Hello Maureen" in scene.composer.input_value(), "the macro's text is not there")
    assert "{{" not in scene.composer.input_value().replace("{{ticket.agent.name}}", "")
    (word,) = until(lambda: scene.stage.words(helpdesk, ticket), "nothing came back")
    assert word.kind is Kind.MACRO_APPLIED and word.macro_id
    if helpdesk == "zendesk":
        # What the macro changes beside the text waits for the agent.
        expect(scene.page.locator(".planned")).to_contain_text("status pending")
        assert scene.stage.control.get(f"tickets/zendesk/{ticket}")["ticket"]["status"] != "pending"


def test_a_wrong_label_is_one_click_its_reason_another_and_both_can_be_undone(scene: Scene, helpdesk: str) -> None:
    ticket = a_ticket(scene, helpdesk)
    panel = scene.open(helpdesk, ticket)
    panel.get_by_role("button", name="Not this: No callback").click()
    until(lambda: len(scene.stage.words(helpdesk, ticket)) == 1, "the correction is not in the store")
    panel.get_by_role("button", name="It is about somebody else").click()
    words = until(lambda: scene.stage.words(helpdesk, ticket)[1:], "the reason is not in the store")
    assert (words[0].label, words[0].verdict, words[0].reason) == (NC, Verdict.WRONG, "someone_else")
    (correction,) = [c for c in scene.stage.context.store.feedback.corrections(helpdesk) if c.ticket_id == ticket]
    assert correction.labels == ()
    scene.button("Undo").click()
    words = until(lambda: scene.stage.words(helpdesk, ticket)[2:], "the undoing is not in the store")
    assert words[0].verdict is Verdict.WITHDRAWN
    assert [c for c in scene.stage.context.store.feedback.corrections(helpdesk) if c.ticket_id == ticket] == []
    panel.get_by_text("Another one as well?").click()
    scene.button("Over-promising").click()
    words = until(lambda: scene.stage.words(helpdesk, ticket)[3:], "the missing label is not in the store")
    assert (words[0].label, words[0].verdict) == (OP, Verdict.MISSING)


def test_the_answer_becomes_a_tag(scene: Scene, helpdesk: str) -> None:
    ticket = a_ticket(scene, helpdesk)
    scene.open(helpdesk, ticket)
    queue = scene.stage.context.queue.rq
    queue.empty()
    scene.button("Insert").click()
    if helpdesk == "zendesk":
        # With the agent's own update, so that nobody's form is changed under their hands.
        expect(scene.page.locator(".planned")).to_contain_text("+ makeright_accepted")
        scene.page.get_by_role("button", name="Send reply").click()
        until(
            lambda: "makeright_accepted" in scene.stage.control.get(f"tickets/zendesk/{ticket}")["ticket"]["tags"],
            "the tag is not on the ticket",
        )
    else:
        (job,) = until(lambda: queue.jobs, "no job was queued")
        assert job.args == ["freshdesk", ticket, ["makeright_accepted"], []]


def test_a_newer_message_makes_the_suggestion_stale_until_it_is_replaced(scene: Scene, helpdesk: str) -> None:
    ticket = scene.stage.ticket(helpdesk, created_at=(datetime.now(UTC) - timedelta(hours=2)).isoformat())
    scene.stage.decide(helpdesk, ticket, FOUND)
    panel = scene.open(helpdesk, ticket)
    panel.get_by_label("Who takes this on?", exact=True).fill("Priya Nair")
    scene.stage.context.queue.offer(helpdesk, ticket)
    scene.stage.reply(helpdesk, ticket, "And where is my order? Nobody tells me anything about it.")
    if helpdesk == "freshdesk":
        # An app is not told of messages there; what it is about to insert is what it asks about.
        scene.button("Insert").click()
    expect(panel.locator(".banner")).to_contain_text("it is being read now", timeout=20_000)
    expect(panel).to_have_attribute("data-state", "stale" if helpdesk == "zendesk" else "suggestion")
    expect(scene.button("Insert")).to_be_disabled()
    scene.stage.context.queue.taken_up(helpdesk, ticket)
    scene.stage.decide(helpdesk, ticket, {NU: (0.91, "Nobody tells me anything about it.")})
    expect(panel.get_by_role("heading", name="No order update")).to_be_visible(timeout=30_000)
    expect(panel).to_have_attribute("data-state", "suggestion")
    expect(panel.locator(".banner")).to_have_count(0)
    # A fact stays a fact.
    expect(panel.get_by_label("Who takes this on?", exact=True)).to_have_value("Priya Nair")


@pytest.mark.parametrize("button", ["Insert", "Insert: Callback: we call you today"])
@pytest.mark.parametrize("read", [False, True])
def test_what_the_customer_has_overtaken_is_not_inserted(scene: Scene, button: str, read: bool) -> None:
    """On Freshdesk, where nobody tells the app: the new message is still being read, or has been."""
    ticket = a_ticket(scene, "freshdesk")
    panel = scene.open("freshdesk", ticket)
    scene.stage.reply("freshdesk", ticket, "It arrived, thanks. Nobody tells me anything about my order, though.")
    queue = scene.stage.context.queue
    until(lambda: queue.is_waiting("freshdesk", ticket), "no webhook arrived")
    if read:
        queue.taken_up("freshdesk", ticket)
        scene.stage.decide("freshdesk", ticket, {NU: (0.91, "Nobody tells me anything about my order, though.")})
    expect(scene.page.get_by_text("It arrived, thanks.")).to_be_visible()
    expect(panel.get_by_role("heading", name="No callback")).to_be_visible()
    scene.button(button).click()
    expect(panel.locator(".notice")).to_contain_text("Nothing was inserted")
    expect(scene.composer).to_have_value("")
    assert scene.stage.words("freshdesk", ticket) == []
    expect(panel.get_by_role("heading", name="No order update" if read else "No callback")).to_be_visible()
    expect(panel.locator(".banner")).to_have_count(0 if read else 1)


@pytest.mark.parametrize(
    ("silence", "title", "words"),
    [
        ("nothing above 0.62", "No complaint found", "62 %"),
        ("not English (de)", "Another language", "German"),
        ("too short", "Too short to tell", "too few words"),
        ("empty", "Nothing from the customer", "not the customer's"),
    ],
)
def test_an_empty_panel_says_why(scene: Scene, helpdesk: str, silence: str, title: str, words: str) -> None:
    ticket = scene.stage.ticket(helpdesk, "Hello there")
    scene.stage.decide(helpdesk, ticket, {}, silence=silence)
    panel = scene.open(helpdesk, ticket, "silent")
    expect(panel.get_by_role("heading", name=title)).to_be_visible()
    expect(panel.locator(".empty")).to_contain_text(words)


def test_a_missed_complaint_can_be_told_from_an_empty_panel(scene: Scene, helpdesk: str) -> None:
    ticket = scene.stage.ticket(helpdesk, "Hello there")
    scene.stage.decide(helpdesk, ticket, {})
    panel = scene.open(helpdesk, ticket, "silent")
    panel.get_by_text("Did we miss one?").click()
    scene.button("No callback").click()
    until(lambda: scene.stage.words(helpdesk, ticket), "it is not in the store")
    (correction,) = [c for c in scene.stage.context.store.feedback.corrections(helpdesk) if c.ticket_id == ticket]
    assert correction.labels == (NC,)


def test_in_shadow_mode_nothing_of_the_decision_reaches_the_browser(scene: Scene, helpdesk: str) -> None:
    ticket = a_ticket(scene, helpdesk)
    scene.stage.level(helpdesk, Level.SHADOW)
    try:
        panel = scene.open(helpdesk, ticket, "shadow")
        expect(panel.get_by_role("heading", name="Watching in shadow mode")).to_be_visible()
        assert "voicemails" not in scene.frame.content()
    finally:
        scene.stage.level(helpdesk, Level.ANNOTATE)


def test_a_ticket_that_nobody_has_read_says_so_and_shows_what_comes(scene: Scene, helpdesk: str) -> None:
    ticket = scene.stage.ticket(helpdesk)
    panel = scene.open(helpdesk, ticket, "not_read")
    expect(panel.get_by_role("heading", name="Not read yet")).to_be_visible()
    scene.stage.decide(helpdesk, ticket, FOUND)
    scene.button("Look again").click()
    scene.wait_state("suggestion")


def test_a_service_that_is_away_is_told_and_tried_again(scene: Scene, helpdesk: str) -> None:
    ticket = a_ticket(scene, helpdesk)
    address = f"**/workspace/apps/{helpdesk}/request"
    scene.page.route(address, lambda route: route.fulfill(json={"status": 0, "text": ""}))
    panel = scene.open(helpdesk, ticket, "trouble")
    expect(panel.get_by_role("heading", name="Makeright cannot be reached")).to_be_visible()
    scene.page.unroute(address)
    scene.button("Try again").click()
    scene.wait_state("suggestion")


def test_a_secret_that_does_not_fit_is_told(scene: Scene, helpdesk: str) -> None:
    ticket = a_ticket(scene, helpdesk)
    world = scene.stage.sandbox.world
    installed = world.apps[helpdesk]
    wrong = {key: "x" * 48 if key.startswith("sidebar") else value for key, value in installed.settings.items()}
    world.apps[helpdesk] = dataclasses.replace(installed, settings=wrong)
    try:
        panel = scene.open(helpdesk, ticket, "trouble")
        expect(panel.get_by_role("heading", name="This installation is not known")).to_be_visible()
    finally:
        world.apps[helpdesk] = installed


def test_the_secret_never_reaches_the_browser(scene: Scene, helpdesk: str) -> None:
    secret = next(
        value for key, value in scene.stage.sandbox.world.apps[helpdesk].settings.items() if key.startswith("sidebar")
    )
    seen: list[str] = []
    scene.page.on("request", lambda request: seen.append(f"{request.url} {request.post_data or ''} {request.headers}"))
    scene.page.on(
        "response", lambda answer: seen.append(answer.text()) if answer.ok and "events" not in answer.url else None
    )
    scene.open(helpdesk, a_ticket(scene, helpdesk))
    assert len(seen) > 10 and not any(secret in one for one in seen)


def test_the_keyboard_alone_does_everything(scene: Scene, helpdesk: str) -> None:
    ticket = a_ticket(scene, helpdesk)
    panel = scene.open(helpdesk, ticket)
    scene.frame.evaluate("document.body.tabIndex = -1; document.body.focus()")

    def tab_to(name: str) -> None:
        for _ in range(40):
            scene.page.keyboard.press("Tab")
            if scene.frame.evaluate("document.activeElement.dataset.key || ''") == name:
                return
        raise AssertionError(f"the Tab key does not lead to {name}")

    tab_to("gap-owner")
    scene.page.keyboard.type("Priya Nair")
    tab_to("insert")
    scene.page.keyboard.press("Enter")
    until(lambda: "Priya Nair" in scene.composer.input_value(), "the draft is not in the composer")
    scene.frame.evaluate("document.body.focus()")
    tab_to("not-no_callback")
    scene.page.keyboard.press("Enter")
    until(lambda: len(scene.stage.words(helpdesk, ticket)) == 2, "the correction is not in the store")
    tab_to("no_callback-settled")
    scene.page.keyboard.press("Space")
    expect(panel.locator(".why-not")).to_contain_text("noted with your reason")
    tab_to("thumbs_up")
    scene.page.keyboard.press("Enter")
    until(lambda: scene.stage.words(helpdesk, ticket)[-1].kind is Kind.THUMBS_UP, "the thumb is not in the store")
    # The focus is not lost when the panel is drawn again.
    assert scene.frame.evaluate("document.activeElement.dataset.key") == "thumbs_up"


def test_a_dismissed_suggestion_goes_and_can_be_had_back(scene: Scene, helpdesk: str) -> None:
    ticket = a_ticket(scene, helpdesk)
    scene.open(helpdesk, ticket)
    scene.button("Dismiss").click()
    scene.wait_state("dismissed")
    until(lambda: [w.kind for w in scene.stage.words(helpdesk, ticket)] == [Kind.DISMISSED], "it is not in the store")
    scene.button("Show it again").click()
    scene.wait_state("suggestion")


def test_the_coach_underlines_what_could_go_wrong_and_blocks_nothing(scene: Scene, helpdesk: str) -> None:
    if scene.stage.web.app.extensions["makeright-coach"] is None:
        pytest.skip("the coach is not installed here")
    panel = scene.open(helpdesk, a_ticket(scene, helpdesk))
    draft = "😀 Hello Maureen, that was not our fault, it was the courier's fault. We are sorry if you feel that way."
    box = scene.composer if helpdesk == "zendesk" else panel.get_by_label("Your reply, for the coach to read")
    box.fill(draft)
    expect(panel.locator(".findings li").first).to_be_visible(timeout=20_000)
    for marked in panel.locator(".marked mark").all_inner_texts():
        assert marked in draft
    if helpdesk == "zendesk":
        scene.page.get_by_role("button", name="Send reply").click()
        expect(scene.composer).to_have_value("")


def test_better_words_go_in_only_where_the_text_is_still_the_one_that_was_judged(scene: Scene) -> None:
    if scene.stage.web.app.extensions["makeright-coach"] is None:
        pytest.skip("the coach is not installed here")
    panel = scene.open("freshdesk", a_ticket(scene, "freshdesk"))
    draft, more = "Hello Maureen, we are sorry if you feel that way.", " Your part comes on Friday."
    box = panel.get_by_label("Your reply, for the coach to read")
    use = panel.locator(".coach").get_by_role("button", name="Use it").first
    box.fill(draft)
    use.wait_for(timeout=20_000)
    box.evaluate(
        "(box, more) => { box.value += more; box.closest('.coach').querySelector('.findings button').click(); }", more
    )
    expect(box).to_have_value(draft + more)
    # It was looked at again, and now it may.
    use.click()
    expect(box).not_to_have_value(draft + more)
    assert box.input_value().endswith(more)
    # Nothing stays underlined that is not what stands there.
    box.fill(draft)
    use.wait_for(timeout=20_000)
    assert box.evaluate(
        "box => { box.value += '!'; box.dispatchEvent(new Event('input'));"
        " return box.closest('.coach').querySelector('.findings').hidden; }"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["suggestion", "corrected", "silent", "trouble", "late", "stale"])
def test_axe_finds_no_serious_fault(scene: Scene, helpdesk: str, state: str, scheme: str) -> None:
    scene.page.emulate_media(color_scheme=scheme)
    if state == "silent":
        ticket = scene.stage.ticket(helpdesk, "Hello there")
        scene.stage.decide(helpdesk, ticket, {})
    else:
        ticket = a_ticket(scene, helpdesk)
    if state == "late":
        clock = scene.stage.suggestion(scene.stage.context.store.decisions(helpdesk, ticket)[0]).clock
        late = dataclasses.replace(clock, due_at=datetime.now(UTC) - timedelta(minutes=5))
        scene.stage.decide(helpdesk, ticket, FOUND, clock=late)
    if state == "trouble":
        scene.page.route("**/workspace/apps/*/request", lambda route: route.fulfill(json={"status": 0, "text": ""}))
    panel = scene.open(helpdesk, ticket, "suggestion" if state in ("late", "corrected", "stale") else state)
    if state == "corrected":
        panel.get_by_role("button", name="Not this: No callback").click()
        panel.get_by_text("Another one as well?").click()
        scene.button("Over-promising").click()
    if state == "stale":
        scene.stage.context.queue.offer(helpdesk, ticket)
        scene.page.wait_for_timeout(1600)
        scene.stage.reply(helpdesk, ticket, "Hello? Still nobody.")
        if helpdesk == "freshdesk":
            scene.button("Insert").click()
        panel.locator(".banner").wait_for()
    scene.frame.evaluate(AXE_SCRIPT)
    found = scene.frame.evaluate("axe.run({resultTypes: ['violations']})")
    serious = [
        (v["id"], [node["html"][:200] for node in v["nodes"]])
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]
    assert serious == []
