"""What answers a study's questions about its candidate, and which questions the study lets it answer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from syncline.errors import ProtocolError
from syncline.questions.comparison import Comparison, RegressionSums, ScoreCandidate
from syncline.questions.growth import GrowTrees, ScoreTrees
from syncline.questions.vocabulary import Question
from syncline.study.spec import StudySpec
from syncline.validation.federated.candidate import Candidate
from syncline.validation.federated.comparer import Comparer
from syncline.validation.utility.formula import Formula

_LOTTERY_LABEL = b"syncline/lottery/1\x00"


def lottery_of(spec: StudySpec) -> bytes:
    """Return the key of all draws of rows and persons: one for all suppliers of the study."""
    return hashlib.sha256(_LOTTERY_LABEL + spec.salt).digest()


def comparer_of(spec: StudySpec, known: Candidate | None = None) -> Comparer:
    """Return what answers the study's questions about its candidate, which may be ``known`` already."""
    rows, min_cell = spec.synthesizer.rows, spec.privacy.min_cell
    return Comparer(lottery_of(spec), known, released=rows, min_cell=min_cell)


def require_declared(spec: StudySpec, question: Question) -> None:
    """Raise ProtocolError where a question about a candidate asks what the study does not declare.

    That is: models, a target, key or sensitive columns that its section ``validation`` does not name.
    """
    if not isinstance(question, Comparison):
        return
    validation = spec.validation
    if validation is None:
        raise ProtocolError("comparison: the study says that nothing is compared")
    if isinstance(question, GrowTrees | ScoreTrees) and question.target not in ("", validation.target):
        raise ProtocolError("comparison: the target is not the one that the study declares")
    if isinstance(question, RegressionSums | ScoreTrees):
        _require_key_columns(question, validation.keys)
    if isinstance(question, ScoreCandidate):
        asked = ((question.keys, validation.keys), (question.sensitive, validation.sensitive))
        if any(set(named) - set(declared) for named, declared in asked):
            raise ProtocolError("score_candidate: a key or sensitive column is not one the study declares")
    if isinstance(question, RegressionSums):
        known = {(formula.response, formula.terms) for formula in map(Formula.of, validation.models)}
        if any(
            (one.response, tuple(term.column for term in one.terms)) not in known for one in question.models
        ):
            raise ProtocolError("regression_sums: a model is not one that the study declares")


def _require_key_columns(question: RegressionSums | ScoreTrees, keys: Sequence[str]) -> None:
    if {group.column for group in question.groups} - set(keys):
        raise ProtocolError(f"{question.kind}: subgroups are not those of a key column of the study")
