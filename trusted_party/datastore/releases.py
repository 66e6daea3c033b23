"""Releases as rows; their files stand in the home's directory ``releases``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import RowMapping, bindparam, func, insert, select, update

from syncline.study.lifecycle import StudyState
from syncline.wire.messages import ReleaseId, StudyId
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import drafts, releases, studies


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release; ``withdrawn_us`` is 0 while it is out."""

    release_id: ReleaseId
    study_id: StudyId
    manifest_sha256: str
    size: int
    released_us: int
    withdrawn_us: int = 0
    withdrawn_by: str = ""
    withdrawn_reason: str = ""


_WHEN: Final = func.coalesce(releases.c.released_us, drafts.c.written_us)
_ID: Final = func.coalesce(releases.c.id, drafts.c.release_id)
_ADD: Final = insert(releases)
_RELEASE: Final = select(releases).where(releases.c.id == bindparam("release"))
_WITHDRAWN: Final = (
    select(releases).where(releases.c.withdrawn_us > 0).order_by(releases.c.withdrawn_us, releases.c.id)
)
_WITHDRAW: Final = update(releases).where(releases.c.id == bindparam("release"))
_STUDIES: Final = (
    select(studies.c.id.label("study"), _ID.label("release"))
    .outerjoin(releases, releases.c.study_id == studies.c.id)
    .outerjoin(drafts, drafts.c.study_id == studies.c.id)
    .order_by(_WHEN.desc(), _ID)
)
_OUT: Final = releases.c.id.is_not(None) | (studies.c.state == StudyState.AWAITING_RELEASE)
_NEVER_OUT: Final = drafts.c.release_id.is_not(None) & studies.c.state.in_(
    [StudyState.FAILED, StudyState.CANCELLED]
)
_LISTED: Final = _STUDIES.where(_OUT)
_LISTED_WITH_ENDED: Final = _STUDIES.where(_OUT | _NEVER_OUT)


def add_release(transaction: Transaction, row: ReleaseRow) -> None:
    """Add a release; a study has at most one."""
    columns = asdict(row)
    transaction.run(_ADD, {"id": columns.pop("release_id"), **columns})


def find_release(transaction: Transaction, release_id: ReleaseId) -> ReleaseRow | None:
    """Return the release with this id."""
    row = transaction.first(_RELEASE, {"release": release_id})
    return None if row is None else _release(row)


def withdrawn_releases(transaction: Transaction) -> list[ReleaseRow]:
    """Return the releases that were withdrawn, in the order in which they were."""
    return [_release(row) for row in transaction.rows(_WITHDRAWN)]


def set_withdrawn(transaction: Transaction, release_id: ReleaseId, by: str, reason: str, now_us: int) -> None:
    """Mark a release as withdrawn."""
    said = {"withdrawn_us": now_us, "withdrawn_by": by, "withdrawn_reason": reason}
    transaction.run(_WITHDRAW, {"release": release_id, **said})


def release_studies(transaction: Transaction, *, ended: bool = False) -> list[tuple[StudyId, ReleaseId]]:
    """Return studies with a release or a draft that waits, the newest first, each with the release's id.

    With ``ended`` also those that ended with a draft that never came out.
    """
    rows = transaction.rows(_LISTED_WITH_ENDED if ended else _LISTED)
    return [(StudyId(row["study"]), ReleaseId(row["release"])) for row in rows]


def _release(row: RowMapping) -> ReleaseRow:
    columns = {**row}
    return ReleaseRow(release_id=columns.pop("id"), **columns)
