"""How far each question about a candidate reaches and what its answers must agree with, by its kind.

The hub judges by this and holds no rows; those are counted in :mod:`syncline.validation.comparison.comparer`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from syncline.errors import ProtocolError
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.comparison import PersonCount, ScoreCandidate
from syncline.questions.extent import Extent
from syncline.questions.growth import GrowTrees, ScoreTrees
from syncline.questions.known import Known
from syncline.questions.question import AnswerT, CandidateQuestion
from syncline.questions.regression import RegressionSums
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.workspace import Workspace
from syncline.validation.comparison.facts import Facts
from syncline.validation.comparison.moved import (
    moved_candidate,
    moved_growth,
    moved_people,
    moved_scores,
    moved_sums,
)
from syncline.validation.comparison.plan import ComparisonPlan


@dataclass(frozen=True, slots=True)
class Judged:
    """One kind of question: its reach, its invariants, and how far a person can move its answer.

    Any: a question and an answer of that kind.
    """

    extent: Callable[[ComparisonPlan, Any, CandidateMemory], Extent]
    reconcile: Callable[[Facts, Any, Any, Known], Known]
    sensitivity: Callable[[ComparisonPlan, Any, CandidateMemory], Sensitivity]


JUDGED: Mapping[str, Judged] = {
    PersonCount.kind: Judged(ComparisonPlan.extent_of_people, Facts.counted, moved_people),
    GrowTrees.kind: Judged(ComparisonPlan.extent_of_growth, Facts.grown, moved_growth),
    RegressionSums.kind: Judged(ComparisonPlan.extent_of_sums, Facts.summed, moved_sums),
    ScoreTrees.kind: Judged(ComparisonPlan.extent_of_scores, Facts.scored, moved_scores),
    ScoreCandidate.kind: Judged(ComparisonPlan.extent_of_candidate, Facts.compared, moved_candidate),
}


@dataclass(frozen=True, slots=True)
class Judge:
    """Judge questions about the candidate of a plan; ``persons`` says whether persons are told apart."""

    plan: ComparisonPlan
    persons: bool

    def extent(self, question: CandidateQuestion[AnswerT], memory: CandidateMemory) -> Extent:
        """Return how far a question reaches; raise ProtocolError where it is not one of this plan."""
        return JUDGED[question.kind].extent(self.plan, question, memory)

    def answer(
        self, question: CandidateQuestion[AnswerT], table: Workspace, memory: CandidateMemory
    ) -> AnswerT:
        """Refuse to answer: who judges has no rows."""
        raise ProtocolError("a candidate is not compared here")

    def reconcile(
        self, question: CandidateQuestion[AnswerT], answer: AnswerT, known: Known, memory: CandidateMemory
    ) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that."""
        return JUDGED[question.kind].reconcile(
            Facts(self.plan, memory, self.persons), question, answer, known
        )

    def sensitivity(self, question: CandidateQuestion[AnswerT], memory: CandidateMemory) -> Sensitivity:
        """Return by how much one person can move the answer."""
        return JUDGED[question.kind].sensitivity(self.plan, question, memory)
