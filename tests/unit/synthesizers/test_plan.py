"""What a plan hands to a technique: what was counted, and draws of columns that follow from others."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.schema import Schema
from syncline.synthesizers.cart.growing import begin_trees
from syncline.synthesizers.draws import ColumnDraw, weights_of
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.phases.phase import Phase
from syncline.synthesizers.registry import DEFAULT, technique_of
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Book, Plan
from tests.unit.study.local_fit import fit

TABLE = np.array([[4, 0, 1], [0, 7, 2]])


def plan() -> Plan:
    """Return a plan of columns of which ``b`` follows from ``a``, and ``c`` was counted beside ``b``."""
    return Plan(Book(15, 0, ()), ("a", "b", "c"), (), {"b": "a"}, {("b", "a"): TABLE.T, ("b", "c"): TABLE})


def test_a_table_is_told_either_way_round() -> None:
    for first, second, expected in (("a", "b", TABLE), ("b", "a", TABLE.T), ("c", "b", TABLE.T)):
        found = plan().table(first, second)
        assert found is not None
        assert np.array_equal(found, expected)
    assert plan().table("a", "c") is None


def test_a_pruned_plan_keeps_what_is_drawn_from() -> None:
    assert set(plan().pruned().counted) == {("b", "a")}


def test_a_state_of_which_no_row_is_shown_draws_as_the_whole_column() -> None:
    rows = np.array([6, 3, 1])
    draw = ColumnDraw.beside("b", "a", np.array([[0, 0, 0], [1, 0, 1]]), rows)
    assert draw.determinant == "a"
    assert np.array_equal(draw.above, weights_of(np.array([[0.6, 0.3, 0.1], [0.5, 0.0, 0.5]])))
    assert np.array_equal(ColumnDraw.alone("b", rows).above[0], draw.above[0])


def test_what_was_counted_holds_no_small_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """One row that breaks a dependency of 2,400 stands in no table that a technique reads."""
    ward = np.repeat(["e", "f", "g", "h"], 600)
    site = np.where(np.isin(ward, ["e", "f"]), "x", "y")
    site[0] = "y"
    heard: list[Plan] = []

    def begin(self: object, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        heard.append(plan)
        return begin_trees(plan, settings)

    monkeypatch.setattr(type(technique_of(DEFAULT)), "begin", begin)
    schema = Schema.model_validate(
        {
            "variables": [
                {"name": "ward", "kind": "categorical", "categories": ["e", "f", "g", "h"]},
                {"name": "site", "kind": "categorical", "categories": ["x", "y"]},
            ]
        }
    )
    fit([pa.table({"ward": ward, "site": site})], schema, max_depth=1, coded=False)
    (plan,) = heard
    table = plan.table("ward", "site")
    assert plan.determinants == {"site": "ward"}
    assert table is not None
    assert sorted(table[table > 0].tolist()) == [599, 600, 600, 600]
