"""The hub's half of a comparison: which question comes next, and what the trees grow into.

One candidate is compared in a fixed number of rounds: one to count persons, one for each level of the trees,
and a last one with the candidate itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from syncline.errors import ProtocolError
from syncline.protocols.asking import Reply, Request
from syncline.protocols.reply_check import Round
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.comparison import MOST_SUMS, PersonCount, RegressionSums, ScoreCandidate
from syncline.questions.counts import Counts, Ints, merge_counts
from syncline.questions.growth import (
    DEPTH,
    MOST_SCORE_CELLS,
    SCORE_BINS,
    TREES,
    Compared,
    Forest,
    Grouping,
    GrowTrees,
    Learner,
    Role,
    ScoreTrees,
)
from syncline.questions.moments import Sums
from syncline.questions.vocabulary import Answer
from syncline.validation.boosting import Codes, fit
from syncline.validation.cell_table import CellTable
from syncline.validation.federated.candidate import Aims, Candidate, groupings, pack_cells, tree_bins
from syncline.validation.federated.layout import Layout
from syncline.validation.federated.rows import sampled_candidate
from syncline.validation.federated.trees import (
    FOLDS,
    MOST_ROWS,
    SETTINGS,
    TreeRows,
    forest_of,
    grown,
    score_histograms,
    sums,
)
from syncline.validation.utility.regression import Fit, Model

LEAST_TREES = 4
ROWS_A_TREE = 500
MOST_CLASSES = 20
"""Of a target with more categories the most frequent ones of the synthetic table are predicted."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step of a regression: coefficients (2, width) of both folds, and the sums (2, cells) at these."""

    coefficients: Ints
    sums: Ints

    def fits(self, model: Model) -> tuple[Fit, Fit]:
        """Return the fits to training and to held-out rows after this step."""
        train, holdout = (model.solve(self.sums[fold], self.coefficients[fold]) for fold in (0, 1))
        return train, holdout


@dataclass(frozen=True, slots=True)
class State:
    """Where a comparison stands.

    Attributes
    ----------
    round : the round that is out
    rows, people : for training and held out
    sums : the last step of each declared regression so far, by its formula
    """

    round: int
    rows: tuple[int, int] = (0, 0)
    people: tuple[int, int] = (0, 0)
    sums: Mapping[str, Step] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the last round gave.

    Attributes
    ----------
    rows, people : for training and held out
    answers : about the candidate, by party
    scored : rows by the scores of the trees, by party
    own : the same of the candidate's rows
    groups : columns by whose categories rows are counted apart, by the scores and in the sums
    sums : the last step of each declared regression, merged, by its formula
    asked : the declared regressions at these steps' coefficients, None without any
    apart : their sums by slice, by party
    """

    rows: tuple[int, int]
    people: tuple[int, int]
    answers: Mapping[PartyId, Counts]
    scored: Mapping[PartyId, Counts]
    own: Ints
    groups: tuple[Grouping, ...]
    sums: Mapping[str, Step]
    asked: RegressionSums | None
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
        self, cells: CellTable, compared: Compared, aims: Aims, target: str = "", *, persons: bool = False
    ) -> None:
        self.candidate = Candidate(cells, aims)
        self._compared = compared
        self.target = target
        self._persons = persons
        self.table = pack_cells(cells)
        self.digest = hashlib.sha256(self.table).hexdigest()
        self._bins = tree_bins(cells)
        self._own: TreeRows | None = None
        self.models = {text: Model.of(text, cells) for text in aims.models}

    def start(self, round_number: int) -> Continue[State, Request]:
        """Return the first request, as round ``round_number`` of the study."""
        return Continue(State(round_number), Request(round_number, (PersonCount(self.digest),)), "people")

    def step(
        self, request: Request, state: State, replies: Mapping[PartyId, Reply]
    ) -> Continue[State, Request] | Finish[Evidence]:
        """Return the next request, or the evidence; nobody may be missing."""
        self._require(request, state, replies)
        answers = [
            {party: reply.answers[place] for party, reply in replies.items()}
            for place in range(len(request.questions))
        ]
        question, following = request.questions[0], state.round + 1
        match question:
            case PersonCount():
                counted = _total(answers[0]).tolist()
                state = State(following, (counted[0], counted[1]), (counted[2], counted[3]))
                return self._ask(self._first_level(state), state)
            case GrowTrees():
                total = _total(answers[0]) + sums(question, self._synthetic(question))
                state = replace(state, round=following, sums=self._stepped(request, answers, state))
                forest = grown(question, total)
                return self._ask(replace(question, levels=question.levels + 1, forest=forest), state)
            case ScoreTrees():
                own = score_histograms(question, self._synthetic(question))
                return Finish(self._evidence(request, state, answers, own))
            case _:
                raise ProtocolError("comparison: this is not a round of it")

    def _evidence(
        self, request: Request, state: State, answers: Sequence[Mapping[PartyId, Answer]], own: Ints
    ) -> Evidence:
        scored, found = _counts_of(answers[0]), _counts_of(answers[-1])
        asked, apart = None, {}
        if len(request.questions) > 2:
            sums = request.questions[1]
            assert isinstance(sums, RegressionSums)
            asked, apart = sums, _sums_of(answers[1])
        groups = self.groups
        return Evidence(state.rows, state.people, found, scored, own, groups, state.sums, asked, apart)

    def _ask(self, question: GrowTrees, state: State) -> Continue[State, Request]:
        if question.levels < DEPTH * tree_count(state.rows):
            asked = self._regressions(question.levels, state)
            return Continue(state, Request(state.round, (question, *asked)), "compare")
        return Continue(state, Request(state.round, self._last(question, state)), "compare")

    def _asked_models(self, step: int) -> dict[str, Model]:
        """Return the regressions that take another step."""
        return {text: model for text, model in self.models.items() if step < model.steps}

    def _regressions(self, step: int, state: State) -> tuple[RegressionSums, ...]:
        asked = []
        for text, model in self._asked_models(step).items():
            at = np.stack([model.start] * 2)
            if text in state.sums:
                at = np.stack([fit.coefficients for fit in state.sums[text].fits(model)])
            asked.append(model.question(self.candidate.cells.schema, at))
        if not asked:
            return ()
        return (RegressionSums(self.digest, self._compared, tuple(asked)),)

    def _stepped(
        self, request: Request, answers: Sequence[Mapping[PartyId, Answer]], state: State
    ) -> Mapping[str, Step]:
        """Return the regressions after the step that the parties' sums allow."""
        if len(request.questions) < 2:
            return state.sums
        question = request.questions[1]
        assert isinstance(question, RegressionSums)
        grown_by = request.questions[0]
        assert isinstance(grown_by, GrowTrees)
        total, steps, start = _summed(answers[1]), dict(state.sums), 0
        size = question.size() // 2
        for text, asked in zip(self._asked_models(grown_by.levels), question.models, strict=True):
            folds = [total[start + fold * size :][: asked.cells] for fold in (0, 1)]
            steps[text] = Step(asked.coefficients, np.stack(folds))
            start += asked.cells
        return steps

    def _first_level(self, state: State) -> GrowTrees:
        learners = self._learners(state.rows[1] > 0)
        return GrowTrees(
            self.digest,
            self._compared,
            self._bins,
            self.target,
            learners,
            state.rows,
            0,
            Forest.empty(len(learners), 0),
        )

    def _learners(self, has_holdout: bool) -> tuple[Learner, ...]:
        folds = [Learner(Role.SYNTHETIC, fold) for fold in range(FOLDS)]
        if not has_holdout:
            return tuple(folds)
        folds += [Learner(Role.TRAINING, fold) for fold in range(FOLDS)]
        return (*folds, *self._targets())

    def _targets(self) -> tuple[Learner, ...]:
        if not self.target:
            return ()
        return target_questions(self.candidate.cells, self.target)

    @cached_property
    def groups(self) -> tuple[Grouping, ...]:
        """The key columns by whose categories rows are counted apart: as many as answers have room for."""
        told = 2 * SCORE_BINS * (2 + 2 * len(self._targets()))
        sums = 2 * sum(model.size for model in self.models.values())
        return groupings(self.candidate, min(MOST_SCORE_CELLS // told, MOST_SUMS // max(sums, 1)))

    def _last(
        self, question: GrowTrees, state: State
    ) -> tuple[ScoreTrees, ScoreCandidate] | tuple[ScoreTrees, RegressionSums, ScoreCandidate]:
        """Ask for scores and regressions, by subgroup too, and at the end for the comparison itself.

        Here alone the candidate travels.
        """
        scores, compared = self._scores(question), self._candidate_question(state)
        if not self.models:
            return scores, compared
        at = {text: step.fits(self.models[text])[0].coefficients for text, step in state.sums.items()}
        schema = self.candidate.cells.schema
        asked = tuple(model.question(schema, np.stack([at[text]] * 2)) for text, model in self.models.items())
        return scores, RegressionSums(self.digest, self._compared, asked, self.groups), compared

    def _scores(self, question: GrowTrees) -> ScoreTrees:
        wanted = self._targets()
        return ScoreTrees(
            self.digest,
            self._compared,
            self._bins,
            self.target,
            question.learners,
            question.rows,
            question.levels,
            question.forest,
            self._transferred(question, wanted),
            wanted,
            self.groups,
        )

    def _candidate_question(self, state: State) -> ScoreCandidate:
        aims, layout = self.candidate.aims, Layout(self.candidate)
        return ScoreCandidate(
            self.table,
            self._compared,
            aims.keys,
            aims.sensitive,
            state.rows,
            state.people,
            layout.size,
            layout.masked,
            self.candidate.membership.packed(),
        )

    def _transferred(self, question: GrowTrees, wanted: tuple[Learner, ...]) -> Forest:
        """Learn the target from the candidate alone."""
        rows = self._synthetic(question)
        categorical = np.array([not column.ordered for column in self._bins])
        blind = _without(rows.codes, [column.name for column in self._bins], self.target)
        settings = replace(SETTINGS, trees=question.levels // DEPTH)
        return forest_of([fit(blind, rows.labels(one), categorical, settings) for one in wanted])

    def _synthetic(self, question: GrowTrees | ScoreTrees) -> TreeRows:
        """Return the candidate's rows from which trees grow: about as many as of either fold."""
        if self._own is None:
            lottery = self.candidate.aims.lottery
            sample = sampled_candidate(self.candidate.cells, lottery, MOST_ROWS)
            self._own = TreeRows.of(question, sample, synthetic=True)
        return self._own

    def _require(self, request: Request, state: State, replies: Mapping[PartyId, Reply]) -> None:
        if not replies:
            raise ProtocolError("a comparison needs at least one supplier")
        Round(state.round, request.questions, None, self._persons).take(replies, {})


def tree_count(rows: tuple[int, int]) -> int:
    """Return how many trees grow: fewer from fewer rows, from which many would learn nothing more."""
    return min(max(sum(rows) // ROWS_A_TREE, LEAST_TREES), TREES)


def target_questions(synthetic: CellTable, target: str) -> tuple[Learner, ...]:
    """Return what is asked of the target: whether a number is in the upper half, or each category in turn."""
    place = synthetic.place(target)
    keys = synthetic.keys[place][synthetic.valid(place)]
    if not len(keys):
        return ()
    values, counts = np.unique(keys, return_counts=True)
    if synthetic.schema.modelled[place].grid is not None:
        return tuple(Learner(Role.TARGET, -1, least, 2**62) for least in _upper_half(values, counts))
    kept = values[np.argsort(-counts, kind="stable")[:MOST_CLASSES]].tolist()
    return tuple(Learner(Role.TARGET, -1, key, key) for key in (kept[1:] if len(kept) == 2 else kept))


def _upper_half(values: Ints, counts: Ints) -> list[int]:
    """Return the value from which on the share of rows is nearest to a half; none of one value alone."""
    shares = np.cumsum(counts[::-1])[::-1][1:] / counts.sum()
    return [int(value) for value in values[1:][np.argsort(np.abs(shares - 0.5), kind="stable")[:1]]]


def _without(codes: Codes, names: list[str], target: str) -> Codes:
    """Return codes in which the target's column says nothing."""
    if not target:
        return codes
    found = codes.copy()
    found[:, names.index(target)] = 0
    return found


def _summed(answers: Mapping[PartyId, Answer]) -> Ints:
    """Return the merged sums of one question's answers."""
    values = [answer.values for answer in _sums_of(answers).values()]
    return np.array([sum(column) for column in zip(*values, strict=True)], np.int64)


def _sums_of(answers: Mapping[PartyId, Answer]) -> dict[PartyId, Sums]:
    """Return one question's answers, which were checked to be sums."""
    return {party: answer for party, answer in answers.items() if isinstance(answer, Sums)}


def _total(answers: Mapping[PartyId, Answer]) -> Ints:
    """Return the merged cells of one question's answers, which were checked to be counts."""
    return merge_counts(_counts_of(answers).values()).dense()


def _counts_of(answers: Mapping[PartyId, Answer]) -> dict[PartyId, Counts]:
    """Return one question's answers, which were checked to be counts."""
    return {party: answer for party, answer in answers.items() if isinstance(answer, Counts)}
