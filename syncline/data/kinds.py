"""The closed lists of what a variable may be and of the part that it plays in a study."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Say what the values of a variable are, which fixes its grid and how it is released."""

    BOOLEAN = "boolean"
    CATEGORICAL = "categorical"
    ORDINAL = "ordinal"
    INTEGER = "integer"
    CONTINUOUS = "continuous"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    DURATION = "duration"
    TEXT = "text"
    IDENTIFIER = "identifier"


class Role(StrEnum):
    """Say what part a variable plays: most have none."""

    KEY = "key"
    SENSITIVE = "sensitive"
    PERSON = "person"
    TIME = "time"
    WEIGHT = "weight"


CATEGORICAL_KINDS = frozenset({Kind.BOOLEAN, Kind.CATEGORICAL, Kind.ORDINAL})
"""Kinds whose values are named categories; their keys are positions in the list of categories."""

NUMERIC_KINDS = frozenset({Kind.INTEGER, Kind.CONTINUOUS})
"""Kinds whose values are numbers, with which formulas between columns can reckon."""

FREE_KINDS = frozenset({Kind.TEXT, Kind.IDENTIFIER})
"""Kinds that are never modelled: their values do not enter a batch."""

PERSON_KINDS = frozenset({Kind.INTEGER, Kind.TEXT, Kind.IDENTIFIER})
"""Kinds that a column naming persons may have."""
