"""What answers a study's questions about its candidate, by what the study declares of its comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from syncline.errors import ProtocolError
from syncline.study.spec import StudySpec
from syncline.validation.federated.candidate import Aims, Candidate
from syncline.validation.federated.comparer import Comparer, Terms

_LOTTERY_LABEL = b"syncline/lottery/1\x00"


def lottery_of(spec: StudySpec) -> bytes:
    """Return the key of all draws of rows and persons: one for all suppliers of the study."""
    return hashlib.sha256(_LOTTERY_LABEL + spec.salt).digest()


def aims_of(spec: StudySpec) -> Aims:
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
        lottery_of(spec),
        declared.target or "",
    )


def comparer_of(spec: StudySpec, known: Mapping[str, Candidate] | None = None) -> Comparer:
    """Return what answers the study's questions about its candidate, which may be ``known`` by its digest."""
    terms = Terms(spec.schema, aims_of(spec), spec.privacy.min_cell, spec.synthesizer.rows)
    return Comparer(terms, known)
