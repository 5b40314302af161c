"""Reports: kept, worked out anew when old, and counted as a person would count."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from integration.complaints.taxonomy import Complaint
from integration.pipeline.context import Context
from integration.pipeline.reports import names, refresh_reports, report
from integration.store.figures import Figures
from integration.store.models import DeadlineRow, TicketRow
from integration.store.store import Decision, Outcome, new_decision_id
from tests.integration.web.console.stage import stage

# A Wednesday.
NOW = datetime(2026, 11, 18, 15, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path, redis: Redis, redis_server: str):  # type: ignore[no-untyped-def]
    with stage(tmp_path, redis_server) as made:
        yield dataclasses.replace(made.context, now=lambda: NOW)


def found(context: Context, ticket: str, at: datetime, *labels: str) -> None:
    context.store.add(
        Decision(
            id=new_decision_id(),
            account="acme",
            ticket_id=ticket,
            fingerprint="f",
            anchor_message="1",
            level="annotate",
            labels=labels,
            scores={},
            evidence=(),
            silence=None if labels else "too short",
            annotation={},
            outcome=Outcome.WRITTEN,
            created_at=at,
        )
    )


def test_a_ticket_counts_once_per_complaint_in_the_week_of_the_account_s_own_zone(context: Context) -> None:
    # Monday 03:00 UTC is still Sunday in New York.
    found(context, "1", datetime(2026, 11, 16, 3, tzinfo=UTC), "no_callback")
    found(context, "1", NOW, "no_callback", "overpromising")
    found(context, "2", NOW, "no_callback")
    found(context, "3", NOW)
    weeks = report(context, "acme", "weeks").body
    assert weeks["weeks"][-2:] == ["2026-11-09", "2026-11-16"]
    assert weeks["labels"]["no_callback"][-2:] == [1, 1]
    assert weeks["labels"]["overpromising"][-2:] == [0, 1]
    assert sum(map(sum, weeks["labels"].values())) == 3


def test_who_comes_back_within_the_playbook_s_days_counts_as_coming_back(context: Context) -> None:
    rules = context.account("acme").own.playbook.relationship
    gaps = [rules.repeat_contact_within + timedelta(hours=1), rules.repeat_contact_within - timedelta(hours=1)]
    with context.store.session.begin() as session:
        for number, at in enumerate([NOW - sum(gaps, timedelta()), NOW - gaps[1], NOW]):
            session.add(
                TicketRow(
                    account="acme",
                    ticket_id=str(number),
                    fingerprint="f",
                    version="1",
                    tags=[],
                    read_at=at,
                    requester_id="dana",
                    contacted_at=at,
                )
            )
        for number, (who, state) in enumerate([("dana", "kept"), ("dana", "due"), ("lee", "due"), ("lee", "replaced")]):
            session.add(
                DeadlineRow(
                    account="acme",
                    ticket_id=str(number),
                    decision_id="d",
                    complaint="no_callback",
                    complaints=["no_callback"],
                    requester_id=who,
                    started_at=NOW - timedelta(hours=number),
                    due_at=NOW,
                    explanation="",
                    updates={},
                    state=state,
                )
            )
    weeks = report(context, "acme", "weeks").body
    assert (sum(weeks["contacts"]), sum(weeks["came_back"])) == (3, 1)
    assert (sum(weeks["complaints"]), sum(weeks["failed_again"])) == (3, 1)


def test_reports_are_kept_and_worked_out_anew_once_they_are_old(context: Context) -> None:
    refresh_reports(context, "acme", NOW)
    figures = Figures(context.store)
    assert all(figures.kept("acme", name) is not None for name in names())
    found(context, "1", NOW, *(complaint.value for complaint in Complaint))
    refresh_reports(context, "acme", NOW + timedelta(seconds=30))
    assert sum(map(sum, report(context, "acme", "weeks").body["labels"].values())) == 0
    refresh_reports(context, "acme", NOW + timedelta(seconds=90))
    assert sum(map(sum, report(context, "acme", "weeks").body["labels"].values())) == len(Complaint)


def test_what_takes_long_is_worked_out_less_often(context: Context) -> None:
    figures = Figures(context.store)
    report(context, "acme", "weeks")
    kept = figures.kept("acme", "weeks")
    assert kept is not None
    figures.keep("acme", "weeks", dataclasses.replace(kept, seconds=30.0))
    refresh_reports(context, "acme", NOW + timedelta(minutes=9))
    assert figures.kept("acme", "weeks").at == NOW  # type: ignore[union-attr]
    refresh_reports(context, "acme", NOW + timedelta(minutes=11))
    assert figures.kept("acme", "weeks").at == NOW + timedelta(minutes=11)  # type: ignore[union-attr]
