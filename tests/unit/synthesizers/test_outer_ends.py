"""Ends of bins: the law that few people move none, and how near an end is to that of a sample."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.variable import Variable
from syncline.synthesizers.outer_ends import Run

WHOLE = Variable.model_validate({"name": "n", "kind": "integer", "range": [0, 10**6]})
FLOAT = Variable.model_validate({"name": "n", "kind": "continuous"})
LEAST = 11


def ends(keys: list[int], variable: Variable = WHOLE, min_cell: int = LEAST) -> tuple[int, int]:
    """Return the ends of values of one row each."""
    at, rows = np.unique(np.array(keys, np.int64), return_counts=True)
    run = Run(at, at, rows, None, variable.value_extent)
    return run.ends(variable, min_cell, 10 if variable is WHOLE else 2)


@given(
    st.lists(st.integers(0, 10**6), min_size=44, max_size=120),
    st.lists(st.floats(0, 1), min_size=LEAST - 1, max_size=LEAST - 1),
    st.booleans(),
)
def test_fewer_people_than_may_be_told_move_no_end(values: list[int], to: list[float], upper: bool) -> None:
    """The reader knows all values but the ten outermost."""
    values = sorted(values, reverse=upper)
    edge = values[LEAST - 1]
    others = [round(edge + share * ((10**6 if upper else 0) - edge)) for share in to]
    changed = [*others, *values[LEAST - 1 :]]
    assert ends(values) == ends(changed)
    low, high = ends(values)
    assert 0 <= low <= high <= 10**6
    assert low <= sorted(values)[LEAST - 1]
    assert high >= sorted(values, reverse=True)[LEAST - 1]
    assert ends(values, min_cell=1) == (min(values), max(values))


@pytest.mark.parametrize("n", [60, 300, 3000])
@pytest.mark.parametrize("law", ["normal", "uniform", "exponential"])
def test_ends_lie_where_such_a_sample_ends(law: str, n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(20):
        drawn = getattr(rng, law)(size=n)
        keys = np.rint(200_000 + 10_000 * drawn).astype(int).tolist()
        low, high = ends(keys)
        width = (1.2 if n == 60 else 0.8) * (max(keys) - min(keys))  # eleven of sixty are no tail
        assert min(keys) - width < low < np.quantile(keys, 0.25)
        assert np.quantile(keys, 0.75) < high < max(keys) + width


def test_floats_end_by_their_values() -> None:
    numbers = np.random.default_rng(1).normal(0.0, 1.0, 500)
    assert FLOAT.grid is not None
    found = FLOAT.grid.values(np.array(ends(FLOAT.grid.keys_from_numbers(numbers).tolist(), FLOAT)))
    assert -6 < found[0] < -2
    assert 2 < found[1] < 6
