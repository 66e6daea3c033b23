"""The cell of a set that a table has most wrong, and what of it may be shown."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.validation.metric import Metric
from syncline.validation.utility.tables import SetCounts
from syncline.validation.utility.worst_cells import with_cells
from tests.validation.compared import compared
from tests.validation.utility.made_up import persons

NAMES = {"a": ["missing", "x", "y"], "b": ["missing", "u", "v"], "c": ["missing", "s"]}


def cell_of(
    synthetic: Any, train: Any, min_cell: int = 11, *, hidden: str = "", several: bool = False
) -> dict[str, Any] | None:
    columns = ("a", "b", "c")[: np.ndim(train)]
    found = SetCounts(columns, np.array(synthetic), np.array(train), None)
    masks = {
        name: np.array([f"{name}{code}" in hidden.split() for code in range(len(labels))])
        for name, labels in NAMES.items()
    }
    metric = Metric("tv", 0.5, detail={"worst": [{"columns": list(columns)}]})
    told = with_cells(metric, [found], NAMES, masks, min_cell, persons=several).detail
    row = cast("list[dict[str, Any]]", cast("dict[str, Any]", told)["worst"])[0]
    return cast("dict[str, Any] | None", row["cell"])


def test_the_cell_whose_share_is_most_wrong_is_named_with_both_shares() -> None:
    made, real = [[0, 0, 0], [0, 50, 20], [0, 10, 20]], [[0, 0, 0], [0, 20, 40], [0, 20, 20]]
    assert cell_of(made, real) == {"values": ["x", "u"], "synthetic": 0.5, "real": 0.2}
    assert cell_of(real, real) is None


def test_a_real_share_of_few_is_not_shown_and_few_that_are_real_are_not_named() -> None:
    made, real = [0, 60, 40], [0, 95, 5]
    assert cell_of(made, real, hidden="a1 a2") == {"values": ["y"], "synthetic": 0.4, "real": None}
    lacking = [[0, 0, 0], [0, 100, 0], [0, 0, 0]], [[0, 0, 0], [0, 91, 0], [0, 0, 9]]
    assert cell_of(*lacking) == {"values": ["x", "u"], "synthetic": 1.0, "real": None}, "nine are not u"
    assert cell_of(*lacking, min_cell=9) == {"values": ["x", "u"], "synthetic": 1.0, "real": 0.91}
    only = [[0, 0, 0], [0, 50, 50], [0, 0, 0]], [[0, 0, 0], [0, 50, 42], [0, 0, 8]]
    assert cell_of(*only) == {"values": ["x", "v"], "synthetic": 0.5, "real": None}


def test_a_value_that_its_column_hides_is_not_told_by_a_pair() -> None:
    made, real = [[0, 0, 0], [0, 50, 20], [0, 10, 20]], [[0, 0, 0], [0, 20, 40], [0, 20, 20]]
    assert cell_of(made, real, hidden="b1") == {"values": ["x", "u"], "synthetic": 0.5, "real": None}


def test_of_persons_with_several_rows_only_what_is_too_frequent_is_named() -> None:
    made, real = [[0, 0, 0], [0, 0, 30], [0, 35, 35]], [[0, 0, 0], [0, 60, 0], [0, 20, 20]]
    assert cell_of(made, real) == {"values": ["x", "u"], "synthetic": 0.0, "real": 0.6}
    assert cell_of(made, real, several=True) == {"values": ["x", "v"], "synthetic": 0.3, "real": None}


COUNTS = st.lists(st.integers(0, 30), min_size=18, max_size=18).map(lambda n: np.array(n).reshape(3, 3, 2))


@given(COUNTS, COUNTS, st.integers(1, 15))
def test_no_margin_that_holds_the_cell_differs_from_it_by_few(made: Any, real: Any, min_cell: int) -> None:
    found = cell_of(made, real, min_cell)
    if found is None or found["real"] is None:
        return
    codes = [NAMES[name].index(value) for name, value in zip("abc", found["values"], strict=True)]
    count = int(real[tuple(codes)])
    assert real.sum()
    assert found["real"] == round(count / real.sum(), 6)
    for kept in product([False, True], repeat=3):
        rows = real
        for axis, is_kept in reversed(list(enumerate(kept))):
            rows = rows.take(codes[axis], axis) if is_kept else rows.sum(axis)
        more = int(rows) - count
        assert more == 0 or more >= min_cell
    assert count == 0 or count >= min_cell


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
