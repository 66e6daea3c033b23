"""The audit's entries as rows of the hub's database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select

from syncline.clock import Clock
from syncline.durable.audit import AuditEntry, AuditPen, FieldValue
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import audit

_LAST: Final = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
_ALL: Final = select(audit).order_by(audit.c.seq)
_ADD: Final = insert(audit)


class HubAudit:
    """Append signed entries inside the transactions of the caller."""

    def __init__(self, key: Ed25519PrivateKey, clock: Clock) -> None:
        self._pen = AuditPen(key, clock)

    def append(self, transaction: Transaction, kind: str, fields: Mapping[str, FieldValue]) -> AuditEntry:
        """Add an entry; it stands or falls with its transaction.

        Fields are names, digests and counts, never values from data; no floats, whose text may vary.
        """
        last = transaction.first(_LAST)
        entry = self._pen.write(None if last is None else (last["seq"], last["hash"]), kind, fields)
        transaction.run(_ADD, entry.columns())
        return entry


def entries(transaction: Transaction) -> Iterator[AuditEntry]:
    """Read the chain in order; an entry whose fields are not JSON any more comes with none."""
    return map(AuditEntry.from_columns, transaction.stream(_ALL))
