"""A browser looking at one ticket of the stage, with the sidebar app beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.adapters.sidebar.stage import Stage


class Scene:
    def __init__(self, stage: Stage, page: Any) -> None:
        self.stage, self.page = stage, page
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", self._console)

    def _console(self, message: Any) -> None:
        if "Content Security Policy" in message.text:
            self.problems.append(message.text)

    def open(self, helpdesk: str, ticket_id: str, state: str | None = "suggestion") -> Any:
        """The panel, once it is in this state."""
        self.page.goto(self.stage.url(helpdesk, ticket_id))
        self.panel = self.page.frame_locator("iframe").locator("#panel")
        if state is not None:
            self.wait_state(state)
        return self.panel

    def wait_state(self, state: str) -> None:
        self.page.frame_locator("iframe").locator(f"#panel[data-state={state}]").wait_for(timeout=20_000)

    @property
    def frame(self) -> Any:
        return next(frame for frame in self.page.frames if "/apps/" in frame.url)

    @property
    def composer(self) -> Any:
        return self.page.get_by_label("Message", exact=True)

    def button(self, name: str) -> Any:
        return self.panel.get_by_role("button", name=name, exact=True)


def until(condition: Callable[[], Any], what: str, seconds: float = 20) -> Any:
    """Wait for something to come to pass; fails with `what` if it does not."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"after {seconds:.0f} seconds: {what}"
        time.sleep(0.05)
    return found
