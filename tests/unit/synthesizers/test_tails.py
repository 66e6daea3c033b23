"""A tail is cut where its distance grows by a quarter of an octave, and thins out like the rows before it."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.schema import Schema
from syncline.synthesizers.drawn_spans import DrawnSpans
from syncline.synthesizers.synthesizer import Synthesizer

INTEGER = Schema.model_validate({"variables": [{"name": "n", "kind": "integer"}]}).variable("n")
REAL = Schema.model_validate({"variables": [{"name": "x", "kind": "continuous"}]}).variable("x")


def spans(edges: list[int]) -> DrawnSpans:
    low, high = np.array(edges[:-1], np.int64), np.array(edges[1:], np.int64) - 1
    return DrawnSpans.weighted(INTEGER, np.arange(len(low)), low, high)


@given(
    inner=st.integers(1, 10**6),
    times=st.integers(2, 10**6),
    below=st.integers(0, 10**6),
    tail=st.integers(1, 50),
    mirrored=st.booleans(),
)
def test_the_parts_of_a_tail_are_the_span_that_was_cut(
    inner: int, times: int, below: int, tail: int, mirrored: bool
) -> None:
    edges = [0, 1, inner + 1, inner * times + 2]
    rows = np.array([below + 1000, below, tail])
    whole = spans([-edge for edge in reversed(edges)] if mirrored else edges)
    cut = whole.with_tails(INTEGER, rows[::-1] if mirrored else rows)
    assert (cut.low <= cut.high).all()
    assert (cut.low[1:] == cut.high[:-1] + 1).all()
    assert (cut.low[0], cut.high[-1]) == (whole.low[0], whole.high[-1])
    assert (cut.weight > 0).all()
    for code in range(3):
        assert cut.low[cut.code == code].min() == whole.low[code]


@pytest.mark.parametrize("exponent", [0.8, 1.0, 1.5, 2.0])
def test_a_tail_thins_out_as_the_rows_before_it(exponent: float) -> None:
    """Oracle: the counts of Pareto's law itself, whose share beyond twice a distance is 2 ** -exponent."""
    edges = np.array([0, 1, 10, 14, 20, 28, 40, 57, 80, 80 * 2**6])
    above = 1e9 * (np.maximum(edges, 1.0) / 10) ** -exponent
    rows = np.rint(-np.diff(above)).astype(np.int64)
    rows[0], rows[1], rows[-1] = 2_000_000_000, 0, round(above[-2])
    cut = spans(edges.tolist()).with_tails(INTEGER, rows)
    inside = cut.code == len(rows) - 1
    low, weight = cut.low[inside], cut.weight[inside].astype(np.float64)
    weight /= weight.sum()
    for times in (2, 4, 8):
        beyond = weight[low >= 80 * times - 2].sum()
        truth = (times**-exponent - 64**-exponent) / (1 - 64**-exponent)
        assert beyond == pytest.approx(truth, rel=0.15)


def test_one_row_of_a_tail_lies_in_its_outermost_octave() -> None:
    rows = np.array([5000, 900, 90, 10])
    cut = spans([0, 1, 20, 60, 60_000]).with_tails(INTEGER, rows)
    inside = cut.code == 3
    far = inside & (cut.low >= 30_000)
    assert cut.weight[far].sum() / cut.weight[inside].sum() == pytest.approx(0.1, rel=0.05)


def test_a_last_bin_that_reaches_less_than_twice_as_far_is_no_tail() -> None:
    assert spans([0, 1, 100, 190]).with_tails(INTEGER, np.array([100, 100, 100])).tails == ()


def test_the_middle_of_a_column_between_its_tails_is_left_whole() -> None:
    cut = spans([-5000, -100, 0, 1, 100, 5000]).with_tails(INTEGER, np.array([20, 500, 900, 500, 20]))
    assert cut.tails == (0, 4)
    assert [(cut.code == code).sum() for code in (1, 2, 3)] == [1, 1, 1]


@pytest.mark.parametrize(("most", "far"), [(1, 1e300), (0, 1.7e308), (0, 1e308), (4, 1.7e308)])
def test_a_tail_up_to_the_largest_numbers_is_cut(most: int, far: float) -> None:
    assert REAL.grid is not None
    keys = REAL.grid.keys_from_numbers(np.array([-1.7e308, -1.0, 0.0, 1.0, 2.0, far]))
    edges = np.unique(keys)
    whole = DrawnSpans.weighted(REAL, np.arange(len(edges) - 1), edges[:-1], edges[1:] - 1)
    rows = np.full(len(edges) - 1, 10)
    rows[min(most, len(rows) - 1)] = 1000
    cut = whole.with_tails(REAL, rows)
    assert (cut.low <= cut.high).all()
    assert (cut.low[1:] == cut.high[:-1] + 1).all()
    assert (cut.low[0], cut.high[-1]) == (whole.low[0], whole.high[-1])


COLUMNS = {
    "pareto": lambda chance, n: (chance.pareto(1.5, n) + 1).astype(int),
    "lognormal": lambda chance, n: np.exp(chance.normal(2, 1.5, n)).astype(int),
    "costs": lambda chance, n: np.round(np.exp(chance.normal(6, 1.2, n)), 2),
    "negative": lambda chance, n: -np.exp(chance.normal(1, 1.2, n)).astype(int),
    "geometric": lambda chance, n: chance.geometric(0.15, n),
}


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_means_and_outer_percentiles_of_long_tails_are_kept(kind: str, method: str) -> None:
    """The goals for heavy tails: 10 % of the mean over some seeds, as one draw says little, 20 % for each."""
    chance = np.random.default_rng(len(kind))
    real = pd.DataFrame({"x": COLUMNS[kind](chance, 3000), "other": chance.integers(0, 10, 3000)})
    outer = 0.01 if kind == "negative" else 0.99
    means = []
    for seed in (1, 2, 3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            drawn = Synthesizer(method, seed=seed).fit(real).sample().x.astype(float)
        means.append(drawn.mean())
        assert drawn.mean() == pytest.approx(real.x.mean(), rel=0.20)
        assert drawn.quantile(outer) == pytest.approx(real.x.quantile(outer), rel=0.20)
        assert 0.4 < drawn.abs().max() / real.x.abs().max() < 1.3
    assert np.mean(means) == pytest.approx(real.x.mean(), rel=0.10)


def test_the_greatest_value_of_one_person_bounds_no_draw(tmp_path: Path) -> None:
    """With a declared range the model reaches to a number that follows from what enough people have."""

    def reach(greatest: int) -> int:
        values = (np.random.default_rng(3).pareto(1.2, 4000) + 1).astype(int)
        values[0] = greatest
        schema = {"variables": [{"name": "x", "kind": "integer", "range": [0, 10**6]}]}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = Synthesizer("marginals", seed=1, schema=schema).fit(pd.DataFrame({"x": values}))
        assert model._model is not None
        return int(model._model.columns[0].values.span_high.max())

    assert reach(71_357) == reach(90_000) == reach(2_000)
