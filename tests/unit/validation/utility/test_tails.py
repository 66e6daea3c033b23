from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from syncline.validation.cell_table import CellTable
from syncline.validation.column_bins import TableBins
from syncline.validation.metric import Metric
from syncline.validation.utility.tails import tails
from tests.unit.validation.compared import tables_of
from tests.unit.validation.utility.made_up import persons

TRAIN, HOLDOUT, FRESH = persons(3000, 1), persons(2000, 2), persons(2500, 3)


def figures(
    synthetic: CellTable, holdout: CellTable | None = HOLDOUT, min_cell: int = 1
) -> dict[str, Metric]:
    tables = tables_of(TRAIN, synthetic, holdout, min_cell=min_cell)
    return {metric.name: metric for metric in tails(tables, min_cell)}


def values(table: CellTable, place: int) -> np.ndarray:
    return table.keys[place][table.valid(place)]


def slow_ends(synthetic: CellTable, place: int) -> tuple[float, float]:
    """Return the keys below which, and from which on, the two ends lie: bin after bin, by the definition."""
    bins = tables_of(TRAIN, synthetic, HOLDOUT).bins.columns[place]
    made = values(synthetic, place)
    low = min(bins.low, key=lambda edge: (abs((made < edge).mean() - 0.05), edge))
    high = min(bins.low[::-1], key=lambda edge: (abs((made >= edge).mean() - 0.05), -edge))
    return float(low), float(high)


def slow_difference(synthetic: CellTable, first: CellTable, place: int) -> float:
    low, high = slow_ends(synthetic, place)
    one, two = values(first, place), values(TRAIN, place)
    return float(
        abs((one < low).mean() - (two < low).mean()) + abs((one >= high).mean() - (two >= high).mean())
    )


def clipped(table: CellTable, least: int, most: int) -> CellTable:
    """Return a table whose ages end early on both sides."""
    return CellTable(
        table.schema, (np.clip(table.keys[0], least, most), *table.keys[1:]), table.status, table.owner
    )


@pytest.mark.parametrize("synthetic", [FRESH, clipped(FRESH, 25, 80)])
def test_the_ends_are_those_of_the_values_themselves(synthetic: CellTable) -> None:
    found = figures(synthetic)["tails"]
    assert found.value == pytest.approx(np.mean([slow_difference(synthetic, synthetic, p) for p in (0, 1)]))
    assert found.floor == pytest.approx(np.mean([slow_difference(synthetic, HOLDOUT, p) for p in (0, 1)]))
    assert found.interval is not None
    assert found.interval[0] <= found.value <= found.interval[1]


def test_what_lies_beyond_the_synthetic_range_is_counted_and_named() -> None:
    found = figures(clipped(FRESH, 25, 80))["beyond_range"]
    expected = []
    for place in (0, 1):
        made, real = values(clipped(FRESH, 25, 80), place), values(TRAIN, place)
        expected.append(((real < made.min()) | (real > made.max())).sum() / TRAIN.n_rows)
    assert found.value == pytest.approx(np.mean(expected))
    assert expected[0] > 0.2
    assert isinstance(found.detail, dict)
    assert found.detail["worst"][0] == {"column": "age", "value": pytest.approx(expected[0], abs=1e-6)}  # type: ignore[index]
    assert found.interval is not None
    assert found.interval[0] < found.value < found.interval[1]


def test_the_floor_of_the_range_is_what_a_second_sample_leaves() -> None:
    rng = np.random.default_rng(5)
    left = []
    for _ in range(2000):
        made = rng.random(60)
        left.append(np.mean((real := rng.random(60)) < made.min()) + np.mean(real > made.max()))
    assert np.mean(left) == pytest.approx(2 / 61, rel=0.1)
    floor = figures(FRESH)["beyond_range"].floor
    assert floor == pytest.approx(np.mean([2 / (len(values(FRESH, p)) + 1) for p in (0, 1)]))


def test_fewer_rows_than_the_smallest_cell_are_not_told_from_none() -> None:
    few = [clipped(FRESH, 18, most) for most in (93, 92)]
    shown = [figures(table, min_cell=200)["beyond_range"] for table in few]
    assert shown[0].value == shown[1].value
    assert all(metric.at_most for metric in shown)
    assert shown[0].interval == shown[1].interval
    assert shown[0].detail == {"worst": []}


def test_columns_of_categories_alone_have_no_tails() -> None:
    tables = tables_of(TRAIN, FRESH, None)
    bins = TableBins(tables.bins.columns[2:])
    found = tails(replace(tables, singles=tables.singles[2:], bins=bins), 11)
    assert [metric.value for metric in found] == [None, None]
    assert figures(FRESH, None)["tails"].floor is None


def test_a_number_that_the_table_always_lacks_is_beyond_it_whole() -> None:
    status = [FRESH.status[0], np.ones(FRESH.n_rows, np.uint8), *FRESH.status[2:]]
    keys = [FRESH.keys[0], np.zeros(FRESH.n_rows, np.int64), *FRESH.keys[2:]]
    lacking = CellTable(FRESH.schema, tuple(keys), tuple(status), FRESH.owner)
    assert not lacking.valid(1).any()
    found = figures(lacking)
    detail = found["beyond_range"].detail
    assert isinstance(detail, dict)
    share = round(float(TRAIN.valid(1).mean()), 6)
    assert detail["worst"][0] == {"column": "pressure", "value": share}  # type: ignore[index]
