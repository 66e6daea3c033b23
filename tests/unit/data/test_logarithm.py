"""The logarithm is near enough to the true one, has an inverse, and hangs on no library's last digit."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data import logarithm
from syncline.data.logarithm import exp2, log2

positive = st.floats(1e-300, 1e300)


@given(st.lists(positive, min_size=1, max_size=20))
def test_it_is_that_of_the_library_but_for_4e_8(values: list[float]) -> None:
    found = log2(np.array(values))
    assert found == pytest.approx([math.log2(value) for value in values], abs=4.2e-8)


def test_powers_of_two_are_exact_and_nothing_else_has_a_logarithm() -> None:
    powers = np.array([0.25, 1.0, 2.0, 1024.0])
    assert log2(powers).tolist() == [-2.0, 0.0, 1.0, 10.0]
    assert exp2(log2(powers)).tolist() == powers.tolist()
    assert log2(np.array([0.0, -3.0])).tolist() == [0.0, 0.0]


@given(st.lists(positive, min_size=2, max_size=20).map(sorted))
def test_it_grows_and_its_inverse_gives_the_number_back(values: list[float]) -> None:
    found = log2(np.array(values))
    assert (np.diff(found) >= 0).all()
    assert exp2(found) == pytest.approx(np.array(values), rel=1e-12)


def test_no_entry_of_the_table_lies_where_a_last_digit_could_round_it_otherwise() -> None:
    """By 30 digits: each entry is the nearest multiple of 2**-30, and none is near the middle of two."""
    with localcontext() as context:
        context.prec = 30
        two = Decimal(2).ln()
        for place, entry in enumerate(logarithm._TABLE.tolist()):
            exact = (1 + Decimal(place) / 2048).ln() / two * 2**30
            assert int(entry * 2**30) == int(exact.to_integral_value())
            assert abs(abs(exact - exact.to_integral_value()) - Decimal("0.5")) > Decimal("1e-5")
