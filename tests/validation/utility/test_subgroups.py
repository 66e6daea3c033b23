from __future__ import annotations

import numpy as np
import pytest

from syncline.data.blob import Json
from syncline.validation.cell_table import CellTable
from syncline.validation.federated.candidate import Aims
from syncline.validation.metric import Metric
from syncline.validation.utility.subgroups import subgroup_figures
from tests.validation.compared import compared, tables_of
from tests.validation.utility.made_up import persons

TRAIN, HOLDOUT, FRESH = persons(3000, 1), persons(2000, 2), persons(2500, 3)
WARD = 2


def figures(synthetic: CellTable, min_cell: int = 11) -> tuple[list[Json], Metric]:
    tables = tables_of(TRAIN, synthetic, HOLDOUT)
    return subgroup_figures(tables.singles, tables.pairs, ["ward"], min_cell)


def slow(synthetic: CellTable, code: int, other: CellTable) -> float:
    """Return the mean distance of the other columns within a ward, row after row."""
    bins = tables_of(TRAIN, synthetic, HOLDOUT).bins
    one, two = bins.encode(other), bins.encode(TRAIN)
    one, two = one[one[:, WARD] == code], two[two[:, WARD] == code]
    found = []
    for place in (0, 1, 3):
        codes = np.union1d(one[:, place], two[:, place])
        shares = [[(table[:, place] == c).mean() for c in codes] for table in (one, two)]
        found.append(np.abs(np.subtract(*shares)).sum() / 2)
    return float(np.mean(found))


def spoilt(table: CellTable) -> CellTable:
    """Return a table in which the persons of one ward are all ill and twenty years older."""
    inside = table.keys[WARD] == 1
    age = table.keys[0] + np.where(inside, 20, 0)
    return CellTable(
        table.schema, (age, *table.keys[1:3], np.where(inside, 1, table.keys[3])), table.status, table.owner
    )


@pytest.mark.parametrize("synthetic", [FRESH, spoilt(FRESH)])
def test_distances_within_subgroups_are_those_of_their_rows(synthetic: CellTable) -> None:
    rows, gap = figures(synthetic)
    expected = [slow(synthetic, code, synthetic) for code in (1, 2, 3, 4)]
    floors = [slow(synthetic, code, HOLDOUT) for code in (1, 2, 3, 4)]
    assert [row["code"] for row in rows if isinstance(row, dict)] == [1, 2, 3, 4]
    assert [row["value"] for row in rows if isinstance(row, dict)] == pytest.approx(expected, abs=1e-6)
    assert [row["floor"] for row in rows if isinstance(row, dict)] == pytest.approx(floors, abs=1e-6)
    assert gap.value == pytest.approx(max(expected) - min(expected))
    assert gap.floor == pytest.approx(max(floors) - min(floors))


def test_a_subgroup_that_is_served_badly_is_the_worst() -> None:
    fair, spoiled = figures(FRESH, 100)[1], figures(spoilt(FRESH), 100)[1]
    assert spoiled.detail == {"column": "ward", "worst": 2, "best": pytest.approx(2, abs=1)}
    assert spoiled.value is not None
    assert fair.value is not None
    assert fair.interval is not None
    assert spoiled.interval is not None
    assert spoiled.value > 0.2 > fair.value
    assert spoiled.interval[0] > fair.interval[1]


def test_small_subgroups_and_columns_of_many_codes_are_not_shown() -> None:
    rows, _ = figures(FRESH, 100)
    assert [row["code"] for row in rows if isinstance(row, dict)] == [2, 3], "else code 4 is what is left"
    tables = tables_of(TRAIN, FRESH, HOLDOUT)
    rows, gap = subgroup_figures(tables.singles, tables.pairs, ["age", "ward"], 10_000)
    assert rows == []
    assert gap.value is None
    assert "not computed" in gap.words


def test_a_subgroup_that_the_table_lacks_is_as_far_as_can_be() -> None:
    rows, gap = figures(FRESH.take(FRESH.keys[WARD] != 0))
    lost = rows[0]
    assert isinstance(lost, dict)
    assert (lost["code"], lost["value"]) == (1, 1.0)
    assert gap.value is not None
    assert gap.value > 0.5


def test_the_side_of_a_pair_on_which_the_column_stands_makes_no_difference() -> None:
    tables = tables_of(TRAIN, FRESH, HOLDOUT)
    singles, pairs = tables.singles, tables.pairs
    apart = [subgroup_figures(singles, [pair], ["ward"], 11)[0] for pair in pairs if "ward" in pair.columns]
    whole = subgroup_figures(singles, pairs, ["ward"], 11)[0]
    first = [[row["value"] for row in rows if isinstance(row, dict)] for rows in apart]
    assert np.mean(np.array(first, float), axis=0) == pytest.approx(
        [row["value"] for row in whole if isinstance(row, dict)], abs=2e-6
    )


def test_the_settings_say_which_columns_and_models_are_looked_at_and_groups_have_names() -> None:
    aims = Aims(keys=("ward", "ill"), models=("ill ~ age",))
    found = compared(TRAIN, FRESH, HOLDOUT, aims=aims)
    names = [row["subgroup"] for row in found.subgroups if isinstance(row, dict)]
    assert names == ["a", "b", "c", "rare", "no", "yes"]
    assert {"subgroup_gap", "regression:ill ~ age", "tails", "beyond_range"} <= set(found.metrics)
