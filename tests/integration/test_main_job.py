"""The main job from end to end: a webhook becomes an annotated ticket, whatever happens on the way."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.demo import HELPDESKS, DemoTicket, packaged_tickets
from integration.store.store import Outcome
from tests.integration.installation import Installation, installation, until

pytestmark = [pytest.mark.xdist_group("main-job"), pytest.mark.timeout(600)]

COMPLAINT = DemoTicket(
    "complaint",
    "I left three voicemails last week and nobody has called me back. I also wrote on Thursday and got no reply.",
    "Still waiting to hear from you",
)
QUESTION = DemoTicket("question", "Do you stock the 45 mm version in green? I could not find it.", "A question")


@pytest.fixture
def running(tmp_path: Path, database_url: str) -> Iterator[Installation]:
    with installation(tmp_path, database_url=database_url) as made:
        yield made


def test_a_complaint_is_annotated_and_a_question_is_left_alone_on_both_helpdesks(running: Installation) -> None:
    ids = {(helpdesk, t.id): running.send(helpdesk, t) for helpdesk in HELPDESKS for t in (COMPLAINT, QUESTION)}
    for helpdesk in HELPDESKS:
        until(lambda h=helpdesk: running.all_read(h), f"{helpdesk} was not read")
        complaint = running.ticket(helpdesk, ids[helpdesk, "complaint"])
        assert {"complaint_no_callback", "sla_callback_same_day", "makeright_seen"} <= set(complaint["tags"])
        (note,) = [comment for comment in complaint["comments"] if not comment["public"]]
        quoted = re.findall("“([^”…]+)", note["text"])
        assert quoted
        assert all(quote in COMPLAINT.text for quote in quoted)
        assert any("no_callback" in str(value).lower().replace(" ", "_") for value in complaint["fields"].values())
        question = running.ticket(helpdesk, ids[helpdesk, "question"])
        assert question["tags"] == []
        assert len(question["comments"]) == 1
        assert not any(question["fields"].values())
        assert running.tally(helpdesk).well


def test_a_later_message_with_another_complaint_is_read_too(running: Installation) -> None:
    for helpdesk in HELPDESKS:
        ticket_id = running.send(helpdesk, COMPLAINT)
        until(lambda h=helpdesk: running.all_read(h), f"{helpdesk} was not read")
        running.sandbox.post(
            f"tickets/{helpdesk}/{ticket_id}/reply",
            {"as": "customer", "text": "And where is my order 4711? The tracking has not moved for nine days."},
        )
        until(
            lambda h=helpdesk, t=ticket_id: "complaint_no_order_update" in running.ticket(h, t)["tags"],
            f"{helpdesk}: the second complaint was not noticed",
        )
        assert "complaint_no_callback" in running.ticket(helpdesk, ticket_id)["tags"]


def test_webhooks_duplicated_reordered_and_dropped_leave_one_note_each(running: Installation) -> None:
    """Every ticket ends with exactly one note and the right tags, the dropped ones through the sweep, and a tag that
    an agent adds in the middle survives."""
    running.sandbox.post(
        "webhooks",
        {"duplicates": 3, "reorder": 2.0, "drop_probability": 0.2, "seed": 7, "retry_factor": 0.001},
    )
    stock = packaged_tickets()
    chance = random.Random(11)
    agents: dict[tuple[str, str], str] = {}
    for number in range(250):
        ticket = stock[number % len(stock)]
        for helpdesk in HELPDESKS:
            ticket_id = running.send(helpdesk, ticket)
            if chance.random() < 0.2:
                agents[helpdesk, ticket_id] = f"agent_was_here_{number}"
                running.sandbox.post(f"tickets/{helpdesk}/{ticket_id}/tags", {"add": [agents[helpdesk, ticket_id]]})
    # Zendesk shows a change to the sweep only after a minute: the sandbox's clock goes on.
    running.sandbox.post("clock", {"advance": 120})
    for helpdesk in HELPDESKS:
        until(lambda h=helpdesk: running.all_read(h), f"{helpdesk}: not every ticket was read", seconds=400)
    until(lambda: running.context().queue.backlog().waiting == 0, "jobs are left")
    dropped = {h: running.sandbox.get("stats")[h]["webhooks"]["dropped"] for h in HELPDESKS}
    for helpdesk in HELPDESKS:
        assert dropped[helpdesk] > 20, "the test must really drop some"
        one = running.tally(helpdesk)
        assert one.well, one
        assert one.tickets == 250
        for (where, ticket_id), tag in agents.items():
            if where == helpdesk:
                assert tag in running.ticket(helpdesk, ticket_id)["tags"]


def test_nothing_is_lost_when_workers_are_killed_at_their_work(running: Installation) -> None:
    stock = [ticket for ticket in packaged_tickets() if ticket.labels][:20]
    for number, ticket in enumerate(stock):
        for helpdesk in HELPDESKS:
            running.send(helpdesk, ticket)
        if number % 7 == 3:
            for part in running.supervisor.parts:
                if part.name.startswith("worker") and part.process is not None:
                    part.process.kill()
    for helpdesk in HELPDESKS:
        until(lambda h=helpdesk: running.all_read(h), f"{helpdesk}: a ticket was lost", seconds=400)
        one = running.tally(helpdesk)
        assert (one.lost, one.doubled, one.incomplete, one.disturbed) == ((), (), (), ())


def test_in_shadow_mode_decisions_are_stored_and_nothing_is_written(tmp_path: Path) -> None:
    with installation(tmp_path, level="shadow") as running:
        for helpdesk in HELPDESKS:
            running.send(helpdesk, COMPLAINT)
            until(lambda h=helpdesk: running.all_read(h), f"{helpdesk} was not read")
            (decision,) = running.store.decisions(helpdesk)
            assert decision.outcome is Outcome.WITHHELD
            assert decision.labels == ("no_callback",)
            (ticket,) = running.sandbox.get(f"tickets?helpdesk={helpdesk}")["tickets"]
            assert ticket["tags"] == []
            assert len(ticket["comments"]) == 1


@pytest.mark.parametrize("helpdesk", HELPDESKS)
def test_the_time_out_of_a_write_that_went_through_does_not_double_the_note(tmp_path: Path, helpdesk: str) -> None:
    method, path = ("PUT", r"/tickets/\d+$") if helpdesk == "zendesk" else ("POST", r"/tickets/\d+/notes$")
    with installation(tmp_path, workers=1) as running:
        running.sandbox.post(
            "faults", {"helpdesk": helpdesk, "method": method, "path": path, "apply": True, "drop": True, "times": 1}
        )
        running.send(helpdesk, COMPLAINT)
        until(lambda: running.all_read(helpdesk), "the ticket was not taken up again", seconds=90)
        assert running.tally(helpdesk).well
        assert running.store.decisions(helpdesk)[0].attempts == 2
