"""What a reader holds is counted as the cells will be written out, whatever a file makes of few bytes."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import DataError
from syncline.sources import held
from syncline.sources.held import require_held

TEXTS = ["", "a", "b" * 30, None, "b" * 30, "b" * 30]
COLUMNS = {
    "text": pa.array(TEXTS),
    "large text": pa.array(TEXTS, pa.large_string()),
    "dictionary": pa.array(TEXTS).dictionary_encode(),
    "view": pa.array(TEXTS).cast(pa.string_view()),
    "runs": pa.RunEndEncodedArray.from_arrays(
        pa.array([1, 2, 3, 6], pa.int32()), pa.array(["", "a", None, "b" * 30])
    ),
    "binary": pa.array([None if text is None else text.encode() for text in TEXTS]),
}


def read(column: pa.Array, batch_rows: int = 100) -> list[pa.RecordBatch]:
    return list(require_held([pa.record_batch({"x": column})], batch_rows, "t"))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_cell_is_measured_in_every_form(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "MAX_CELL_BYTES", 30)
    assert read(COLUMNS[name])[0].num_rows == 6
    monkeypatch.setattr(held, "MAX_CELL_BYTES", 29)
    with pytest.raises(DataError, match="t: column 'x' has a cell of more than"):
        read(COLUMNS[name])
    assert read(COLUMNS[name].slice(0, 2))[0].num_rows == 2


@pytest.mark.parametrize("name", ["dictionary", "view", "runs"])
def test_rows_together_are_measured_as_they_are_written_out(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "MAX_CELL_BYTES", 30)
    monkeypatch.setattr(held, "MAX_HELD_BYTES", 91)
    assert read(COLUMNS[name])[0].num_rows == 6
    monkeypatch.setattr(held, "MAX_HELD_BYTES", 90)
    with pytest.raises(DataError, match=r"t: 6 rows take more than"):
        read(COLUMNS[name])
    assert read(COLUMNS[name], batch_rows=3)[0].num_rows == 6, "three rows at a time take less"


@given(st.lists(st.integers(0, 5), min_size=1, max_size=5), st.integers(1, 7))
def test_rows_within_the_bounds_pass_unchanged(sizes: list[int], batch_rows: int) -> None:
    batches = [pa.record_batch({"x": pa.array(["a"] * size, pa.string())}) for size in sizes]
    assert [one.num_rows for one in require_held(batches, batch_rows, "t")] == sizes


def test_text_that_is_no_utf_8_is_refused() -> None:
    wrong = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]
    )
    with pytest.raises(DataError, match="damaged or no UTF-8"):
        read(wrong)
