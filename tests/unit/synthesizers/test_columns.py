"""A column's codes: every key has one, none is held by too few, and what is drawn stays where it may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.data.buckets import scope_of
from syncline.data.schema import Schema
from syncline.errors import StudyFailed
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.streams import Seed
from tests.unit.study.local_fit import fit, workspace_of

PID = {"name": "pid", "kind": "integer", "role": "person"}
TYPES = {"integer": pa.int64(), "continuous": pa.float64(), "categorical": pa.string(), "date": pa.date32()}


def schema_of(variable: dict[str, Any], *, persons: bool) -> Schema:
    return Schema.model_validate({"variables": [{"name": "x", **variable}, *([PID] if persons else [])]})


def table_of(values: Sequence[Any], variable: dict[str, Any], people: Sequence[int] | None) -> pa.Table:
    columns = {"x": pa.array(values, TYPES[variable["kind"]])}
    if people is not None:
        columns["pid"] = pa.array([people[i % len(people)] for i in range(len(values))], pa.int64())
    return pa.table(columns)


def check(
    values: Sequence[Any], variable: dict[str, Any], min_cell: int, people: Sequence[int] | None = None
) -> CodedColumn:
    """Fit one column and hold its codes to all that is promised of them."""
    schema, table = schema_of(variable, persons=people is not None), table_of(values, variable, people)
    fitted = fit(
        [table.slice(0, len(values) // 3), table.slice(len(values) // 3)],
        schema,
        method="marginals",
        min_cell=min_cell,
    )
    (column,) = fitted.model.columns
    batches = list(workspace_of(table, schema).batches())
    keys = np.concatenate([batch.keys[0] for batch in batches])
    valid = np.concatenate([batch.status[0] for batch in batches]) == 0
    scope = scope_of("columns", column.codes.name)
    buckets = (
        None
        if people is None
        else np.concatenate([buckets for batch in batches if (buckets := batch.buckets(scope)) is not None])
    )
    codes = column.codes.encode(keys, valid)
    check_counts(column, codes, valid, buckets, min_cell)
    check_values(column, codes, variable)
    return column


def check_counts(
    column: CodedColumn, codes: np.ndarray, valid: np.ndarray, buckets: np.ndarray | None, min_cell: int
) -> None:
    k = column.codes.n_codes
    assert len(codes) == 0 or int(codes.max()) < k
    counted = valid | column.codes.keeps_missing
    hidden = np.bincount(codes[counted], minlength=k) - column.values.rows
    assert (hidden >= 0).all()
    assert np.count_nonzero(hidden) <= 1  # what is too rare to be shown counts as the most frequent code
    everything_hidden = k == 1 and column.codes.keeps_missing
    for code in range(k):
        held = codes[counted] == code
        persons = int(held.sum()) if buckets is None else len(set(buckets[counted][held].tolist()))
        assert persons >= min_cell or everything_hidden
    for lookup in (column.codes.bins, column.codes.classes, column.codes.cells):
        assert sorted(set(lookup.tolist())) == list(range(int(lookup.max()) + 1))
        assert int(lookup.max()) < 64 or lookup is column.codes.cells


def check_values(column: CodedColumn, codes: np.ndarray, variable: dict[str, Any]) -> None:
    k, values = column.codes.n_codes, column.values
    every = np.repeat(np.arange(k), 200)
    keys, missing = values.decode(every, Seed.of_number(1).words("value:x", 0, len(every)))
    assert (missing == (column.codes.keeps_missing & (every == k - 1))).all()
    for code, key in zip(every[~missing].tolist(), keys[~missing].tolist(), strict=True):
        spans = np.flatnonzero(values.span_code == code)
        assert any(values.span_low[s] <= key <= values.span_high[s] for s in spans)
    bounds = values.variable.key_range
    if bounds is not None:
        assert all(bounds[0] <= key <= bounds[1] for key in keys[~missing].tolist())
    grid = values.variable.grid
    if grid is not None:
        numbers = grid.values(keys[~missing])
        assert not (numbers.dtype.kind == "f" and not np.isfinite(numbers).all())


INTEGER: dict[str, Any] = {"kind": "integer"}
REAL: dict[str, Any] = {"kind": "continuous"}
LETTERS: dict[str, Any] = {"kind": "categorical", "categories": list("abcdefgh")}


@pytest.mark.parametrize(
    ("values", "variable", "min_cell"),
    [
        pytest.param([5], INTEGER, 1, id="a single row"),
        pytest.param([5.5], REAL, 1, id="a single number"),
        pytest.param(["c"], LETTERS, 1, id="a single category"),
        pytest.param([None], INTEGER, 1, id="a single missing cell"),
        pytest.param([7] * 40, INTEGER, 11, id="constant"),
        pytest.param([0.1] * 40, REAL, 11, id="constant number"),
        pytest.param(["a"] * 40, LETTERS, 11, id="constant category"),
        pytest.param([None] * 40, INTEGER, 11, id="all missing"),
        pytest.param([None] * 40, REAL, 11, id="all missing numbers"),
        pytest.param([None] * 40, LETTERS, 11, id="all missing categories"),
        pytest.param([1, 2, 3, 4, None] * 3, INTEGER, 11, id="nothing common enough, missing neither"),
        pytest.param(list("abcd") * 3, LETTERS, 11, id="no category common enough"),
        pytest.param([*["a"] * 30, *"bcdefgh"], LETTERS, 5, id="rare categories together enough"),
        pytest.param([*["a"] * 30, *"bc"], LETTERS, 5, id="rare categories too few together"),
        pytest.param([2**61 - 1, -(2**61), 0] * 20, INTEGER, 5, id="huge integers"),
        pytest.param([i * 2**52 for i in range(-300, 300)], INTEGER, 5, id="a huge range without spikes"),
        pytest.param([5e-324, 1e-310, -5e-324, 0.0] * 15, REAL, 5, id="denormal numbers"),
        pytest.param([1e-300 * i for i in range(200)], REAL, 5, id="a tiny range"),
        pytest.param([1.0 + i * 2**-52 for i in range(200)], REAL, 5, id="neighbouring floats"),
        pytest.param([1.7e308, -1.7e308, 0.0] * 20, REAL, 5, id="the largest floats"),
        pytest.param([math.sinh(i / 3) for i in range(-150, 150)], REAL, 11, id="a heavy tail"),
        pytest.param([0] * 300 + [40] * 90 + list(range(110)), INTEGER, 11, id="spikes on a plain"),
        pytest.param(
            [0, 5, 10] * 30,
            {"kind": "integer", "range": ["0", "10"]},
            11,
            id="values at the ends of the range",
        ),
        pytest.param(list(range(400)), {"kind": "integer", "range": ["0", "399"]}, 11, id="every value once"),
        pytest.param([3] * 20, {"kind": "integer", "range": ["3", "3"]}, 11, id="a range of one value"),
        pytest.param([i / 100 for i in range(500)], {"kind": "continuous", "decimals": 2}, 11, id="decimals"),
        pytest.param(
            [i % 700 for i in range(900)],
            {"kind": "date", "range": ["1970-01-01", "1972-12-31"]},
            11,
            id="dates",
        ),
    ],
)
@pytest.mark.parametrize("persons", [False, True])
def test_awkward_columns(values: list[Any], variable: dict[str, Any], min_cell: int, persons: bool) -> None:
    check(values, variable, min_cell, list(range(10_000)) if persons else None)


@settings(max_examples=12)
@given(
    values=st.lists(
        st.none() | st.integers(-3, 12) | st.sampled_from([0, 40, 99_999]) | st.integers(-(2**60), 2**60),
        min_size=12,
        max_size=60,
    ),
    min_cell=st.integers(1, 6),
    people=st.none() | st.just([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
)
def test_any_integers(values: list[int | None], min_cell: int, people: list[int] | None) -> None:
    check(values, INTEGER, min_cell, people)


@settings(max_examples=12)
@given(
    values=st.lists(
        st.none() | st.sampled_from([0.0, 1.5, -2.25]) | st.floats(allow_nan=False, allow_infinity=False),
        min_size=12,
        max_size=60,
    ),
    min_cell=st.integers(1, 6),
)
def test_any_floats(values: list[float | None], min_cell: int) -> None:
    check(values, REAL, min_cell)


@settings(max_examples=10)
@given(
    values=st.lists(st.none() | st.sampled_from("aaaabbcdefgh"), min_size=12, max_size=60),
    min_cell=st.integers(1, 6),
    people=st.none() | st.just([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
)
def test_any_categories(values: list[str | None], min_cell: int, people: list[int] | None) -> None:
    column = check(values, LETTERS, min_cell, people)
    merged = column.values.merged
    assert not merged or any(values.count(rare) for rare in merged)
    if people is None:
        few = [label for label in "abcdefgh" if values.count(label) < min_cell]
        assert list(merged) == (few if any(map(values.count, few)) else []), "nobody is merged as few are"


def test_the_persons_of_a_code_are_counted_and_not_their_rows() -> None:
    """A value with 60 rows of four persons is none that eleven persons share."""
    values = [*([7777] * 60), *range(240)]
    people = [*([1, 2, 3, 4] * 15), *range(100, 340)]
    column = check(values, INTEGER, 11, people)
    singles = column.values.span_low[column.values.span_low == column.values.span_high]
    assert 7777 not in singles


def test_a_value_that_many_share_has_a_code_of_its_own() -> None:
    values = [*([0] * 200), *([99_999] * 60), *range(100, 400)]
    column = check(values, INTEGER, 11)
    spans = list(zip(column.values.span_low.tolist(), column.values.span_high.tolist(), strict=True))
    assert (0, 0) in spans
    assert (99_999, 99_999) in spans


def test_values_of_single_rows_are_no_codes() -> None:
    """Below ``min_cell`` no value of its own comes out, whatever it is."""
    rng = np.random.default_rng(4)
    values = rng.choice(10**9, 500, replace=False).tolist()
    column = check(values, INTEGER, 11)
    singles = column.values.span_low[column.values.span_low == column.values.span_high]
    assert not set(singles.tolist()) & set(values)


def test_too_few_rows_fail_the_study() -> None:
    with pytest.raises(StudyFailed):
        check([1] * 10, INTEGER, 11)
