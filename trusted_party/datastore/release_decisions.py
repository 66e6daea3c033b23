"""Decisions about releases as rows: one for each person and study, the last that they signed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import bindparam, delete, insert, select

from syncline.identity.peer import PeerRole
from syncline.study.release_decision import (
    ReleaseDecision,
    ReleaseSubject,
    ReleaseVerdict,
    SignedReleaseDecision,
)
from syncline.wire.messages import StudyId
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import release_decisions


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One person's signed word; ``role`` is operator where the hub's key signed for the person."""

    study_id: StudyId
    name: str
    role: PeerRole
    decision: ReleaseVerdict
    reason: str
    public_key: bytes
    signature: bytes
    decided_us: int

    def signed(self, subject: ReleaseSubject) -> SignedReleaseDecision:
        """Return the decision as it was signed, about ``subject``."""
        said = ReleaseDecision(subject, self.decision, self.reason, self.name)
        return SignedReleaseDecision(said, self.public_key, self.signature)


_ADD: Final = insert(release_decisions)
_ABOUT: Final = (
    select(release_decisions)
    .where(release_decisions.c.study_id == bindparam("study"))
    .order_by(release_decisions.c.decided_us, release_decisions.c.name)
)
_DROP: Final = delete(release_decisions).where(
    release_decisions.c.study_id == bindparam("study"), release_decisions.c.name == bindparam("who")
)


def put_decision(transaction: Transaction, row: DecisionRow) -> None:
    """Keep a decision in the place of the person's earlier one."""
    transaction.run(_DROP, {"study": row.study_id, "who": row.name})
    transaction.run(_ADD, asdict(row))


def decisions_about(transaction: Transaction, study_id: StudyId) -> list[DecisionRow]:
    """Return the decisions about a study's release in the order in which they came."""
    return [
        DecisionRow(**{**row, "role": PeerRole(row["role"]), "decision": ReleaseVerdict(row["decision"])})
        for row in transaction.rows(_ABOUT, {"study": study_id})
    ]
