"""Orders between two columns are found by counting, kept in every released row, and modelled by their gap."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pytest

from syncline.data.batch import Status
from syncline.data.gap import Gap, GapLine
from syncline.data.inference import infer
from syncline.data.note import TableWarning
from syncline.data.schema import Schema
from syncline.errors import StudyFailed
from syncline.questions.asked import Asked
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.question import Context
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.kept_rows import MutableColumns
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.synthesizer import Synthesizer
from tests.unit.study.local_fit import fit, release_of

ROWS = 2400
Floats = npt.NDArray[np.float64]


def days(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.datetime64]:
    return np.datetime64("2020-01-01") + numbers.astype("timedelta64[D]")


def stays(rng: np.random.Generator) -> dict[str, Any]:
    first = rng.integers(0, 700, ROWS)
    ward = rng.integers(0, 3, ROWS)
    stay = np.floor(rng.exponential(2.0 + 3.0 * ward)).astype(np.int64)
    return {"low": days(first), "high": days(first + stay), "ward": [f"w{i}" for i in ward]}


def times(rng: np.random.Generator) -> dict[str, Any]:
    first = np.datetime64("2021-03-01T00:00:00") + (rng.integers(0, 130_000, ROWS) * 60).astype(
        "timedelta64[s]"
    )
    seconds = np.round(rng.gamma(2.0, 1200.0, ROWS)).astype("timedelta64[s]")
    return {"low": first.astype("datetime64[us]"), "high": (first + seconds).astype("datetime64[us]")}


def ages(rng: np.random.Generator) -> dict[str, Any]:
    now = rng.integers(18, 95, ROWS)
    return {"low": np.maximum(now - np.floor(rng.exponential(6.0, ROWS)).astype(np.int64), 1), "high": now}


def bills(rng: np.random.Generator) -> dict[str, Any]:
    billed = np.round(rng.lognormal(6.0, 1.0, ROWS), 2)
    return {"low": np.round(billed * rng.beta(8.0, 2.0, ROWS), 2), "high": billed}


def mixed(rng: np.random.Generator) -> dict[str, Any]:
    whole = rng.integers(0, 300, ROWS)
    return {"low": whole, "high": np.round(whole + rng.exponential(4.0, ROWS), 1)}


def floats(rng: np.random.Generator) -> dict[str, Any]:
    base = rng.normal(100.0, 15.0, ROWS)
    return {"low": base, "high": base + rng.gamma(2.0, 1.5, ROWS)}


TABLES: dict[str, Callable[[np.random.Generator], dict[str, Any]]] = {
    "dates": stays,
    "times": times,
    "integers": ages,
    "decimals": bills,
    "integer and decimal": mixed,
    "floats": floats,
}


def table_of(name: str, seed: int = 5) -> pa.Table:
    return pa.table(TABLES[name](np.random.default_rng(seed)))


def with_missing(table: pa.Table) -> pa.Table:
    """Leave out a twelfth of the one column and a ninth of the other, in rows of their own choice."""
    rng = np.random.default_rng(9)
    for name, share in (("low", 1 / 12), ("high", 1 / 9)):
        gone = pa.array(rng.random(len(table)) < share)
        column = pa.compute.if_else(gone, None, table[name])
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def numbers(drawn: MutableColumns, fitted: Fitted, name: str) -> Floats:
    """Return a drawn column in days or its own unit, NaN where it is missing."""
    keys, missing = drawn[name]
    grid = next(c.values.variable.grid for c in fitted.model.columns if c.codes.name == name)
    assert grid is not None
    values = grid.values(keys)
    scale = 86_400e6 if values.dtype.kind in "mM" and "us" in str(values.dtype) else 1.0
    return np.where(missing, np.nan, values.astype(np.float64) / scale)


def real_numbers(table: pa.Table, name: str) -> Floats:
    column = table[name].to_pandas()
    if column.dtype.kind == "M" or isinstance(column.dropna().iloc[0], dt.date):
        moments = pd.to_datetime(column)
        return ((moments - pd.Timestamp("1970-01-01")) / pd.Timedelta("1D")).to_numpy(np.float64)
    return column.to_numpy(np.float64)


def apart(one: Floats, other: Floats) -> float:
    """Return the Kolmogorov-Smirnov distance of two samples."""
    every = np.concatenate([one, other])
    shares = [np.searchsorted(np.sort(s), every, side="right") / len(s) for s in (one, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def floor(real: Floats) -> float:
    """Return the distance that 19 of 20 pairs of samples from the real gaps do not exceed."""
    rng = np.random.default_rng(1)
    return float(
        np.quantile(
            [apart(rng.choice(real, len(real)), rng.choice(real, len(real))) for _ in range(40)], 0.95
        )
    )


def gaps(fitted: Fitted) -> dict[str, str]:
    found = [column.codes.gap for column in fitted.model.gaps]
    return {gap.of: gap.base for gap in found if gap is not None}


@pytest.mark.parametrize("name", list(TABLES))
@pytest.mark.parametrize("lacking", [False, True])
def test_an_order_is_found_and_its_gap_kept_as_the_real_one(name: str, lacking: bool) -> None:
    table = with_missing(table_of(name)) if lacking else table_of(name)
    schema = infer(table).schema
    fitted = fit([table], schema, batch_rows=5000)
    drawn = next(iter(fitted.model.sample(ROWS, Seed.of_number(1))))
    low, high = (numbers(drawn, fitted, side) for side in ("low", "high"))
    real = real_numbers(table, "high") - real_numbers(table, "low")
    gap = (high - low)[~np.isnan(high - low)]
    assert (gap >= 0).all()
    assert apart(real[~np.isnan(real)], gap) < 1.5 * floor(real[~np.isnan(real)])
    for side, own in (("low", low), ("high", high)):
        assert abs(np.isnan(own).mean() - np.isnan(real_numbers(table, side)).mean()) < 0.03
    assert len(gaps(fitted)) == 1


def test_without_the_gap_the_same_rows_are_reversed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other half: what the search for orders does is what keeps them; a line would break one in 25."""
    monkeypatch.setattr("syncline.synthesizers.orders.possible", lambda *_: ())
    table = table_of("dates")
    fitted = fit([table], infer(table).schema, batch_rows=5000)
    drawn = next(iter(fitted.model.sample(ROWS, Seed.of_number(1))))
    assert (drawn["high"][0] < drawn["low"][0]).mean() > 0.02


@pytest.mark.parametrize("name", ["dates", "times", "decimals", "floats"])
@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_any_split_of_the_rows_releases_the_same_table(name: str, method: str) -> None:
    table = with_missing(table_of(name))
    schema = infer(table).schema.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    order = [{"formula": "at_most", "of": "low", "from": ["high"]}]
    declared = Schema.model_validate({**schema, "constraints": order})
    splits = [[table], [table.slice(0, 100), table.slice(100, 900), table.slice(1000)]]
    found = [release_of(fit(parts, declared, method=method, max_depth=4), declared) for parts in splits]
    assert found[0] == found[1]


@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_a_declared_order_is_kept_by_every_technique(method: str) -> None:
    table = table_of("integers")
    schema = infer(table).schema.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    order = [{"formula": "at_most", "of": "low", "from": ["high"]}]
    declared = Schema.model_validate({**schema, "constraints": order})
    fitted = fit([table], declared, method=method)
    drawn = next(iter(fitted.model.sample(ROWS, Seed.of_number(1))))
    assert gaps(fitted) == {"high": "low"}
    assert (drawn["low"][0] <= drawn["high"][0]).all()
    broken = table.set_column(1, "high", pa.array(np.zeros(ROWS, np.int64) + 18))
    with pytest.raises(StudyFailed, match="'low' is at most 'high', but it is not"):
        fit([broken], declared, method=method)


def test_a_given_visit_sequence_turns_the_gap_round() -> None:
    table = table_of("integers")
    fitted = fit([table], infer(table).schema, visit_sequence=("high", "low"))
    assert gaps(fitted) == {"low": "high"}
    drawn = next(iter(fitted.model.sample(500, Seed.of_number(1))))
    assert (drawn["low"][0] <= drawn["high"][0]).all()


def test_orders_that_chance_may_keep_are_not_found() -> None:
    rng = np.random.default_rng(2)
    few = pa.table(
        {"a": rng.integers(0, 90, 60), "b": rng.integers(60, 150, 60), "c": rng.integers(0, 9, 60)}
    )
    wide = pa.table({"a": rng.integers(0, 10, ROWS), "b": rng.integers(5, 500, ROWS)})
    for table in (few, wide):
        model = fit([table], infer(table).schema).model
        assert model.gaps == ()
        assert model.bounds == ()


def test_days_and_times_are_compared_exactly() -> None:
    """A millionth of the microseconds since 1970 is half an hour; two times agree only where they are one."""
    from syncline.data.constraint import Constraint, Formula
    from tests.unit.study.local_fit import workspace_of

    first = np.full(500, np.datetime64("2021-03-01T00:00:00", "us"))
    late = first + np.timedelta64(60, "s")
    table = pa.table({"a": late, "b": first})
    variables = [{"name": name, "kind": "datetime"} for name in "ab"]
    schema = Schema.model_validate({"variables": variables})
    question = FormulaCheck(
        tuple(Constraint.between(f, "a", ["b"]) for f in (Formula.AT_MOST, Formula.EQUAL))
    )
    counts = question.answer(workspace_of(table, schema), Context(Asked()))
    assert counts.dense().tolist() == [500, 0, 0, 500, 0, 0]


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize(
    "grids",
    [
        ({}, {}),
        ({"decimals": 1}, {}),
        ({}, {"decimals": 2}),
        ({"step": "0.5"}, {}),
        ({"step": "7", "origin": "3"}, {"step": "2"}),
        ({"step": "0.5", "origin": "0.2"}, {"step": "3", "origin": "1"}),
        ({}, {"step": "1", "origin": "0.99"}),
    ],
)
def test_keys_of_a_gap_come_back_as_the_column(
    above: bool, grids: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    kinds = [{"kind": "continuous", **grid} if grid else {"kind": "integer"} for grid in grids]
    variables = [
        {"name": n, "range": [-50, 50], **kind} for n, kind in zip(("of", "base"), kinds, strict=True)
    ]
    schema = Schema.model_validate({"variables": variables})
    line = GapLine.of_gap(Gap.between("of", "base", schema.names, above=above), schema)
    rng = np.random.default_rng(3)
    extents = [v.value_extent for v in schema.variables]
    of, base = (rng.integers(low, high + 1, 4000) for low, high in extents)
    (own, other), origins = schema.variables, [Fraction(v.origin or 0) for v in schema.variables]
    steps = [Fraction(v.grid.step or 0) for v in (own, other) if v.grid is not None]
    away = [
        Fraction(a) * steps[0] + origins[0] - Fraction(b) * steps[1] - origins[1]
        for a, b in zip(of.tolist(), base.tolist(), strict=True)
    ]
    held = np.array([x >= 0 if above else x <= 0 for x in away], np.bool_)
    lacking = rng.random(4000) < 0.2
    status = np.where(lacking, np.uint8(Status.MISSING), np.uint8(Status.VALID))
    keys, told = line.keys((of, np.zeros(4000, np.uint8)), (np.where(lacking, 0, base), status))
    assert not told.any()
    assert keys.min() >= line.bottom >= -(2**line.bits)
    assert keys.max() <= line.top < 2**line.bits
    back, missing = line.values((keys, np.zeros(4000, np.bool_)), (base, lacking))
    same = lacking | held
    assert not missing.any()
    assert (back[same] == of[same]).all()


@pytest.mark.parametrize("lacking", [0.0, 0.3])
@pytest.mark.parametrize("is_time", [True, False])
def test_a_gap_near_nothing_invents_no_missing_value(is_time: bool, lacking: float) -> None:
    """The outermost bin of a gap reaches beyond its rows, and stops where rows without a base begin."""
    rng = np.random.default_rng(11)
    first = rng.integers(0, 900 * 1440, 900)
    gap = np.round(np.exp(rng.normal(7.7, 1.0, 900))).astype(np.int64)
    start, end = (np.datetime64("2021-01-01", "m") + minutes for minutes in (first, first + gap))
    table = pd.DataFrame(
        {"low": start, "high": end} if is_time else {"low": first / 7, "high": (first + gap) / 7}
    )
    for name in table:
        table.loc[rng.random(900) < lacking, name] = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TableWarning)
        model = Synthesizer(seed=3).fit(table)
    assert any("a gap that is learnt" in note.why for note in model.notes)
    drawn = model.sample(4000).isna().mean() - table.isna().mean()
    assert (drawn.abs() < (0.02 if lacking else 1e-9)).all()
