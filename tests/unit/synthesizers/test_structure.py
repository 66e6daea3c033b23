"""Formulas and dependencies are found where they hold, and not where they are broken too often."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from syncline.data.constraint import Formula
from syncline.data.schema import Schema
from syncline.errors import StudyFailed
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.streams import Seed
from tests.unit.study.local_fit import fit, release_of

ROWS = 1200
Floats = npt.NDArray[np.float64]
Parts = dict[str, Floats]


def parts(seed: int = 0) -> Parts:
    """Return columns without any formula between them."""
    rng = np.random.default_rng(seed)
    return {
        "a": np.round(rng.gamma(2.0, 20.0, ROWS), 1),
        "b": np.round(rng.uniform(0, 500, ROWS)),
        "c": np.round(rng.normal(50, 9, ROWS), 2),
        "d": np.round(rng.exponential(30, ROWS), 1) + 1,
    }


def fitted(columns: dict[str, Any], **settings: Any) -> Fitted:
    """Fit trees of one level; nothing here depends on how they grow."""
    variables = []
    for name, values in columns.items():
        if isinstance(values[0], str):
            variables.append({"name": name, "kind": "categorical", "categories": sorted(set(values))})
        else:
            variables.append({"name": name, "kind": "continuous"})
    schema = Schema.model_validate({"variables": variables, **settings.pop("schema", {})})
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
    halves = [table.slice(0, 500), table.slice(500)]
    return fit(halves, schema, max_depth=1, batch_rows=5000, coded=False, **settings)


def formulas(found: Fitted) -> dict[str, tuple[Formula, frozenset[str]]]:
    return {d.formula.of: (d.formula.formula, frozenset(d.formula.inputs)) for d in found.model.derived}


MAKERS: dict[str, tuple[Callable[[Parts], Floats], Formula, str]] = {
    "sum of two": (lambda p: p["a"] + p["b"], Formula.SUM, "ab"),
    "sum of three": (lambda p: p["a"] + p["b"] + p["c"], Formula.SUM, "abc"),
    "sum of four": (lambda p: p["a"] + p["b"] + p["c"] + p["d"], Formula.SUM, "abcd"),
    "log": (lambda p: np.log(p["d"]), Formula.LOG, "d"),
    "log1p": (lambda p: np.log1p(p["b"]), Formula.LOG1P, "b"),
    "log_floor": (lambda p: np.log(np.maximum(p["b"] - 100, 1.0)), Formula.LOG_FLOOR, "shifted"),
    "ratio": (lambda p: p["b"] / p["d"], Formula.RATIO, "bd"),
}


def made(name: str, seed: int = 0) -> dict[str, Any]:
    maker, formula, _ = MAKERS[name]
    columns: dict[str, Any] = dict(parts(seed))
    if formula is Formula.LOG_FLOOR:
        columns["shifted"] = columns["b"] - 100
    columns["y"] = maker(parts(seed))
    return columns


def inputs_of(name: str) -> frozenset[str]:
    inputs = MAKERS[name][2]
    return frozenset([inputs]) if inputs == "shifted" else frozenset(inputs)


@pytest.mark.parametrize("name", list(MAKERS))
def test_a_formula_is_found(name: str) -> None:
    assert formulas(fitted(made(name)))["y"] == (MAKERS[name][1], inputs_of(name))


@pytest.mark.parametrize("name", list(MAKERS))
def test_a_formula_that_seven_digits_round_is_found(name: str) -> None:
    columns = made(name)
    columns["y"] = np.array([float(f"{value:.7g}") for value in columns["y"]])
    assert formulas(fitted(columns))["y"] == (MAKERS[name][1], inputs_of(name))


def test_a_sum_of_columns_that_are_multiples_of_each_other_is_found() -> None:
    """Net, tax and gross: to the cent each is a multiple of the others, and only the sum is exact."""
    net = np.round(np.exp(np.random.default_rng(4).normal(5, 1.2, ROWS)), 2)
    tax = np.round(net * 0.19, 2)
    variables = [{"name": name, "kind": "continuous", "decimals": 2} for name in ("net", "tax", "gross")]
    table = pa.table({"net": net, "tax": tax, "gross": np.round(net + tax, 2)})
    schema = Schema.model_validate({"variables": variables})
    found = fit([table], schema, coded=False)
    assert formulas(found)["gross"] == (Formula.SUM, frozenset(["net", "tax"]))
    assert formulas(found)["tax"] == (Formula.LINEAR, frozenset(["net"]))
    drawn = pq.read_table(io.BytesIO(release_of(found, schema))).to_pandas()
    assert (drawn.net + drawn.tax - drawn.gross).abs().max() < 1e-6


@pytest.mark.parametrize("name", list(MAKERS))
def test_a_formula_that_two_rows_in_a_hundred_break_is_not_found(name: str) -> None:
    columns = made(name)
    columns["y"] = np.where(np.arange(ROWS) % 50 == 7, columns["y"] + 3.0, columns["y"])
    assert "y" not in formulas(fitted(columns))


@pytest.mark.parametrize("seed", range(3))
def test_columns_without_a_formula_are_left_alone(seed: int) -> None:
    assert formulas(fitted(dict(parts(seed)))) == {}


def test_a_formula_is_found_though_its_input_is_never_less_than_the_column() -> None:
    """By the order alone the input would follow from the column, and the formula end in a circle."""
    rng = np.random.default_rng(3)
    dollars = np.where(rng.random(ROWS) < 0.3, 0.0, np.round(rng.choice(rng.gamma(2.0, 200.0, 60), ROWS), 2))
    logs = np.round(np.log(np.maximum(dollars, 1.0)), 6)
    ranges = {"dollars": {"decimals": 2, "range": [0, 3000]}, "logs": {"decimals": 6, "range": [0, 9]}}
    variables = [{"name": name, "kind": "continuous", **said} for name, said in ranges.items()]
    table = pa.table({"dollars": dollars, "logs": logs})
    found = fit([table], Schema.model_validate({"variables": variables}), max_depth=1, coded=False)
    assert formulas(found) == {"logs": (Formula.LOG_FLOOR, frozenset({"dollars"}))}
    assert found.model.gaps == ()


def test_missing_parts_make_a_missing_sum() -> None:
    """Moments count what is missing as zero, so such a sum is declared; where it holds it is kept."""
    columns = made("sum of two")
    columns["a"][::9] = np.nan
    columns["y"] = columns["a"] + columns["b"]
    declared = {"constraints": [{"formula": "sum", "of": "y", "from": ["a", "b"]}]}
    (derived,) = fitted(columns, schema=declared).model.derived
    assert derived.formula.of == "y"
    assert not derived.own_gaps


def test_a_copy_with_gaps_of_its_own_keeps_them() -> None:
    columns: dict[str, Any] = dict(parts())
    columns["y"] = np.where(np.arange(ROWS) % 4 == 0, np.nan, columns["a"])
    found = fitted(columns).model
    (derived,) = found.derived
    assert (derived.formula.formula, derived.formula.of, derived.formula.inputs) == (
        Formula.EQUAL,
        "y",
        ("a",),
    )
    assert derived.own_gaps
    assert "y" in found.order  # where it is missing is learnt


def test_a_declared_formula_is_kept_where_it_holds() -> None:
    declared = {"constraints": [{"formula": "sum", "of": "y", "from": ["a", "b"]}]}
    assert formulas(fitted(made("sum of two"), schema=declared)) == {"y": (Formula.SUM, frozenset("ab"))}


@cache
def levels() -> tuple[list[str], list[str]]:
    """Return a column of twelve levels and one of three that follows from it."""
    rng = np.random.default_rng(5)
    fine = rng.integers(0, 12, 6000)
    return [f"f{i}" for i in fine], [f"c{i // 4}" for i in fine]


def determinants(found: Fitted) -> dict[str, str]:
    return {draw.column: draw.determinant for draw in found.model.draws if draw.determinant}


@pytest.mark.parametrize("broken", [0, 1, 3])
def test_a_dependency_is_found_with_at_most_half_a_row_in_a_thousand_broken(broken: int) -> None:
    fine, coarse = levels()
    changed = ["c0" if i < broken and c != "c0" else "c1" if i < broken else c for i, c in enumerate(coarse)]
    assert determinants(fitted({"fine": fine, "coarse": changed}, min_cell=1)) == {"coarse": "fine"}


@pytest.mark.parametrize("broken", [4, 120])
def test_a_dependency_that_more_rows_break_is_not_found(broken: int) -> None:
    fine, coarse = levels()
    changed = ["c0" if i < broken and c != "c0" else "c1" if i < broken else c for i, c in enumerate(coarse)]
    assert determinants(fitted({"fine": fine, "coarse": changed}, min_cell=1)) == {}


def test_a_rare_level_is_no_proof_of_a_dependency() -> None:
    """Where almost every row holds one level, few rows broken are still many of those that could tell."""
    rng = np.random.default_rng(6)
    fine = [f"f{i}" for i in rng.integers(0, 12, 6000)]
    rare = ["yes" if i in (10, 2000, 4000) else "no" for i in range(6000)]
    assert determinants(fitted({"fine": fine, "rare": rare}, min_cell=1)) == {}


def test_released_rows_never_contradict_what_was_found() -> None:
    columns = made("sum of three")
    model = fitted(columns).model
    (rows,) = model.sample(500, Seed.of_number(1))
    values = {
        c.values.variable.name: c.values.variable.grid.values(rows[c.values.variable.name][0])  # type: ignore[union-attr]
        for c in model.columns
    }
    assert values["y"] == pytest.approx(values["a"] + values["b"] + values["c"], rel=1e-6)


def test_columns_that_follow_from_each_other_are_counted_once_and_kept_together() -> None:
    fine, _ = levels()
    columns = {"one": fine, "other": [f"o{value[1:]}" for value in fine]}
    found = fitted(columns)
    assert determinants(found) == {"other": "one"}
    drawn = next(iter(found.model.sample(400, Seed.of_number(3))))
    pairs = {(int(a), int(b)) for a, b in zip(drawn["one"][0], drawn["other"][0], strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) == 12


SUM = {"constraints": [{"formula": "sum", "of": "y", "from": ["a", "b"]}]}
LIMIT = {"constraints": [{"formula": "at_most", "of": "a", "from": ["top"]}]}


def broken(columns: dict[str, Any], **settings: Any) -> str:
    with pytest.raises(StudyFailed) as failure:
        fitted(columns, **settings)
    return str(failure.value)


def test_a_declared_formula_that_many_rows_break_ends_the_study_with_their_number() -> None:
    columns = made("sum of two")
    columns["y"][:30] += 3.0
    columns["y"][500:503] += 3.0
    assert broken(columns, schema=SUM) == (
        "the data breaks constraints that the schema declares: 'y' is sum of 'a', 'b', but it is not in"
        " 30 rows of supplier 'supplier-00', some rows of supplier 'supplier-01'; mend the data, or take the"
        " constraint out of the schema"
    )


def test_a_declared_formula_that_has_no_value_where_the_column_has_one_ends_the_study() -> None:
    columns = made("sum of two")
    columns["a"][:30] = np.nan
    assert "it has a value although a column that it follows from has none" in broken(columns, schema=SUM)


def test_a_declared_limit_that_rows_break_ends_the_study() -> None:
    columns: dict[str, Any] = dict(parts())
    columns["top"] = columns["a"] + 1
    (bound,) = fitted(columns, schema=LIMIT).model.bounds
    assert bound.of == "a"
    columns["top"][:100] = columns["a"][:100] - 5
    assert "'a' is at most 'top', but it is not in 100 rows of" in broken(columns, schema=LIMIT)


def test_a_limit_is_not_broken_where_one_of_the_two_is_missing() -> None:
    columns: dict[str, Any] = dict(parts())
    columns["top"] = np.where(np.arange(ROWS) % 3 == 0, np.nan, columns["a"] + 1)
    assert fitted(columns, schema=LIMIT).model.bounds


@pytest.mark.parametrize("rows", [1, 2])
def test_one_row_in_two_thousand_is_tolerated(rows: int) -> None:
    columns = {name: np.tile(values, 2) for name, values in made("sum of two").items()}
    columns["y"][:rows] += 3.0
    if rows == 1:
        assert formulas(fitted(columns, schema=SUM)) == {"y": (Formula.SUM, frozenset("ab"))}
    else:
        assert "some rows of supplier 'supplier-00';" in broken(columns, schema=SUM)


def test_rows_are_not_counted_out_where_they_belong_to_persons() -> None:
    columns = made("sum of two")
    columns["y"][:30] += 3.0
    columns["id"] = np.arange(ROWS)
    variables = [{"name": name, "kind": "continuous"} for name in "abcdy"]
    person = {"name": "id", "kind": "integer", "role": "person"}
    schema = {"variables": [person, *variables], **SUM}
    assert "some rows of supplier 'supplier-00'" in broken(columns, schema=schema)


@pytest.mark.parametrize("kind", ["date", "duration"])
def test_a_limit_between_days_or_spans_is_kept(kind: str) -> None:
    rng = np.random.default_rng(1)
    first = rng.integers(0, 2000, ROWS).astype("int64")
    cast = {"date": "datetime64[D]", "duration": "timedelta64[s]"}[kind]
    table = pa.table({"a": first.astype(cast), "top": (first + 1).astype(cast)})
    variables = [{"name": name, "kind": kind} for name in ("a", "top")]
    schema = Schema.model_validate({"variables": variables, **LIMIT})
    model = fit([table], schema, max_depth=1, coded=False).model
    (rows,) = model.sample(300, Seed.of_number(1))
    assert (rows["a"][0] <= rows["top"][0]).all()
