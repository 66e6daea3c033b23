"""Which share of the persons a study holds out, and where its salt comes from.

The share stands in the specification, or follows from the number of persons of all suppliers together: where
they are few, a small holdout sees no small leak. The salt is drawn by all suppliers and the hub
(:mod:`syncline.protocols.opening`); one that stands in the specification needs each policy's own word.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import inf

from syncline.errors import ProtocolError
from syncline.study.few_people import FEW_PEOPLE
from syncline.study.spec import StudySpec

OF_FEW, OF_MANY = 50, 20
"""The percentage held out below ``FEW_PEOPLE``, and from there on."""

DRAWN = "drawn by all suppliers and the hub after the approvals"
STATED = "from the specification: whoever wrote it can choose who is held out"
"""Where a study's salt comes from, for people."""


def salt_words(spec: StudySpec) -> str:
    """Say where the study's salt comes from."""
    return DRAWN if spec.salt is None else STATED


def possible_holdouts(spec: StudySpec) -> tuple[float, ...]:
    """Return the shares that a study may hold out: the one that it states, or those of the rule."""
    return (OF_FEW / 100, OF_MANY / 100) if spec.holdout is None else (spec.holdout,)


def holdout_percent(spec: StudySpec, people: int) -> int:
    """Return the percentage that a study of ``people`` persons holds out; 0 where its specification says."""
    if spec.holdout is not None:
        return 0
    return OF_FEW if people < FEW_PEOPLE else OF_MANY


def holdout_share(spec: StudySpec, people: int) -> float:
    """Return the share that a study of ``people`` persons holds out."""
    return holdout_percent(spec, people) / 100 if spec.holdout is None else spec.holdout


def require_percent(spec: StudySpec, percent: int, people: int) -> None:
    """Raise unless ``percent`` is what the rule gives for some total of at least a supplier's ``people``."""
    if spec.holdout is not None:
        fits = percent == 0
    else:
        fits = percent == OF_MANY or (percent == OF_FEW and people < FEW_PEOPLE)
    if not fits:
        raise ProtocolError("the share that is held out is not the one of the specification and its rule")


def possible_people(spec: StudySpec, share: Fraction | Decimal | float | str) -> tuple[int, float]:
    """Return how many persons all suppliers have at least and at most, of whom this share is held out.

    Where the specification states the share it tells nothing of them.
    """
    if spec.holdout is not None:
        return 0, inf
    few = Fraction(str(share)) == Fraction(OF_FEW, 100)
    return (0, FEW_PEOPLE - 1) if few else (FEW_PEOPLE, inf)
