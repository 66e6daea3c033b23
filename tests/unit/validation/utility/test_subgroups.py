from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.candidate import Aims
from syncline.validation.comparison.parts import PartCounts
from syncline.validation.metric import Metric
from syncline.validation.utility.subgroups import Subgroup, subgroup_figures
from tests.unit.validation.compared import beside, compared, tables_of
from tests.unit.validation.utility.made_up import persons

TRAIN, HOLDOUT, FRESH = persons(3000, 1), persons(2000, 2), persons(2500, 3)
WARD = 2


def figures(synthetic: CellTable, min_cell: int = 1) -> tuple[list[Subgroup], Metric]:
    tables = tables_of(TRAIN, synthetic, HOLDOUT, min_cell=min_cell)
    return subgroup_figures(tables, ["ward"], min_cell)


def slow(synthetic: CellTable, code: int, other: CellTable) -> float:
    """Return the mean distance of the other columns within a ward, row after row."""
    bins = beside(TRAIN, synthetic, HOLDOUT).bins_of_set(2)
    one, two = bins.encode(other), bins.encode(TRAIN)
    one, two = one[one[:, WARD] == code], two[two[:, WARD] == code]
    found = []
    for place in (0, 1, 3):
        codes = np.union1d(one[:, place], two[:, place])
        shares = [[(table[:, place] == c).mean() for c in codes] for table in (one, two)]
        found.append(np.abs(np.subtract(*shares)).sum() / 2)
    return float(np.mean(found))


def answers_drawn_anew(table: CellTable) -> CellTable:
    """Return a table in which illness has nothing to do with the rest in one ward."""
    ill = table.keys[3].copy()
    inside = np.flatnonzero(table.keys[WARD] == 1)
    ill[inside] = np.random.default_rng(3).permutation(ill[inside])
    return CellTable(table.schema, (*table.keys[:3], ill), table.status, table.owner)


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
    assert [row.code for row in rows] == [1, 2, 3, 4]
    assert [row.value for row in rows] == pytest.approx(expected)
    assert [row.floor for row in rows] == pytest.approx(floors)
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
    assert [row.code for row in rows] == [2, 3], "else code 4 is what is left"
    rows, gap = subgroup_figures(tables_of(TRAIN, FRESH, HOLDOUT, min_cell=10_000), ["age", "ward"], 10_000)
    assert rows == []
    assert gap.value is None
    assert "not computed" in gap.words


def test_a_subgroup_that_the_table_lacks_is_as_far_as_can_be() -> None:
    rows, gap = figures(FRESH.take(FRESH.keys[WARD] != 0))
    assert (rows[0].code, rows[0].value, rows[0].is_made) == (1, 1.0, False)
    assert gap.value is not None
    assert gap.value > 0.5


def test_the_side_of_a_pair_on_which_the_column_stands_makes_no_difference() -> None:
    tables = tables_of(TRAIN, FRESH, HOLDOUT)
    pairs = [pair for pair in tables.pairs if "ward" in pair.columns]
    apart = [subgroup_figures(replace(tables, pairs=(pair,)), ["ward"], 11)[0] for pair in pairs]
    whole = subgroup_figures(tables, ["ward"], 11)[0]
    first = [[row.value for row in rows] for rows in apart]
    expected = [row.value for row in whole]
    assert np.mean(first, axis=0) == pytest.approx(expected)


@pytest.mark.parametrize("synthetic", [FRESH, spoilt(FRESH)])
def test_figures_within_a_subgroup_are_told_as_those_of_all_are(synthetic: CellTable) -> None:
    for group in figures(synthetic)[0]:
        inside = TRAIN.take(TRAIN.keys[WARD] == group.code - 1)
        assert [found.train.sum() for found in group.tables.singles] == [inside.n_rows] * 3
        found = {metric.name: metric for metric in PartCounts(group.tables, None).figures(1)}
        assert all(found[name].value is not None for name in ("tv_2way", "association", "tails"))


def test_a_subgroup_whose_answers_are_wrong_is_seen_in_every_figure() -> None:
    aims = Aims(keys=("ward",), models=("ill ~ age + pressure",))
    fair, spoiled = (
        {
            row["subgroup"]: row["metrics"]
            for row in compared(TRAIN, table, HOLDOUT, aims=aims, target="ill").subgroups
            if isinstance(row, dict)
        }
        for table in (FRESH, answers_drawn_anew(FRESH))
    )
    assert set(fair) == {"a", "b", "c", "rare"}
    # predictions (tstr) are not told here: too few of the ward's people lie between two of their few scores
    for name, least in (("regression:ill ~ age + pressure", 0.1), ("association", 0.02)):
        drop = [
            abs(float(fair[ward][name]["value"]) - float(spoiled[ward][name]["value"])) for ward in ("b", "c")
        ]
        assert drop[0] > least, name
        assert drop[0] > 2 * drop[1], name


def test_the_settings_say_which_columns_and_models_are_looked_at_and_groups_have_names() -> None:
    aims = Aims(keys=("ward", "ill"), models=("ill ~ age",))
    found = compared(TRAIN, FRESH, HOLDOUT, aims=aims)
    names = [row["subgroup"] for row in found.subgroups if isinstance(row, dict)]
    assert names == ["a", "b", "c", "rare", "no", "yes"]
    assert {"subgroup_gap", "regression:ill ~ age", "tails", "beyond_range"} <= set(found.metrics)
