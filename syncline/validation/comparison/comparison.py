"""The hub's half of a comparison: which question comes next, and what the trees grow into.

One candidate is compared in a fixed number of rounds: one to count persons, one for each level of the trees,
and a last one with the candidate itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.errors import ProtocolError, StudyFailed
from syncline.privacy.people_rule import require_enough
from syncline.protocols.asking import Reply, Request, admit_questions
from syncline.protocols.phase_table import row_of
from syncline.protocols.reply_check import RoundCheck
from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.asked import Asked
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.comparison import PersonCount, ScoreCandidate
from syncline.questions.counts import Counts, Ints
from syncline.questions.growth import ComparedColumns, Forest, Grouping, GrowTrees, ScoreTrees
from syncline.questions.known import Known
from syncline.questions.question import AnyCandidateQuestion as Question
from syncline.questions.question import Context
from syncline.questions.regression import RegressionSums
from syncline.questions.sums import Sums
from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.candidate import Aims, Candidate
from syncline.validation.comparison.judged import Judge
from syncline.validation.comparison.packed_cells import pack_cells
from syncline.validation.comparison.plan import ComparisonPlan, plan_of
from syncline.validation.comparison.score_edges import KINDS, NOTHING
from syncline.validation.comparison.tree_scores import ScoreHistograms
from syncline.validation.comparison.trees import next_level, sums
from syncline.validation.utility.regression import MOST_ROWS, RegressionFit, RegressionModel

Following: TypeAlias = GrowTrees | RegressionSums | ScoreTrees | ScoreCandidate
"""What is asked after the candidate came."""


@dataclass(frozen=True, slots=True, eq=False)
class RegressionStep:
    """A step of a regression: coefficients (2, width) of both folds, and the sums (2, cells) at these."""

    coefficients: Ints
    sums: Ints

    def fits(self, model: RegressionModel) -> tuple[RegressionFit, RegressionFit]:
        """Return the fits to training and to held-out rows after this step."""
        train, holdout = (model.solve(self.sums[fold], self.coefficients[fold]) for fold in (0, 1))
        return train, holdout


@dataclass(frozen=True, slots=True)
class ComparisonState:
    """Where a comparison stands.

    Attributes
    ----------
    round : the round that is out
    memory : what suppliers remember before that round, less the table; None before the first
    sums : the last step of each declared regression so far, by its formula
    known : what each party's answers said of its rows so far: no later one may contradict it
    asked : the questions of the round that is out; none in the first, whose one question holds the table
    """

    round: int
    memory: CandidateMemory | None = None
    sums: Mapping[str, RegressionStep] = field(default_factory=dict)
    known: Mapping[PartyId, Known] = field(default_factory=dict)
    asked: tuple[Following, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the last round gave.

    Attributes
    ----------
    rows, people : for training and held out
    answers : about the candidate, by party
    scored : rows by the scores of the trees, by party
    own : the same of the candidate's rows
    chances : float64 (2, ``KINDS``, ``SCORE_BINS``), what places of a score mean, overall and in subgroups
    groups : columns by whose categories rows are counted apart, by the scores and in the sums
    sums : the last step of each declared regression, merged, by its formula
    asked : the coefficients at which sums by subgroup were asked, by model; none without any
    apart : their sums by slice, by party
    """

    rows: tuple[int, int]
    people: tuple[int, int]
    answers: Mapping[PartyId, Counts]
    scored: Mapping[PartyId, Counts]
    own: Ints
    chances: npt.NDArray[np.float64]
    groups: tuple[Grouping, ...]
    sums: Mapping[str, RegressionStep]
    asked: tuple[Ints, ...]
    apart: Mapping[PartyId, Sums]


class Comparison:
    """Compare one candidate.

    Parameters
    ----------
    cells : the candidate
    compared : its columns, and which categories it has as one
    aims : what is asked
    target : the column that models are trained to predict, or ""
    persons : whether answers carry person buckets, as in a study of persons
    """

    def __init__(
        self,
        cells: CellTable,
        compared: ComparedColumns,
        aims: Aims,
        target: str = "",
        *,
        persons: bool = False,
    ) -> None:
        self.candidate = Candidate(cells, replace(aims, target=target))
        self.target = target
        self._persons = persons
        self.table = pack_cells(cells)
        self.digest = hashlib.sha256(self.table).hexdigest()
        self._first = PersonCount(self.table, compared)

    def start(
        self, parties: tuple[PartyId, ...], number: int = 0, known: Mapping[PartyId, Known] | None = None
    ) -> Continue[ComparisonState, Request]:
        """Return the first request, as round ``number`` of the study.

        ``known`` is what a fit said of those parties whose same rows are compared.
        """
        if not parties:
            raise ProtocolError("a comparison needs at least one supplier")
        return Continue(ComparisonState(number, known=known or {}), Request(number, (self._first,)), "people")

    def step(
        self, state: ComparisonState, replies: Mapping[PartyId, Reply], missing: frozenset[PartyId]
    ) -> Continue[ComparisonState, Request] | Finish[Evidence]:
        """Return the next request, or the evidence; nobody may be ``missing``."""
        if missing:
            raise ProtocolError("the roster is frozen before a comparison; a supplier's reply is missing")
        questions = state.asked or (self._first,)
        question, memory = questions[0], _after(questions, state.memory)
        plan = plan_of(self.candidate.beside(memory.people), memory.rows or (0, 0))
        known = self._require(plan, memory, questions, state, replies)
        row = row_of("compare" if state.asked else "people")
        answers = Answers.of(replies, [row.need(question.kind) for question in questions])
        following = replace(state, round=state.round + 1, memory=memory, known=known)
        match question:
            case PersonCount():
                train, holdout, *people = answers.counts(0).dense().tolist()
                self._require_enough(people[0], people[1])
                self._require_no_more(max(train, holdout))
                first = GrowTrees(self.digest, 0, None, (train, holdout), (people[0], people[1]))
                return self._continue(following, first, *self._regressions(0, {}))
            case GrowTrees():
                return self._grow(plan, question, answers, following)
            case ScoreTrees():
                return Finish(self._evidence(plan, memory, questions, state, answers))
            case _:
                raise ProtocolError("comparison: this is not a round of it")

    def _require_enough(self, used: int, held: int) -> None:
        """Raise StudyFailed where too few people were used or held out for anything to be told of them."""
        aims = self.candidate.aims
        nobody = not aims.holds_out and not held
        require_enough("all suppliers together have", used, None if nobody else held, aims.min_cell)

    def _require_no_more(self, rows: int) -> None:
        """Raise StudyFailed where the sums of declared models may be too large to be exact."""
        if self.candidate.models and rows > MOST_ROWS:
            raise StudyFailed(
                f"all suppliers together have more than {MOST_ROWS:,} rows, which is the most that declared"
                " models are fitted to: leave validation.models out"
            )

    def _grow(
        self, plan: ComparisonPlan, question: GrowTrees, answers: Answers, state: ComparisonState
    ) -> Continue[ComparisonState, Request]:
        assert state.memory is not None
        forest, step = state.memory.forest or Forest.empty(len(plan.learners)), question.levels + 1
        own = sums(plan.bins, plan.learners, forest, plan.own, has_holdout=plan.has_holdout)
        newest = next_level(plan.bins, plan.learners, self.target, forest, answers.counts(0).dense() + own)
        state = replace(state, sums=self._stepped(plan, answers, state))
        if step < plan.levels:
            return self._continue(
                state, GrowTrees(self.digest, step, newest), *self._regressions(step, state.sums)
            )
        at = [step.fits(model)[0].coefficients for model, step in self._fitted(plan, state).values()]
        apart = (RegressionSums(self.digest, tuple(np.stack([own] * 2) for own in at)),) if at else ()
        scores = ScoreTrees(self.digest, step, newest)
        return self._continue(state, scores, *apart, ScoreCandidate(self.digest))

    def _continue(self, state: ComparisonState, *questions: Following) -> Continue[ComparisonState, Request]:
        return Continue(replace(state, asked=questions), Request(state.round, questions), "compare")

    def _regressions(self, step: int, fitted: Mapping[str, RegressionStep]) -> tuple[RegressionSums, ...]:
        """Ask for another step of the regressions that take one."""
        asked = []
        for text, model in self.candidate.models.items():
            if step >= model.steps:
                continue
            fits = fitted[text].fits(model) if text in fitted else None
            asked.append(np.stack([model.start] * 2 if fits is None else [fit.coefficients for fit in fits]))
        return (RegressionSums(self.digest, tuple(asked)),) if asked else ()

    def _fitted(
        self, plan: ComparisonPlan, state: ComparisonState
    ) -> dict[str, tuple[RegressionModel, RegressionStep]]:
        """Return each regression that was fitted with its last step, in their declared order."""
        models = plan.models(None)
        return {text: (model, state.sums[text]) for text, model in models.items() if text in state.sums}

    def _stepped(
        self, plan: ComparisonPlan, answers: Answers, state: ComparisonState
    ) -> Mapping[str, RegressionStep]:
        """Return the regressions after the step that the parties' sums allow."""
        if len(answers.totals) < 2:
            return state.sums
        assert state.memory is not None
        models, _ = plan.summed(state.memory)
        total = np.array(answers.sums(1).values, np.int64)
        steps, start = dict(state.sums), 0
        size = sum(model.size for model in models.values())
        (asked,) = self._regressions(state.memory.regressions - 1, state.sums)
        for (text, model), coefficients in zip(models.items(), asked.coefficients, strict=True):
            folds = [total[start + fold * size :][: model.size] for fold in (0, 1)]
            steps[text] = RegressionStep(coefficients, np.stack(folds))
            start += model.size
        return steps

    def _evidence(
        self,
        plan: ComparisonPlan,
        memory: CandidateMemory,
        questions: tuple[Question, ...],
        state: ComparisonState,
        answers: Answers,
    ) -> Evidence:
        assert memory.forest is not None
        own, edges = (
            ScoreHistograms.of(plan, memory.forest, plan.own).rows.reshape(-1),
            plan.edges(memory.forest),
        )
        roles = [one.role for one in plan.learners]
        chances = [
            np.mean(
                [e.chances for e, role in zip(edges, roles, strict=False) if role is kind] or [NOTHING], 0
            )
            for kind in KINDS
        ]
        asked, apart = next(
            (
                (question.coefficients, answers.each_sums(place))
                for place, question in enumerate(questions)
                if isinstance(question, RegressionSums)
            ),
            ((), {}),
        )
        return Evidence(
            plan.rows,
            memory.people,
            answers.each_counts(len(questions) - 1),
            answers.each_counts(0),
            own,
            np.stack(chances, axis=1),
            plan.groups,
            {text: step for text, (_, step) in self._fitted(plan, state).items()},
            asked,
            apart,
        )

    def _require(
        self,
        plan: ComparisonPlan,
        memory: CandidateMemory,
        questions: tuple[Question, ...],
        state: ComparisonState,
        replies: Mapping[PartyId, Reply],
    ) -> dict[PartyId, Known]:
        if not replies:
            raise ProtocolError("a comparison needs at least one supplier")
        context = Context(Asked(candidate=memory), Judge(plan, self._persons))
        asked = RoundCheck(state.round, questions, context, self._persons)
        return asked.take(replies, state.known)


def _after(questions: tuple[Question, ...], memory: CandidateMemory | None) -> CandidateMemory:
    """Return what suppliers remember after these questions, less the candidate's rows."""
    after = admit_questions(questions, Asked(candidate=memory)).without_table().candidate
    assert after is not None
    return after
