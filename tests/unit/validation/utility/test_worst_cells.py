"""The cell of a set that a table has most wrong, and what of it may be shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.validation.metric import Metric
from syncline.validation.utility.told import SetCounts, ToldCounts, told_column, told_set
from syncline.validation.utility.worst_cells import with_cells
from tests.unit.validation.compared import compared
from tests.unit.validation.utility.made_up import persons

NAMES = {"a": ["missing", "x", "y"], "b": ["missing", "u", "v"], "c": ["missing", "s"]}


def told(synthetic: Any, train: Any, min_cell: int) -> ToldCounts:
    """Return the cells of columns that each have no hidden code of their own, unless they are few."""
    counts, columns = np.array(train), ("a", "b", "c")[: np.ndim(train)]
    if counts.ndim == 1:
        return told_column(SetCounts(columns, np.array(synthetic), counts, None), min_cell)
    lines = {}
    for axis, name in enumerate(columns):
        margin = counts.sum(axis=tuple(set(range(counts.ndim)) - {axis}))
        lines[name] = (told_column(SetCounts((name,), margin, margin, None), min_cell).hidden, None)
    found = SetCounts(columns, np.array(synthetic), counts, None)
    return told_set(found, lines, min_cell, {})


def cell_of(
    synthetic: Any, train: Any, min_cell: int = 11, *, several: bool = False
) -> dict[str, Any] | None:
    found = told(synthetic, train, min_cell)
    metric = Metric("tv", 0.5, detail={"worst": [{"columns": list(found.columns)}]})
    shown = with_cells(metric, [found], NAMES, persons=several).detail
    row = cast("list[dict[str, Any]]", cast("dict[str, Any]", shown)["worst"])[0]
    return cast("dict[str, Any] | None", row["cell"])


def test_the_cell_whose_share_is_most_wrong_is_named_with_both_shares() -> None:
    made, real = [[0, 0, 0], [0, 50, 20], [0, 10, 20]], [[0, 0, 0], [0, 20, 40], [0, 20, 20]]
    assert cell_of(made, real) == {"values": ["x", "u"], "synthetic": 0.5, "real": 0.2}
    assert cell_of(real, real) is None


def test_a_cell_of_few_is_not_named_nor_what_would_tell_it() -> None:
    assert cell_of([0, 60, 40], [0, 95, 5]) is None
    lacking = [[0, 0, 0], [0, 100, 0], [0, 0, 0]], [[0, 0, 0], [0, 91, 0], [0, 0, 9]]
    assert cell_of(*lacking) is None, "nine are not u"
    assert cell_of(*lacking, min_cell=9) == {"values": ["x", "u"], "synthetic": 1.0, "real": 0.91}


def test_of_persons_with_several_rows_only_what_is_too_frequent_is_named() -> None:
    made, real = [[0, 0, 0], [0, 0, 30], [0, 35, 35]], [[0, 0, 0], [0, 60, 0], [0, 20, 20]]
    assert cell_of(made, real) == {"values": ["x", "u"], "synthetic": 0.0, "real": 0.6}
    assert cell_of(made, real, several=True) == {"values": ["x", "v"], "synthetic": 0.3, "real": None}


COUNTS = st.lists(st.integers(0, 30), min_size=18, max_size=18).map(lambda n: np.array(n).reshape(3, 3, 2))


@given(COUNTS, COUNTS, st.integers(1, 15))
def test_what_lies_between_the_cell_and_a_line_through_it_is_of_enough(
    made: Any, real: Any, min_cell: int
) -> None:
    found = cell_of(made, real, min_cell)
    if found is None or found["real"] is None:
        return
    codes = [NAMES[name].index(value) for name, value in zip("abc", found["values"], strict=True)]
    count = int(real[tuple(codes)])
    assert real.sum()
    assert found["real"] == round(count / real.sum(), 6)
    assert count == 0 or count >= min_cell
    mask = told(made, real, min_cell).mask
    for axis in range(3):
        line = tuple(slice(None) if place == axis else code for place, code in enumerate(codes))
        hidden = int(real[line][mask[line]].sum())
        assert hidden == 0 or hidden >= min_cell


def test_a_report_names_the_cells_of_single_columns_pairs_and_sets_of_three() -> None:
    train, holdout = persons(3000, 1), persons(2000, 2)
    wrong = persons(2500, 3)
    ill = np.where(wrong.keys[2] == 1, 1, wrong.keys[3])
    made = replace(wrong, keys=(*wrong.keys[:3], ill))
    metrics = compared(train, made, holdout).metrics
    for name, values in (("tv_1way", {"no"}), ("tv_2way", {"b", "yes"}), ("tv_3way", {"b", "yes"})):
        rows = cast("dict[str, Any]", metrics[name].detail)["worst"]
        row = next(r for r in rows if "ill" in r["columns"] and (name == "tv_1way" or "ward" in r["columns"]))
        assert values <= set(row["cell"]["values"]), name
    column = next(
        row["cell"]
        for row in cast("dict[str, Any]", metrics["tv_1way"].detail)["worst"]
        if row["columns"] == ["age"]
    )
    assert column["values"][0].startswith("from ")
    pair = next(
        row["cell"]
        for row in cast("dict[str, Any]", metrics["tv_2way"].detail)["worst"]
        if row["columns"] == ["ward", "ill"]
    )
    inside = (train.keys[2] == 1) & (train.keys[3] == 1)
    assert pair["real"] == pytest.approx(inside.mean(), abs=1e-6)
    assert pair["synthetic"] == pytest.approx(((made.keys[2] == 1) & (ill == 1)).mean(), abs=1e-6)
