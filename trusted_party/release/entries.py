"""Releases and waiting drafts as members see them in lists, read from the database alone."""

from __future__ import annotations

from collections.abc import Iterator

from syncline.study.release_decision import ReleaseVerdict
from syncline.wire.messages import ReleaseId
from syncline.wire.people_sentence import people_sentence
from syncline.wire.release_messages import ApprovalEntry, ReleaseEntry, ReleaseState
from trusted_party.datastore.drafts import ReleaseDraft, draft_of_release, find_draft
from trusted_party.datastore.parties import find_party
from trusted_party.datastore.release_decisions import decisions_about
from trusted_party.datastore.releases import ReleaseRow, find_release, release_studies
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.studies import StudyRow, find_study
from trusted_party.release.waiting import in_standing

MOST_LISTED = 500
"""Releases that one list tells of, the newest."""


def entries(transaction: Transaction, *, ended: bool = False) -> Iterator[ReleaseEntry]:
    """Yield all releases and waiting drafts, the newest first; with ``ended`` also what never came out."""
    for study_id, release_id in release_studies(transaction, ended=ended):
        study = find_study(transaction, study_id)
        assert study is not None
        yield _entry(
            transaction, study, find_release(transaction, release_id), find_draft(transaction, study_id)
        )


def entry_of(transaction: Transaction, release_id: ReleaseId) -> ReleaseEntry | None:
    """Return one release or waiting draft."""
    found = known_entry(transaction, release_id)
    return None if found is None or found.state is ReleaseState.ENDED else found


def known_entry(transaction: Transaction, release_id: ReleaseId) -> ReleaseEntry | None:
    """Return one release or draft, also one that never came out."""
    row, draft = find_release(transaction, release_id), draft_of_release(transaction, release_id)
    study_id = row.study_id if row is not None else draft.study_id if draft is not None else None
    study = None if study_id is None else find_study(transaction, study_id)
    return None if study is None else _entry(transaction, study, row, draft)


def entries_of_supplier(transaction: Transaction, name: str, *, ended: bool = False) -> list[ReleaseEntry]:
    """Return the releases and waiting drafts that a supplier's data is in; see :func:`entries`."""
    found = []
    for entry in entries(transaction, ended=ended):
        party = find_party(transaction, entry.study_id, name)
        if party is not None and party.in_roster:
            found.append(entry)
    return found[:MOST_LISTED]


def _entry(
    transaction: Transaction, study: StudyRow, row: ReleaseRow | None, draft: ReleaseDraft | None
) -> ReleaseEntry:
    if row is not None:
        state = ReleaseState.WITHDRAWN if row.withdrawn_us else ReleaseState.RELEASED
        release_id, note = row.release_id, row.withdrawn_reason
    else:
        assert draft is not None
        state = ReleaseState.ENDED if study.state.is_final else ReleaseState.WAITING
        release_id, note = draft.release_id, study.reason
    approvals = tuple(
        ApprovalEntry(one.name, one.decision, one.reason)
        for one in decisions_about(transaction, study.id)
        if one.decision is not ReleaseVerdict.REFUSE and (row is not None or in_standing(transaction, one))
    )
    gate = None if draft is None else draft.gate
    return ReleaseEntry(
        release_id=release_id,
        study_id=study.id,
        study_name=study.name,
        manifest_sha256="" if row is None else row.manifest_sha256,
        size=row.size if row is not None else draft.size if draft is not None else 0,
        released_us=0 if row is None else row.released_us,
        state=state,
        note=people_sentence(note),
        subject=None if draft is None else draft.subject(study.specification_sha256),
        gate_failures=() if gate is None else gate.failures,
        approvals=approvals,
    )
