"""What a study waits for once suppliers' codings were seen to disagree: the operator's word."""

from __future__ import annotations

import json
from collections.abc import Sequence

from syncline.protocols.transition import PartyId
from syncline.study.spec import StudySpec
from syncline.synthesizers.hazards.hazard import Hazard, hazards_from_json, hazards_to_json, severe_words
from syncline.synthesizers.hazards.rules import Severe
from syncline.wire.messages import MAX_HAZARDS
from syncline.wire.people_sentence import people_sentence
from trusted_party.datastore.event_log import log_warning
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.studies import StudyRow, accept_hazards, set_hazards
from trusted_party.studies.endings import Endings


def hazards_of(study: StudyRow) -> tuple[Hazard, ...]:
    """Return the hazards found so far."""
    return hazards_from_json(json.loads(study.hazards))


def told_to(study: StudyRow, supplier: str) -> tuple[str, ...]:
    """Return what the supplier hears of the hazards found so far: its own, and of no other supplier."""
    party = PartyId(supplier)
    own = (hazard.told_to(party) for hazard in hazards_of(study) if party in hazard.suppliers)
    return tuple(people_sentence(hazard.words) for hazard in own)[:MAX_HAZARDS]


def awaits_word(study: StudyRow) -> bool:
    """Tell whether severe hazards were found that nobody has let pass, and the study stands for them."""
    return len(severe_words(hazards_of(study))) > study.hazards_accepted


def must_hold(study: StudyRow, spec: StudySpec, found: Sequence[Hazard]) -> bool:
    """Tell whether a study must stand, now that these hazards are found."""
    severe = len(severe_words(found))
    return spec.hazards.severe is Severe.PAUSE and severe > study.hazards_accepted


def hold(transaction: Transaction, endings: Endings, study: StudyRow, found: Sequence[Hazard]) -> None:
    """Pause a running study before the step that found the hazards; the step is made again afterwards."""
    keep(transaction, study, found)
    words = "; ".join(severe_words(found))
    endings.pause(
        transaction,
        study,
        "suppliers' data seem to disagree: mend the data and submit a new study, or let this one go on"
        f" with 'trusted-party studies start {study.id}': {words}",
    )


def keep(transaction: Transaction, study: StudyRow, found: Sequence[Hazard]) -> None:
    """Write the hazards found so far, and log the new ones."""
    known = hazards_of(study)
    if tuple(found) == known:
        return
    set_hazards(transaction, study.id, json.dumps(hazards_to_json(found)))
    for hazard in found:
        if hazard not in known:
            log_warning("hazard_found", study=study.id, kind=str(hazard.kind), words=hazard.words)


def let_pass(transaction: Transaction, study: StudyRow) -> None:
    """Take the operator's word that the severe hazards found so far are known."""
    accept_hazards(transaction, study.id, len(severe_words(hazards_of(study))))
