"""Every value on a grid comes back unchanged, keys order as values do, and decoding rounds correctly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.grid import Grid
from syncline.data.kinds import Kind
from syncline.data.scalars import KEY_LIMIT, float_bits_key

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
DECIMALS = st.integers(0, 15)
EXACT_KEYS = st.integers(-(2**53), 2**53)


def _numbers(values: list[float]) -> np.ndarray:
    return np.array(values, dtype=np.float64)


@given(st.lists(FLOATS, min_size=1, max_size=30))
def test_floats_without_decimals_keep_their_bits_and_order(values: list[float]) -> None:
    grid, numbers = Grid(Kind.CONTINUOUS), _numbers(values)
    keys = grid.keys_from_numbers(numbers)
    assert keys.tolist() == [float_bits_key(value) for value in values]
    assert grid.values(keys).tolist() == values
    assert np.array_equal(np.argsort(keys, kind="stable"), np.argsort(numbers, kind="stable"))


@given(DECIMALS, st.lists(EXACT_KEYS, min_size=1, max_size=30))
def test_a_decimal_decodes_to_the_float_nearest_to_it(decimals: int, keys: list[int]) -> None:
    values = Grid(Kind.CONTINUOUS, decimals).values(np.array(keys, dtype=np.int64))
    assert values.tolist() == [float(Decimal(key).scaleb(-decimals)) for key in keys]


@given(DECIMALS, st.lists(st.integers(-KEY_LIMIT, KEY_LIMIT), min_size=1, max_size=10))
def test_large_keys_decode_to_the_nearest_float_too(decimals: int, keys: list[int]) -> None:
    values = Grid(Kind.CONTINUOUS, decimals).values(np.array(keys, dtype=np.int64))
    assert values.tolist() == [key / 10**decimals for key in keys]


@given(DECIMALS, st.lists(st.integers(-(2**51), 2**51), min_size=1, max_size=30))
def test_a_decoded_value_is_encoded_as_its_key(decimals: int, keys: list[int]) -> None:
    grid = Grid(Kind.CONTINUOUS, decimals)
    assert grid.keys_from_numbers(grid.values(np.array(keys, dtype=np.int64))).tolist() == keys


@given(DECIMALS, st.lists(FLOATS, min_size=2, max_size=30))
def test_keys_never_run_backwards(decimals: int, values: list[float]) -> None:
    keys = Grid(Kind.CONTINUOUS, decimals).keys_from_numbers(_numbers(sorted(values)))
    assert (keys[1:] >= keys[:-1]).all()
    assert (np.abs(keys) <= KEY_LIMIT).all()


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=1, max_size=30), DECIMALS)
def test_integers_are_scaled_exactly_or_leave_the_range(values: list[int], decimals: int) -> None:
    keys = Grid(Kind.CONTINUOUS, decimals).keys_from_numbers(np.array(values, dtype=np.int64))
    expected = [min(max(value * 10**decimals, -KEY_LIMIT), KEY_LIMIT) for value in values]
    assert keys.tolist() == expected


def test_halves_go_to_the_even_key() -> None:
    grid = Grid(Kind.CONTINUOUS, 0)
    assert grid.keys_from_numbers(_numbers([0.5, 1.5, 2.5, -0.5])).tolist() == [0, 2, 2, 0]


def test_values_have_the_kinds_own_type() -> None:
    keys = np.array([0, 1], dtype=np.int64)
    assert Grid(Kind.INTEGER).values(keys).dtype == np.int64
    assert Grid(Kind.DATE).values(keys)[1] == np.datetime64("1970-01-02")
    assert Grid(Kind.DATETIME, zone="Europe/Berlin").values(keys)[1] == np.datetime64(1, "us")
    assert Grid(Kind.TIME).values(keys).dtype == np.dtype("timedelta64[us]")


@pytest.mark.parametrize(
    "kind", [Kind.INTEGER, Kind.CONTINUOUS, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.DURATION]
)
def test_the_arrow_type_is_one_that_arrow_prints(kind: Kind) -> None:
    types = [
        pa.int64(),
        pa.float64(),
        pa.date32(),
        pa.timestamp("us"),
        pa.timestamp("us", "Asia/Tokyo"),
        pa.time64("us"),
        pa.duration("us"),
    ]
    names = [str(type_) for type_ in types]
    assert Grid(kind).to_arrow_type() in names
    assert Grid(Kind.DATETIME, zone="Asia/Tokyo").to_arrow_type() in names


def test_the_grid_tells_what_lies_on_it() -> None:
    cents = Grid(Kind.CONTINUOUS, 2)
    assert cents.holds(_numbers([0.07, 1.005, 1e300, -3.0])).tolist() == [True, False, False, True]
    assert cents.step == Fraction(1, 100)
    assert Grid(Kind.CONTINUOUS).step is None
    assert Grid(Kind.CONTINUOUS).holds(_numbers([0.1, 1e300])).all()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_without_a_place_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="missing"):
        Grid(Kind.INTEGER).keys_from_numbers(_numbers([1.0, value]))


@pytest.mark.parametrize("kind", [Kind.CATEGORICAL, Kind.BOOLEAN, Kind.TEXT, Kind.IDENTIFIER])
def test_kinds_without_order_have_no_grid(kind: Kind) -> None:
    with pytest.raises(ValueError, match="has no grid"):
        Grid(kind)


def test_keys_beyond_the_floats_precision_go_through_integers() -> None:
    """Plain float arithmetic fails for about 3 % of the first and a quarter of the second of these keys."""
    drawn = np.random.default_rng(1)
    for decimals in range(16):
        grid = Grid(Kind.CONTINUOUS, decimals)
        keys = drawn.integers(2**51, 2**52, 200)
        assert np.array_equal(grid.keys_from_numbers(grid.values(keys)), keys)
        large = drawn.integers(2**53, 2**62, 200)
        assert grid.values(large).tolist() == [int(key) / 10**decimals for key in large]


def test_both_zeros_have_one_key() -> None:
    assert Grid(Kind.CONTINUOUS).keys_from_numbers(_numbers([-0.0, 0.0])).tolist() == [0, 0]
    assert Grid(Kind.CONTINUOUS, 2).keys_from_numbers(_numbers([-0.0, -0.001])).tolist() == [0, 0]
