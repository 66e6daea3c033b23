"""Which release an operator means: by its id, or by the id or name of its study; and whether it is out."""

from __future__ import annotations

from syncline.errors import UsageError
from syncline.study.lifecycle import StudyState
from syncline.wire.messages import ReleaseId, StudyId
from syncline.wire.refusals import UnknownObject
from trusted_party.datastore.drafts import draft_of_release, find_draft
from trusted_party.datastore.moments import from_us
from trusted_party.datastore.releases import ReleaseRow, find_release
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.studies import StudyRow, find_study, list_studies

_ENDED = (StudyState.FAILED, StudyState.CANCELLED)
_ALL = "'trusted-party releases list' shows all"


def named_release(transaction: Transaction, text: str) -> ReleaseId:
    """Return the release or draft that is meant; one that ended without a release only where no other is."""
    release_id = ReleaseId(text)
    if find_release(transaction, release_id) or draft_of_release(transaction, release_id):
        return release_id
    by_id = find_study(transaction, StudyId(text))
    studies = [by_id] if by_id else [study for study in list_studies(transaction) if study.name == text]
    written = {study.id: known for study in studies if (known := _release_of(transaction, study))}
    standing = [study for study in studies if study.id in written and study.state not in _ENDED]
    if len(standing) > 1:
        raise UsageError(
            f"release {text}: {len(standing)} studies of this name have one: give the id; {_ALL}"
        )
    for study in standing or studies:
        if study.id in written:
            return written[study.id]
    if studies:
        raise UsageError(f"release {text}: its study is {_standing(studies[0])} and has no release")
    raise UnknownObject(f"release {text}: no such release; {_ALL}")


def require_release(transaction: Transaction, release_id: ReleaseId) -> ReleaseRow:
    """Return a release that is out, or was."""
    row, draft = find_release(transaction, release_id), draft_of_release(transaction, release_id)
    if row is not None:
        return row
    study = None if draft is None else find_study(transaction, draft.study_id)
    if study is None:
        raise UnknownObject(f"release {release_id}: no such release; {_ALL}")
    raise UsageError(f"release {release_id}: it is not released: its study is {_standing(study)}")


def require_standing_release(transaction: Transaction, release_id: ReleaseId) -> ReleaseRow:
    """Return a release that is out and was not withdrawn."""
    row = require_release(transaction, release_id)
    if row.withdrawn_us:
        raise UsageError(
            f"release {release_id}: it was withdrawn already, by {row.withdrawn_by} on"
            f" {from_us(row.withdrawn_us):%Y-%m-%d %H:%M:%S} UTC ({row.withdrawn_reason}), and stays so"
        )
    return row


def _release_of(transaction: Transaction, study: StudyRow) -> ReleaseId | None:
    draft = find_draft(transaction, study.id)
    if draft is not None:
        return draft.release_id
    return ReleaseId(study.release_id) if study.release_id else None


def _standing(study: StudyRow) -> str:
    return f"{study.state} ({study.reason})" if study.reason else str(study.state)
