"""What a party answers about a candidate: counts of its rows and persons, and nothing else.

All that is kept between two questions can be computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from syncline.errors import ProtocolError
from syncline.questions.cell_tally import CellTally
from syncline.questions.comparison import (
    MIN_CANDIDATE_ROWS,
    Comparison,
    PersonCount,
    RegressionSums,
    ScoreCandidate,
)
from syncline.questions.counts import Counts, Ints
from syncline.questions.growth import GrowTrees, ScoreTrees, grown_digest, slices
from syncline.questions.moments import Sums
from syncline.questions.vocabulary import Answer
from syncline.questions.workspace import Workspace
from syncline.validation.cell_table import CellTable
from syncline.validation.column_bins import Codes
from syncline.validation.disclosure.key_attack import KeyCounts
from syncline.validation.disclosure.membership import Membership
from syncline.validation.disclosure.scores import PersonScores
from syncline.validation.federated.candidate import Aims, Candidate, packed_rows, unpack_cells
from syncline.validation.federated.layout import FOLDS, SCORES, Layout
from syncline.validation.federated.rows import ComparableRows, sliced
from syncline.validation.federated.trees import MOST_ROWS, TreeRows, score_histograms, sums
from syncline.validation.utility.regression import Model

MOST_SCORED = 10_000
"""Rows of either fold that are scored: of more a lottery takes persons who have about so many."""


class Comparer:
    """Answer questions about one study's candidate.

    ``lottery`` is the key of its draws; a candidate that is ``known`` already need not be unpacked again.
    ``released`` is how many rows the study releases, None where it does not say. Of fewer than ``min_cell``
    people the study tells nothing.
    """

    def __init__(
        self,
        lottery: bytes,
        known: Candidate | None = None,
        *,
        released: int | None = None,
        min_cell: int = 11,
    ) -> None:
        self._lottery = lottery
        self._min_cell = min_cell
        self._released = released
        self._tree_rows: dict[tuple[int, str], TreeRows] = {}
        self._known = known

    def answer(self, question: Comparison, table: Workspace) -> Answer:
        """Return what the rows of ``table`` count."""
        match question:
            case PersonCount():
                return _counts(count_people(table), table)
            case GrowTrees():
                return _counts(sums(question, self._rows(question, table)), table)
            case RegressionSums():
                return _regressions(question, ComparableRows(table, question.compared))
            case ScoreTrees():
                return _counts(score_histograms(question, self._rows(question, table)), table)
            case ScoreCandidate():
                return self._compared(question, table)

    def _rows(self, question: GrowTrees | ScoreTrees, table: Workspace) -> TreeRows:
        key = (id(table), grown_digest(question, 0))
        if key not in self._tree_rows:
            rows = ComparableRows(table, question.compared)
            sample = rows.sampled_rows(self._lottery, MOST_ROWS, question.rows)
            self._tree_rows[key] = TreeRows.of(question, sample)
        return self._tree_rows[key]

    def _compared(self, question: ScoreCandidate, table: Workspace) -> Counts:
        rows = ComparableRows(table, question.compared)
        candidate = self._unpacked(question, rows)
        layout = Layout(candidate)
        if (layout.size, layout.masked) != (question.cells, question.masked):
            raise ProtocolError("score_candidate: the answer has other cells than the question says")
        pieces: dict[str, Counts | Ints] = {}
        pieces |= _counted_sets(candidate, rows, persons=table.has_persons)
        people = rows.sampled_people(self._lottery, MOST_SCORED, question.rows)
        for fold, chosen in zip(FOLDS, people, strict=True):
            pieces |= _scored(candidate, chosen, fold)
        pieces |= _attacked(candidate, rows)
        return layout.laid(pieces, persons=table.has_persons)

    def _unpacked(self, question: ScoreCandidate, rows: ComparableRows) -> Candidate:
        if self._known is not None:
            return self._known.beside(question.people)
        self._require_rows(packed_rows(question.table))
        cells = unpack_cells(question.table, rows.schema)
        aims = Aims(question.keys, question.sensitive, (), self._lottery, self._min_cell)
        return Candidate(cells, aims, Membership.unpacked(question.membership), question.people)

    def _require_rows(self, n_rows: int) -> None:
        """Raise unless the candidate has as many rows as the study compares; fewer ask for single persons."""
        if n_rows < MIN_CANDIDATE_ROWS:
            raise ProtocolError(f"candidate: it has {n_rows} rows, fewer than {MIN_CANDIDATE_ROWS}")
        expected = None if self._released is None else max(self._released, MIN_CANDIDATE_ROWS)
        if expected not in (None, n_rows):
            raise ProtocolError(f"candidate: it has {n_rows} rows instead of the study's {expected}")


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


def _regressions(question: RegressionSums, rows: ComparableRows) -> Sums:
    """Return the sums of all models over training rows, then over those held out, in each slice."""
    models = [(Model.asked(asked, rows.schema), asked.coefficients) for asked in question.models]
    ends = np.cumsum([0, *(model.size for model, _ in models)])
    found = np.zeros((slices(question.groups), len(FOLDS), int(ends[-1])), np.int64)
    for part in rows.parts():
        for fold in range(len(FOLDS)):
            tables = sliced(part.fold(bool(fold)), question.groups)
            for own, cells in zip(found[:, fold], tables, strict=True):
                for (model, coefficients), start, end in zip(models, ends, ends[1:], strict=False):
                    own[start:end] += model.sums(cells, coefficients[fold])
    return Sums(tuple(found.reshape(-1).tolist()))


def _counts(dense: Ints, table: Workspace) -> Counts:
    found = Counts.of_dense(dense)
    if not table.has_persons:
        return found
    return Counts(found.size, found.index, found.value, np.zeros(0, np.uint64), 0)


def _counted_sets(candidate: Candidate, rows: ComparableRows, *, persons: bool) -> dict[str, Counts]:
    tallies = [[_tally(places, candidate, persons) for places in candidate.sets] for _ in FOLDS]
    for part in rows.parts():
        for fold, own in enumerate(tallies):
            codes, buckets = _codes(candidate, part.fold(bool(fold))), part.buckets(bool(fold))
            for tally, places in zip(own, candidate.sets, strict=True):
                tally.add(_cells(codes[len(places)], places, candidate), buckets)
    return {
        f"{fold}.set{number}": tally.total()
        for fold, own in zip(FOLDS, tallies, strict=True)
        for number, tally in enumerate(own)
    }


def _tally(places: Sequence[int], candidate: Candidate, persons: bool) -> CellTally:
    """Return an empty tally of a set of columns; the cells of one column carry person buckets if any."""
    size = prod(candidate.shape_of(places))
    single = persons and len(places) == 1
    return CellTally(size, size if single else 0, persons=single)


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
    found = {f"{fold}.{name}": getattr(scores, name) for name in SCORES}
    alone = candidate.guesses.counts(people)
    return found | {f"{fold}.people": np.array([scores.people]), f"{fold}.alone": alone}


def no_scores() -> PersonScores:
    """Return the scores of nobody."""
    return PersonScores(0, *(np.zeros(bins, np.int64) for bins in SCORES.values()))


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
