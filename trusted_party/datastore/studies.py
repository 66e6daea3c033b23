"""Studies and the parties in them, as rows; which change is allowed, the lifecycle's table says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

from sqlalchemy import RowMapping, bindparam, case, func, insert, select, union, update

from syncline.errors import ProtocolError
from syncline.study.flow import DataFlow
from syncline.study.lifecycle import StudyState, check_transition
from syncline.wire.messages import ReleaseId, StudyId
from trusted_party.datastore.column_types import NO, YES
from trusted_party.datastore.parties import PartyState
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import own_requests, parties, rounds, shipments, studies, tasks


class StudyMoved(ProtocolError):
    """Somebody else changed the study's state first."""


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study as the hub holds it; digests name payloads in the store.

    ``reason`` is for its researcher; ``told`` is what suppliers hear of its end. ``hazards`` are JSON text,
    and ``hazards_accepted`` is how many severe ones of them the operator has let pass. ``draw_sha256`` names
    what the salt was drawn from, ``drawn`` what a release says of it. ``rounds_expected`` are the rounds of
    the whole study as far as one can say, 0 where one cannot.
    """

    id: StudyId
    name: str
    researcher: str
    researcher_key: bytes
    signature: bytes
    specification: bytes
    specification_sha256: str
    state: StudyState
    reason: str
    stage: str
    round: int
    rounds_done: int
    state_sha256: str | None
    result_sha256: str | None
    seed_sha256: str | None
    bytes_received: int
    bytes_sent: int
    submitted_us: int
    moved_us: int
    ended_us: int
    release_id: ReleaseId | None
    told: str
    hazards: str
    hazards_accepted: int
    candidate_sha256: str | None
    candidate_signature: bytes | None
    assessment_sha256: str | None
    draw_sha256: str | None
    drawn: str | None
    rounds_expected: int

    @property
    def origin(self) -> tuple[str, str]:
        """Digests of the fit's result and of the seed, once the study has them."""
        assert self.result_sha256 is not None
        assert self.seed_sha256 is not None
        return self.result_sha256, self.seed_sha256

    @property
    def compares(self) -> bool:
        """Whether the model is fitted, and the rounds are about the synthetic table that it gives."""
        return self.candidate_sha256 is not None


@dataclass(frozen=True, slots=True)
class NewParty:
    """A supplier that a submission names, its signing key, and the flow that is asked of it."""

    name: str
    signing_key: bytes
    flow_asked: DataFlow


@dataclass(frozen=True, slots=True)
class NewStudy:
    """What a submission brings."""

    id: StudyId
    name: str
    researcher: str
    researcher_key: bytes
    signature: bytes
    specification: bytes
    specification_sha256: str
    parties: tuple[NewParty, ...]


_STUDY: Final = select(studies).where(studies.c.id == bindparam("study"))
_OF_SUBMISSION: Final = (
    select(studies)
    .where(studies.c.researcher == bindparam("who"))
    .where(studies.c.specification_sha256 == bindparam("sha256"))
    .order_by(studies.c.submitted_us)
)
_NEWEST: Final = (
    select(studies).order_by(studies.c.submitted_us.desc(), studies.c.id).limit(bindparam("most"))
)
_NEWEST_OF: Final = _NEWEST.where(studies.c.researcher == bindparam("who"))
_IN_STATES: Final = (
    select(studies.c.id)
    .where(studies.c.state.in_(bindparam("states", expanding=True)))
    .order_by(studies.c.submitted_us, studies.c.id)
)
_LIVING: Final = (
    select(func.count().label("living"))
    .select_from(studies)
    .where(studies.c.researcher == bindparam("who"), studies.c.ended_us == 0)
)
_OF_SUPPLIER: Final = (
    select(studies)
    .join(parties, parties.c.study_id == studies.c.id)
    .where(parties.c.name == bindparam("who"), parties.c.in_roster == YES)
    .where(studies.c.state.in_(bindparam("states", expanding=True)))
    .order_by(studies.c.submitted_us, studies.c.id)
)
_ADD: Final = insert(studies)
_ADD_PARTY: Final = insert(parties)
_SET: Final = update(studies).where(studies.c.id == bindparam("study"))
"""Sets whatever columns come with the study."""
_MOVE: Final = _SET.where(studies.c.state == bindparam("left"))
_COUNT_BYTES: Final = _SET.values(
    bytes_received=studies.c.bytes_received + bindparam("received"),
    bytes_sent=studies.c.bytes_sent + bindparam("sent"),
    moved_us=case((studies.c.moved_us < bindparam("now"), bindparam("now")), else_=studies.c.moved_us),
)
_CLOSE_ROUNDS: Final = _SET.values(
    rounds_done=studies.c.round + 1, rounds_expected=studies.c.round + 1, round=-1, state_sha256=None
)
_OF_OPEN_ROUNDS: Final = (rounds.c.study_id == tasks.c.study_id) & (rounds.c.round == tasks.c.round)
_NEEDED: Final = union(
    select(studies.c.state_sha256.label("digest")),
    select(studies.c.result_sha256),
    select(studies.c.seed_sha256),
    select(studies.c.draw_sha256),
    select(studies.c.assessment_sha256),
    select(rounds.c.request_sha256).where(rounds.c.merged == NO),
    select(own_requests.c.sha256),
    select(tasks.c.reply_sha256).join(rounds, _OF_OPEN_ROUNDS).where(rounds.c.merged == NO),
    select(shipments.c.sha256).where(shipments.c.deleted_us == 0),
)


def add_study(transaction: Transaction, new: NewStudy, state: StudyState, now_us: int) -> None:
    """Add a study and its parties."""
    brought = {field.name: getattr(new, field.name) for field in fields(new) if field.name != "parties"}
    transaction.run(_ADD, {**brought, "state": state, "submitted_us": now_us, "moved_us": now_us})
    transaction.run_each(
        _ADD_PARTY,
        [
            {
                "study_id": new.id,
                "name": party.name,
                "state": PartyState.WAITING,
                "signing_key": party.signing_key,
                "flow_asked": party.flow_asked,
            }
            for party in new.parties
        ],
    )


def find_study(transaction: Transaction, study_id: StudyId) -> StudyRow | None:
    """Return the study with this id."""
    row = transaction.first(_STUDY, {"study": study_id})
    return None if row is None else _study(row)


def find_submissions(transaction: Transaction, researcher: str, specification_sha256: str) -> list[StudyRow]:
    """Return the studies that this researcher submitted with this specification, oldest first."""
    rows = transaction.rows(_OF_SUBMISSION, {"who": researcher, "sha256": specification_sha256})
    return [_study(row) for row in rows]


def list_studies(transaction: Transaction, researcher: str | None = None, most: int = 500) -> list[StudyRow]:
    """Return the newest studies first, all of them or one researcher's."""
    if researcher is None:
        return [_study(row) for row in transaction.rows(_NEWEST, {"most": most})]
    return [_study(row) for row in transaction.rows(_NEWEST_OF, {"most": most, "who": researcher})]


def studies_in(transaction: Transaction, states: Sequence[StudyState]) -> list[StudyId]:
    """Return the ids of the studies in one of ``states``, oldest first."""
    return [StudyId(row["id"]) for row in transaction.rows(_IN_STATES, {"states": list(states)})]


def count_living(transaction: Transaction, researcher: str) -> int:
    """Return how many of a researcher's studies have not ended."""
    row = transaction.first(_LIVING, {"who": researcher})
    return 0 if row is None else int(row["living"])


def change_state(
    transaction: Transaction,
    study: StudyRow,
    state: StudyState,
    reason: str = "",
    *,
    ended_us: int = 0,
) -> None:
    """Take a study from the state in which it was read to one that may follow.

    It raises where the study has moved on meanwhile, so that a slow step never overrules a cancellation.
    """
    check_transition(study.state, state)
    wanted = {"state": state, "reason": reason, "ended_us": ended_us}
    if transaction.run(_MOVE, {"study": study.id, "left": study.state, **wanted}) != 1:
        raise StudyMoved(f"study {study.id}: it is not {study.state} any more")


def set_reason(transaction: Transaction, study_id: StudyId, reason: str) -> None:
    """Write another reason for the state that a study is in."""
    transaction.run(_SET, {"study": study_id, "reason": reason})


def set_told(transaction: Transaction, study_id: StudyId, told: str) -> None:
    """Write what suppliers are told of a study's end."""
    transaction.run(_SET, {"study": study_id, "told": told})


def set_hazards(transaction: Transaction, study_id: StudyId, hazards: str) -> None:
    """Write the hazards found so far, as JSON text."""
    transaction.run(_SET, {"study": study_id, "hazards": hazards})


def accept_hazards(transaction: Transaction, study_id: StudyId, severe: int) -> None:
    """Let the first ``severe`` of the severe hazards pass."""
    transaction.run(_SET, {"study": study_id, "hazards_accepted": severe})


def set_progress(
    transaction: Transaction,
    study_id: StudyId,
    stage: str,
    round_number: int,
    expected: int,
    state_sha256: str,
) -> None:
    """Write the protocol's state after a transition; ``round_number`` is the round that is open now.

    That round is one of those that are ``expected``, or nothing can be said of them.
    """
    progress = {
        "stage": stage,
        "round": round_number,
        "rounds_done": round_number,
        "rounds_expected": max(expected, round_number + 1) if expected else 0,
        "state_sha256": state_sha256,
    }
    transaction.run(_SET, {"study": study_id, **progress})


def set_result(transaction: Transaction, study_id: StudyId, result_sha256: str, seed_sha256: str) -> None:
    """Write the fit's result, and the seed that rows are drawn by."""
    transaction.run(_SET, {"study": study_id, "result_sha256": result_sha256, "seed_sha256": seed_sha256})


def set_candidate(
    transaction: Transaction, study_id: StudyId, candidate_sha256: str, signature: bytes
) -> None:
    """Name the synthetic table that the rounds from now on are about."""
    named = {"candidate_sha256": candidate_sha256, "candidate_signature": signature}
    transaction.run(_SET, {"study": study_id, **named})


def set_draw(transaction: Transaction, study_id: StudyId, draw_sha256: str, drawn: str) -> None:
    """Write what the study's salt was drawn from, and what a release says of it; both are written once."""
    transaction.run(_SET, {"study": study_id, "draw_sha256": draw_sha256, "drawn": drawn})


def close_rounds(
    transaction: Transaction, study_id: StudyId, stage: str, assessment_sha256: str | None
) -> None:
    """Note that no round is open any more, and what the comparison said, if there was one."""
    noted = {"stage": stage, "assessment_sha256": assessment_sha256}
    transaction.run(_CLOSE_ROUNDS, {"study": study_id, **noted})


def set_released(transaction: Transaction, study_id: StudyId, release_id: ReleaseId) -> None:
    """Name the study's release."""
    transaction.run(_SET, {"study": study_id, "release_id": release_id})


def count_bytes(transaction: Transaction, study_id: StudyId, received: int, sent: int, now_us: int) -> None:
    """Add to the bytes that moved for a study; that they moved extends its deadline."""
    moved = {"received": received, "sent": sent, "now": now_us}
    transaction.run(_COUNT_BYTES, {"study": study_id, **moved})


def studies_of_supplier(transaction: Transaction, name: str, states: Sequence[StudyState]) -> list[StudyRow]:
    """Return the studies in one of ``states`` in whose roster a supplier is."""
    return [_study(row) for row in transaction.rows(_OF_SUPPLIER, {"who": name, "states": list(states)})]


def needed_payloads(transaction: Transaction) -> frozenset[bytes]:
    """Return the digests of payloads that studies still name: models for ever, the rest while they live."""
    rows = transaction.rows(_NEEDED)
    return frozenset(bytes.fromhex(row["digest"]) for row in rows if row["digest"] is not None)


def _study(row: RowMapping) -> StudyRow:
    return StudyRow(**{**row, "state": StudyState(row["state"])})
