"""Wait for the end of a study, whoever ends it."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.wire.messages import StudyId
from trusted_party.datastore.store import Store
from trusted_party.datastore.studies import find_study
from trusted_party.studies.changes import ANY_STUDY, Changes, about_study


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Look at a study whenever something may have changed."""

    database: Store
    changes: Changes

    async def until_ended(self, study_id: StudyId) -> None:
        """Return when the study has ended."""
        with self.changes.watch(about_study(study_id), ANY_STUDY) as changed:
            while True:
                changed.clear()
                study = await self.database.read(lambda transaction: find_study(transaction, study_id))
                if study is None or study.state.is_final:
                    return
                await changed.wait()
