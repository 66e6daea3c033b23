"""Latent correlations from tables: those by which the tables were made, by SciPy's integration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from syncline.synthesizers.copula.association import MOST, DividedTable, correlations

ROWS = 10_000_000


def integrated(
    first: Sequence[float], second: Sequence[float], correlation: float, rows: int = ROWS
) -> np.ndarray:
    """Return the rows of groups between cuts of two normal variables, by numeric integration."""
    law = multivariate_normal([0, 0], [[1, correlation], [correlation, 1]])
    a, b = (np.array([-9.0, *cuts, 9.0]) for cuts in (first, second))
    below = np.array([[law.cdf([x, y]) for y in b] for x in a])
    return np.rint(np.diff(np.diff(below, axis=0), axis=1) * rows).astype(np.int64).clip(0)


def table(rows: np.ndarray, people: np.ndarray | None = None) -> DividedTable:
    held = rows if people is None else people
    fewest = min(int(held.sum() - held.sum(axis=axis).max()) for axis in (0, 1))
    return DividedTable(0, 0, rows, held, fewest)


@pytest.mark.parametrize("correlation", [-0.95, -0.6, -0.1, 0.2, 0.5, 0.8, 0.97])
@pytest.mark.parametrize(
    "cuts",
    [
        ((0.0,), (0.0,)),
        ((1.3,), (-0.7,)),
        ((-0.5, 0.1, 1.1), (0.4,)),
        ((-1.2, -0.3, 0.4, 1.5), (-0.9, 0.0, 0.2)),
    ],
)
def test_a_table_tells_the_correlation_by_which_it_was_made(cuts, correlation):
    """Cells that hardly change beyond some correlation do not tell it: then they are compared themselves."""
    rows = integrated(*cuts, correlation)
    found = float(correlations([table(rows)], 1)[0])
    assert np.abs(integrated(*cuts, found) - rows).max() < 5e-4 * ROWS
    if correlation < 0.9:
        assert found == pytest.approx(correlation, abs=6e-3)


def test_of_medians_it_is_the_known_sine():
    """Sheppard 1899: a quarter holds 1/4 + asin(r) / 2 pi."""
    for correlation in (-0.7, 0.3, 0.9):
        quarter = round(ROWS * (0.25 + np.arcsin(correlation) / (2 * np.pi)))
        rows = np.array([[quarter, ROWS // 2 - quarter], [ROWS // 2 - quarter, quarter]])
        assert correlations([table(rows)], 1)[0] == pytest.approx(correlation, abs=2e-3)


def test_tables_are_solved_together_as_alone():
    tables = [table(integrated((0.2,), (0.1, 0.9), r, 5000)) for r in (-0.5, 0.1, 0.7)]
    tables += [table(integrated((0.2,), (0.1,), r, 5000)) for r in (-0.5, 0.1, 0.7)]
    alone = [correlations([one], 1)[0] for one in tables]
    assert correlations(tables, 1).tolist() == alone


def test_a_shifted_normal_number_is_found_in_rows_that_were_drawn():
    rng = np.random.default_rng(5)
    x, y = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], 40_000).T
    rows = np.histogram2d(norm.cdf(x), norm.cdf(y), bins=[[0, 0.2, 0.5, 1], [0, 0.7, 1]])[0].astype(np.int64)
    assert correlations([table(rows)], 11)[0] == pytest.approx(0.4, abs=0.02)


def test_what_chance_gives_is_no_correlation():
    assert correlations([table(np.array([[251, 249], [249, 251]]))], 1)[0] == 0.0


def test_a_quarter_of_few_people_does_not_tell_how_many_they_are():
    """Margins being equal, no number of rows below ``min_cell`` changes a bit."""
    found = {correlations([table(np.array([[100 + k, 300 - k], [400 - k, k]]))], 11)[0] for k in range(11)}
    rows = [np.array([[500 - k, k], [200 + k, 300 - k]]) for k in range(11)]
    assert len({correlations([table(own)], 11)[0] for own in rows}) == 1
    assert len(found) == 1


def test_few_people_on_a_side_are_related_to_nothing():
    rows = np.array([[900, 5], [0, 5]])
    assert correlations([table(rows)], 11)[0] == 0.0
    assert correlations([table(rows)], 5)[0] > 0.5
    many_rows = np.array([[900, 0], [0, 400]])
    assert correlations([table(many_rows, np.array([[60, 0], [0, 4]]))], 11)[0] == 0.0


@given(st.lists(st.integers(0, 10**6), min_size=6, max_size=6), st.sampled_from([1, 11]))
def test_any_table_has_a_correlation(cells, min_cell):
    for shape in ((2, 3), (3, 2)):
        rows = np.array(cells, np.int64).reshape(shape)
        assert abs(correlations([table(rows)], min_cell)[0]) <= MOST
    rows = np.array(cells[:4], np.int64).reshape(2, 2)
    assert abs(correlations([table(rows)], min_cell)[0]) <= MOST
