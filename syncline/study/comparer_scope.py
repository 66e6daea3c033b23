"""What answers a study's questions about its candidate, by what the study declares of its comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from syncline.compute.work_limits import DEFAULT_LIMITS, WorkLimits
from syncline.errors import ProtocolError
from syncline.preparation.fold import Fold
from syncline.study.holdout import possible_people
from syncline.study.spec import StudySpec
from syncline.validation.comparison.candidate import Aims, Candidate
from syncline.validation.comparison.comparer import CandidateComparer, ComparisonTerms

_SAMPLING_LABEL = b"syncline/lottery/1\x00"


def sampling_key(fold: Fold) -> bytes:
    """Return the key of all draws of rows and persons: one for all suppliers of the study."""
    return hashlib.sha256(_SAMPLING_LABEL + fold.salt).digest()


def aims_of(spec: StudySpec, fold: Fold) -> Aims:
    """Return what a study wants to know of its candidate, by its section ``validation``.

    Raises
    ------
    ProtocolError
        Where the study says that nothing is compared.
    """
    declared = spec.validation
    if declared is None:
        raise ProtocolError("comparison: the study says that nothing is compared")
    return Aims(
        tuple(declared.keys),
        tuple(declared.sensitive),
        tuple(declared.models),
        sampling_key(fold),
        declared.target or "",
        spec.privacy.min_cell,
        fold.threshold > 0,
        declared.most_scored,
    )


def comparer_of(
    spec: StudySpec,
    fold: Fold,
    known: Mapping[str, Candidate] | None = None,
    limits: WorkLimits = DEFAULT_LIMITS,
) -> CandidateComparer:
    """Return what answers the study's questions about its candidate, which may be ``known`` by its digest."""
    people = possible_people(spec, fold.fraction)
    terms = ComparisonTerms(spec.schema, aims_of(spec, fold), spec.synthesizer.rows, people)
    return CandidateComparer(terms, known, limits)
