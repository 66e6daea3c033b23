"""Leaks staged inside a synthetic table: rows that are in it, somewhat changed, and rows that were taken out.

What tells a member from somebody else can so be learnt from the synthetic table alone, before any real
person is looked at: the changed rows play people whose record leaked, the rows taken out play people of the
same kind who were never seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Keys, Status
from syncline.validation.cell_table import CellTable
from syncline.validation.sampling import row_lots

MOST_STAGED = 2000
"""Rows of either kind at most."""

MOST_CHANGES = 2
"""A leaked row differs from its original in none to so many cells, by turns."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Staged:
    """A table with its staged leaks.

    Attributes
    ----------
    table : the synthetic table without the rows taken out
    members : rows of ``table``, changed in a few cells
    strangers : the rows taken out
    """

    table: CellTable
    members: CellTable
    strangers: CellTable


def stage(synthetic: CellTable, key: bytes) -> Staged | None:
    """Stage leaks in a table; None where it has fewer than 20 rows.

    Which rows play which part follows from their contents and ``key``, not from their order.
    """
    n_staged = min(MOST_STAGED, synthetic.n_rows // 10)
    if n_staged < 2:
        return None
    order = np.argsort(row_lots(synthetic, key), kind="stable")
    strangers, leaked = order[:n_staged], order[n_staged : 2 * n_staged]
    members = _changed(synthetic, leaked, order)
    return Staged(synthetic.take(np.sort(order[n_staged:])), members, synthetic.take(strangers))


def _changed(table: CellTable, rows: npt.NDArray[np.intp], order: npt.NDArray[np.intp]) -> CellTable:
    """Return ``rows`` with up to ``MOST_CHANGES`` cells changed, the cells chosen by turns."""
    changed = table.take(rows)
    keys = [column.copy() for column in changed.keys]
    status = [column.copy() for column in changed.status]
    n_columns = len(keys)
    for place, row in enumerate(range(len(rows))):
        for change in range(place % (MOST_CHANGES + 1)):
            column = (place // (MOST_CHANGES + 1) + change * (n_columns // 2 + 1)) % n_columns
            donor = int(order[-1 - (place + change) % len(order)])
            _change(table, column, keys[column], status[column], row, donor)
    return CellTable(table.schema, tuple(keys), tuple(status), changed.owner)


def _change(
    table: CellTable, column: int, keys: Keys, status: npt.NDArray[np.uint8], row: int, donor: int
) -> None:
    """Move a number one step of its grid, put another row's cell in the place of a category or a state."""
    variable = table.schema.modelled[column]
    is_number = variable.grid is not None and bool(variable.are_values(keys[row : row + 1])[0])
    if is_number and status[row] == Status.VALID:
        keys[row] += 1 if donor % 2 else -1
    else:
        keys[row], status[row] = table.keys[column][donor], table.status[column][donor]
