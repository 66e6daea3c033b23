"""Small codes for cells, derived from the candidate table and the public schema alone.

Hub and suppliers derive the same bins; every supplier codes its own rows by them. Real rows never move a cut,
so nothing about them is asked before they are counted, and equal cells are equal codes at every supplier. How
many bins there are follows from how many people were used and held out, which all know: of a bin with too few
of either nothing could be told. Code 0 means that a cell has no value of its variable.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Keys
from syncline.data.kinds import Kind
from syncline.data.variable import Variable
from syncline.questions.growth import ColumnBins
from syncline.validation.cell_table import CellTable

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class TableBins:
    """The codes of all modelled columns, in schema order."""

    columns: tuple[ColumnBins, ...]
    names: tuple[str, ...] = field(init=False, repr=False)
    """Names of the columns in order."""
    levels: tuple[int, ...] = field(init=False, repr=False)
    """Number of codes of each column: thousands of sets of columns ask for it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(column.name for column in self.columns))
        object.__setattr__(self, "levels", tuple(column.n_codes for column in self.columns))

    def encode(self, table: CellTable) -> Codes:
        """Return the codes (n_rows, n_columns) of a table that was read by the same schema."""
        codes = np.empty((table.n_rows, len(self.columns)), np.uint16)
        for place, column in enumerate(self.columns):
            codes[:, place] = column.encode(table.keys[place], table.valid(place))
        return codes


CROWD = 3
"""A bin holds so many times the people that may be told of, as far as the candidate says: where one expects
33, fewer than 11 are there once in 100,000 bins."""


def rows_a_bin(candidate: CellTable, people: tuple[int, int], least: int) -> int:
    """Return how many of the candidate's rows a bin needs, so that enough people of either fold are in it.

    ``people`` are those used and those held out, of whom nobody may be.
    """
    fewest = min((number for number in people if number), default=0)
    return max(-(-CROWD * least * candidate.n_rows // fewest), 1) if fewest else 1


def is_blind(column: ColumnBins, variable: Variable) -> bool:
    """Tell whether numbers of several values are in one bin, so that nothing is seen of them.

    Beside them there may be the bins of named states, of which nobody need be in any.
    """
    low = value_edges(column, variable)
    return not variable.is_categorical and len(low) == 2 and bool(low[1] > low[0] + 1)


def value_edges(column: ColumnBins, variable: Variable) -> Keys:
    """Return the key with which each bin of values begins, and the one behind the greatest value.

    There are none where the candidate holds no value. Behind them come the edges of the named states.
    """
    return column.low[: len(column.low) - _n_state_edges(variable)]


def _n_state_edges(variable: Variable) -> int:
    """Return how many edges of a line the named states take: where each begins, and where the last ends."""
    return len(variable.codes) + 1 if variable.codes else 0


def coarser(candidate: CellTable, bins: TableBins, most: int) -> TableBins:
    """Return bins of which those of numbers are joined to at most ``most``, for sets of several columns.

    The first takes what is less as well, the last what is more, and each consists of whole ones of ``bins``.
    """
    columns = []
    for place, column in enumerate(bins.columns):
        if len(column.code) or len(column.low) < 2:
            columns.append(column)
            continue
        held = np.bincount(
            column.encode(candidate.keys[place], candidate.valid(place)), minlength=column.n_codes
        )[2:-1]
        middle = 2 * np.cumsum(held) - held
        part = middle * min(most, len(held)) // (2 * max(int(held.sum()), 1))
        variable = candidate.schema.modelled[place]
        states = ~variable.are_values(column.low[:-1])
        starts = np.flatnonzero((np.diff(part, prepend=-1) != 0) | states)
        low = column.low[:-1][starts][1:]
        columns.append(ColumnBins(column.name, True, low, column.code, len(low) + 2))
    return TableBins(tuple(columns))


def in_bins(column: ColumnBins, coarse: ColumnBins) -> Ints:
    """Return the code in ``coarse`` (n_codes,) of each of the codes of ``column``, of which it consists."""
    if len(column.code) or np.array_equal(column.low, coarse.low):
        return np.arange(column.n_codes)
    inner = np.searchsorted(coarse.low, column.low, side="right") + 1
    return np.concatenate([[0, 1], inner]).astype(np.int64)


def bins_of(candidate: CellTable, most: int, alone: float, rows: int = 1) -> TableBins:
    """Return bins of about equal mass in ``candidate``; values that many rows share have bins of their own.

    Parameters
    ----------
    candidate : the synthetic table
    most : codes of a column at most, from 16 to 65,535, the one for missing included
    alone : share of a column's values, above 0, from which on a value is a bin of its own
    rows : how many rows a bin of numbers has at least; neighbours are joined until it does
    """
    if not 16 <= most <= 65_535 or alone <= 0:
        raise ValueError("bins: from 16 to 65,535 codes, and a positive share")
    columns = []
    for place, variable in enumerate(candidate.schema.modelled):
        keys = candidate.keys[place][candidate.valid(place)]
        columns.append(
            _categories(variable, keys, most)
            if variable.is_categorical
            else _line(variable, keys, most, alone, rows)
        )
    return TableBins(tuple(columns))


def _categories(variable: Variable, keys: Keys, most: int) -> ColumnBins:
    """Give each category a code; of too many, the rarer ones in the candidate share the last."""
    k = len(variable.categories)
    code = np.arange(1, k + 1)
    if k >= most:
        counts = np.bincount(keys, minlength=k)
        kept = np.sort(np.argsort(-counts, kind="stable")[: most - 2])
        code = np.full(k, most - 1)
        code[kept] = np.arange(1, most - 1)
    ordered = variable.kind is Kind.ORDINAL and k < most
    return ColumnBins(
        variable.name, ordered, np.zeros(0, np.int64), code.astype(np.uint16), int(code.max()) + 1
    )


def _line(variable: Variable, keys: Keys, most: int, alone: float, rows: int) -> ColumnBins:
    """Cut a line of keys; what lies below the least and above the greatest key is told apart too.

    Behind the values each named state has a bin of its own, whatever the candidate holds of it; nothing lies
    beyond them.
    """
    low = _low_ends(keys[variable.are_values(keys)], most - _n_state_edges(variable), alone, rows)
    if variable.codes:
        low = np.append(low, np.arange(variable.states.first, variable.states.last + 2))
    return ColumnBins(variable.name, True, low, np.zeros(0, np.uint16), len(low) + 2)


def _low_ends(keys: Keys, most: int, alone: float, rows: int) -> Keys:
    """Return the least key of each bin of values, and the key behind the greatest value."""
    values, counts = np.unique(keys, return_counts=True)
    if not len(values):
        return values
    heavy = counts >= max(alone, 4.0 / most) * len(keys)
    wanted = most - 3 - 3 * int(heavy.sum())
    light = np.where(heavy, 0, counts)
    middle = 2 * np.cumsum(light) - light
    quantile = np.minimum(middle * wanted // (2 * max(int(light.sum()), 1)), wanted - 1)
    starts = np.ones(len(values), np.bool_)
    starts[1:] = (np.diff(quantile) > 0) | heavy[1:] | heavy[:-1]
    low = np.union1d(values[starts], np.append(values[heavy], values[-1]) + 1)
    held = np.diff(np.append(0, np.cumsum(counts))[np.searchsorted(values, low)])
    return np.append(low[:-1][_joined(held, rows)], low[-1])


def _joined(held: Ints, least: int) -> Ints:
    """Return where runs of neighbouring bins begin that hold ``least`` rows each; the rest joins the last.

    None begins with a bin without rows: a bin begins at a value of the table, as a target's upper part does.
    """
    starts, run = [0], 0
    for place, rows in enumerate(held.tolist()):
        if run >= least and rows:
            starts.append(place)
            run = 0
        run += rows
    if run < least and len(starts) > 1:
        starts.pop()
    return np.array(starts, np.int64)
