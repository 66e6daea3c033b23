"""Many columns in order, some cells missing: rows are mended by many draws at once, and keep every order."""

from __future__ import annotations

import warnings
from itertools import combinations
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from syncline.synthesizers.row_drawing import Streams, first_fit, tries_at_once
from syncline.synthesizers.synthesizer import Synthesizer

MOST_STREAMS = 7_000
"""Streams of words that 400 rows may take; one draw at a time took 19,000."""


def visits(kind: str, n: int = 400, columns: int = 16) -> pd.DataFrame:
    """Return columns of which each is at most the next, with a fifth of the cells missing."""
    rng = np.random.default_rng(1)
    grown = np.cumsum(np.c_[rng.integers(0, 700, n), rng.integers(1, 40, (n, columns - 1))], axis=1)
    table = pd.DataFrame(grown, columns=[f"v{place:02d}" for place in range(columns)])
    if kind == "dates":
        table = table.apply(lambda days: pd.Timestamp("2015-01-01") + pd.to_timedelta(days, unit="D"))
    else:
        table = table.astype("Int64")
    return table.mask(rng.random(table.shape) < 0.2)


@pytest.mark.parametrize("kind", ["dates", "numbers"])
def test_rows_with_many_orders_are_mended_in_few_steps(kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Synthesizer(seed=1).fit(visits(kind))
    with patch.object(Streams, "words", autospec=True, side_effect=Streams.words) as words:
        drawn = model.sample(400)
    assert words.call_count < MOST_STREAMS, words.call_count
    for low, high in combinations(drawn.columns, 2):
        assert not (drawn[low] > drawn[high]).fillna(False).any(), (low, high)


def test_draws_at_once_double_and_stop_where_enough_were_made() -> None:
    made, steps = 1, []
    while made < 50:
        steps.append(tries_at_once(made, 50 - made, 10))
        made += steps[-1]
    assert steps == [1, 2, 4, 8, 16, 18]
    assert tries_at_once(16, 34, 1 << 20) == 1


def test_the_first_draw_that_fits_is_taken_and_else_the_last() -> None:
    fits = np.array([[False, True, True], [False, False, False], [True, False, False]])
    chosen, mended = first_fit(fits.ravel(), 3)
    assert chosen.tolist() == [1, 5, 6]
    assert mended.tolist() == [True, False, True]
