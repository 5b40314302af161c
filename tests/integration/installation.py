"""A whole installation for tests: a sandbox of both helpdesks, embedded Redis, web server, workers and clock as real
processes, connected the way the demo connects them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integration.complaints.taxonomy import Complaint
from integration.demo import (
    HELPDESKS,
    DemoTicket,
    SandboxClient,
    answers,
    connect,
    free_port,
    running_sandbox,
    send,
    wait_for,
)
from integration.demo.tally import finished, tally
from integration.pipeline.context import Context, build_context
from integration.recovery.playbook import default_playbook
from integration.settings import Settings, load_settings
from integration.store.store import Store
from integration.supervisor import Supervisor

# These tests are about the way, not about how sure the model of the day is.
_THRESHOLDS = "".join(
    f"[accounts.{helpdesk}.thresholds]\n"
    + "".join(f"{complaint} = {{ show = 0.4, preselect = 0.5, write = 0.5 }}\n" for complaint in Complaint)
    for helpdesk in HELPDESKS
)


@dataclass
class Installation:
    """`sent` maps per helpdesk the ticket ids that were sent through `send`."""

    sandbox: SandboxClient
    settings: Settings
    store: Store
    supervisor: Supervisor
    hooks: str
    sent: dict[str, dict[str, DemoTicket]] = field(default_factory=lambda: {"zendesk": {}, "freshdesk": {}})

    def send(self, helpdesk: str, ticket: DemoTicket) -> str:
        ticket_id = send(self.sandbox, helpdesk, ticket)
        self.sent[helpdesk][ticket_id] = ticket
        return ticket_id

    def ticket(self, helpdesk: str, ticket_id: str) -> Mapping[str, Any]:
        found = self.sandbox.get(f"tickets?helpdesk={helpdesk}")["tickets"]
        return next(ticket for ticket in found if str(ticket["id"]) == ticket_id)

    def all_read(self, helpdesk: str) -> bool:
        return finished(self.store, helpdesk, self.sent[helpdesk]) == len(self.sent[helpdesk])

    def tally(self, helpdesk: str) -> Any:
        return tally(self.store, self.sandbox, default_playbook(), helpdesk, self.sent[helpdesk])

    def context(self) -> Context:
        return build_context(self.settings)


@contextmanager
def installation(
    folder: Path,
    *,
    database_url: str | None = None,
    level: str = "annotate",
    workers: int = 2,
    plans: Mapping[str, str] | None = None,
) -> Iterator[Installation]:
    hooks = f"http://127.0.0.1:{free_port(0)}"
    with running_sandbox(free_port(0), plans=plans, log=folder / "sandbox.log") as sandbox:
        file = connect(sandbox, folder, hooks=hooks, level=level, extra=f"workers = {workers}")
        text = file.read_text() + _THRESHOLDS
        if database_url is not None:
            text = text.replace('database_url = "sqlite:///makeright.db"', f'database_url = "{database_url}"')
        file.write_text(text)
        settings = load_settings(file)
        store = Store(settings.service.database_url)
        store.migrate()
        supervisor = Supervisor(settings, on_line=lambda part, line: None)
        thread = threading.Thread(target=supervisor.run, kwargs={"handle_signals": False})
        thread.start()
        try:
            wait_for(lambda: answers(f"{hooks}/readyz"), "the web server")
            yield Installation(sandbox, settings, store, supervisor, hooks)
        finally:
            supervisor.stop()
            thread.join(90)
            store.close()


def until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait for something to come to pass; fails the test with `what` if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds:.0f} seconds: {what}"
        time.sleep(0.1)
