"""Columns that are another one times a factor, plus an offset, are found with the factor that was meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.constraint import Constraint, Formula
from syncline.data.inference import infer
from syncline.data.schema import Schema
from syncline.errors import SynclineError
from syncline.questions.moments import PRECISION, Moments
from syncline.questions.sums import Sums
from syncline.synthesizers.algebra import Algebra
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.streams import Seed
from tests.unit.study.local_fit import fit, release_of

ROWS = 2500
Numbers = np.ndarray[Any, np.dtype[np.float64]]


def columns(name: str) -> dict[str, Numbers]:
    rng = np.random.default_rng(3)
    body = np.round(rng.normal(37.2, 0.7, ROWS), 1)
    pounds = np.round(rng.normal(170.0, 30.0, ROWS), 1)
    net = np.round(rng.lognormal(5.0, 1.0, ROWS), 2)
    metres = rng.normal(1.7, 0.1, ROWS)
    years = rng.integers(1940, 2010, ROWS).astype(np.float64)
    months = rng.integers(12, 1000, ROWS).astype(np.float64)
    pairs = {
        "gross": (net, np.round(net * 1.19, 2)),
        "kilograms": (pounds, np.round(pounds * 0.45359237, 1)),
        "fahrenheit": (body, np.round(body * 1.8 + 32, 1)),
        "inches": (np.round(metres, 2), np.round(np.round(metres, 2) * 39.3701, 1)),
        "inches of the unrounded": (np.round(metres, 2), np.round(metres * 39.3701, 1)),
        "age": (years, 2024 - years),
        "years of months": (months, np.floor(months / 12)),
    }
    other = rng.normal(size=ROWS).round(2)
    x, y = pairs[name]
    return {"x": x, "y": y, "other": other}


def fitted(given: dict[str, Numbers]) -> tuple[Fitted, dict[str, Numbers]]:
    table = pa.table(given)
    result = fit([table.slice(0, 700), table.slice(700)], infer(table).schema, max_depth=3, batch_rows=5000)
    drawn = next(iter(result.model.sample(ROWS, Seed.of_number(1))))
    grids = {c.codes.name: c.values.variable.grid for c in result.model.columns}
    return result, {n: grids[n].values(k).astype(np.float64) for n, (k, _) in drawn.items()}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "factor", "offset", "most"),
    [
        ("gross", 1.19, 0.0, 0.00501),
        ("kilograms", 0.45359237, 0.0, 0.0501),
        ("fahrenheit", 1.8, 32.0, 0.0501),
        ("inches", 39.3701, 0.0, 0.0521),
        ("inches of the unrounded", 39.3701, 0.0, 0.05 + 0.197),
        ("age", -1.0, 2024.0, 0.0),
        ("years of months", 1 / 12, -11 / 24, 0.5),
    ],
)
def test_a_line_is_found_and_holds_within_its_rounding(
    name: str, factor: float, offset: float, most: float
) -> None:
    result, drawn = fitted(columns(name))
    (derived,) = result.model.derived
    assert derived.formula.formula is Formula.LINEAR
    assert np.abs(drawn["y"] - factor * drawn["x"] - offset).max() <= most + 1e-9


@pytest.mark.parametrize("first", [30.0, 1990.0])
def test_a_column_that_is_one_of_two_neighbours_is_no_line(first: float) -> None:
    """A line through the middle between two values would hold for either of them."""
    rng = np.random.default_rng(3)
    x = first + rng.integers(0, 60, ROWS)
    y = x + rng.integers(0, 2, ROWS)
    result, drawn = fitted({"x": x, "y": y})
    assert not result.model.derived
    shares = np.unique(drawn["y"] - drawn["x"], return_counts=True)
    assert shares[0].tolist() == [0.0, 1.0]
    assert abs(shares[1][0] / ROWS - np.mean(y == x)) < 0.04


def test_two_columns_that_rows_break_are_no_line() -> None:
    given = columns("gross")
    given["y"] = np.where(np.arange(ROWS) % 50 == 7, given["y"] + 3.0, given["y"])
    assert not fitted(given)[0].model.derived


def test_a_declared_line_is_kept_by_every_technique_and_split() -> None:
    table = pa.table(columns("gross"))
    variables = infer(table).schema.model_dump(mode="json", by_alias=True, exclude_defaults=True)["variables"]
    line = {"formula": "linear", "of": "y", "from": ["x"], "factor": "1.19"}
    schema = Schema.model_validate({"variables": variables, "constraints": [line]})
    for method in ("cart", "marginals"):
        tables = [
            release_of(fit(parts, schema, method=method, max_depth=3), schema)
            for parts in ([table], [table.slice(0, 9), table.slice(9)])
        ]
        assert tables[0] == tables[1]
        model = fit([table], schema, method=method, max_depth=3).model
        assert [d.formula.factor for d in model.derived] == [1.19]


@pytest.mark.parametrize(
    "line",
    [
        {"formula": "linear", "of": "y", "from": ["x"]},
        {"formula": "linear", "of": "y", "from": ["x"], "factor": 0},
        {"formula": "sum", "of": "y", "from": ["x", "z"], "factor": 2},
        {"formula": "linear", "of": "y", "from": ["x", "z"], "factor": 2},
    ],
)
def test_a_line_without_a_factor_or_another_formula_with_one_is_refused(line: dict[str, Any]) -> None:
    variables = [{"name": name, "kind": "continuous"} for name in "xyz"]
    with pytest.raises((SynclineError, ValueError), match=r"factor|needs 1 columns"):
        Schema.model_validate({"variables": variables, "constraints": [line]})


@pytest.mark.parametrize("power", [0, 120, 300, -300, 500])
def test_sums_and_ratios_are_proposed_whatever_the_size_of_numbers(power: int) -> None:
    """Squares of numbers beyond 1e154 are no floats; measured in units of their own, they need not be."""
    rng = np.random.default_rng(1)
    parts = rng.uniform(0.1, 0.4, (2, 4000))
    every = np.stack([parts[0], parts[1], parts.sum(axis=0), parts[0] / parts[1] / 8])
    fixed = np.rint(every * 2.0**PRECISION).astype(np.int64)
    products = [int(fixed[i] @ fixed[j]) for i in range(4) for j in range(i, 4)]
    names = ("a", "b", "total", "ratio")
    question = Moments(tuple((n, p) for n, p in zip(names, (power, power, power, 3), strict=True)))
    sums = Sums((4000, *fixed.sum(axis=1).tolist(), *products))
    with np.errstate(all="raise", under="ignore"):
        algebra = Algebra.of(question, sums, names, ~np.eye(len(names), dtype=np.bool_))
        assert ("total", ["a", "b"]) in algebra.sums()
        assert ("ratio", "a", "b") in algebra.ratios()


def test_a_line_has_its_own_side_of_a_formula_on_the_wire() -> None:
    line = Constraint.between(Formula.LINEAR, "y", ["x"], 1.8, 32.0)
    assert Constraint.model_validate(line.model_dump(by_alias=True)) == line
