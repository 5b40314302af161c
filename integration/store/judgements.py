"""What operators said about stored labels, right or wrong, and the labels they say it about. The newest word counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class FoundLabel:
    """A label that a reading was sure enough of to show it."""

    decision_id: str
    ticket_id: str
    label: str
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """How many messages were read, in how many of them nothing was found, and what was found in the others."""

    read: int
    silent: int
    labels: tuple[FoundLabel, ...]


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

    def verdicts(self, account: str) -> dict[tuple[str, str], bool]:
        """Whether it is right, by decision and label."""
        row = JudgementRow
        with self._session() as session:
            rows = session.execute(select(row.decision_id, row.label, row.right).where(row.account == account))
            return {(decision_id, label): right for decision_id, label, right in rows}

    def newest(self, account: str, limit: int) -> list[Judgement]:
        """The words said last, the newest first."""
        query = select(JudgementRow).where(JudgementRow.account == account).order_by(JudgementRow.at.desc())
        with self._session() as session:
            return [
                Judgement(row.decision_id, row.label, row.right, row.judge, row.at)
                for row in session.scalars(query.limit(limit))
            ]

    def found(self, account: str, since: datetime) -> Found:
        """The newest reading of each message that its customer wrote since then (a backfill decides long after)."""
        row = DecisionRow
        query = (
            select(
                row.id,
                row.ticket_id,
                row.anchor_message,
                row.labels,
                row.scores,
                row.created_at,
                # Of what a panel shows only these: the whole of it is large, and there may be many thousands.
                row.panel["labels"],
                row.panel["anchor_at"].as_string(),
            )
            .where(
                row.account == account,
                row.kind == "reading",
                row.outcome != Outcome.DROPPED,
                row.created_at >= since,
            )
            .order_by(row.created_at)
            .execution_options(yield_per=1000)
        )
        newest: dict[tuple[str, str | None], tuple[FoundLabel, ...]] = {}
        with self._session() as session:
            for id_, ticket, message, labels, scores, created_at, shown, written_at in session.execute(query):
                if (datetime.fromisoformat(written_at) if written_at else created_at) < since:
                    continue
                newest[ticket, message] = tuple(
                    FoundLabel(id_, ticket, label, float(scores.get(label, 0.0))) for label in shown or labels
                )
        labels_found = tuple(one for found in newest.values() for one in found)
        return Found(len(newest), sum(not found for found in newest.values()), labels_found)

    def decisions(self, ids: Sequence[str]) -> Mapping[str, Decision]:
        """These decisions by their ids, without those that are gone; at most a few hundred at once."""
        with self._session() as session:
            rows = session.scalars(select(DecisionRow).where(DecisionRow.id.in_(ids)))
            return {row.id: decision_of(row) for row in rows}


def shown_labels(decision: Decision) -> tuple[str, ...]:
    """Every label that the decision is sure enough of to show it, whether or not it would be written."""
    return tuple(decision.panel.get("labels") or decision.labels)
