"""Named states: declared, read from every form of a cell, behind all values, and released to be read back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.coded_cells import off_codes
from syncline.data.inference import infer
from syncline.data.kinds import Kind
from syncline.data.note import Deed
from syncline.data.release_table import write_release_csv, write_release_parquet
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.errors import DocumentError
from syncline.preparation.column_reader import reader_of
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.sources.registry import open_source

INCOME = Variable(
    name="income", kind=Kind.INTEGER, range=(0, 1000), missing=("NA",), codes={"N": "none", "-8": "refused"}
)


def schema_of(line: str) -> Schema:
    return Schema.from_yaml(f"variables:\n- {line}\n")


def test_a_schema_with_codes_has_one_form() -> None:
    schema = schema_of("{name: x, kind: integer, codes: {N: not applicable, '-8': refused, A: }}")
    assert Schema.from_canonical(schema.canonical()) == schema
    assert Schema.from_yaml(schema.to_yaml()) == schema
    turned = schema_of("{name: x, kind: integer, codes: {'-8': refused, A: , N: not applicable}}")
    assert turned.digest == schema.digest
    assert b"codes" not in schema_of("{name: x, kind: integer}").canonical()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{name: x, kind: categorical, categories: [a], codes: {N: no}}", "list them among its categories"),
        ("{name: x, kind: text, codes: {N: no}}", "columns of numbers, dates and times only"),
        ("{name: x, kind: integer, missing: ['-8'], codes: {'-8': no}}", "one value"),
        ("{name: x, kind: integer, missing: ['-8'], codes: {'-8.0': no}}", "one value"),
        ("{name: x, kind: continuous, codes: {'9': no, '9.0': yes}}", "one value"),
        ("{name: x, kind: integer, codes: {'': no}}", "always means missing"),
    ],
)
def test_a_code_that_is_no_state_of_its_own_is_refused(line: str, problem: str) -> None:
    with pytest.raises(DocumentError, match=problem):
        schema_of(line)


@given(
    low=st.integers(-(2**61), 2**61),
    width=st.integers(0, 2**62),
    n_codes=st.integers(1, 32),
    decimals=st.sampled_from([None, 0, 3]),
)
def test_states_lie_behind_all_values(low: int, width: int, n_codes: int, decimals: int | None) -> None:
    codes = {f"c{number}": "" for number in range(n_codes)}
    whole = Variable(name="x", kind=Kind.INTEGER, range=(low, min(low + width, 2**62 - 1)), codes=codes)
    real = Variable(name="x", kind=Kind.CONTINUOUS, decimals=decimals, codes=codes)
    for variable in (whole, real):
        keys = np.array([state.key for state in variable.states], np.int64)
        assert not variable.are_values(keys).any()
        assert variable.may_hold(keys).all()
        assert len(set(keys.tolist())) == n_codes
        searched = variable.searched_keys
        if searched is not None:
            half = 1 << ((searched[1] - searched[0]).bit_length() - 1)
            ends = np.array([*variable.value_extent, *keys]) - searched[0]
            assert ((ends >= half) == np.array([False, False, *[True] * n_codes])).all()


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["N", "-8", "-8.0", " 7", "NA", None, "1001", "x"]),
        pa.array(["N", "-8", "-8.0", " 7", "NA", None, "1001", "x"]).dictionary_encode(),
    ],
)
def test_a_state_is_read_however_it_is_written(column: pa.Array) -> None:
    cells = reader_of(INCOME).read(column, "income")
    refused, none = (state.key for state in INCOME.states)
    assert cells.keys.tolist() == [none, refused, refused, 7, 0, 0, 0, 0]
    assert cells.status.tolist() == [0, 0, 0, 0, 1, 1, 2, 3]


def test_a_state_is_read_from_typed_cells() -> None:
    refused = next(iter(INCOME.states)).key
    for cells in (pa.array([-8, 7, None]), pa.array([-8.0, 7.0, float("nan")])):
        read = reader_of(INCOME).read(cells, "income")
        assert read.keys.tolist() == [refused, 7, 0]
        assert read.status.tolist() == [0, 0, 1]
    until = Variable(name="d", kind=Kind.DATE, codes={"9999-12-31": "open"})
    for column in (pa.array([dt.date(9999, 12, 31)]), pa.array(["9999-12-31"]), pa.array(["99991231"])):
        assert reader_of(until).read(column, "d").keys.tolist() == [until.states.first]


LINES = [
    "{name: x, kind: integer, range: [0, 9], codes: {N: none, '-8': refused}}",
    "{name: x, kind: integer, range: [0, 9], codes: {'-8': refused, '99': none}}",
    "{name: x, kind: continuous, decimals: 1, range: [0, 9], codes: {'=1+1': odd, '-99': none}}",
    "{name: x, kind: continuous, codes: {below: the limit}}",
    "{name: x, kind: continuous, step: 0.5, range: [0, 9], codes: {'-1.25': odd}}",
    "{name: x, kind: date, range: [2020-01-01, 2020-12-31], codes: {9999-12-31: open}}",
    "{name: x, kind: date, step: month, codes: {9999-12-31: open, never: no}}",
    "{name: x, kind: datetime, codes: {9999-12-31T00:00:00: open}}",
    "{name: x, kind: datetime, zone: Europe/Berlin, range: [2020-01-01, 2020-12-31], codes: {open: }}",
    "{name: x, kind: time, step: 15min, codes: {'23:59': open}}",
    "{name: x, kind: duration, range: [PT0S, P9D], codes: {P99D: long, unknown: }}",
]


@pytest.mark.parametrize("line", LINES)
def test_a_release_reads_back(line: str, tmp_path: Path) -> None:
    schema = schema_of(line)
    variable = schema.variables[0]
    low = max(variable.value_extent[0], 0)
    keys = np.array([low, low + 1, *(state.key for state in variable.states), 0], np.int64)
    missing = np.arange(len(keys)) == len(keys) - 1
    rows = [{"x": (keys, missing)}]
    write_release_parquet(tmp_path / "t.parquet", schema, rows)
    write_release_csv(tmp_path / "t.csv", schema, rows)
    stored = pq.read_table(tmp_path / "t.parquet").column("x").combine_chunks()
    for path in (tmp_path / "t.parquet", tmp_path / "t.csv"):
        batch = next(prepare(open_source(path), schema, Fold(b"", 0)).batches())
        assert batch.status[0].tolist() == [0] * (len(keys) - 1) + [1]
        assert batch.keys[0][:-1].tolist() == keys[:-1].tolist()
    has_words = any(state.value is None for state in variable.states)
    assert pa.types.is_string(stored.type) == has_words


def test_pandas_reads_numbers_beside_words() -> None:
    cells = pd.Series(["12", "N", "-8", None])
    numbers = pd.to_numeric(cells, errors="coerce")
    assert numbers.dropna().tolist() == [12, -8]


def test_no_value_is_written_as_a_code() -> None:
    variable = Variable(name="x", kind=Kind.INTEGER, range=(0, 9), codes={"0": "", "1": "", "9": ""})
    assert off_codes(variable, np.arange(10)).tolist() == [2, 2, 2, 3, 4, 5, 6, 7, 8, 8]
    plain = Variable(name="x", kind=Kind.INTEGER, range=(0, 9), codes={"N": "", "-1": ""})
    assert off_codes(plain, np.arange(10)).tolist() == list(range(10))


def found(cells: list[str]) -> tuple[Variable, dict[str, Deed]]:
    inference = infer(pa.table({"x": cells, "other": [row % 7 for row in range(len(cells))]}))
    return inference.schema.variable("x"), {note.what: note.deed for note in inference.notes_on("x")}


def mixed(words: dict[str, float], rows: int = 3000) -> list[str]:
    chance = np.random.default_rng(7)
    cells = (np.round(chance.lognormal(10, 1, rows) / 10) * 10).astype(int).astype(str).astype(object)
    for word, share in words.items():
        cells[chance.random(rows) < share] = word
    return cells.tolist()


@pytest.mark.parametrize(
    ("words", "codes", "missing"),
    [
        ({"N": 0.32}, ["N"], ()),
        ({"N": 0.9}, ["N"], ()),
        ({"-8": 0.05, "-9": 0.05}, ["-8", "-9"], ()),
        ({"N": 0.2, "-8": 0.05, "NULL": 0.1}, ["-8", "N"], ("NULL",)),
        ({"not applicable": 0.1, "refused": 0.1}, ["not applicable", "refused"], ()),
        ({"unknown": 0.1, "not applicable": 0.1}, ["not applicable", "unknown"], ()),
        ({".a": 0.05, ".b": 0.05}, [".a", ".b"], ()),
        ({"unknown": 0.1}, [], ("unknown",)),
        ({"NULL": 0.1, "NA": 0.1}, [], ("NA", "NULL")),
        ({"x": 0.001}, [], ("x",)),
    ],
)
def test_states_are_found_as_a_guess(
    words: dict[str, float], codes: list[str], missing: tuple[str, ...]
) -> None:
    variable, notes = found(mixed(words))
    assert variable.kind is Kind.INTEGER
    assert (list(variable.codes), variable.missing) == (codes, missing)
    assert variable.step == "10"
    assert set(notes.values()) <= {Deed.GUESSED}
    assert len(notes) >= 1


def test_numbers_below_zero_are_no_states_where_they_follow_on() -> None:
    chance = np.random.default_rng(1)
    scores = chance.poisson(4, 3000) - 2
    assert not found([str(score) for score in scores])[0].codes
    degrees = np.round(chance.normal(12, 8, 3000)).astype(int)
    assert not found([str(degree) for degree in degrees])[0].codes
    assert not found([str(score) for score in np.where(scores < 0, 0, scores)])[0].codes
