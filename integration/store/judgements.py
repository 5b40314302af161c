"""What operators said about stored labels: right or wrong. The newest word on a label counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from integration.store.models import DecisionRow, JudgementRow
from integration.store.store import Decision, Outcome, Store, decision_of


@dataclass(frozen=True, slots=True)
class Judgement:
    decision_id: str
    label: str
    right: bool
    judge: str
    at: datetime


class Judgements:
    def __init__(self, store: Store) -> None:
        self._session = store.session

    def judge(self, decision_id: str, labels: Iterable[str], *, right: bool, judge: str, at: datetime) -> list[str]:
        """Keep a word on these labels of a decision (on all that it shows, if none is named). Returns the labels.

        Raises LookupError where there is no such decision, or it does not have such a label.
        """
        with self._session.begin() as session:
            row = session.get(DecisionRow, decision_id)
            if row is None:
                raise LookupError(f"no decision {decision_id}")
            shown = shown_labels(decision_of(row))
            chosen = list(labels) or list(shown)
            if unknown := [label for label in chosen if label not in shown]:
                raise LookupError(
                    f"decision {decision_id} does not say {', '.join(unknown)}; it says: {', '.join(shown) or 'nothing'}"
                )
            for label in chosen:
                session.merge(
                    JudgementRow(
                        decision_id=decision_id, label=label, account=row.account, right=right, judge=judge[:64], at=at
                    )
                )
            return chosen

    def of(self, account: str) -> dict[tuple[str, str], Judgement]:
        """By decision and label."""
        with self._session() as session:
            rows = session.scalars(select(JudgementRow).where(JudgementRow.account == account))
            return {
                (row.decision_id, row.label): Judgement(row.decision_id, row.label, row.right, row.judge, row.at)
                for row in rows
            }

    def readings(self, account: str, since: datetime) -> list[Decision]:
        """The newest reading of each message since then, oldest first."""
        with self._session() as session:
            rows = session.scalars(
                select(DecisionRow)
                .where(
                    DecisionRow.account == account,
                    DecisionRow.kind == "reading",
                    DecisionRow.outcome != Outcome.DROPPED,
                    DecisionRow.created_at >= since,
                )
                .order_by(DecisionRow.created_at)
            )
            newest = {(row.ticket_id, row.anchor_message): decision_of(row) for row in rows}
        return list(newest.values())


def shown_labels(decision: Decision) -> tuple[str, ...]:
    """Every label that the decision is sure enough of to show it, whether or not it would be written."""
    return tuple(decision.panel.get("labels") or decision.labels)
