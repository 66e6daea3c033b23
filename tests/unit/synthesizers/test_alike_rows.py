"""Rows that are alike share the range of a state evenly, and each alone is drawn as if there were no others.

Each chi-square test raises a false alarm for one seed in 10,000; the seeds are fixed, so what passes stays.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, chisquare

from syncline.data.schema import Schema
from syncline.synthesizers.alike_rows import most_varied, nearness, variety
from syncline.synthesizers.draws import ColumnDraw, weights_of
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.systematic import systematic_shares
from syncline.synthesizers.tabular_model import TabularModel
from tests.unit.study.local_fit import fit

FALSE_ALARM = 1e-4


@given(sizes=st.lists(st.integers(1, 70), min_size=1, max_size=4), seed=st.integers(0, 2**32))
def test_rows_of_a_state_lie_at_equal_distances_along_any_order(sizes: list[int], seed: int) -> None:
    states = np.repeat(np.arange(len(sizes)), sizes)
    random = Seed.of_number(seed).words("x", 0, len(states))
    shares = systematic_shares(states, random, np.arange(len(states)) // 3)
    for state, size in enumerate(sizes):
        own = np.sort(shares[states == state].astype(np.int64))
        assert ((own * size) >> 32).tolist() == list(range(size))


@pytest.mark.parametrize("size", [8, 64])
@given(seed=st.integers(0, 2**32))
def test_a_run_of_rows_that_are_alike_covers_the_range_evenly(size: int, seed: int) -> None:
    """Of 256 rows the first, second... ``size`` have one row in each part of the range, turned by a start."""
    random = Seed.of_number(seed).words("x", 0, 256)
    lies = np.argsort(random, kind="stable")
    near = np.empty(256, np.int64)
    near[lies] = np.arange(256)
    shares = systematic_shares(np.zeros(256, np.int64), random, near)
    runs = ((shares[lies].astype(np.int64) * 256) >> 32).reshape(-1, size)
    turned = (np.sort((runs + turn) % 256 * size // 256, axis=1) for turn in range(256))
    assert any((parts == np.arange(size)).all() for parts in turned)


@pytest.mark.parametrize("row", range(7))
def test_each_row_alone_is_drawn_as_its_state_says(row: int) -> None:
    near = np.array([5, 1, 1, 9, 0, 3, 2])
    shares = np.array([0.5, 0.3, 0.2])
    draw, states = ColumnDraw("x", weights_of(shares[None, :])), np.zeros(7, np.int64)
    seen = np.zeros(3)
    for seed in range(3000):
        seen[draw.codes(states, Seed.of_number(seed).words("x", 0, 7), True, near)[row]] += 1
    assert chisquare(seen, 3000 * shares).pvalue > FALSE_ALARM


def test_two_columns_that_are_drawn_along_one_order_stay_apart() -> None:
    """Else equal codes of two columns that know nothing of each other would meet in the same rows."""
    draw = ColumnDraw("x", weights_of(np.full((1, 4), 0.25)))
    states, near = np.zeros(64, np.int64), np.arange(64)
    together = np.zeros((4, 4))
    for seed in range(400):
        words = (Seed.of_number(seed).words(column, 0, 64) for column in "xy")
        left, right = (draw.codes(states, own, True, near) for own in words)
        np.add.at(together, (left, right), 1)
    assert chi2_contingency(together).pvalue > FALSE_ALARM


def test_rows_are_near_by_the_columns_that_vary_most() -> None:
    rng = np.random.default_rng(1)
    bins = np.stack([rng.integers(0, k, 500) for k in (1, 2, 30, 9, 20)], axis=1).astype(np.uint8)
    pairs = [sum(int(a != b) for a in column for b in column) for column in bins.T[:2, :60]]
    assert [variety(column) for column in bins.T[:2, :60]] == pairs
    varieties = [variety(column) for column in bins.T]
    assert most_varied(varieties) == [2, 4, 3]
    assert most_varied(varieties[:1]) == []
    number = nearness(bins, [2])
    assert (np.diff(number[np.argsort(bins[:, 2], kind="stable")]) >= 0).all()
    halves = nearness(bins, [2, 4]) >> 14  # the first digit of either: which half its bin's middle is in
    middle = [
        np.array([(np.sum(c < b) + np.sum(c <= b)) >= 500 for b in c]) for c in (bins[:, 2], bins[:, 4])
    ]
    assert halves.tolist() == (2 * middle[0] + middle[1]).tolist()


def test_columns_that_trees_find_unrelated_are_nearer_to_their_product() -> None:
    """The table of two columns differs from what the model says of it by less than chance makes alone."""
    rng = np.random.default_rng(4)
    names = ["a", "b"]
    variables = [{"name": name, "kind": "integer", "range": [0, 9]} for name in names]
    real = pa.table({name: rng.integers(0, 10, 4000) for name in names})
    model = fit(
        [real], Schema.model_validate({"variables": variables}), method="marginals", coded=False
    ).model
    assert isinstance(model, TabularModel)
    drawn = [model.partition(part, 4000, Seed.of_number(2)) for part in range(5)]
    off = []
    for rows in drawn:
        table = np.histogram2d(rows["a"][0], rows["b"][0], bins=10)[0]
        wanted = np.outer(table.sum(axis=1), table.sum(axis=0)) / 4000
        off.append(((table - wanted) ** 2 / wanted).sum())
    assert np.mean(off) < 0.3 * 81  # degrees of freedom: what chance alone makes
