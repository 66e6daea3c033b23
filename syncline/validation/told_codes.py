"""With which others the codes of a column are told: those that hardly anybody is expected to have.

A cell of few people hides others beside it, so that nobody finds it by subtraction. One person in a bin that
is else empty would hide a part of every column, and so be seen. Therefore codes of which the synthetic table
holds next to nothing are told together with a larger one: what lies beyond all synthetic values with the
bins at the ends; named states that the table hardly has as missing, for which the model takes them; and
missing values that hardly anybody lacks with the most frequent bin. All follows from the candidate, and from
how many people there were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from syncline.data.variable import Variable
from syncline.questions.growth import ColumnBins
from syncline.validation.cell_table import CellTable
from syncline.validation.column_bins import CROWD, TableBins, in_bins, is_blind, rows_a_bin, value_edges

Ints = npt.NDArray[np.int64]

HARDLY = 2
"""A code is told by itself where so many times the people that may be told of are expected to have it."""


@dataclass(frozen=True, slots=True, eq=False)
class CountedIn:
    """The codes in which columns are counted, and how they are told.

    Attributes
    ----------
    bins : the codes in which so many columns are counted together; of single ones with what lies beyond
    fine : the codes of single columns as they are told, where the bins at the ends take in what lies beyond
    told : for each column the code (n_codes,) of ``fine`` with which each of them is told, mostly itself
    blind : the columns of numbers of which nothing is seen, for all values are in one bin
    """

    bins: Mapping[int, TableBins]
    fine: TableBins
    told: Mapping[str, Ints]
    blind: frozenset[str]

    @classmethod
    def of(
        cls, candidate: CellTable, bins: Mapping[int, TableBins], people: tuple[int, int], least: int
    ) -> CountedIn:
        """Return how a table's codes are told beside so many ``people``, used and held out."""
        fine = ends_taken_in(candidate, bins[1])
        told = dict(zip(fine.names, _told(candidate, fine, people, least), strict=True))
        columns = zip(bins[1].columns, candidate.schema.modelled, strict=True)
        blind = frozenset(column.name for column, variable in columns if is_blind(column, variable))
        return cls(bins, fine, told, blind)

    def told_with(self, size: int) -> dict[str, Ints]:
        """Return with which code each is told, where so many columns are counted together."""
        if size == 1:
            return dict(self.told)
        columns = zip(self.bins[1].columns, self.fine.columns, self.bins[size].columns, strict=True)
        return {
            fine.name: _in_coarser(raw, fine, coarse, self.told[fine.name]) for raw, fine, coarse in columns
        }

    def lacking(self, name: str) -> Ints:
        """Return the codes of a single column that are told as missing, its states among them."""
        told = self.told[name]
        moved = np.flatnonzero(told != np.arange(len(told)))
        return np.union1d(moved, [0])


def ends_taken_in(candidate: CellTable, bins: TableBins) -> TableBins:
    """Return the codes of single columns where the bins at the ends take in what lies beyond them."""
    variables = candidate.schema.modelled
    return TableBins(tuple(map(_with_ends, bins.columns, variables)))


def _with_ends(column: ColumnBins, variable: Variable) -> ColumnBins:
    if not has_ends(column):
        return column
    low = column.low[1:-1]
    if variable.codes:  # what lies above all values lies before the named states
        values = len(value_edges(column, variable))
        low = np.concatenate([column.low[1 : max(values - 1, 1)], column.low[max(values, 1) : -1]])
    return replace(column, low=low, n_codes=len(low) + 2)


def has_ends(column: ColumnBins) -> bool:
    """Tell whether a column has bins to take in what lies beyond them."""
    return not len(column.code) and column.n_codes > 3


def _told(candidate: CellTable, fine: TableBins, people: tuple[int, int], least: int) -> list[Ints]:
    rows = -(-HARDLY * rows_a_bin(candidate, people, least) // CROWD)
    found = []
    for place, column in enumerate(fine.columns):
        told = np.arange(column.n_codes)
        codes = column.encode(candidate.keys[place], candidate.valid(place))
        held = np.bincount(codes, minlength=column.n_codes)
        if least > 1 and held[1:].any():
            most = int(held[1:].argmax()) + 1
            missing = most if held[0] < rows else 0
            states = _states(column, candidate.schema.modelled[place])
            told[states[(held[states] < rows) & (states != most)]] = missing
            told[0] = missing
        found.append(told)
    return found


def _states(column: ColumnBins, variable: Variable) -> Ints:
    """Return the codes of the named states of a column."""
    keys = np.array([state.key for state in variable.states] if variable.codes else [], np.int64)
    return column.encode(keys, np.ones(len(keys), np.bool_)).astype(np.int64)


def _in_coarser(raw: ColumnBins, fine: ColumnBins, coarse: ColumnBins, told: Ints) -> Ints:
    """Return with which code each of ``coarse`` is told: that of its parts, where all are told elsewhere."""
    found = np.full(coarse.n_codes, -1)
    own = in_bins(raw, coarse)
    target = in_bins(fine, coarse)[told[in_bins(raw, fine)]]
    found[own[::-1]] = target[::-1]
    stays = own[target == own]
    found[stays] = stays
    return found
