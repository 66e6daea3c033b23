"""What a supplier remembers of the one candidate that it compares, and what may be asked about it next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from syncline.errors import ProtocolError
from syncline.questions.growth import ComparedColumns, Forest, GrowTrees, ScoreTrees, Splits
from syncline.questions.question import AnyCandidateQuestion


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
    compared: ComparedColumns
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

    def after(self, questions: Sequence[AnyCandidateQuestion]) -> CandidateMemory:
        """Return the memory after a round of questions; raise ProtocolError where one is not to be answered.

        Trees are asked about before regressions, so the sums beside the scores are the ones by subgroups.
        """
        kinds = [question.kind for question in questions]
        if len(set(kinds)) < len(kinds):
            raise ProtocolError("comparison: a question stands twice in one round")
        if self.judged:
            raise ProtocolError("the candidate of this study was compared; nothing more is answered")
        memory = self
        for question in sorted(questions, key=lambda one: one.last):
            if question.candidate != self.candidate:
                raise ProtocolError("this is not the candidate that was named in this study")
            memory = question.follow(memory)
        return memory

    def followed(self, question: GrowTrees | ScoreTrees) -> CandidateMemory:
        """Return the memory with the splits that a question brings, which are those of the next level."""
        if self.scored or question.levels != self.asked:
            raise ProtocolError(f"{question.kind}: level {self.asked} comes next, and once only")
        if question.newest is None:
            return self
        forest = self.forest or Forest.empty(len(question.newest.column))
        return replace(self, forest=_grown(forest, question.newest))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are compared."""
        return self.compared.names


def _grown(forest: Forest, newest: Splits) -> Forest:
    try:
        return forest.grown(newest)
    except ValueError as error:
        raise ProtocolError(str(error)) from None
