"""What a party answers about a candidate: counts of its rows and persons, and nothing else.

The party works out by itself what it counts by: see :mod:`syncline.validation.comparison.plan`. All that is
kept between two questions can be computed again from what the party remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, prod
from typing import Any, cast
from weakref import WeakKeyDictionary

import numpy as np

from syncline.compute.work_limits import DEFAULT_LIMITS, WorkLimits
from syncline.data.buckets import buckets_of, scope_of
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.cell_tally import CellTally
from syncline.questions.comparison import MIN_CANDIDATE_ROWS, PersonCount, ScoreCandidate
from syncline.questions.counts import Counts, Ints
from syncline.questions.extent import Extent
from syncline.questions.growth import Forest, Grouping, GrowTrees, ScoreTrees, slices
from syncline.questions.known import Known
from syncline.questions.question import AnswerT, CandidateQuestion
from syncline.questions.regression import RegressionSums
from syncline.questions.sensitivity import Sensitivity
from syncline.questions.sums import Sums
from syncline.questions.workspace import Workspace
from syncline.validation.cell_table import CellTable
from syncline.validation.column_bins import Codes
from syncline.validation.comparison.candidate import Aims, Candidate
from syncline.validation.comparison.judged import Judge
from syncline.validation.comparison.layout import FOLDS
from syncline.validation.comparison.packed_cells import packed_rows, unpack_cells
from syncline.validation.comparison.plan import ComparisonPlan, plan_of
from syncline.validation.comparison.rows import ComparableRows, comparable_schema, sliced, slices_of
from syncline.validation.comparison.tree_scores import ScoreHistograms
from syncline.validation.comparison.trees import MOST_ROWS, TreeRows, sums
from syncline.validation.disclosure.key_attack import KeyCounts
from syncline.validation.disclosure.score_places import BINS
from syncline.validation.disclosure.scores import PersonScores
from syncline.validation.utility.model_people import cells_of, n_cells
from syncline.validation.utility.regression import RegressionModel


@dataclass(frozen=True, slots=True)
class ComparisonTerms:
    """What a study says of its comparison, which no question says again.

    Attributes
    ----------
    schema : how the party reads its rows
    aims : what is wanted of the candidate
    released : how many rows the study releases, None where it does not say
    people : how many persons all suppliers have at least and at most, as far as the share that is held out
        tells it
    """

    schema: Schema
    aims: Aims
    released: int | None = None
    people: tuple[int, float] = (0, inf)


class CandidateComparer:
    """Answer questions about one study's candidate, which may be ``known`` already, by its digest.

    ``limits`` are what the candidate may take.
    """

    def __init__(
        self,
        terms: ComparisonTerms,
        known: Mapping[str, Candidate] | None = None,
        limits: WorkLimits = DEFAULT_LIMITS,
    ) -> None:
        self._terms = terms
        self._limits = limits
        self._known = dict(known or {})
        self._tree_rows: WeakKeyDictionary[Workspace, tuple[ComparisonPlan, TreeRows]] = WeakKeyDictionary()

    def extent(self, question: CandidateQuestion[AnswerT], memory: CandidateMemory) -> Extent:
        """Return how far a question reaches; raise ProtocolError where it is not one about this candidate."""
        return self._judge(memory).extent(question, memory)

    def answer(
        self, question: CandidateQuestion[AnswerT], table: Workspace, memory: CandidateMemory
    ) -> AnswerT:
        """Return what the rows of ``table`` count; ``memory`` already holds what the question says."""
        plan = self._planned(memory)
        self.extent(question, memory)
        return cast("AnswerT", _ANSWERS[question.kind](self, question, plan, table, memory))

    def reconcile(
        self, question: CandidateQuestion[AnswerT], answer: AnswerT, known: Known, memory: CandidateMemory
    ) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that."""
        return self._judge(memory).reconcile(question, answer, known, memory)

    def sensitivity(self, question: CandidateQuestion[AnswerT], memory: CandidateMemory) -> Sensitivity:
        """Return by how much one person can move the answer."""
        return self._judge(memory).sensitivity(question, memory)

    def _judge(self, memory: CandidateMemory) -> Judge:
        return Judge(self._planned(memory), self._terms.schema.person is not None)

    def _people(
        self, question: PersonCount, plan: ComparisonPlan, table: Workspace, memory: CandidateMemory
    ) -> Counts:
        return table.bare(count_people(table))

    def _grown(
        self, question: GrowTrees, plan: ComparisonPlan, table: Workspace, memory: CandidateMemory
    ) -> Counts:
        if question.rows is not None:
            self._require_totals(question, plan, table)
        rows, forest = self._rows(plan, table, memory), _forest(plan, memory)
        return table.bare(sums(plan.bins, plan.learners, forest, rows, has_holdout=plan.has_holdout))

    def _summed(
        self, question: RegressionSums, plan: ComparisonPlan, table: Workspace, memory: CandidateMemory
    ) -> Sums:
        models, groups = plan.summed(memory)
        return _regressions(question, list(models.values()), groups, ComparableRows(table, memory.compared))

    def _scored(
        self, question: ScoreTrees, plan: ComparisonPlan, table: Workspace, memory: CandidateMemory
    ) -> Counts:
        rows = self._rows(plan, table, memory)
        return ScoreHistograms.of(plan, _forest(plan, memory), rows).counts(persons=table.has_persons)

    def _planned(self, memory: CandidateMemory) -> ComparisonPlan:
        return plan_of(self._candidate(memory).beside(memory.people), memory.rows or (0, 0))

    def _candidate(self, memory: CandidateMemory) -> Candidate:
        """Return the candidate that is remembered; it is unpacked and checked once."""
        if memory.candidate not in self._known:
            self._require_rows(packed_rows(memory.table))
            schema = comparable_schema(self._terms.schema, memory.compared)
            aims = self._terms.aims.within(memory.compared.names)
            cells = unpack_cells(memory.table, schema, self._limits)
            self._known = {memory.candidate: Candidate(cells, aims)}
        return self._known[memory.candidate]

    def _require_rows(self, n_rows: int) -> None:
        """Raise unless the candidate has as many rows as the study compares; fewer ask for single persons."""
        if n_rows < MIN_CANDIDATE_ROWS:
            raise ProtocolError(f"candidate: it has {n_rows} rows, fewer than {MIN_CANDIDATE_ROWS}")
        released = self._terms.released
        expected = None if released is None else max(released, MIN_CANDIDATE_ROWS)
        if expected not in (None, n_rows):
            raise ProtocolError(f"candidate: it has {n_rows} rows instead of the study's {expected}")

    def _require_totals(self, question: GrowTrees, plan: ComparisonPlan, table: Workspace) -> None:
        """Raise unless all suppliers can have so many rows and people: at least as many as this party.

        Where the study does not say how many rows it releases, these are as many as all suppliers have.
        """
        assert question.people is not None
        rows, people = count_people(table).reshape(2, 2)
        if (rows > np.array(plan.rows)).any():
            raise ProtocolError("grow_trees: all suppliers together cannot have fewer rows than this one")
        if (people > np.array(question.people)).any():
            raise ProtocolError("grow_trees: all suppliers together cannot have fewer people than this one")
        if not table.has_persons and question.people != question.rows:
            raise ProtocolError("grow_trees: without a column of persons there are as many people as rows")
        least, most = self._terms.people
        if not least <= sum(question.people) <= most:
            raise ProtocolError("grow_trees: of so many people another share would have been held out")
        n_rows = plan.candidate.cells.n_rows
        if self._terms.released is None and n_rows != max(sum(plan.rows), MIN_CANDIDATE_ROWS):
            raise ProtocolError("grow_trees: the candidate has not as many rows as all suppliers together")

    def _rows(self, plan: ComparisonPlan, table: Workspace, memory: CandidateMemory) -> TreeRows:
        known = self._tree_rows.get(table)
        if known is None or known[0] is not plan:
            rows, sampling_key = ComparableRows(table, memory.compared), plan.candidate.aims.sampling_key
            sample = rows.sampled_rows(sampling_key, MOST_ROWS, plan.rows, self._terms.aims.min_cell)
            known = plan, TreeRows.of(plan.bins, plan.candidate.aims.target, sample)
            self._tree_rows[table] = known
        return known[1]

    def _compared(
        self, question: ScoreCandidate, plan: ComparisonPlan, table: Workspace, memory: CandidateMemory
    ) -> Counts:
        rows, candidate = ComparableRows(table, memory.compared), plan.candidate
        pieces: dict[str, Counts | Ints] = {}
        pieces |= _counted_sets(candidate, rows, persons=table.has_persons)
        pieces |= _counted_models(plan, rows, persons=table.has_persons)
        sampling_key = candidate.aims.sampling_key
        aims = self._terms.aims
        people = rows.sampled_people(sampling_key, aims.most_scored, plan.rows, aims.min_cell)
        for fold, chosen in zip(FOLDS, people, strict=True):
            pieces |= _scored(candidate, chosen, fold)
        pieces |= _attacked(candidate, rows)
        return plan.layout.laid(pieces, persons=table.has_persons)


_ANSWERS: Mapping[
    str, Callable[[CandidateComparer, Any, ComparisonPlan, Workspace, CandidateMemory], Counts | Sums]
] = {
    PersonCount.kind: CandidateComparer._people,
    GrowTrees.kind: CandidateComparer._grown,
    RegressionSums.kind: CandidateComparer._summed,
    ScoreTrees.kind: CandidateComparer._scored,
    ScoreCandidate.kind: CandidateComparer._compared,
}
"""What each kind of question counts.  Any: a question of that kind."""


def _forest(plan: ComparisonPlan, memory: CandidateMemory) -> Forest:
    return memory.forest or Forest.empty(len(plan.learners))


def count_people(table: Workspace) -> Ints:
    """Return rows for training, rows held out, and the persons of both, (4,)."""
    rows = np.zeros(2, np.int64)
    known = [np.zeros(0, np.int64), np.zeros(0, np.int64)]
    persons = False
    for batch in table.batches():
        persons = persons or batch.owner is not None
        for fold in (0, 1):
            chosen = batch.holdout == bool(fold)
            rows[fold] += int(chosen.sum())
            if batch.owner is not None:
                known[fold] = np.unique(np.concatenate([known[fold], batch.owner[chosen]]))
    people = [len(known[0]), len(known[1])] if persons else rows.tolist()
    return np.array([*rows.tolist(), *people], np.int64)


def _regressions(
    question: RegressionSums,
    models: Sequence[RegressionModel],
    groups: tuple[Grouping, ...],
    rows: ComparableRows,
) -> Sums:
    """Return the sums of all models over training rows, then over those held out, in each slice."""
    asked = list(zip(models, question.coefficients, strict=True))
    ends = np.cumsum([0, *(model.size for model in models)])
    found = np.zeros((slices(groups), len(FOLDS), int(ends[-1])), np.int64)
    for part in rows.parts():
        for fold in range(len(FOLDS)):
            tables = sliced(part.fold(bool(fold)), groups)
            for own, cells in zip(found[:, fold], tables, strict=True):
                for (model, coefficients), start, end in zip(asked, ends, ends[1:], strict=False):
                    own[start:end] += model.sums(cells, coefficients[fold])
    return Sums(tuple(found.reshape(-1).tolist()))


def _counted_sets(candidate: Candidate, rows: ComparableRows, *, persons: bool) -> dict[str, Counts]:
    tallies = [[_tally(places, candidate, persons) for places in candidate.sets] for _ in FOLDS]
    for part in rows.parts():
        for fold, own in enumerate(tallies):
            codes, owner = _codes(candidate, part.fold(bool(fold))), part.owners(bool(fold))
            for tally, places in zip(own, candidate.sets, strict=True):
                names = sorted(candidate.bins.names[place] for place in places)
                buckets = None if owner is None else buckets_of(owner, scope_of("columns", *names))
                tally.add(_cells(codes[len(places)], places, candidate), buckets)
    return {
        f"{fold}.set{number}": tally.total()
        for fold, own in zip(FOLDS, tallies, strict=True)
        for number, tally in enumerate(own)
    }


def _counted_models(plan: ComparisonPlan, rows: ComparableRows, *, persons: bool) -> dict[str, Counts]:
    """Return the rows of each model by what is counted of it, in each slice and fold."""
    models, parted = list(plan.candidate.models.values()), slices(plan.groups)
    sizes = [parted * n_cells(model) for model in models]
    tallies = {
        f"{fold}.model{number}": CellTally(size, size, persons=persons)
        for fold in FOLDS
        for number, size in enumerate(sizes)
    }
    columns = ["", *(group.column for group in plan.groups)]
    for part in rows.parts() if models else ():
        for held, fold in enumerate(FOLDS):
            cells, owner = part.fold(bool(held)), part.owners(bool(held))
            places = slices_of(cells, plan.groups)
            for number, model in enumerate(models):
                tally = tallies[f"{fold}.model{number}"]
                for what, row, cell in cells_of(model, cells):
                    for column, place in zip(columns, places, strict=True):
                        scope = scope_of("model", model.formula.text, what, column)
                        own = None if owner is None else buckets_of(owner[row], scope)
                        tally.add(place[row] * n_cells(model) + cell, own)
    return {name: tally.total() for name, tally in tallies.items()}


def _tally(places: Sequence[int], candidate: Candidate, persons: bool) -> CellTally:
    """Return an empty tally of a set of columns, whose cells carry person buckets if any."""
    size = prod(candidate.shape_of(places))
    return CellTally(size, size, persons=persons)


def _codes(candidate: Candidate, table: CellTable) -> dict[int, Codes]:
    """Return the codes of a table's rows by the number of columns that are counted together."""
    sizes = dict.fromkeys(len(places) for places in candidate.sets)
    return {size: candidate.bins_of_set(size).encode(table) for size in sizes}


def _cells(codes: Codes, places: Sequence[int], candidate: Candidate) -> Ints:
    cell: Ints = codes[:, places[0]].astype(np.int64)
    for place, levels in zip(places[1:], candidate.shape_of(places)[1:], strict=True):
        cell = cell * levels + codes[:, place]
    return cell


def count_sets(candidate: Candidate) -> list[Ints]:
    """Return the candidate's own counts of all sets of columns, each in its shape."""
    codes = _codes(candidate, candidate.cells)
    found = []
    for places in candidate.sets:
        shape = candidate.shape_of(places)
        counted = np.bincount(_cells(codes[len(places)], places, candidate), minlength=prod(shape))
        found.append(counted.reshape(shape))
    return found


def _scored(candidate: Candidate, people: CellTable, fold: str) -> dict[str, Ints]:
    scores = candidate.scorer.scores(people) if people.n_rows else no_scores()
    found = {f"{fold}.{name}": counts for name, counts in candidate.places.parted(scores).items()}
    alone = candidate.guesses.counts(people)
    return found | {f"{fold}.people": np.array([scores.people]), f"{fold}.alone": alone}


def no_scores() -> PersonScores:
    """Return the scores of nobody."""
    return PersonScores(0, *(np.zeros(bins, np.int64) for bins in BINS.values()))


def _attacked(candidate: Candidate, rows: ComparableRows) -> dict[str, Ints]:
    """Attack all persons, each by their first row."""
    found: dict[str, KeyCounts] = {}
    for holdout, fold in enumerate(FOLDS):
        for firsts in rows.first_rows(bool(holdout)) if candidate.attacks else ():
            for number, attack in enumerate(candidate.attacks):
                where, counts = f"{fold}.attack{number}", attack.counts(firsts)
                found[where] = found[where] + counts if where in found else counts
    pieces: dict[str, Ints] = {}
    for where, counts in found.items():
        pieces |= _laid(counts, where)
    return pieces


def _laid(counts: KeyCounts, where: str) -> dict[str, Ints]:
    return {
        f"{where}.people": np.array([counts.people]),
        f"{where}.matched": counts.matched,
        f"{where}.right": counts.right,
        f"{where}.shared": counts.shared,
        f"{where}.learnt": counts.learnt,
    }
