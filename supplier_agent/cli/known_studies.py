"""What several commands say of a study that this supplier knows."""

from __future__ import annotations

import sqlite3
from typing import Annotated

import typer

from supplier_agent.consent.earlier_studies import Resemblance, earlier_studies, resemblance
from supplier_agent.consent.study_record import StudyRecord
from syncline.compute.frames import Json

Study = Annotated[str, typer.Argument(help="A study's id, its name, or the start of its digest.")]


def most_alike(connection: sqlite3.Connection, record: StudyRecord) -> Resemblance | None:
    """Return the study that was approved or run here before and asks most like this one, if any does."""
    earlier = earlier_studies(connection, record.study_id, record.received_us)
    return resemblance(connection, record.specification, earlier)


def described(study: StudyRecord) -> dict[str, Json]:
    """Return a study for programs."""
    return {
        "study_id": study.study_id,
        "name": study.name,
        "state": study.state.value,
        "reason": study.reason,
        "decided_by": study.decided_by,
        "researcher": study.researcher,
        "specification_sha256": study.specification_sha256,
        "preparation_sha256": study.preparation or None,
        "decision_delivered": study.decision_delivered,
        "received_us": study.received_us,
        "decided_us": study.decided_us,
        "ended_us": study.ended_us,
        "hazards": list(study.hazards),
        "notes": list(study.notes),
    }
