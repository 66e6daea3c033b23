"""Tables of a few columns for the tests: numbers with ties and gaps, categories, missing cells, persons."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from syncline.data.batch import Status
from syncline.data.schema import Schema
from syncline.validation.cell_table import CellTable, numbered

SCHEMA = Schema.from_yaml(
    """\
variables:
  - {name: pid, kind: identifier, role: person}
  - {name: age, kind: integer, range: [0, 99]}
  - {name: weight, kind: continuous, range: [0, 999], decimals: 1}
  - {name: ward, kind: categorical, categories: [a, b, c, d]}
"""
)


@st.composite
def tables(draw: st.DrawFn, most_rows: int = 30, values: int = 8) -> CellTable:
    """Draw a table of one row or more; about a tenth of the cells are missing."""
    n_rows = draw(st.integers(1, most_rows))
    cells = st.integers(0, 10 * values - 1)  # a value, and in the last tenth a missing cell
    drawn = draw(st.lists(cells, min_size=3 * n_rows, max_size=3 * n_rows))
    owners = draw(st.lists(st.integers(0, 5), min_size=n_rows, max_size=n_rows))
    columns = [np.array(column, np.int64) for column in (drawn[0::3], drawn[1::3], drawn[2::3])]
    keys = [column % values for column in columns]
    keys[2] = keys[2] % 4
    missing = [column >= 9 * values for column in columns]
    return table_of(keys, missing, np.array(owners, np.int64))


def table_of(
    keys: list[np.ndarray], missing: list[np.ndarray] | None = None, owner: np.ndarray | None = None
) -> CellTable:
    """Return a table of ``SCHEMA``; without ``owner`` every row is a person."""
    n_rows = len(keys[0])
    none = [np.zeros(n_rows, np.bool_)] * len(keys)
    gaps = none if missing is None else missing
    return CellTable(
        SCHEMA,
        tuple(np.where(gap, 0, key).astype(np.int64) for key, gap in zip(keys, gaps, strict=True)),
        tuple(np.where(gap, Status.MISSING, Status.VALID).astype(np.uint8) for gap in gaps),
        np.arange(n_rows) if owner is None else numbered(owner),
    )
