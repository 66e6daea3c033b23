from __future__ import annotations

import math
from unittest import mock

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure import closeness
from syncline.validation.disclosure.closeness import UNITS, Closeness
from tests.unit.validation.disclosure.small_tables import SCHEMA, table_of, tables


def cell(table: CellTable, place: int, row: int) -> int | None:
    return int(table.keys[place][row]) if table.valid(place)[row] else None


def slow_bits(real: CellTable, r: int, synthetic: CellTable, s: int) -> int:
    """Compare two rows by the definition, one value after the other."""
    total = 0
    n = synthetic.n_rows
    for place, variable in enumerate(SCHEMA.modelled):
        own, other = cell(real, place, r), cell(synthetic, place, s)
        column = [cell(synthetic, place, row) for row in range(n)]
        if own is None or other is None or variable.grid is None:
            as_close = sum(value == other for value in column) if own == other else n
        else:
            values = [value for value in column if value is not None]

            def rank(x: int, values: list[int] = values) -> int:
                return sum(v < x for v in values) + sum(v <= x for v in values)

            far = abs(rank(other) - rank(own))
            as_close = sum(abs(rank(v) - rank(own)) <= far for v in values)
        total += round(UNITS * math.log2(n / as_close))
    return total


@given(tables(), tables(most_rows=5, values=12), st.booleans())
def test_bits_are_those_of_the_definition(synthetic: CellTable, real: CellTable, fine: bool) -> None:
    with mock.patch.object(closeness, "MAX_LEVELS", 0 if fine else 1024):
        near = Closeness(synthetic)
        bits = near.bits(near.places(real))
    for r in range(real.n_rows):
        for s in range(synthetic.n_rows):
            assert bits[s, r] == slow_bits(real, r, synthetic, s)


@given(tables(), tables(most_rows=5), st.integers(1, 40))
def test_grouping_columns_changes_nothing(synthetic: CellTable, real: CellTable, most: int) -> None:
    near = Closeness(synthetic)
    with mock.patch.object(closeness, "MAX_COMBINATIONS", most):
        apart = Closeness(synthetic)
    assert np.array_equal(near.bits(near.places(real)), apart.bits(apart.places(real)))


@given(tables())
def test_a_row_of_the_table_has_all_its_bits_there(table: CellTable) -> None:
    near = Closeness(table)
    places = near.places(table)
    rows = np.arange(table.n_rows)
    assert np.array_equal(near.bits(places)[rows, rows], near.own(places))
    assert (near.equal(places, rows) == len(SCHEMA.modelled)).all()


def test_bits_of_many_rare_columns_do_not_wrap_round() -> None:
    with mock.patch.object(closeness, "UNITS", 2000):
        n = 100_000
        keys = [np.arange(n), np.arange(n), np.zeros(n, np.int64)]
        synthetic = table_of(keys)
        near = Closeness(synthetic)
        bits = near.bits(near.places(synthetic.take(np.array([7]))))
    assert bits.dtype == np.uint32
    assert bits[7, 0] == 2 * round(2000 * math.log2(n))
