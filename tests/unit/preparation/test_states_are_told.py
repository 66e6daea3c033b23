"""What inference keeps as named states, describe publishes and suggest says: one engine, three words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.inference import infer
from syncline.data.schema import Schema
from syncline.preparation.description import describe_table
from syncline.preparation.suggestion import suggest_preparation
from syncline.sources.registry import open_source

ROWS = 2000
Texts = list[str]


def _with(values: Sequence[str], **states: int) -> Texts:
    """Put each state, ``_`` for a sign that no name may have, into so many cells."""
    rng, cells = np.random.default_rng(5), list(values)
    places = iter(rng.permutation(len(cells)).tolist())
    for state, rows in states.items():
        for _ in range(rows):
            cells[next(places)] = state
    return cells


def incomes(n: int) -> Texts:
    rng = np.random.default_rng(1)
    return _with(
        [str(x) for x in np.round(rng.lognormal(10, 0.7, ROWS)).astype(int)], N=40 * n, refused=4 * n
    )


def pressures(n: int) -> Texts:
    rng = np.random.default_rng(2)
    return _with([str(x) for x in rng.integers(90, 190, ROWS)], **{"-8": 3 * n, "-9": 4 * n})


def limits(n: int) -> Texts:
    rng = np.random.default_rng(3)
    return _with([f"{x:.1f}" for x in rng.normal(13, 1.5, ROWS)], **{"<7.0": 3 * n})


def ends(n: int) -> Texts:
    days = np.datetime64("2008-01-01") + np.random.default_rng(4).integers(0, 3000, ROWS)
    return _with([str(day) for day in days], **{"9999-12-31": 5 * n})


def times(n: int) -> Texts:
    minutes = np.random.default_rng(6).integers(0, 1440, ROWS)
    return _with([f"{m // 60:02}:{m % 60:02}" for m in minutes], night=4 * n)


COLUMNS: list[Callable[[int], Texts]] = [incomes, pressures, limits, ends, times]
STUDY = {
    incomes: {"kind": "integer", "range": [0, 10_000_000]},
    pressures: {"kind": "integer", "range": [50, 260]},
    limits: {"kind": "continuous", "decimals": 1, "range": [3, 30]},
    ends: {"kind": "date", "range": ["2000-01-01", "2030-01-01"]},
    times: {"kind": "time"},
}


def table_of(texts: Texts) -> pa.Table:
    return pa.table({"x": pa.array(texts, pa.string())})


def described(texts: Texts, min_cell: int = 11, batch_rows: int = 512) -> dict[str, str]:
    (column,) = describe_table(open_source(table_of(texts)), "x", None, min_cell, batch_rows).columns
    return column.variable.codes


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.__name__)
def test_describe_publishes_the_states_that_inference_keeps(column: Callable[[int], Texts]) -> None:
    texts = column(10)
    kept = infer(table_of(texts)).schema.variable("x").codes
    assert kept
    assert described(texts) == kept
    assert described(texts, batch_rows=ROWS) == kept


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.__name__)
def test_the_range_that_is_published_is_one_of_values(column: Callable[[int], Texts]) -> None:
    (with_states,) = describe_table(open_source(table_of(column(10))), "x", None, 11).columns
    assert with_states.variable.kind is infer(table_of(column(10))).schema.variable("x").kind
    bounds = with_states.variable.range
    assert bounds is not None
    assert all(str(code) not in map(str, bounds) for code in with_states.variable.codes)


def test_a_state_that_too_few_hold_is_published_nowhere() -> None:
    texts = limits(3)
    assert described(texts, min_cell=10) == {}
    assert described(texts, min_cell=9) == {"<7.0": ""}


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.__name__)
def test_suggest_says_which_codes_the_schema_lacks(column: Callable[[int], Texts]) -> None:
    texts = column(10)
    schema = Schema.model_validate({"variables": [{"name": "x", **STUDY[column]}]})
    draft = suggest_preparation(open_source(table_of(texts)), schema)
    for code in infer(table_of(texts)).schema.variable("x").codes:
        assert any("codes" in line and code in line for line in draft.splitlines()), draft


def test_suggest_is_silent_about_codes_that_the_schema_has() -> None:
    codes = {"N": "not applicable", "refused": ""}
    schema = Schema.model_validate({"variables": [{"name": "x", **STUDY[incomes], "codes": codes}]})
    draft = suggest_preparation(open_source(table_of(incomes(10))), schema)
    assert "codes:" not in draft
    assert "2000 cells fit the schema" in draft


@pytest.mark.parametrize("words", [["red", "green", "blue"], [f"w{i}" for i in range(40)]])
def test_words_among_few_numbers_make_no_number(words: list[str]) -> None:
    rng = np.random.default_rng(9)
    texts = [str(x) for x in rng.choice([*words, "1", "2"], ROWS)]
    (column,) = describe_table(open_source(table_of(texts)), "x", None, 11).columns
    assert column.variable.is_categorical
