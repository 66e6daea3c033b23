"""The parts that suppliers have in studies, as rows: what each was asked, decided and answered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import RowMapping, bindparam, select, update

from syncline.study.flow import DataFlow
from syncline.study.participation import Participation
from syncline.wire.messages import StudyId, SupplierDecision
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import parties


class PartyState(StrEnum):
    """What a supplier said to a study."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A supplier in a study; ``signing_key`` is the one that signed its decision, with ``participation``.

    ``commitment`` is what its approval commits it to for the salt, in hexadecimal.
    ``flow_asked`` is what the study asks of it, None in studies that an earlier version took.
    """

    study_id: StudyId
    name: str
    state: PartyState
    reason: str
    in_roster: bool
    rounds_answered: int
    signing_key: bytes
    decision_reason: str
    signature: bytes | None
    flow_asked: DataFlow | None
    participation: Participation
    commitment: str | None


_OF_STUDY: Final = select(parties).where(parties.c.study_id == bindparam("study")).order_by(parties.c.name)
_PARTY: Final = _OF_STUDY.where(parties.c.name == bindparam("who"))
_SET: Final = update(parties).where(
    parties.c.study_id == bindparam("study"), parties.c.name == bindparam("who")
)


def parties_of(transaction: Transaction, study_id: StudyId) -> list[PartyRow]:
    """Return the parties of a study by name."""
    return [_party(row) for row in transaction.rows(_OF_STUDY, {"study": study_id})]


def find_party(transaction: Transaction, study_id: StudyId, name: str) -> PartyRow | None:
    """Return one supplier's part in a study."""
    row = transaction.first(_PARTY, {"study": study_id, "who": name})
    return None if row is None else _party(row)


def set_party(
    transaction: Transaction, study_id: StudyId, name: str, state: PartyState, reason: str = ""
) -> None:
    """Write where a supplier stands."""
    transaction.run(_SET, {"study": study_id, "who": name, "state": state, "reason": reason})


def set_decision(transaction: Transaction, name: str, signing_key: bytes, decision: SupplierDecision) -> None:
    """Keep a supplier's signature, the key that made it, and all that it covers."""
    agreed = decision.participation
    signed = {
        "signing_key": signing_key,
        "decision_reason": decision.reason,
        "signature": decision.signature,
        "flow": agreed.flow,
        "preparation_sha256": agreed.preparation_sha256,
        "commitment": decision.commitment,
    }
    transaction.run(_SET, {"study": decision.study_id, "who": name, **signed})


def drop_party(transaction: Transaction, study_id: StudyId, name: str) -> None:
    """Go on without a supplier; only while suppliers decide, which the roster's rules say."""
    transaction.run(_SET, {"study": study_id, "who": name, "in_roster": False})


def _party(row: RowMapping) -> PartyRow:
    return PartyRow(
        study_id=StudyId(row["study_id"]),
        name=row["name"],
        state=PartyState(row["state"]),
        reason=row["reason"],
        in_roster=row["in_roster"],
        rounds_answered=row["rounds_answered"],
        signing_key=row["signing_key"],
        decision_reason=row["decision_reason"],
        signature=row["signature"],
        flow_asked=_flow(row["flow_asked"]),
        participation=Participation(_flow(row["flow"]), row["preparation_sha256"]),
        commitment=row["commitment"],
    )


def _flow(word: str | None) -> DataFlow | None:
    return None if word is None else DataFlow(word)
