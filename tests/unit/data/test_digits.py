"""Numbers of a few significant digits have keys of their own, and no digit more is ever released."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.inference import infer
from syncline.data.kinds import Kind
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.errors import DocumentError
from syncline.preparation.column_reader import reader_of

numbers = st.floats(-1e280, 1e280).filter(lambda x: x == 0 or abs(x) > 1e-280)


def column(digits: int) -> Variable:
    return Variable(name="x", kind=Kind.CONTINUOUS, digits=digits)


@given(st.lists(numbers, min_size=2, max_size=20), st.integers(1, 9))
def test_written_numbers_come_back_and_keys_order_as_they_do(drawn: list[float], digits: int) -> None:
    grid = column(digits).grid
    assert grid is not None
    written = np.array(sorted(float(f"{x:.{digits - 1}e}") for x in drawn))
    keys = grid.keys_from_numbers(written)
    assert (grid.values(keys) == written).all()
    assert (np.diff(keys) >= 0).all()
    assert ((np.diff(keys) == 0) == (np.diff(written) == 0)).all()
    assert grid.holds(written).all()


@given(numbers, st.integers(1, 9))
def test_a_number_counts_as_the_nearest(number: float, digits: int) -> None:
    variable = column(digits)
    assert variable.grid is not None
    key = variable.key_of(number)
    own, *others = (
        abs(Fraction(float(variable.grid.values(np.array([key + away]))[0])) - Fraction(number))
        for away in (0, -1, 1)
    )
    assert own <= min(others) * (1 + Fraction(1, 10**6))
    assert (variable.place_of(number) == key) == (float(f"{number:.{digits - 1}e}") == number)


def test_a_range_holds_the_numbers_within_it() -> None:
    variable = Variable(name="x", kind=Kind.CONTINUOUS, digits=2, range=(0.0015, 1.234))
    cells = reader_of(variable).read(pa.array(["0.0014", "0.0015", "1.23", "1.3"]), "x")
    assert cells.status.tolist()[1:3] == [0, 0]
    assert 0 not in (cells.status[0], cells.status[3])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: integer, digits: 3", "digits do not apply to kind integer"),
        ("kind: continuous, digits: 0", "digits must be from 1 to 9"),
        ("kind: continuous, digits: 3, decimals: 2", "with no decimals or step beside"),
        ("kind: continuous, digits: 3, step: 2", "with no decimals or step beside"),
    ],
)
def test_digits_that_make_no_grid_are_refused(text: str, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        Schema.from_yaml(f"variables:\n- {{name: x, {text}}}\n")


DRAW = np.random.default_rng(3)
SIZES = 10 ** DRAW.uniform(-7, 3, 400)
TINY = DRAW.lognormal(-11, 1, 400)


@pytest.mark.parametrize(
    ("texts", "digits"),
    [
        ([f"{x:.2e}" for x in SIZES], 3),
        ([f"{x:.3g}" for x in SIZES], 3),
        ([f"{x:.1e}" for x in TINY], 2),
        ([f"{-x:.4e}" for x in SIZES], 5),
        ([f"{x:.5e}" for x in SIZES], None),  # reckoned, as it seems
        ([f"{x:.2f}" for x in SIZES], None),
        ([f"{x:.3g}" for x in DRAW.lognormal(1, 1, 400)], None),  # one decimal, or two, is what these have
        ([f"{x:.6f}" for x in DRAW.random(400)], None),
        (["0.001", "1000", "20"] * 20, None),  # as few numbers as may be chance
    ],
)
def test_digits_are_found_where_decimals_would_add_some(texts: Sequence[str], digits: int | None) -> None:
    table = pa.table({"x": pa.array(texts)})
    (variable,) = infer(table).schema.variables
    assert variable.digits == digits
    cells = reader_of(variable).read(table["x"].combine_chunks(), "x")
    assert not cells.status.any()
