"""Counting what became of the demo's tickets, from the helpdesk's side and from ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integration.demo import FIELD_TITLE, DemoTicket, SandboxClient, Tally
from integration.recovery.playbook import Playbook
from integration.store.store import Decision, Outcome, Store

_DONE = (Outcome.WRITTEN, Outcome.UNCHANGED, Outcome.SILENT, Outcome.WITHHELD)


def finished(store: Store, helpdesk: str, ticket_ids: Mapping[str, DemoTicket]) -> int:
    """How many of these tickets have been read to an end."""
    seen: set[str] = set()
    ids = list(ticket_ids)
    for start in range(0, len(ids), 400):
        seen |= set(store.seen_versions(helpdesk, ids[start : start + 400]))
    return len(seen)


def tally(
    store: Store, sandbox: SandboxClient, playbook: Playbook, helpdesk: str, sent: Mapping[str, DemoTicket]
) -> Tally:
    """Compare every ticket in the helpdesk with the decision we took about it. `sent` maps ticket ids."""
    found = {str(ticket["id"]): ticket for ticket in sandbox.get(f"tickets?helpdesk={helpdesk}")["tickets"]}
    decisions: dict[str, list[Decision]] = {}
    for decision in store.decisions(helpdesk, limit=100_000):
        decisions.setdefault(decision.ticket_id, []).append(decision)
    failures = {failure.ticket_id for failure in store.open_failures(helpdesk)}
    counts: dict[str, list[str]] = {
        name: []
        for name in ("annotated", "untouched", "lost", "doubled", "failed", "incomplete", "disturbed", "otherwise")
    }
    for ticket_id, ticket in sent.items():
        newest = next((d for d in decisions.get(ticket_id, []) if d.outcome in _DONE), None)
        there = found.get(ticket_id)
        if ticket_id in failures:
            counts["failed"].append(ticket_id)
        elif newest is None or there is None:
            counts["lost"].append(ticket_id)
        else:
            _compare(ticket_id, ticket, newest, there, playbook, counts)
    return Tally(
        helpdesk=helpdesk,
        tickets=len(sent),
        annotated=len(counts["annotated"]),
        untouched=len(counts["untouched"]),
        public_replies=int(sandbox.get("stats")[helpdesk]["public_replies"]),
        **{name: tuple(counts[name]) for name in ("lost", "doubled", "failed", "incomplete", "disturbed", "otherwise")},
    )


def _compare(
    ticket_id: str,
    ticket: DemoTicket,
    decision: Decision,
    there: Mapping[str, Any],
    playbook: Playbook,
    counts: dict[str, list[str]],
) -> None:
    notes = [comment for comment in there["comments"] if not comment["public"]]
    ours = {playbook.seen_tag, *(tag for r in playbook.remedies.values() for tag in (r.label_tag, r.clock_tag))}
    tags = set(there["tags"]) & ours
    if len(notes) > 1:
        counts["doubled"].append(ticket_id)
    if decision.labels:
        remedies = [r for complaint, r in playbook.remedies.items() if complaint.value in decision.labels]
        wanted = {playbook.seen_tag, *(r.label_tag for r in remedies)}
        # Of the complaints' clocks the tightest counts, which depends on the hour.
        whole = (
            tags - wanted in [{r.clock_tag} for r in remedies] and wanted <= tags and len(notes) >= 1 and _field(there)
        )
        counts["annotated" if whole else "incomplete"].append(ticket_id)
    else:
        counts["disturbed" if tags or notes or _field(there) else "untouched"].append(ticket_id)
    if ticket.labels is not None and set(ticket.labels) != set(decision.labels):
        counts["otherwise"].append(ticket_id)


def _field(there: Mapping[str, Any]) -> bool:
    """Whether our field is filled in. Freshdesk calls it cf_complaint, Zendesk shows its title."""
    return any(value for name, value in there["fields"].items() if FIELD_TITLE.lower() in name.lower())
