"""What a study says of hazards: the words that a specification may use."""

from __future__ import annotations

from enum import StrEnum


class Lacking(StrEnum):
    """Say what becomes of a column that a supplier lacks."""

    STOP = "stop"
    MISSING = "missing"
    EXCLUDE = "exclude"


class Severe(StrEnum):
    """Say what becomes of a study in which a severe hazard is found."""

    PAUSE = "pause"
    REPORT = "report"
    STOP = "stop"
