"""Columns side by side are compared as each two of them would be."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from syncline.synthesizers.cart.measured import Measured, MomentParts
from syncline.synthesizers.cart.told_columns import ToldColumns
from syncline.synthesizers.reordering import Centred
from syncline.synthesizers.second_moments import MomentTerm, SecondMoments

ROWS, COLUMNS = 40, 150


def measured(place: int, rng: np.random.Generator) -> Measured:
    """Return a column, the gap between two of them, or the logarithm of one."""
    whole = rng.integers(-(1 << 16), (1 << 16) + 1, ROWS).astype(np.float64)
    parts: tuple[tuple[MomentTerm, float], ...] = ((MomentTerm(f"v{place}"), 1.0),)
    if place % 7 == 0:
        parts = ((MomentTerm(f"v{place}"), 3.0), (MomentTerm(f"v{(place + 1) % COLUMNS}"), -0.7))
    scale = Centred(f"v{place}", 0.0, int(rng.integers(-3, 4)), log=place % 5 == 4)
    return Measured(scale, whole, np.ones(ROWS, np.bool_), parts)


def by_pairs(one: Measured, other: Measured, spread: SecondMoments) -> float:
    """Return the covariance of two columns, part by part."""
    found = 0.0
    for term, weight in one.parts:
        for beside, times in other.parts:
            a, b = spread.terms[term], spread.terms[beside]
            power = int(spread.exponent[a] + spread.exponent[b]) - one.scale.exponent - other.scale.exponent
            found += weight * times * float(spread.covariance[a, b]) * 2.0**power
    return found


@pytest.mark.parametrize("seed", range(3))
def test_columns_are_compared_as_each_two_would_be(seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(COLUMNS, COLUMNS))
    terms = {MomentTerm(f"v{place}"): place for place in range(COLUMNS)}
    exponent = rng.integers(-4, 5, COLUMNS)
    spread = SecondMoments(terms, exponent, np.zeros(COLUMNS), half + half.T)
    every = [measured(place, rng) for place in range(COLUMNS)]
    columns = ToldColumns(spread)
    assert columns.drawn(every[0]).tolist() == columns.counted(every[0]).tolist() == []
    for column in every:
        columns.add(column)
    for own in every[::11]:
        exact = [sum(int(a) * int(b) for a, b in zip(one.whole, own.whole, strict=True)) for one in every]
        assert columns.drawn(own).tolist() == [float(Fraction(total, ROWS)) / 2.0**32 for total in exact]
        assert columns.counted(own).tolist() == [by_pairs(one, own, spread) for one in every]
    assert [columns[place].name for place in range(len(columns))] == [one.name for one in every]
    assert columns.deviation.tolist() == [one.deviation for one in every]
    assert columns.numbers.tolist() == [place for place in range(COLUMNS) if place % 5 != 4]
    parts = MomentParts.of(every[:9], spread)
    among = [[by_pairs(one, other, spread) for other in every[:9]] for one in every[:9]]
    assert parts.covariances(parts, spread).tolist() == among
