"""What agents answered, on its way to the ticket, the report and the training data; run against a real sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from redis import Redis

from integration.cli import main
from integration.complaints.corpus import read
from integration.complaints.taxonomy import Complaint
from integration.pipeline import feedback_job, ticket_job
from integration.pipeline.suggestion import restored
from integration.store.feedback import Feedback, Kind, Verdict
from integration.store.store import Decision
from tests.adapters.sidebar.stage import QUOTE, Stage, stage


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("stage"), redis_server) as made:
        yield made


def corrected(staged: Stage, helpdesk: str) -> Decision:
    ticket = staged.ticket(helpdesk)
    decision = staged.decide(helpdesk, ticket, {Complaint.NO_CALLBACK: (0.97, QUOTE)})
    staged.context.store.feedback.shown(helpdesk, ticket, decision.id, datetime.now(UTC))
    for label, verdict in (("no_callback", Verdict.WRONG), ("overpromising", Verdict.MISSING)):
        staged.context.store.feedback.add(
            Feedback(helpdesk, ticket, Kind.LABEL_CORRECTED, datetime.now(UTC), decision.id, label, verdict)
        )
    return decision


def run(staged: Stage, *words: str) -> str:
    done = CliRunner().invoke(main, ["--config", str(staged.context.settings.file), *words])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("helpdesk", ["zendesk", "freshdesk"])
def test_corrections_become_training_data_with_the_text_from_the_helpdesk(
    staged: Stage, helpdesk: str, tmp_path: Path
) -> None:
    decision = corrected(staged, helpdesk)
    gone = corrected(staged, helpdesk)
    staged.control.post(f"tickets/{helpdesk}/{gone.ticket_id}/status", {"status": "deleted"})
    out = tmp_path / "corrections.jsonl"
    run(staged, "feedback", "corrections", "--account", helpdesk, "--out", str(out))
    examples = {example.id: example for example in read(out.read_text().splitlines())}
    example = examples[f"{helpdesk}-{decision.ticket_id}-{decision.anchor_message}"]
    assert example.labels == {Complaint.OVERPROMISING}
    assert "three voicemails" in example.text
    assert not [name for name in examples if name.startswith(f"{helpdesk}-{gone.ticket_id}-")]


def test_the_funnel_is_printed_for_people_and_for_programs(staged: Stage) -> None:
    corrected(staged, "zendesk")
    rows = [
        json.loads(line) for line in run(staged, "feedback", "funnel", "--account", "zendesk", "--json").splitlines()
    ]
    assert [row["label"] for row in rows] == [None, *Complaint]
    assert rows[0]["received"] >= rows[0]["shown"] >= 1 and rows[1]["corrected"] >= 1
    assert "no callback" in run(staged, "feedback", "funnel")


def test_the_api_is_described_on_the_command_line(staged: Stage) -> None:
    assert json.loads(run(staged, "openapi"))["openapi"].startswith("3.1")


@pytest.mark.parametrize("helpdesk", ["zendesk", "freshdesk"])
def test_the_job_puts_an_answer_on_the_ticket_and_leaves_the_rest(staged: Stage, helpdesk: str) -> None:
    ticket = staged.ticket(helpdesk, tags=["theirs", "complaint_no_callback"])
    ticket_job._Worker.context = staged.context
    for _ in range(2):
        feedback_job.run(helpdesk, ticket, ["makeright_corrected"], ["complaint_no_callback"])
    seen = staged.control.get(f"tickets/{helpdesk}/{ticket}")["ticket"]
    assert set(seen["tags"]) == {"theirs", "makeright_corrected"}
    assert len(seen["comments"]) == 1


def test_a_ticket_read_by_the_job_has_its_panel_ready(staged: Stage, redis: Redis) -> None:
    from integration.pipeline.worker import load_brain

    ticket = staged.ticket("zendesk")
    ticket_job.annotate_ticket(staged.context, load_brain(), "zendesk", ticket)
    decision = staged.context.store.standing_decision("zendesk", ticket)
    assert decision is not None
    suggestion = restored(decision.panel)
    assert suggestion.labels == (Complaint.NO_CALLBACK,)
    assert [draft.variant for draft in suggestion.drafts] == ["full", "short", "call"]
    assert suggestion.clock is not None and suggestion.anchor_at is not None
    assert suggestion.label_tags == {"no_callback": "complaint_no_callback"}


def test_what_closed_with_our_tag_counts_as_unchanged(staged: Stage) -> None:
    from integration.pipeline.worker import load_brain

    ticket = staged.ticket("zendesk")
    brain = load_brain()
    ticket_job.annotate_ticket(staged.context, brain, "zendesk", ticket)
    before = staged.context.store.feedback.funnel("zendesk", ["no_callback"])[1]
    staged.control.post(f"tickets/zendesk/{ticket}/status", {"status": "solved"})
    ticket_job.annotate_ticket(staged.context, brain, "zendesk", ticket)
    after = staged.context.store.feedback.funnel("zendesk", ["no_callback"])[1]
    assert (after.closed - before.closed, after.unchanged - before.unchanged) == (1, 1)
