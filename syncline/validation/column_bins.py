"""Small codes for cells, derived from the candidate table and the public schema alone.

The hub holds the candidate and sends the bins; every supplier codes its own rows by them. Real rows never
move a cut, so nothing about them is asked before they are counted, and equal cells are equal codes at every
supplier. Code 0 means that a cell has no value of its variable.
"""

from __future__ import annotations

from dataclasses import dataclass

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

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns in order."""
        return tuple(column.name for column in self.columns)

    @property
    def levels(self) -> tuple[int, ...]:
        """Number of codes of each column."""
        return tuple(column.n_codes for column in self.columns)

    def encode(self, table: CellTable) -> Codes:
        """Return the codes (n_rows, n_columns) of a table that was read by the same schema."""
        codes = np.empty((table.n_rows, len(self.columns)), np.uint16)
        for place, column in enumerate(self.columns):
            codes[:, place] = column.encode(table.keys[place], table.valid(place))
        return codes


def bins_of(candidate: CellTable, most: int, alone: float) -> TableBins:
    """Return bins of about equal mass in ``candidate``; values that many rows share have bins of their own.

    Parameters
    ----------
    candidate : the synthetic table
    most : codes of a column at most, from 16 to 65,535, the one for missing included
    alone : share of a column's values, above 0, from which on a value is a bin of its own
    """
    if not 16 <= most <= 65_535 or alone <= 0:
        raise ValueError("bins: from 16 to 65,535 codes, and a positive share")
    columns = []
    for place, variable in enumerate(candidate.schema.modelled):
        keys = candidate.keys[place][candidate.valid(place)]
        columns.append(
            _categories(variable, keys, most)
            if variable.is_categorical
            else _line(variable, keys, most, alone)
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


def _line(variable: Variable, keys: Keys, most: int, alone: float) -> ColumnBins:
    """Cut a line of keys; what lies below the least and above the greatest key is told apart too."""
    values, counts = np.unique(keys, return_counts=True)
    if not len(values):
        return ColumnBins(variable.name, True, values, np.zeros(0, np.uint16), 2)
    heavy = counts >= max(alone, 4.0 / most) * len(keys)
    wanted = most - 3 - 3 * int(heavy.sum())
    light = np.where(heavy, 0, counts)
    middle = 2 * np.cumsum(light) - light
    quantile = np.minimum(middle * wanted // (2 * max(int(light.sum()), 1)), wanted - 1)
    starts = np.ones(len(values), np.bool_)
    starts[1:] = (np.diff(quantile) > 0) | heavy[1:] | heavy[:-1]
    low = np.union1d(values[starts], np.append(values[heavy], values[-1]) + 1)
    return ColumnBins(variable.name, True, low, np.zeros(0, np.uint16), len(low) + 2)
