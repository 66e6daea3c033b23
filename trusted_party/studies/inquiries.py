"""What a researcher may see of studies and do to them: their own; an operator sees all."""

from __future__ import annotations

from collections.abc import AsyncIterator

from syncline.study.lifecycle import StudyState
from syncline.wire.messages import StudyId, StudyStatus
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.studies import list_studies
from trusted_party.studies.changes import ANY_STUDY, Changes, about_study
from trusted_party.studies.endings import Endings
from trusted_party.studies.status import require_study, study_status

Owner = str | None
"""The researcher whose studies are meant; None for an operator, who may see all."""


class Inquiries:
    """Answer researchers."""

    def __init__(self, database: Store, changes: Changes, endings: Endings) -> None:
        self._database = database
        self._changes = changes
        self._endings = endings

    async def studies(self, owner: Owner) -> list[StudyStatus]:
        """Return the newest studies first."""

        def read(transaction: Transaction) -> list[StudyStatus]:
            return [study_status(transaction, study) for study in list_studies(transaction, owner)]

        return await self._database.read(read)

    async def study(self, owner: Owner, study_id: StudyId) -> StudyStatus:
        """Return one study."""

        def read(transaction: Transaction) -> StudyStatus:
            return study_status(transaction, require_study(transaction, study_id, owner))

        return await self._database.read(read)

    async def watch(self, owner: Owner, study_id: StudyId) -> AsyncIterator[StudyStatus]:
        """Yield a study's status now and after every change, until it ends."""
        shown: StudyStatus | None = None
        with self._changes.watch(about_study(study_id), ANY_STUDY) as changed:
            while True:
                changed.clear()
                status = await self.study(owner, study_id)
                if status != shown:
                    yield status
                if status.ended_us:
                    return
                shown = status
                await changed.wait()

    async def cancel(self, owner: Owner, study_id: StudyId, reason: str, by: str) -> None:
        """End a study; one that was cancelled before stays so."""

        def write(transaction: Transaction) -> None:
            study = require_study(transaction, study_id, owner)
            if study.state is not StudyState.CANCELLED:
                why = f"cancelled by {by}" + (f": {reason}" if reason else "")
                self._endings.end(transaction, study, StudyState.CANCELLED, why, by)

        await self._database.write(write)
        self._changes.notify_all()
