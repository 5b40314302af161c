"""What we made in each helpdesk, or changed there: so that it is found again, and can be taken back."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from adapters.provisioning import Kind, Made
from integration.store.models import ProvisionedRow
from integration.store.store import Store


class Provisioned:
    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, account: str) -> dict[str, Made]:
        """By key, in the order in which it was made."""
        with self._store.session() as session:
            rows = session.scalars(
                select(ProvisionedRow)
                .where(ProvisionedRow.account == account)
                .order_by(ProvisionedRow.made_at, ProvisionedRow.key)
            )
            return {row.key: _made(row) for row in rows}

    def fields(self, account: str) -> dict[str, str]:
        """What our names for this account's fields stand for: {"complaint": "360001"}. Raises SQLAlchemyError."""
        made = self.of(account).values()
        return {
            one.key.removeprefix("field."): one.reference for one in made if one.kind is Kind.FIELD and one.reference
        }

    def references(self) -> dict[str, dict[str, str]]:
        """Per account, what our names for fields stand for: {"acme": {"complaint": "360001"}}.

        Nothing where the database cannot be asked (yet): whoever needs it otherwise finds that out there.
        """
        try:
            if not inspect(self._store.engine).has_table(ProvisionedRow.__tablename__):
                return {}
            with self._store.session() as session:
                rows = session.scalars(select(ProvisionedRow).where(ProvisionedRow.kind == Kind.FIELD)).all()
        except SQLAlchemyError:
            return {}
        found: dict[str, dict[str, str]] = {}
        for row in rows:
            if row.reference:
                found.setdefault(row.account, {})[row.key.removeprefix("field.")] = row.reference
        return found

    def keep(self, account: str, made: Made) -> None:
        """Remember a thing. How it was before us, and whether it was there at all, is kept as first told of it."""
        with self._store.session.begin() as session:
            row = session.get(ProvisionedRow, (account, made.key))
            if row is None:
                row = ProvisionedRow(account=account, key=made.key, made_at=datetime.now(UTC))
                session.add(row)
            if row.platform_id != made.id:
                row.platform_id, row.created, row.before = made.id, made.created, None
            if row.before is None and made.before is not None and not row.created:
                row.before = dict(made.before)
            row.kind, row.name, row.reference, row.url = made.kind, made.name, made.reference, made.url

    def forget(self, account: str, key: str) -> None:
        with self._store.session.begin() as session:
            session.execute(delete(ProvisionedRow).where(ProvisionedRow.account == account, ProvisionedRow.key == key))


def _made(row: ProvisionedRow) -> Made:
    return Made(
        key=row.key,
        kind=Kind(row.kind),
        id=row.platform_id,
        name=row.name,
        reference=row.reference,
        url=row.url,
        created=row.created,
        before=row.before,
    )
