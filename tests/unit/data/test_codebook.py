"""Codebooks: keys become codes as one would read them off, and an impossible codebook cannot be made."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.batch import Batch
from syncline.data.codebook import Codebook, Coding, ColumnCodes
from tests.unit.questions.small_tables import NAMES, ROWS_ONLY, Row, batch_of, codebook, naive_code, tables

BOOK = codebook()
LARGEST = 2**63 - 1


def lookup(*values: int) -> np.ndarray:
    return np.array(values, np.uint16)


def number(low: list[int], code: list[int], n_codes: int) -> ColumnCodes:
    own = lookup(*range(n_codes))
    return ColumnCodes("x", True, np.array(low, np.int64), lookup(*code), n_codes, 0, False, own, own, own)


@given(table=tables)
def test_a_batch_is_encoded_cell_by_cell(table: list[Row]) -> None:
    coded = BOOK.encode(batch_of(table, ROWS_ONLY))
    expected = [[naive_code(BOOK.column(name), row.key(name)) for name in NAMES] for row in table]
    assert coded.codes.tolist() == expected
    assert coded.codes.dtype == np.uint16
    assert coded.holdout.tolist() == [row.holdout for row in table]


@given(
    low=st.sets(st.integers(-(2**63), LARGEST), min_size=1, max_size=8).map(sorted),
    keys=st.lists(st.integers(-(2**63), LARGEST), min_size=1, max_size=20),
)
def test_keys_anywhere_on_the_line_find_their_segment(low: list[int], keys: list[int]) -> None:
    column = number(low, list(range(len(low))), len(low))
    codes = column.encode(np.array(keys, np.int64), np.ones(len(keys), np.bool_))
    assert codes.tolist() == [max(sum(edge <= key for edge in low) - 1, 0) for key in keys]


def test_a_cell_that_is_not_valid_is_missing_whatever_its_status() -> None:
    keys = tuple(np.zeros(4, np.int64) for _ in NAMES)
    status = tuple(np.array([0, 1, 2, 3], np.uint8) for _ in NAMES)
    coded = BOOK.encode(Batch(keys, status, np.zeros(4, np.bool_)))
    for place, column in enumerate(BOOK.columns):
        assert coded.codes[1:, place].tolist() == [column.missing] * 3


def test_a_column_without_a_segment_is_missing_throughout() -> None:
    column = ColumnCodes("x", True, np.zeros(0, np.int64), lookup(), 1, 0, True, *[lookup(0)] * 3)
    assert column.encode(np.arange(3), np.ones(3, np.bool_)).tolist() == [0, 0, 0]


@given(place=st.integers(0, len(NAMES) - 1), coding=st.sampled_from(list(Coding)))
def test_coarser_codings_are_read_off_the_codes(place: int, coding: Coding) -> None:
    column = BOOK.columns[place]
    table = column.lookup(coding)
    assert len(table) == column.n_codes
    assert column.levels(coding) == len(set(table.tolist()))
    if coding is Coding.FINE:
        assert table.tolist() == list(range(column.n_codes))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"n_codes": 0}, "out of bounds"),
        ({"n_codes": 65_536}, "out of bounds"),
        ({"missing": 9}, "out of bounds"),
        ({"keeps_missing": True}, "last code"),
        ({"segment_low": np.array([1], np.int64)}, "one code"),
        ({"segment_code": lookup(0, 7)}, "unknown code"),
        ({"segment_low": np.array([5, 5], np.int64)}, "increase"),
        ({"segment_low": np.array([6, 5], np.int64)}, "increase"),
        ({"segment_low": np.array([LARGEST, -LARGEST], np.int64)}, "increase"),
        ({"bins": lookup(0)}, "wrong length"),
        ({"classes": lookup(0, 1, 2)}, "wrong length"),
    ],
)
def test_an_impossible_column_cannot_be_made(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(number([1, 5], [0, 1], 2), **change)  # type: ignore[arg-type]


def test_edges_at_both_ends_of_the_keys_are_in_order() -> None:
    """Their difference does not fit 64 bits."""
    assert number([-LARGEST, LARGEST], [0, 1], 2).n_codes == 2


def test_a_column_stands_in_a_codebook_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        Codebook((BOOK.columns[0], BOOK.columns[0]))
    with pytest.raises(KeyError):
        BOOK.place("weight")


def test_codebooks_compare_by_value() -> None:
    assert codebook() == codebook()
    age, *others = codebook().columns
    assert codebook() != Codebook((replace(age, segment_code=age.segment_code[::-1].copy()), *others))
