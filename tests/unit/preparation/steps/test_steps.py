"""What steps refuse, stop at, count and remember; never with a value in the message."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import DataError, public_words
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.preparation.steps.codes import CodeList
from syncline.preparation.steps.exact_numbers import read_decimal, write_decimal
from syncline.preparation.steps.seen_rows import RowHashes, SeenRows
from syncline.preparation.steps.units import line_between
from syncline.sources.memory import TableSource
from tests.unit.preparation.steps.stepping import stepped, view_of

SECRET = "4711-secret"


def row(**cells: str | None) -> dict[str, str | None]:
    return {"a": None, "b": None, "c": None, **cells}


@pytest.mark.parametrize(
    "step",
    [
        {"step": "range", "columns": ["a"], "low": "5000", "outside": "stop"},
        {"step": "unparsable", "columns": ["b"], "kind": "number", "then": "stop"},
        {"step": "recode", "columns": ["b"], "codes": {"x": "y"}, "unlisted": "stop"},
        {"step": "dates", "columns": ["b"], "formats": ["YYYY"], "unlisted": "stop"},
    ],
    ids=lambda step: str(step["step"]),
)
def test_a_step_that_stops_names_step_and_column_but_no_value(step: dict[str, object]) -> None:
    with pytest.raises(DataError) as caught:
        stepped([{"step": "trim"}, step], [row(), row(a="4711", b=SECRET)])
    text = str(caught.value)
    assert f"steps[1].{step['step']}: row 2, column '{step['columns'][0]}' holds" in text  # type: ignore[index]
    assert "4711" not in text
    assert "row" not in public_words(caught.value), "which row it is stays with the supplier"
    assert stepped([step], [row()]) == [row()]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([{"step": "trim", "columns": ["aa"]}], r"steps\[0\].trim: there is no column 'aa'.*did you mean a"),
        (
            [{"step": "rename", "columns": {"a": "age"}}, {"step": "case", "columns": ["a"], "to": "lower"}],
            r"steps\[1\].case: there is no column 'a' at this step",
        ),
        ([{"step": "rename", "columns": {"a": "b"}}], "two columns would be called 'b'"),
        ([{"step": "drop", "columns": ["a", "b", "c"]}], "drops every column"),
        ([{"step": "derive", "into": "a", "operation": "constant", "value": "x"}], "a column 'a' already"),
        ([{"step": "split", "column": "a", "separator": ",", "into": ["b"]}], "a column 'b' already"),
        ([{"step": "combine", "columns": ["a"], "into": "c", "how": "first"}], "a column 'c' already"),
        ([{"step": "bands", "column": "a", "into": "b", "cuts": ["1"], "labels": ["x", "y"]}], "'b' already"),
        ([{"step": "filter", "column": "d", "present": "true"}], "there is no column 'd'"),
        ([{"step": "duplicates", "by": ["d"]}], "there is no column 'd'"),
    ],
)
def test_names_are_checked_before_a_row_is_read(steps: list[dict[str, object]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        view_of(steps, [])


def test_the_tally_counts_rows_and_cells() -> None:
    table = [row(a=" 1", b="-9"), row(a="1", b="-9"), row(a="x", b="2"), row(a=None, b="3")]
    view = view_of(
        [
            {"step": "trim"},
            {"step": "missing", "codes": ["-9"]},
            {"step": "duplicates"},
            {"step": "recode", "columns": ["b"], "codes": {"2": "two", "": "none"}},
            {"step": "unparsable", "columns": ["a"], "kind": "number", "then": "reject"},
        ],
        table,
    )
    assert view.tally is None
    list(view.batches(None, 2))
    tally = view.tally
    assert tally is not None
    assert (tally.rows_in, tally.rows_out) == (4, 2)
    trim, missing, duplicates, recode, unparsable = tally.steps
    assert (trim.changed, trim.set_missing) == (1, 0)
    assert (missing.changed, missing.set_missing) == (0, 2)
    assert (duplicates.rows_in, duplicates.rows_out, duplicates.changed) == (4, 3, 0)
    assert (recode.changed, recode.filled, recode.unlisted) == (1, 1, 1)
    assert (unparsable.rows_in, unparsable.rows_out, unparsable.rejected) == (3, 2, 1)


def test_a_pass_that_stops_early_leaves_the_tally_alone() -> None:
    view = view_of([{"step": "trim"}], [row(a="1"), row(a="2")])
    next(view.batches(None, 1))
    assert view.tally is None


def test_a_list_that_makes_two_codes_one_is_warned_about() -> None:
    steps: list[dict[str, object]] = [
        {
            "step": "recode",
            "columns": ["a"],
            "codes": {"1": "ill", "2": "ill", "0": "healthy", "9": "", "8": ""},
        }
    ]
    assert view_of(steps, []).preparation.warnings == ("steps[0].recode: codes '1', '2' all become 'ill'",)


def excluding(tmp_path: Path, ids: str) -> list[dict[str, object]]:
    path = tmp_path / "excluded.txt"
    path.write_text(ids, "utf-8")
    return [{"step": "exclude_persons", "column": "a", "file": str(path)}]


def test_persons_in_the_file_are_left_out_however_written(tmp_path: Path) -> None:
    steps = excluding(tmp_path, "\ufeff7\n\n e\u0301 \nP-12\n")
    table = [row(a=text) for text in ("7", " 7.0", "007", "70", "é", "P-12 ", "p-12", None)]
    assert [found["a"] for found in stepped(steps, table)] == ["70", "p-12", None]


def test_the_file_of_persons_is_named_where_it_cannot_be_read(tmp_path: Path) -> None:
    steps = excluding(tmp_path, "7\n")
    (tmp_path / "excluded.txt").write_bytes(b"\xff")
    with pytest.raises(DataError, match=r"exclude_persons: file is not UTF-8"):
        view_of(steps, [])
    (tmp_path / "excluded.txt").unlink()
    with pytest.raises(DataError, match=r"excluded\.txt: no such file"):
        view_of(steps, [])


def key_step(tmp_path: Path, key: bytes = b"k" * 32) -> dict[str, object]:
    path = tmp_path / "key"
    path.write_bytes(key)
    os.chmod(path, 0o600)
    return {"step": "pseudonym", "columns": ["a"], "key_file": str(path)}


def test_pseudonyms_are_keyed_and_equal_for_equal_ids(tmp_path: Path) -> None:
    step = key_step(tmp_path)
    first, same, other = (found["a"] for found in stepped([step], [row(a="7"), row(a=" 7 "), row(a="8")]))
    assert first == same != other
    assert first is not None
    assert len(first) == 64
    assert stepped([key_step(tmp_path, b"m" * 32)], [row(a="7")])[0]["a"] != first


def test_a_key_that_is_short_open_or_absent_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="no key of at least 16 bytes"):
        view_of([key_step(tmp_path, b"short\n")], [])
    step = key_step(tmp_path)
    os.chmod(tmp_path / "key", 0o644)
    with pytest.raises(DataError, match="open to others; run chmod 600"):
        view_of([step], [])
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with pytest.raises(DataError, match="key_env NO_SUCH_KEY holds no key"):
        view_of([{"step": "pseudonym", "columns": ["a"], "key_env": "NO_SUCH_KEY"}], [])


@given(st.lists(st.lists(st.integers(0, 30), max_size=12), max_size=12))
def test_seen_rows_are_remembered_over_batches(batches: list[list[int]]) -> None:
    seen, hashes, known = SeenRows(), RowHashes(2), set()
    for batch in batches:
        texts = pa.array(map(str, batch), pa.string())
        found = seen.add(hashes.of([texts, pa.nulls(len(batch), pa.string())]))
        for number, is_first in zip(batch, found.tolist(), strict=True):
            assert is_first == (number not in known)
            known.add(number)


def test_rows_that_only_join_alike_are_told_apart() -> None:
    rows = [("a", "bc"), ("ab", "c"), ("", None), (None, ""), (None, None), ("a\0", "b"), ("a", "\0b")]
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    assert SeenRows().add(RowHashes(2).of(columns)).all()


@pytest.mark.parametrize(
    ("origin", "target", "slope", "offset"),
    [
        ("degF", "degC", "0.5555555556", "-17.7777777778"),
        ("mmHg", "kPa", "0.1333223874", "0"),
        ("lb", "kg", "0.45359237", "0"),
        ("mg/dL", "g/L", "0.01", "0"),
        ("1/min", "Hz", "0.0166666667", "0"),
    ],
)
def test_units_are_a_line(origin: str, target: str, slope: str, offset: str) -> None:
    found = line_between(origin, target)
    assert [round(part, 10) for part in found] == [Decimal(slope), Decimal(offset)]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_a_written_number_reads_back(number: Decimal) -> None:
    text = write_decimal(number)
    assert text is not None
    assert read_decimal(text) == number
    assert "e" not in text.lower()
    assert not ("." in text and text.endswith("0"))


@pytest.mark.parametrize("text", ["", "1e1000", "1_0", "٣", "nan", "inf", "1,5", "--1", "0x1", "1" * 401])
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_decimal(text) is None


def test_a_code_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"names the code '7\.0' twice"):
        CodeList({"7": 1, "7.0": 2})


def test_typed_columns_enter_as_their_text() -> None:
    table = pa.table(
        {
            "n": pa.array([1, None], pa.int64()),
            "f": pa.array([63.0, float("nan")], pa.float64()),
            "d": pa.array([0, None], pa.date32()),
            "w": pa.array(["x", None]).dictionary_encode(),
        }
    )
    view = prepared_view(TableSource(table), Preparation(syncline=1, steps=()))
    (batch,) = view.batches(None, 10)
    assert batch.to_pylist() == [
        {"n": "1", "f": "63.0", "d": "1970-01-01", "w": "x"},
        {"n": None, "f": None, "d": None, "w": None},
    ]
