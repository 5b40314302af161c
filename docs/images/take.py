"""Takes the pictures of the documentation: plays the demo and photographs the agent workspace in a headless Chromium.

Run by `make screenshots`. Exits with status 1 if the demo does not come up.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Literal

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
# (file, path on the workspace, height, colour scheme)
PICTURES: list[tuple[str, str, int, Literal["light", "dark"]]] = [
    ("ticket.png", "/tickets/zendesk/13", 1080, "light"),
    ("ticket-dark.png", "/tickets/freshdesk/19", 1080, "dark"),
    ("tickets.png", "/", 860, "light"),
]
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"


def main() -> int:
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        print("Chromium is needed: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="mr") as folder:
        demo = subprocess.Popen(
            [sys.executable, "-m", "integration.cli", "demo", "--folder", f"{folder}/demo"],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert demo.stderr is not None
            address = _played(demo.stderr)
            if address is None:
                print("the demo did not come up", file=sys.stderr)
                return 1
            with sync_playwright() as play:
                browser = play.chromium.launch(executable_path=browser_path, args=FLAGS.split())
                for name, path, height, scheme in PICTURES:
                    page = browser.new_page(viewport={"width": 1280, "height": height}, color_scheme=scheme)
                    page.goto(address.rstrip("/") + path)
                    page.wait_for_timeout(1500)
                    page.screenshot(path=HERE / name)
                    print(HERE / name)
                browser.close()
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(90)
    return 0


def _played(stderr: IO[str]) -> str | None:
    """The workspace's address, once every ticket is read."""
    address = None
    for line in stderr:
        if found := re.search(r"Agent workspace: (http://127\.0\.0\.1:\d+/)", line):
            address = found.group(1)
        if "Ctrl-C ends the demo" in line:
            return address
    return None


if __name__ == "__main__":
    raise SystemExit(main())
