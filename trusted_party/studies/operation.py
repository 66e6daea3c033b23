"""What the operator does to studies from a command, in the database that the running hub watches."""

from __future__ import annotations

from syncline.errors import UsageError
from syncline.study.lifecycle import StudyState
from syncline.wire.messages import StudyId, StudyStatus
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.studies import StudyRow, find_study, list_studies
from trusted_party.studies.endings import Endings
from trusted_party.studies.hazard_hold import let_pass
from trusted_party.studies.status import study_status

OPERATOR = "the operator"


def find_named(transaction: Transaction, id_or_name: str) -> StudyRow:
    """Return the study with this id, or the only living one (else the newest) of this name.

    The hub makes the ids, so that nobody can have a study pass as another by its name.
    """
    by_id = find_study(transaction, StudyId(id_or_name))
    if by_id is not None:
        return by_id
    found = [study for study in list_studies(transaction) if study.name == id_or_name]
    living = [study for study in found if not study.state.is_final]
    if len(living) > 1:
        raise UsageError(
            f"study {id_or_name}: {len(living)} studies of this name are alive:"
            " take the id from 'trusted-party studies list'"
        )
    if not found:
        raise UsageError(f"study {id_or_name}: no such study; 'trusted-party studies list' shows all")
    return living[0] if living else found[0]


def all_statuses(transaction: Transaction) -> list[StudyStatus]:
    """Return the newest studies first."""
    return [study_status(transaction, study) for study in list_studies(transaction)]


def named_status(transaction: Transaction, id_or_name: str) -> StudyStatus:
    """Return one study."""
    return study_status(transaction, find_named(transaction, id_or_name))


def resume_study(transaction: Transaction, endings: Endings, id_or_name: str) -> StudyStatus:
    """Let a paused study go on, with declined tasks offered again, hazards known and a new deadline."""
    study = find_named(transaction, id_or_name)
    if study.state is not StudyState.PAUSED:
        raise UsageError(
            f"study {study.name}: it is {study.state}; only a paused study can be started again, and others"
            " start by themselves"
        )
    let_pass(transaction, study)
    endings.resume(transaction, study, OPERATOR)
    return named_status(transaction, study.id)


def cancel_study(transaction: Transaction, endings: Endings, id_or_name: str, reason: str) -> StudyStatus:
    """End a study without a release."""
    study = find_named(transaction, id_or_name)
    why = f"cancelled by {OPERATOR}" + (f": {reason}" if reason else "")
    endings.end(transaction, study, StudyState.CANCELLED, why, OPERATOR)
    return named_status(transaction, study.id)


def needs_a_person(status: StudyStatus) -> bool:
    """Tell whether a study waits for what does not mend itself: a decline, a hazard, a release's approval."""
    if status.state == StudyState.AWAITING_RELEASE:
        return True
    declined = any(item.state == "refused" for item in status.suppliers)
    open_hazard = any(hazard.severe and not hazard.accepted for hazard in status.hazards)
    return status.state == StudyState.PAUSED and (declined or open_hazard)
