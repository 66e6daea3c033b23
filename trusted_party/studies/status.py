"""A study as its researcher and the operator see it, read from the database alone."""

from __future__ import annotations

from collections.abc import Iterator

from syncline.study.lifecycle import StudyState
from syncline.study.release_decision import ReleaseVerdict
from syncline.wire.messages import (
    MAX_HAZARDS,
    HazardStatus,
    ReleaseId,
    StudyId,
    StudyStatus,
    SupplierStatus,
)
from syncline.wire.people_sentence import people_sentence
from syncline.wire.refusals import UnknownObject
from syncline.wire.traffic import told_bytes
from trusted_party.datastore.members import Member, find_member
from trusted_party.datastore.parties import PartyRow, PartyState, parties_of
from trusted_party.datastore.release_decisions import decisions_about
from trusted_party.datastore.releases import find_release
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.studies import StudyRow, find_study
from trusted_party.datastore.tasks import Task, TaskState, tasks_of_round
from trusted_party.studies.hazard_hold import hazards_of


def require_study(transaction: Transaction, study_id: StudyId, researcher: str | None = None) -> StudyRow:
    """Return a study; to a researcher, others' studies do not exist."""
    study = find_study(transaction, study_id)
    if study is None or researcher not in (None, study.researcher):
        raise UnknownObject(f"study {study_id}: no such study")
    return study


def study_status(transaction: Transaction, study: StudyRow) -> StudyStatus:
    """Return what there is to see of a study."""
    tasks = {task.supplier: task for task in tasks_of_round(transaction, study.id, study.round)}
    suppliers = [
        _supplier_status(study, party, find_member(transaction, party.name), tasks.get(party.name))
        for party in parties_of(transaction, study.id)
    ]
    return StudyStatus(
        study_id=study.id,
        name=study.name,
        state=study.state.value,
        reason=people_sentence(study.reason or _released_words(transaction, study)),
        stage=study.stage,
        rounds_done=study.rounds_done,
        bytes_received=told_bytes(study.bytes_received),
        bytes_sent=told_bytes(study.bytes_sent),
        suppliers=tuple(suppliers),
        specification_sha256=study.specification_sha256,
        release_id=study.release_id,
        submitted_us=study.submitted_us,
        ended_us=study.ended_us,
        hazards=tuple(_hazards(study)),
        rounds_expected=study.rounds_expected,
    )


def _released_words(transaction: Transaction, study: StudyRow) -> str:
    """Say of a release that it was withdrawn, and why, or who overrode its gate; nothing of any other."""
    row = find_release(transaction, ReleaseId(study.release_id)) if study.release_id else None
    if row is None:
        return ""
    if row.withdrawn_us:
        return f"withdrawn: {row.withdrawn_reason}"
    rows = decisions_about(transaction, study.id)
    names = [one.name for one in rows if one.decision is ReleaseVerdict.OVERRIDE]
    return f"released by override of {', '.join(names)}" if names else ""


def _hazards(study: StudyRow) -> Iterator[HazardStatus]:
    severe = 0
    for hazard in hazards_of(study)[:MAX_HAZARDS]:
        severe += hazard.is_severe
        passed = hazard.is_severe and severe <= study.hazards_accepted
        yield HazardStatus(people_sentence(hazard.words), hazard.is_severe, passed)


def _supplier_status(
    study: StudyRow, party: PartyRow, member: Member | None, task: Task | None
) -> SupplierStatus:
    connected = member is not None and member.connected
    reason = party.reason
    if task is not None and task.state is TaskState.DECLINED:
        reason = task.reason
    return SupplierStatus(
        name=party.name,
        connected=connected,
        state=_state_word(study, party, task, connected),
        reason=reason,
        rounds_answered=party.rounds_answered,
        flow_asked=party.flow_asked or "",
        flow=_answered(party),
    )


def _answered(party: PartyRow) -> str:
    """Return the flow by which a supplier takes part; empty before it has approved."""
    if party.state is not PartyState.APPROVED:
        return ""
    return party.participation.flow or party.flow_asked or ""


def _state_word(study: StudyRow, party: PartyRow, task: Task | None, connected: bool) -> str:
    """Say waiting, approved, refused, answering, answered or lost."""
    declined = task is not None and task.state is TaskState.DECLINED
    if party.state is PartyState.REFUSED or declined:
        return "refused"
    if party.state is PartyState.WAITING:
        return "waiting"
    if task is None or task.state is TaskState.CLOSED or not party.in_roster:
        fitted = study.state in (StudyState.RELEASING, StudyState.AWAITING_RELEASE, StudyState.RELEASED)
        return "answered" if fitted and party.in_roster else "approved"
    if task.state is TaskState.ANSWERED:
        return "answered"
    return "answering" if connected else "lost"
