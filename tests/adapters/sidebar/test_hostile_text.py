"""Text from tickets stays text: in subject, body, names, tags, macros and drafts, in the panel and on the page around it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from playwright.sync_api import expect

from adapters.contract import Annotation
from integration.complaints.taxonomy import Complaint
from integration.pipeline.suggestion import DraftText, Gap, OfferedGesture, OfferedGoodwill, SuggestedMacro
from tests.adapters.sidebar.scene import Scene
from tests.hostile import PAYLOADS
from tests.integration.recovery.situations import note_with


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_nothing_in_a_ticket_runs(scene: Scene, helpdesk: str, payload: str) -> None:
    stage = scene.stage
    quote = f"Nobody called me back {payload}"
    ticket = stage.ticket(
        helpdesk,
        f"{quote}\n\nYours",
        subject=f"{payload} help",
        requester={"name": f"Eve {payload}"[:200], "email": "eve@customer.example"},
        tags=["a_tag"],
    )
    shown = stage.decide(
        helpdesk,
        ticket,
        {Complaint.NO_CALLBACK: (0.9, quote)},
        relationship=f"{payload} again",
        remedy=payload,
        macros=(SuggestedMacro("1", f"Macro {payload}", payload, f"Hello {payload}"),),
        drafts=(DraftText("full", f"Dear {payload}, [{payload or 'x'}] bye", (Gap("x", payload),), hold=payload),),
        playbook=payload,
        goodwill=OfferedGoodwill("no_callback", "USD", "agent", "20", (OfferedGesture("credit", payload, "200"),)),
    )
    desk = stage.context.helpdesks[helpdesk]
    tags = frozenset({"".join(payload.split())[:32]})
    desk.annotate(desk.fetch(ticket), Annotation("d-1", add_tags=tags, note_html=note_with(payload)), look_first=False)
    panel = scene.open(helpdesk, ticket)
    expect(scene.page.get_by_text("Replies that fit").first).to_be_visible()
    expect(panel.locator("blockquote")).to_have_text(
        " ".join(quote.replace("\u2028", " ").split()), use_inner_text=False
    )
    panel.get_by_test_id("preview").wait_for()
    assert payload.replace("\u0000", "") in panel.locator(".remedy").evaluate("n => n.textContent").replace(
        "\u0000", ""
    )
    panel.get_by_role("button", name=": Macro").click()
    scene.button("Copy").click()
    panel.get_by_role("button", name="Not this: No callback").click()
    scene.page.wait_for_timeout(150)
    for frame in scene.page.frames:
        assert frame.evaluate("window.owned") is None
    assert scene.page.locator("img[src=x], iframe[srcdoc], base, form[action], script:not([src])").count() == 0
    assert _elements(scene) <= {
        "HTML", "HEAD", "META", "TITLE", "LINK", "SCRIPT", "BODY", "MAIN", "DIV", "SECTION", "ARTICLE", "HEADER", "FOOTER",
        "H2", "P", "SPAN", "STRONG", "UL", "LI", "BLOCKQUOTE", "BUTTON", "DETAILS", "SUMMARY", "PROGRESS", "LABEL", "INPUT",
        "TEXTAREA", "SELECT", "OPTION", "NAV", "svg", "path",
    }  # fmt: skip
    scripts = scene.frame.evaluate("[...document.scripts].map(one => one.src)")
    assert len(scripts) == 2 and all(scripts)
    assert shown.id


def _elements(scene: Scene) -> set[str]:
    return set(scene.frame.evaluate("[...new Set([...document.querySelectorAll('*')].map(one => one.nodeName))]"))


def test_even_a_script_that_got_in_would_not_run(scene: Scene, helpdesk: str) -> None:
    ticket = scene.stage.ticket(helpdesk)
    scene.stage.decide(helpdesk, ticket, {Complaint.NO_CALLBACK: (0.9, "x")})
    scene.open(helpdesk, ticket)
    scene.frame.evaluate(
        """() => {
          const script = document.createElement('script');
          script.textContent = 'window.owned = 1';
          document.body.append(script);
          document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.owned=1">');
        }"""
    )
    scene.page.wait_for_timeout(200)
    assert scene.frame.evaluate("window.owned") is None
    assert any("Content Security Policy" in problem for problem in scene.problems)
    scene.problems.clear()


def test_a_message_from_elsewhere_is_not_heard(scene: Scene, helpdesk: str) -> None:
    """The frame's own messages to itself, as another frame would send them: wrong origin, wrong source."""
    ticket = scene.stage.ticket(helpdesk)
    scene.stage.decide(helpdesk, ticket, {Complaint.NO_CALLBACK: (0.9, "x")})
    panel = scene.open(helpdesk, ticket)
    forged: dict[str, Any] = {
        "key": "zaf.app.registered",
        "message": {"metadata": {"settings": {"makeright_url": "https://evil.example"}}},
    }
    scene.frame.evaluate("message => window.postMessage(JSON.stringify(message), '*')", forged)
    scene.frame.evaluate("window.postMessage({freshworks: true, event: 'ticket.sendReply', data: {body: 'x'}}, '*')")
    scene.page.wait_for_timeout(150)
    scene.button("Insert").click()
    expect(panel.locator(".notice")).to_contain_text("Inserted")
    assert [w.kind for w in scene.stage.words(helpdesk, ticket)][:1] != ["edited"]
    assert dataclasses.is_dataclass(scene.stage)
