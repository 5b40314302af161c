"""The drill of the backfill: thousands of sandbox tickets, killed twice with SIGKILL on the way, limits in force.

Prints how it ended: every ticket read, each complaint annotated exactly once, no call refused for a limit; and how many
tickets a second that was. Exit status 1 if any of it is not so.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from integration.complaints.taxonomy import Complaint
from integration.demo import DemoTicket, SandboxClient, Tally, connect, free_port, packaged_tickets, running_sandbox
from integration.demo.tally import tally
from integration.recovery.playbook import default_playbook
from integration.settings import load_settings
from integration.store.backfills import Backfills
from integration.store.store import Store
from integration.supervisor import start_redis

ROOT = Path(__file__).parents[1]
BATCH = 500
# A message that is sure to be annotated, among this many of which most are left alone.
COMPLAINT = (
    "I left three voicemails last week and nobody has called me back. I also wrote on Thursday and got no reply."
)
EVERY = 5
_THRESHOLDS = ", ".join(f"{complaint} = {{ show = 0.5, preselect = 0.6, write = 0.7 }}" for complaint in Complaint)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a drill. `throttled` counts the helpdesk's 429s, `kills` the processes that were killed."""

    tally: Tally
    throttled: int
    kills: int
    seconds: float
    exit_status: int

    @property
    def well(self) -> bool:
        return self.tally.well and self.throttled == 0 and self.exit_status == 0


def drill(
    folder: Path,
    helpdesk: str,
    tickets: int,
    *,
    kills: int = 2,
    workers: int = 2,
    plans: Mapping[str, str] | None = None,
) -> Outcome:
    """Backfill `tickets` tickets of a sandbox, killing it `kills` times on the way."""
    with running_sandbox(free_port(0), plans=plans, log=folder / "sandbox.log") as sandbox:
        config = connect(sandbox, folder, hooks="http://127.0.0.1:9", account_extra=f"thresholds = {{ {_THRESHOLDS} }}")
        sent = _write(sandbox, helpdesk, tickets)
        # Zendesk's export shows nothing of the latest minute: the sandbox's clock goes on.
        sandbox.post("clock", {"advance": 180})
        settings = load_settings(config)
        store = Store(settings.service.database_url)
        store.migrate()
        redis = start_redis(settings.service.data_folder)
        backfills = Backfills(store)

        def done() -> int:
            outcomes = backfills.outcomes(helpdesk)
            return outcomes.total() - outcomes[None]

        started = time.monotonic()
        killed = 0
        try:
            for number in range(1, kills + 1):
                process = _start(config, helpdesk, workers)
                killed += _kill_when(process, lambda n=number: done() >= tickets * n // (kills + 1))
            exit_status = _start(config, helpdesk, workers).wait()
            seconds = time.monotonic() - started
            return Outcome(
                tally(store, sandbox, default_playbook(), helpdesk, sent),
                int(sandbox.get("stats")[helpdesk]["throttled"]),
                killed,
                seconds,
                exit_status,
            )
        finally:
            if redis is not None:
                redis.stop(timeout=30)
            store.close()


def _write(sandbox: SandboxClient, helpdesk: str, tickets: int) -> dict[str, DemoTicket]:
    """Tickets that nobody was told of: one complaint in every so many, the rest from the packaged ones."""
    quiet = [ticket for ticket in packaged_tickets() if not ticket.labels]
    stock = [
        DemoTicket(str(n), COMPLAINT if n % EVERY == 0 else quiet[n % len(quiet)].text, name=f"Customer {n}")
        for n in range(tickets)
    ]
    sent: dict[str, DemoTicket] = {}
    for at in range(0, tickets, BATCH):
        some = stock[at : at + BATCH]
        wishes = [
            {
                "helpdesk": helpdesk,
                "subject": "A message",
                "text": one.text,
                "requester": {"name": one.name, "email": f"customer{one.id}@customers.example"},
                "quiet": True,
            }
            for one in some
        ]
        ids = sandbox.post("tickets", {"tickets": wishes})["ids"]
        sent.update(zip(map(str, ids), some, strict=True))
    return sent


def _start(config: Path, helpdesk: str, workers: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "integration.cli", "--config", str(config), "backfill", helpdesk]
    return subprocess.Popen(
        [*command, "--since", "2020-01-01", "--workers", str(workers), "--json"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=None if sys.stderr.isatty() else subprocess.DEVNULL,
    )


def _kill_when(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> int:
    """Kill it when it is `ready`; 0 if it was faster than that."""
    while not ready():
        if process.poll() is not None:
            return 0
        time.sleep(0.2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return 1


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tickets", type=int, default=500, help="20000 for the whole drill")
    arguments.add_argument("--helpdesk", choices=["zendesk", "freshdesk"], default="zendesk")
    arguments.add_argument("--workers", type=int, default=2)
    said = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="mr") as folder:
        end = drill(Path(folder), said.helpdesk, said.tickets, workers=said.workers)
    one = end.tally
    print(
        f"{said.helpdesk}: {one.tickets} tickets in {end.seconds:.0f} s ({one.tickets / end.seconds:.1f} a second), "
        f"killed {end.kills} times; annotated {one.annotated}, left alone {one.untouched}, lost {len(one.lost)}, "
        f"doubled {len(one.doubled)}, incomplete {len(one.incomplete)}, disturbed {len(one.disturbed)}, "
        f"failed {len(one.failed)}; refused for a limit {end.throttled}"
    )
    return 0 if end.well else 1


if __name__ == "__main__":
    raise SystemExit(main())
