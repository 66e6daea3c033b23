"""What a supplier remembers of the one candidate that it compares, and what may be asked about it next."""

from __future__ import annotations

from dataclasses import dataclass, replace

from syncline.errors import ProtocolError
from syncline.questions.comparison import Comparison, PersonCount, ScoreCandidate
from syncline.questions.growth import Compared, Forest, GrowTrees, ScoreTrees, Splits
from syncline.questions.regression import REGRESSION_ROUNDS, RegressionSums


@dataclass(frozen=True, slots=True)
class CandidateMemory:
    """All that has been said of a candidate; whatever rows are tallied by follows from it.

    Attributes
    ----------
    candidate : SHA-256 of the table, in hexadecimal
    table : its bytes, forgotten once it was compared
    compared : its columns
    rows : training and held-out ones of all suppliers, None before they were told
    people : the same of their people
    asked : rounds in which trees were asked about, their scores included
    forest : the trees as far as they have grown, None before the first splits
    scored : whether the trees' scores were asked, after which they do not grow
    regressions : rounds of regressions that were asked
    judged : whether the candidate itself was compared, after which nothing more is answered
    """

    candidate: str
    table: bytes
    compared: Compared
    rows: tuple[int, int] | None = None
    asked: int = 0
    forest: Forest | None = None
    scored: bool = False
    regressions: int = 0
    judged: bool = False
    people: tuple[int, int] = (0, 0)

    def __repr__(self) -> str:
        """Show which table it is and how far it has come, never a row of it."""
        return f"CandidateMemory({self.candidate}, {self.asked} rounds of trees)"

    @classmethod
    def begun(cls, question: PersonCount) -> CandidateMemory:
        """Return what is remembered of the first question."""
        return cls(question.candidate, question.table, question.compared)

    def after(self, questions: tuple[Comparison, ...]) -> CandidateMemory:
        """Return the memory after a round of questions; raise ProtocolError where one is not to be answered.

        Trees are asked about before regressions, so the sums beside the scores are the ones by subgroups.
        """
        kinds = [question.kind for question in questions]
        if len(set(kinds)) < len(kinds):
            raise ProtocolError("comparison: a question stands twice in one round")
        if self.judged:
            raise ProtocolError("the candidate of this study was compared; nothing more is answered")
        memory = self
        for question in sorted(questions, key=lambda one: isinstance(one, RegressionSums | ScoreCandidate)):
            memory = memory._after(question)
        return memory

    def _after(self, question: Comparison) -> CandidateMemory:
        if question.candidate != self.candidate:
            raise ProtocolError("this is not the candidate that was named in this study")
        match question:
            case PersonCount():
                raise ProtocolError("a candidate was named in this study already")
            case GrowTrees():
                grown = replace(self._followed(question), asked=question.levels + 1)
                if question.rows is None or question.people is None:
                    return grown
                return replace(grown, rows=question.rows, people=question.people)
            case ScoreTrees():
                return replace(self._followed(question), asked=question.levels + 1, scored=True)
            case RegressionSums():
                return self._summed()
            case ScoreCandidate():
                if self.rows is None:
                    raise ProtocolError("score_candidate: the rows of all suppliers were not told before")
                return replace(self, judged=True)

    def _followed(self, question: GrowTrees | ScoreTrees) -> CandidateMemory:
        """Return the memory with the splits that a question brings, which are those of the next level."""
        if self.scored or question.levels != self.asked:
            raise ProtocolError(f"{question.kind}: level {self.asked} comes next, and once only")
        if question.newest is None:
            return self
        forest = self.forest or Forest.empty(len(question.newest.column))
        return replace(self, forest=_grown(forest, question.newest))

    def _summed(self) -> CandidateMemory:
        if self.rows is None:
            raise ProtocolError("regression_sums: the rows of all suppliers were not told before")
        if self.regressions == REGRESSION_ROUNDS:
            raise ProtocolError(f"regression_sums: {REGRESSION_ROUNDS} rounds were answered, which is all")
        return replace(self, regressions=self.regressions + 1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are compared."""
        return self.compared.names


def _grown(forest: Forest, newest: Splits) -> Forest:
    try:
        return forest.grown(newest)
    except ValueError as error:
        raise ProtocolError(str(error)) from None
