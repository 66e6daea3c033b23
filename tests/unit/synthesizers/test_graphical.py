"""``graphical``: ties against entropies, graphs against a naive elimination, draws against the joint."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare, entropy

from syncline.questions.marginals import MOST_COLUMNS
from syncline.synthesizers.graphical.card import CARD
from syncline.synthesizers.graphical.cells import HeldCells
from syncline.synthesizers.graphical.contexts import grown
from syncline.synthesizers.graphical.graph import ChordalGraph, members
from syncline.synthesizers.graphical.information import NAT, Tie
from syncline.synthesizers.synthesizer import Synthesizer
from tests.unit.study.cohort import WITHOUT_PERSON, cohort
from tests.unit.study.local_fit import fit

UNIT = 2**16


def held(table: np.ndarray) -> HeldCells:
    place = np.flatnonzero(table)
    return HeldCells(table.shape, place, table.ravel()[place].astype(np.int64), None)


def naively_chordal(n: int, edges: set[frozenset[int]]) -> bool:
    """Take away vertices whose neighbours are all tied, one after another, as long as there are any."""
    left = set(range(n))
    while left:
        for v in sorted(left):
            beside = [u for u in left if frozenset((u, v)) in edges]
            if all(frozenset(pair) in edges for pair in combinations(beside, 2)):
                left.remove(v)
                break
        else:
            return False
    return True


def test_what_two_columns_tell_is_the_conditional_mutual_information():
    """SciPy's entropies agree, for tables with a third and fourth column beside the two."""
    rng = np.random.default_rng(1)
    for shape in ((3, 4), (2, 5, 3), (2, 3, 4, 2)):
        table = rng.poisson(rng.gamma(0.7, 20, shape))
        whole = entropy(table.ravel(), base=2)
        first, second = (entropy(table.sum(axis=axis).ravel(), base=2) for axis in (-1, -2))
        both = entropy(table.sum(axis=(-1, -2)).ravel(), base=2) if len(shape) > 2 else 0.0
        wanted = table.sum() * (first + second - whole - both)
        assert Tie.of(held(table)).told / UNIT == pytest.approx(wanted, rel=1e-5, abs=0.01)


def test_free_numbers_are_those_of_the_cells_that_can_hold_rows():
    """A full table takes (a - 1)(b - 1) numbers in each stratum, a diagonal one takes what a column does."""
    assert Tie.of(held(np.full((3, 4, 5), 7))).free == 3 * 3 * 4
    assert Tie.of(held(np.diag([5, 6, 7]))).free == 1
    assert Tie.of(held(np.array([[5, 0], [5, 0]]))).free == 1


def test_a_penalty_is_in_tenths_of_a_nat():
    tie = Tie(told=10 * UNIT, free=2)
    assert tie.gain(0) == 100 * UNIT
    assert tie.gain(10) == 100 * UNIT - 20 * NAT
    assert abs(NAT / UNIT - 1 / np.log(2)) < 1e-5


@settings(max_examples=60, deadline=None)
@given(n=st.integers(2, 7), order=st.permutations(list(combinations(range(7), 2))))
def test_an_edge_is_added_exactly_where_the_graph_stays_chordal(n: int, order: list[tuple[int, int]]) -> None:
    graph, edges = ChordalGraph.of(n, ()), set[frozenset[int]]()
    for edge in (edge for edge in order if max(edge) < n):
        given_ = graph.separator(edge)
        assert (given_ is not None) == naively_chordal(n, edges | {frozenset(edge)})
        if given_ is None:
            continue
        assert all(frozenset(pair) in edges for pair in combinations(given_, 2))
        graph.add(edge)
        edges.add(frozenset(edge))
    found = graph.order({})
    assert found is not None
    for place, vertex in enumerate(found):
        before = [u for u in found[:place] if frozenset((u, vertex)) in edges]
        assert all(frozenset(pair) in edges for pair in combinations(before, 2))


def test_an_order_starts_as_it_must_and_keeps_what_others_need():
    path = [(0, 1), (1, 2), (2, 3)]
    graph = ChordalGraph.of(4, path)
    assert graph.order({}, first=(2, 1)) == (2, 1, 0, 3)
    assert graph.order({}, first=(0, 2)) is None, "1 would have neighbours before it that are not tied"
    assert graph.order({0: 1 << 3}) == (1, 2, 3, 0)
    assert graph.order({0: 1 << 1, 1: 1 << 0}) is None
    assert members(0b1011) == (0, 1, 3)


def test_contexts_are_the_combinations_of_bins_that_hold_enough_rows():
    """All of them where each holds enough; where not, no context holds fewer and none is lost."""
    rng = np.random.default_rng(2)
    table = rng.integers(40, 60, (3, 4, 5))
    nodes, leaf = grown(held(table), np.arange(3), (0, 1), 100)
    assert len(nodes.leaves) == 20
    _, a, b = held(table).levels()
    routed = np.searchsorted(nodes.leaves, nodes.route(np.stack([a, b], axis=1)))
    assert np.array_equal(routed, leaf)
    assert len({(i, j, k) for i, j, k in zip(a.tolist(), b.tolist(), leaf.tolist(), strict=True)}) == 20
    sparse = rng.poisson(rng.gamma(0.2, 30, (3, 4, 5)))
    nodes, leaf = grown(held(sparse), np.arange(3), (0, 1), 100)
    rows = np.bincount(leaf, held(sparse).rows, len(nodes.leaves))
    assert rows.min() >= 100
    assert rows.sum() == sparse.sum()
    assert len(rows) > 1


def test_contexts_are_cut_where_they_differ():
    """A column that follows one of two parents is cut by that one first."""
    table = np.zeros((2, 6, 6), np.int64)
    table[0, :2], table[1, 2:] = 50, 50
    nodes, _ = grown(held(table), np.arange(2), (3, 8), 600)
    assert nodes.predictor[0] == 3
    assert int(nodes.left[0]) == 0b11


@pytest.fixture(scope="module")
def decomposable() -> pd.DataFrame:
    """Rows in exactly the proportions of a model with cliques abc and cd; every cell is many rows."""
    rng = np.random.default_rng(5)
    abc = rng.integers(2, 9, (2, 3, 2))
    d = np.array([[1, 3], [2, 2]])
    rows = [
        cell
        for cell in product(range(2), range(3), range(2), range(2))
        for _ in range(10 * int(abc[cell[:3]] * d[cell[2:]]))
    ]
    return pd.DataFrame([[f"{letter}{v}" for letter, v in zip("abcd", r, strict=True)] for r in rows]).rename(
        columns=dict(enumerate("abcd"))
    )


def test_a_decomposable_distribution_is_drawn_as_it_is(decomposable):
    """As many rows as were learnt have the counts of its cliques, and many more its shares but for chance."""
    model = Synthesizer("graphical", seed=1, min_cell=1).fit(decomposable)
    once = model.sample(len(decomposable))
    for clique in (["a", "b", "c"], ["c", "d"]):
        wanted = decomposable[clique].value_counts().sort_index()
        assert np.abs(once[clique].value_counts().sort_index() - wanted).max() <= 3
    shares = decomposable.value_counts(normalize=True).sort_index()
    drawn = model.sample(200_000).value_counts().sort_index()
    assert list(drawn.index) == list(shares.index)
    assert chisquare(drawn, shares * 200_000).pvalue > 0.001


def test_what_holds_nobody_is_not_drawn():
    """Cells that are empty by design stay so in columns that are counted together."""
    rng = np.random.default_rng(3)
    sex = rng.integers(0, 2, 4000)
    age = rng.integers(0, 3, 4000)
    pregnant = np.where((sex == 1) & (age == 1), rng.integers(0, 2, 4000), 0)
    frame = pd.DataFrame({"sex": sex, "age": age, "pregnant": pregnant}).astype(str).map("v{}".format)
    drawn = Synthesizer("graphical", seed=1).fit(frame).sample(20_000)
    assert not ((drawn.pregnant == "v1") & ((drawn.sex == "v0") | (drawn.age != "v1"))).any()
    assert (drawn.pregnant == "v1").mean() == pytest.approx((pregnant == 1).mean(), abs=0.005)


def test_unrelated_columns_are_not_tied():
    """By Akaike's criterion, as nothing is asked beyond pairs, each column is drawn by itself."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({name: rng.integers(0, 3, 3000) for name in "abcdef"}).astype(str).map("v{}".format)
    model = Synthesizer("graphical", seed=1, penalty=100).fit(frame)
    drawn = model.sample(3000)
    for a, b in combinations("abcdef", 2):
        table = pd.crosstab(drawn[a], drawn[b]).to_numpy()
        assert np.abs(table - np.outer(table.sum(1), table.sum(0)) / 3000).max() < 80


def test_the_columns_of_a_visit_sequence_are_drawn_first():
    for sequence in (("ward", "sex"), ("dose", "age", "sex")):
        model = fit([cohort(600)], WITHOUT_PERSON, method="graphical", visit_sequence=sequence).model
        assert model.describe().visit_order[: len(sequence)] == sequence
        model.check()


def test_the_card_permits_as_many_columns_as_a_supplier_counts():
    assert CARD.order == MOST_COLUMNS
    assert CARD.order_under({}) == MOST_COLUMNS
    assert CARD.order_under({"clique_columns": 3}) == 3
