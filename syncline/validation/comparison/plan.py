"""What candidate, specification and the number of rows decide: the same at the hub and at every supplier.

Nothing in a plan comes from a question but these. So no hub can choose what rows are tallied by, other than
by its choice of a candidate, one a study, and by the splits of trees, whose answers are coarse; see
:mod:`syncline.questions.growth`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, lru_cache

import numpy as np

from syncline.errors import ProtocolError
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.comparison import PersonCount, ScoreCandidate
from syncline.questions.counts import Ints
from syncline.questions.extent import Extent
from syncline.questions.growth import (
    CHANCES,
    DEPTH,
    MOST_SCORE_CELLS,
    MOST_TOGETHER,
    SCORE_BINS,
    TREES,
    ColumnBins,
    Forest,
    Grouping,
    GrowTrees,
    Learner,
    LearnerRole,
    ScoreTrees,
    Splits,
    slices,
)
from syncline.questions.regression import MOST_SUMS, RegressionSums
from syncline.validation.boosting import Booster, fit
from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.candidate import Candidate, groupings, tree_bins
from syncline.validation.comparison.layout import AnswerLayout
from syncline.validation.comparison.rows import sampled_candidate
from syncline.validation.comparison.score_edges import KINDS, ScoreEdges, edges_of
from syncline.validation.comparison.trees import FOLDS, MOST_ROWS, SETTINGS, TreeRows, forest_margins, without
from syncline.validation.disclosure.score_places import PLACES
from syncline.validation.utility.regression import RegressionModel

LEAST_TREES = 4
ROWS_A_TREE = 500
MOST_CLASSES = 20
"""Of a target with more categories the most frequent ones of the synthetic table are predicted."""


class ComparisonPlan:
    """How one candidate is compared with ``rows``: those of all suppliers, for training and held out."""

    def __init__(self, candidate: Candidate, rows: tuple[int, int]) -> None:
        self.candidate = candidate
        self.rows = rows
        self._edges: dict[bytes, tuple[ScoreEdges, ...]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the compared columns."""
        return self.candidate.cells.names

    @property
    def has_holdout(self) -> bool:
        """Whether anybody was held out."""
        return self.rows[1] > 0

    @property
    def levels(self) -> int:
        """Levels that trees have once they are grown."""
        return tree_levels(self.rows)

    @cached_property
    def bins(self) -> tuple[ColumnBins, ...]:
        """The codes in which trees grow."""
        return tree_bins(self.candidate.cells)

    @cached_property
    def targets(self) -> tuple[Learner, ...]:
        """What is asked of the target."""
        target = self.candidate.aims.target
        return target_questions(self.candidate.cells, target) if target else ()

    @cached_property
    def learners(self) -> tuple[Learner, ...]:
        """The learners whose trees grow side by side."""
        folds = [Learner(LearnerRole.SYNTHETIC, fold) for fold in range(FOLDS)]
        if not self.has_holdout:
            return tuple(folds)
        folds += [Learner(LearnerRole.TRAINING, fold) for fold in range(FOLDS)]
        return (*folds, *self.targets)

    @cached_property
    def groups(self) -> tuple[Grouping, ...]:
        """The key columns by whose categories rows are counted apart: as many as answers have room for."""
        sums = 2 * sum(model.size for model in self.candidate.models.values())
        told = 2 * SCORE_BINS * self.kinds
        return groupings(self.candidate, min(MOST_SCORE_CELLS // told, MOST_SUMS // max(sums, 1)))

    @property
    def kinds(self) -> int:
        """How many pairs of kinds of rows are told apart by scores."""
        return len(KINDS) + 2 * len(self.targets)

    @cached_property
    def own(self) -> TreeRows:
        """The candidate's rows from which trees grow: about as many as of either fold."""
        sample = sampled_candidate(self.candidate.cells, self.candidate.aims.sampling_key, MOST_ROWS)
        return TreeRows.of(self.bins, self.candidate.aims.target, sample, synthetic=True)

    @cached_property
    def transferred(self) -> tuple[Booster, ...]:
        """What predicts the target after learning from the candidate alone, one for each of ``targets``."""
        categorical = np.array([not column.ordered for column in self.bins])
        blind = without(self.own.codes, self.names, self.candidate.aims.target)
        settings = replace(SETTINGS, trees=tree_count(self.rows))
        return tuple(fit(blind, self.own.labels(one), categorical, settings) for one in self.targets)

    @cached_property
    def layout(self) -> AnswerLayout:
        """Where each piece of the answer about the candidate stands."""
        return AnswerLayout(self.candidate, self.groups)

    def edges(self, forest: Forest) -> tuple[ScoreEdges, ...]:
        """Return where scores of each learner, and then of each of ``transferred``, are parted."""
        key = forest.digest(forest.trees)
        if key not in self._edges:
            codes = self.own.codes
            margins = [forest_margins(forest, number, codes) for number in range(len(self.learners))]
            margins += [booster.margins(codes) for booster in self.transferred]
            self._edges = {
                key: tuple(
                    edges_of(one, self.own.labels(one), own)
                    for one, own in zip((*self.learners, *self.targets), margins, strict=True)
                )
            }
        return self._edges[key]

    def models(self, memory_step: int | None) -> dict[str, RegressionModel]:
        """Return the regressions that take another step after so many; all of them for None."""
        every = self.candidate.models
        if memory_step is None:
            return dict(every)
        return {text: model for text, model in every.items() if memory_step < model.steps}

    def summed(self, memory: CandidateMemory) -> tuple[dict[str, RegressionModel], tuple[Grouping, ...]]:
        """Return the models whose sums are asked now, and by which subgroups."""
        if memory.scored:
            return self.models(None), self.groups
        return self.models(memory.regressions - 1), ()

    def extent_of_people(self, question: PersonCount, memory: CandidateMemory) -> Extent:
        """Return how far the count of rows and persons reaches."""
        return Extent((), 0, 4)

    def extent_of_growth(self, question: GrowTrees, memory: CandidateMemory) -> Extent:
        """Return how far a level of trees reaches; raise ProtocolError unless its splits are the plan's."""
        self._require_splits(question.newest)
        if question.levels >= self.levels:
            raise ProtocolError(f"grow_trees: all {self.levels} levels have grown")
        cells = 3 * len(self.learners) * 2 ** (question.levels % DEPTH)
        return Extent(
            self.names, 1 + told_apart(CHANCES), cells * sum(column.n_codes for column in self.bins)
        )

    def extent_of_scores(self, question: ScoreTrees, memory: CandidateMemory) -> Extent:
        """Return how far scores reach; raise ProtocolError before all trees have grown."""
        self._require_splits(question.newest)
        if question.levels != self.levels:
            raise ProtocolError(f"score_trees: trees have {self.levels} levels before they are scored")
        cells = 2 * SCORE_BINS * self.kinds * slices(self.groups)
        return Extent(self.names, MOST_TOGETHER, cells, cells)

    def extent_of_candidate(self, question: ScoreCandidate, memory: CandidateMemory) -> Extent:
        """Return how far the comparison with rows and persons reaches."""
        return Extent(self.names, self._order_of_scores(), self.layout.size, self.layout.masked)

    def extent_of_sums(self, question: RegressionSums, memory: CandidateMemory) -> Extent:
        """Return how far sums reach; raise ProtocolError where coefficients are not of the models."""
        models, groups = self.summed(memory)
        widths = tuple(model.width for model in models.values())
        if tuple(own.shape[1] for own in question.coefficients) != widths:
            raise ProtocolError("regression_sums: the coefficients are not those of the study's models")
        named = [set(model.formula.names) for model in models.values()]
        apart = {group.column for group in groups}
        order = self._order_of_models(list(models.values()), groups)
        cells = 2 * sum(model.size for model in models.values()) * slices(groups)
        return Extent(tuple(sorted(apart.union(*named))), order, cells)

    def _order_of_scores(self) -> int:
        """Return how many columns the answer about the candidate can count together.

        Keys stand together with all sensitive columns; a person's score is of a whole row, in so many places.
        """
        candidate, aims = self.candidate, self.candidate.aims
        sets = max(len(places) for places in candidate.sets)
        guesses = max((len(predicate) for predicate in candidate.guesses.predicates), default=0)
        attacks = len({*aims.keys, *aims.sensitive}) if candidate.attacks else 0
        scores = min(len(self.names), told_apart(PLACES))
        models = self._order_of_models(list(candidate.models.values()), self.groups)
        return max(sets, guesses, attacks, scores, models)

    def _order_of_models(self, models: list[RegressionModel], groups: tuple[Grouping, ...]) -> int:
        """Return how many columns models join at most, with one by which rows are counted apart."""
        named = [set(model.formula.names) for model in models]
        apart = {group.column for group in groups}
        return max((len(own) + bool(apart - own) for own in named), default=0)

    def _require_splits(self, newest: Splits | None) -> None:
        """Raise unless each learner has a split of compared columns, by codes that these have."""
        if newest is None:
            return
        if len(newest.column) != len(self.learners):
            raise ProtocolError("comparison: the splits are not those of the learners of this comparison")
        if int(newest.column.max(initial=0)) >= len(self.bins):
            raise ProtocolError("comparison: a tree looks at a column that is not compared")
        codes = np.array([column.n_codes for column in self.bins], np.uint64)[newest.column]
        beyond = np.where(codes < 64, newest.right >> np.minimum(codes, np.uint64(63)), np.uint64(0))
        if beyond.any():
            raise ProtocolError("comparison: a split is by codes that its column does not have")


@lru_cache(maxsize=2)
def plan_of(candidate: Candidate, rows: tuple[int, int]) -> ComparisonPlan:
    """Return the plan of a candidate; what it works out serves all parties of a process."""
    return ComparisonPlan(candidate, rows)


def told_apart(places: int) -> int:
    """Return of how many columns of two values so many places can hold the exact joint table."""
    return places.bit_length() - 1


def tree_count(rows: tuple[int, int]) -> int:
    """Return how many trees grow: fewer from fewer rows, from which many would learn nothing more."""
    return min(max(sum(rows) // ROWS_A_TREE, LEAST_TREES), TREES)


def tree_levels(rows: tuple[int, int]) -> int:
    """Return how many levels all trees have together, which grow one after another."""
    return DEPTH * tree_count(rows)


def target_questions(synthetic: CellTable, target: str) -> tuple[Learner, ...]:
    """Return what is asked of the target: whether a number is in the upper half, or each category in turn."""
    place = synthetic.place(target)
    keys = synthetic.keys[place][synthetic.has_number(place)]
    if not len(keys):
        return ()
    values, counts = np.unique(keys, return_counts=True)
    variable = synthetic.schema.modelled[place]
    if variable.grid is not None:
        most = variable.value_extent[1] if variable.codes else 2**62
        return tuple(Learner(LearnerRole.TARGET, -1, least, most) for least in _upper_half(values, counts))
    kept = values[np.argsort(-counts, kind="stable")[:MOST_CLASSES]].tolist()
    return tuple(Learner(LearnerRole.TARGET, -1, key, key) for key in (kept[1:] if len(kept) == 2 else kept))


def _upper_half(values: Ints, counts: Ints) -> list[int]:
    """Return the value from which on the share of rows is nearest to a half; none of one value alone."""
    shares = np.cumsum(counts[::-1])[::-1][1:] / counts.sum()
    return [int(value) for value in values[1:][np.argsort(np.abs(shares - 0.5), kind="stable")[:1]]]
