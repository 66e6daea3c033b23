"""One step of a protocol as one transaction: new state, next request and tasks, end of the last round.

Payloads are written before the transaction that names them and deleted after the one that forgets them,
so that a kill leaves at most a payload that nobody names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from syncline.compute.frames import Json
from syncline.durable.audit import FieldValue
from syncline.errors import StudyFailed
from syncline.study.flow import STEPS, DataFlow
from syncline.study.lifecycle import StudyState
from syncline.synthesizers.hazards.hazard import Hazard, hazards_from_json
from trusted_party.datastore import parties, studies, tasks
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.own_requests import RequestRef, keep_own_requests
from trusted_party.datastore.shipments import Shipment, keep_shipment, shipments_of
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.studies import StudyMoved, StudyRow, find_study
from trusted_party.datastore.tasks import Round
from trusted_party.studies.hazard_hold import keep

OWN = "request for "
"""What the name of a request begins with that is for one supplier alone; its name follows."""


@dataclass(frozen=True, slots=True)
class ComputedStep:
    """What the child answered.

    Attributes
    ----------
    done : whether the rounds are over
    new : what is to be kept, by its name: the next state and request, and what the step made once
    own : what single suppliers are asked instead
    hazards : all that were found since the study began
    candidate_sha256 : the table that suppliers compare from the next round on, in the step that drew it
    drawn : what a release says of the salt, in the step that drew it
    expected : the rounds of the whole study, as far as one can say, 0 where one cannot
    """

    done: bool
    stage: str
    round: int
    new: Mapping[str, bytes] = field(repr=False)
    own: Mapping[str, bytes] = field(repr=False)
    hazards: tuple[Hazard, ...] = ()
    candidate_sha256: str = ""
    drawn: Json = None
    expected: int = 0

    @classmethod
    def from_answer(cls, header: dict[str, Json], blobs: Sequence[bytes], expected_round: int) -> Self:
        """Check the child's answer."""
        done, stage, number = header.get("done"), header.get("stage"), header.get("round", expected_round)
        if not (isinstance(done, bool) and isinstance(stage, str) and number == expected_round):
            raise StudyFailed("the hub's computing process answered with an unknown header")
        names, expected = header.get("kept"), header.get("expected", 0)
        if not isinstance(names, list) or len(names) != len(blobs):
            raise StudyFailed(f"the hub's computing process answered with {len(blobs)} blobs")
        new = {str(name): blob for name, blob in zip(names, blobs, strict=True)}
        own = {name.removeprefix(OWN): new.pop(name) for name in list(new) if name.startswith(OWN)}
        if not done and not {"state", "request"} <= new.keys():
            raise StudyFailed("the hub's computing process answered without a state or a request")
        hazards = hazards_from_json(header.get("hazards", []))
        candidate, rounds = str(header.get("candidate", "")), expected if isinstance(expected, int) else 0
        return cls(done, stage, expected_round, new, own, hazards, candidate, header.get("drawn"), rounds)


@dataclass(frozen=True, slots=True)
class Opened:
    """The next round: digests of the state and of the request to all whose rows are not here.

    ``expected`` are the rounds of the whole study, 0 where nothing can be said yet; ``own`` is what single
    suppliers are asked instead.
    """

    number: int
    stage: str
    state_sha256: str
    request_sha256: str
    request_size: int
    expected: int
    drawn: Drawn | None = None
    salt: SaltRecord | None = None
    own: Mapping[str, RequestRef] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SaltRecord:
    """Digest of what a study's salt was drawn from, and JSON text of what a release says of it."""

    draw_sha256: str
    facts: str


@dataclass(frozen=True, slots=True)
class FittedDigests:
    """Digests of a fit's result and of the seed for sampling."""

    result_sha256: str
    seed_sha256: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """The synthetic table that the suppliers are to compare, with the hub's signature, and its origin."""

    fitted: FittedDigests
    candidate_sha256: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of the rounds: what was fitted, unless it is on record, and what a comparison said, if any."""

    stage: str
    fitted: FittedDigests | None
    assessment_sha256: str | None


def commit_step(
    transaction: Transaction,
    audit: HubAudit,
    study: StudyRow,
    arrived: Sequence[Shipment],
    hazards: Sequence[Hazard],
    following: Opened | Finished,
    now_us: int,
) -> None:
    """Write a step, unless the study has moved on since ``study`` was read; ``arrived`` are rows to keep."""
    current = find_study(transaction, study.id)
    if current is None or (current.state, current.round) != (study.state, study.round):
        raise StudyMoved(f"study {study.id}: it is not in round {study.round} any more")
    tasks.close_round(transaction, study.id, study.round)
    for shipment in arrived:
        keep_shipment(transaction, shipment)
    keep(transaction, study, hazards)
    if isinstance(following, Opened):
        _open(transaction, audit, study, following, now_us)
    else:
        _finish(transaction, study, following)


def _open(transaction: Transaction, audit: HubAudit, study: StudyRow, opened: Opened, now_us: int) -> None:
    if study.state is StudyState.READY:
        studies.change_state(transaction, study, StudyState.RUNNING)
    studies.set_progress(
        transaction, study.id, opened.stage, opened.number, opened.expected, opened.state_sha256
    )
    studies.count_bytes(transaction, study.id, 0, 0, now_us)
    compares = study.compares or opened.drawn is not None
    at_hand = {
        shipment.supplier
        for shipment in shipments_of(transaction, study.id)
        if not (compares and STEPS[DataFlow(shipment.flow)].compares_at_home)
    }
    roster = [
        party.name
        for party in parties.parties_of(transaction, study.id)
        if party.in_roster and party.name not in at_hand
    ]
    new = Round(
        study.id,
        opened.number,
        opened.stage,
        opened.request_sha256,
        opened.request_size,
        now_us,
        merged=False,
    )
    tasks.open_round(transaction, new, roster)
    _keep_own(transaction, audit, opened, study, roster)
    fields: dict[str, FieldValue] = {"study": study.id, "round": opened.number}
    fields["request_sha256"] = opened.request_sha256
    audit.append(transaction, "round_opened", fields)
    if opened.salt is not None:
        studies.set_draw(transaction, study.id, opened.salt.draw_sha256, opened.salt.facts)
        audit.append(transaction, "salt_drawn", {"study": study.id, "facts": opened.salt.facts})
    if opened.drawn is not None:
        _name_candidate(transaction, audit, study, opened.drawn)


def _keep_own(
    transaction: Transaction, audit: HubAudit, opened: Opened, study: StudyRow, roster: Sequence[str]
) -> None:
    """Keep what single suppliers are asked; whose rows are here is asked what all are."""
    if not opened.own.keys() <= set(roster):
        raise StudyFailed("the hub's computing process asks a supplier by itself that is not asked")
    keep_own_requests(transaction, study.id, opened.number, opened.own)
    for name, one in sorted(opened.own.items()):
        told: dict[str, FieldValue] = {"study": study.id, "round": opened.number, "supplier": name}
        told["request_sha256"] = one.sha256
        audit.append(transaction, "request_for_one", told)


def _name_candidate(transaction: Transaction, audit: HubAudit, study: StudyRow, drawn: Drawn) -> None:
    studies.set_result(transaction, study.id, drawn.fitted.result_sha256, drawn.fitted.seed_sha256)
    studies.set_candidate(transaction, study.id, drawn.candidate_sha256, drawn.signature)
    fields = {"study": study.id, "candidate_sha256": drawn.candidate_sha256}
    audit.append(transaction, "candidate_named", fields | {"signature": drawn.signature.hex()})


def _finish(transaction: Transaction, study: StudyRow, finished: Finished) -> None:
    studies.change_state(transaction, study, StudyState.RELEASING)
    if finished.fitted is not None:
        fitted = finished.fitted
        studies.set_result(transaction, study.id, fitted.result_sha256, fitted.seed_sha256)
    studies.close_rounds(transaction, study.id, finished.stage, finished.assessment_sha256)
