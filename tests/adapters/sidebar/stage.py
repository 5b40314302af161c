"""A stage for the sidebar apps: the sandbox with both real zips installed, and the service behind them, on this machine.

What is decided about a ticket is said by hand here (the classifier is tested elsewhere); everything after that is real:
the plan, the drafts, the store, the API, the proxies, the frames.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.serving import make_server

from adapters.contract import Unauthorised
from adapters.sandbox.server import Server, serve
from integration.app import create_app
from integration.complaints import zones
from integration.complaints.reading import Evidence, Reading, Silence, Thresholds
from integration.complaints.taxonomy import Complaint
from integration.demo import SandboxClient, connect, free_port
from integration.pipeline.context import Context, build_context
from integration.pipeline.suggestion import Suggestion, stored, suggest
from integration.recovery.calendars import BusinessCalendar, Span
from integration.recovery.macros import MacroRanker
from integration.recovery.plan import Surroundings, plan
from integration.recovery.playbook import default_playbook
from integration.recovery.relationship import Outcome as Kept
from integration.recovery.relationship import PastComplaint
from integration.settings import Level, load_settings
from integration.store.store import Decision, Outcome, new_decision_id

NINE_TO_FIVE = (Span(9 * 60, 17 * 60),)
OFFICE = BusinessCalendar("Acme New York", ZoneInfo("America/New_York"), (*(NINE_TO_FIVE,) * 5, (), ()))
_THRESHOLDS = dict.fromkeys(Complaint, Thresholds(0.5, 0.7, 0.9))
CALLBACK = (
    "Hello,\n\nI left three voicemails with your service desk last week about the noise from my dishwasher and nobody has "
    "called me back. My number is 555 0134.\n\nMaureen Tully"
)
QUOTE = "I left three voicemails with your service desk last week about the noise from my dishwasher and nobody has called me back."
_AGENT_ROLE = {"zendesk": "admin_api_key", "freshdesk": "admin_api_key"}


@dataclass
class Stage:
    sandbox: Server
    context: Context
    control: SandboxClient
    web: Any

    def ticket(self, helpdesk: str, text: str = CALLBACK, *, subject: str = "Still waiting", **more: Any) -> str:
        wish = {"requester": {"name": "Maureen Tully", "email": "maureen@customer.example"}, **more}
        made = self.control.post(
            "tickets", {"helpdesk": helpdesk, "text": text, "subject": subject, "quiet": True, **wish}
        )
        return str(made["id"])

    def reply(self, helpdesk: str, ticket_id: str, text: str, by: str = "customer") -> None:
        self.control.post(f"tickets/{helpdesk}/{ticket_id}/reply", {"as": by, "text": text})

    def decide(
        self,
        helpdesk: str,
        ticket_id: str,
        found: Mapping[Complaint, tuple[float, str]],
        *,
        silence: str | None = None,
        past: bool = True,
        **changes: Any,
    ) -> Decision:
        """Store a decision: which complaints, how likely, in which words. `changes` are made to the suggestion."""
        ticket = zones.read(self.context.helpdesks[helpdesk].fetch(ticket_id))
        newest = [message for message in ticket.messages if message.author_role == "customer"][-1]
        evidence = tuple(
            Evidence(complaint, max(at := newest.text.find(quote), 0), at + len(quote), quote, newest.id)
            for complaint, (_, quote) in found.items()
        )
        scores = {complaint: found.get(complaint, (0.03, ""))[0] for complaint in Complaint}
        reading = Reading(scores, _THRESHOLDS, evidence, None if found else Silence.NOTHING_ABOVE, "en", newest.id)
        playbook = default_playbook()
        now = datetime.now(UTC)
        earlier = (PastComplaint(now - timedelta(days=12), Complaint.NO_CALLBACK, Kept.BROKEN),) if past else ()
        around = Surroundings(calendar=OFFICE, past=earlier, macros=self.ranker(helpdesk))
        planned = plan(new_decision_id(), ticket, reading, found, playbook, around)
        suggestion = suggest(ticket, reading, planned, playbook, OFFICE, now, labels=found)
        decision = Decision(
            id=new_decision_id(),
            account=helpdesk,
            ticket_id=ticket_id,
            fingerprint=new_decision_id(),
            anchor_message=newest.id,
            level="annotate",
            labels=tuple(complaint.value for complaint in found),
            scores={complaint.value: score for complaint, score in scores.items()},
            evidence=tuple(
                {"label": e.complaint.value, "start": e.start, "end": e.end, "text": e.text, "message": e.message_id}
                for e in evidence
            ),
            silence=None if found else silence or "nothing above 0.50",
            annotation={},
            outcome=Outcome.PLANNED,
            created_at=now,
            panel=stored(dataclasses.replace(suggestion, **changes)),
        )
        self.context.store.add(decision)
        self.context.store.finish(decision, Outcome.WRITTEN if found else Outcome.SILENT, version=ticket.version)
        return decision

    def ranker(self, helpdesk: str) -> MacroRanker:
        try:
            return MacroRanker(default_playbook(), list(self.context.helpdesks[helpdesk].macros()))
        except Unauthorised:
            return MacroRanker(default_playbook(), [])

    def suggestion(self, decision: Decision) -> Suggestion:
        from integration.pipeline.suggestion import restored

        return restored(decision.panel)

    def level(self, helpdesk: str, level: Level) -> None:
        """Another level for this account, as a changed configuration would have it."""
        accounts: dict[str, Any] = self.context.settings.accounts  # type: ignore[assignment]
        accounts[helpdesk] = dataclasses.replace(accounts[helpdesk], level=level)

    def url(self, helpdesk: str, ticket_id: str) -> str:
        return f"{self.sandbox.url}/tickets/{helpdesk}/{ticket_id}"

    def words(self, helpdesk: str, ticket_id: str) -> list[Any]:
        """What came back from the agent, without what was only shown."""
        return [w for w in self.context.store.feedback.of_ticket(helpdesk, ticket_id) if w.kind != "shown"]


@contextmanager
def stage(folder: Path, redis_url: str) -> Iterator[Stage]:
    sandbox = serve(0).start()
    port = free_port(0)
    control = SandboxClient(sandbox.url)
    file = connect(control, folder, hooks=f"http://127.0.0.1:{port}", extra=f'redis_url = "{redis_url}"')
    text = file.read_text().replace(
        'plan = "enterprise"', 'plan = "enterprise"\nadmin_api_key = "file:freshdesk-admin-key"', 1
    )
    (folder / "freshdesk-admin-key").write_text("sandbox-admin-key")
    file.write_text(text)
    context = build_context(load_settings(file), redis_patience=1)
    context.store.migrate()
    server = make_server("127.0.0.1", port, create_app(context), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Stage(sandbox, context, control, server)
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
        sandbox.close()
        context.store.close()
