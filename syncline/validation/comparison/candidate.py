"""The one table that a study compares, and all that follows from it before a real row is seen."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import combinations
from math import comb

from syncline.questions.growth import MAX_BINS, MAX_GROUPINGS, MOST_SUBGROUPS, ColumnBins, Grouping, slices
from syncline.validation.cell_table import CellTable
from syncline.validation.column_bins import TableBins, bins_of, coarser, rows_a_bin
from syncline.validation.disclosure.key_attack import LATTICE, KeyAttack
from syncline.validation.disclosure.membership import MembershipAttack
from syncline.validation.disclosure.score_places import ScorePlaces
from syncline.validation.disclosure.scores import Scorer
from syncline.validation.disclosure.singling_out import SinglingOut
from syncline.validation.told_codes import CountedIn
from syncline.validation.utility.formula import ModelFormula, is_explained
from syncline.validation.utility.regression import RegressionModel
from syncline.validation.utility.tables import MAX_CODES, MOST_SETS, MOST_TRIPLES, SHARED_VALUE

LEAST_BINS = 2
"""Bins of a column of numbers where several columns are counted together, however few people there are."""

TREE_SHARED_VALUE = 0.02
"""A number that so large a part of the synthetic rows holds is a bin of its own, where trees grow."""

MOST_SCORED = 50_000
"""Rows of either fold that are scored at most, where nothing else is declared."""


@dataclass(frozen=True, slots=True)
class Aims:
    """What a study wants to know of a candidate.

    ``models`` are formulas of regressions. ``sampling_key`` is the key of all draws (64 bytes at most): the
    study's salt, one for all suppliers. ``target`` is the column that models are trained to predict, or "".
    Of fewer than ``min_cell`` people nothing is told. ``holds_out`` says whether somebody must be held out.
    Of more than ``most_scored`` rows of either fold a hash samples persons with about so many, for scores.
    """

    keys: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    sampling_key: bytes = b"syncline"
    target: str = ""
    min_cell: int = 11
    holds_out: bool = False
    most_scored: int = MOST_SCORED

    def within(self, names: Collection[str]) -> Aims:
        """Return what can be asked of a table that has the columns ``names``."""
        return replace(
            self,
            keys=tuple(name for name in self.keys if name in names),
            sensitive=tuple(name for name in self.sensitive if name in names),
            models=tuple(model for model in self.models if set(ModelFormula.of(model).names).issubset(names)),
            target=self.target if self.target in names else "",
        )


class Candidate:
    """A synthetic table and what is derived from it; the same at the hub and at every supplier.

    All follows from the table, and how fine columns are counted from how many ``people`` were used and held
    out.
    """

    def __init__(self, cells: CellTable, aims: Aims, people: tuple[int, int] = (0, 0)) -> None:
        self.cells = cells
        self.aims = aims
        self._people = people
        self._beside: dict[tuple[int, int], Candidate] = {people: self}

    def beside(self, people: tuple[int, int]) -> Candidate:
        """Return the same table beside so many people used and held out; what is known of it is kept."""
        if people not in self._beside:
            found = Candidate(self.cells, self.aims, people)
            kept = ("sets", "scorer", "membership", "models", "places", "guesses", "attacks")
            found.__dict__.update({name: self.__dict__[name] for name in kept if name in self.__dict__})
            self._beside[people] = found
        return self._beside[people]

    @cached_property
    def bins(self) -> TableBins:
        """The codes in which single columns are counted; those of numbers tell apart what lies beyond all."""
        return bins_of(self.cells, MAX_CODES, SHARED_VALUE, self._rows_a_bin)

    @property
    def _rows_a_bin(self) -> int:
        return rows_a_bin(self.cells, self._people, self.aims.min_cell)

    @cached_property
    def _coarser(self) -> dict[int, TableBins]:
        levels = self.cells.n_rows // self._rows_a_bin if any(self._people) else MAX_CODES**3
        most = {size: max(int(levels ** (1 / size) + 1e-9), LEAST_BINS) for size in (2, 3)}
        return {size: coarser(self.cells, self.bins, number) for size, number in most.items()}

    def bins_of_set(self, size: int) -> TableBins:
        """Return the codes in which so many columns are counted together: the more columns, the coarser."""
        return self.bins if size == 1 else self._coarser[size]

    @cached_property
    def sets(self) -> tuple[tuple[int, ...], ...]:
        """The sets of columns that are counted: single ones, pairs, sets of three."""
        width = len(self.cells.keys)
        most = ((1, MOST_SETS), (2, MOST_SETS), (3, MOST_TRIPLES))
        return tuple(places for size, limit in most for places in _sets(width, size, limit))

    @cached_property
    def counted_in(self) -> CountedIn:
        """The codes in which columns are counted, alone and together, and how they are told."""
        bins = {size: self.bins_of_set(size) for size in (1, 2, 3)}
        return CountedIn.of(self.cells, bins, self._people, self.aims.min_cell)

    def shape_of(self, places: Sequence[int]) -> tuple[int, ...]:
        """Return the shape of the cells of a set of columns."""
        levels = self.bins_of_set(len(places)).levels
        return tuple(levels[place] for place in places)

    @cached_property
    def scorer(self) -> Scorer:
        """What scores persons against the table."""
        return Scorer(self.cells, self.membership)

    @cached_property
    def membership(self) -> MembershipAttack:
        """What tells members of a table from others, learnt from leaks staged in this one."""
        return MembershipAttack.learnt(self.cells, self.aims.sampling_key)

    @cached_property
    def models(self) -> dict[str, RegressionModel]:
        """The declared regressions by their formulas, in the study's order.

        Without those whose response has one category more here, because one of its two is rare and merged.
        """
        schema = self.cells.schema
        asked = (
            text for text in self.aims.models if is_explained(schema.variable(ModelFormula.of(text).response))
        )
        return {text: RegressionModel.of(text, self.cells) for text in asked}

    @cached_property
    def places(self) -> ScorePlaces:
        """The few places that scores of persons have."""
        return ScorePlaces(self.membership)

    @cached_property
    def guesses(self) -> SinglingOut:
        """Predicates that single a synthetic row out."""
        return SinglingOut(self.cells, self.aims.sampling_key)

    @cached_property
    def attacks(self) -> tuple[KeyAttack, ...]:
        """The attacks by key columns, one for each level of the lattice; none without keys."""
        if not self.aims.keys:
            return ()
        return tuple(KeyAttack(self.cells, self.aims.keys, self.aims.sensitive, bands) for bands in LATTICE)


def groupings(candidate: Candidate, most: int) -> tuple[Grouping, ...]:
    """Return the key columns of few categories by which rows are counted apart, in at most so many slices."""
    found: list[Grouping] = []
    for name in candidate.aims.keys:
        variable = candidate.cells.schema.variable(name)
        few = variable.is_categorical and 1 <= len(variable.categories) <= MOST_SUBGROUPS
        group = Grouping(name, len(variable.categories) + 1) if few else None
        if group is not None and len(found) < MAX_GROUPINGS and slices((*found, group)) <= most:
            found.append(group)
    return tuple(found)


def tree_bins(cells: CellTable) -> tuple[ColumnBins, ...]:
    """Return the codes in which trees grow."""
    return bins_of(cells, MAX_BINS, TREE_SHARED_VALUE).columns


def _sets(width: int, size: int, most: int) -> list[tuple[int, ...]]:
    """Return all sets of ``size`` columns; of too many, evenly spaced ones in the order of their places."""
    number = comb(width, size)
    if number <= most:
        return list(combinations(range(width), size))
    return [_set_at(place * number // most, width, size) for place in range(most)]


def _set_at(rank: int, width: int, size: int) -> tuple[int, ...]:
    """Return the set of ``size`` columns that has this place among all, in the order of ``combinations``.

    ``comb(width, size) - comb(width - i, size)`` sets begin before column i, so none need be listed.
    """
    found: list[int] = []
    first = 0
    for left in range(size, 0, -1):
        whole = comb(width - first, left)
        skipped = partial(_begun, width - first, left, whole)
        step = bisect_right(range(width - first - left + 1), rank, key=skipped) - 1
        rank -= skipped(step)
        found.append(first + step)
        first += step + 1
    return tuple(found)


def _begun(width: int, size: int, whole: int, first: int) -> int:
    """Return how many of the ``whole`` sets begin before a column."""
    return whole - comb(width - first, size)
