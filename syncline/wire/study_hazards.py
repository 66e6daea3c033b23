"""The event by which a supplier hears what its answers show beside those of the others."""

from __future__ import annotations

from syncline.wire import strict
from syncline.wire.gen.syncline.v1 import supplier_pb2 as pb
from syncline.wire.messages import MAX_HAZARDS, StudyHazards, StudyId


def hazards_to_proto(value: StudyHazards) -> pb.StudyHazards:
    """Render what is shown of a supplier's data."""
    return pb.StudyHazards(study_id=value.study_id, words=value.words)


def hazards_from_proto(message: pb.StudyHazards) -> StudyHazards:
    """Read what is shown of a supplier's data."""
    strict.few("hazards.words", len(message.words), MAX_HAZARDS)
    return StudyHazards(
        StudyId(strict.identifier("hazards.study_id", message.study_id)),
        tuple(strict.sentence("hazards.words", words) for words in message.words),
    )
