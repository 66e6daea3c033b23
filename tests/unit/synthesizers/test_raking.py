"""Columns are raked to the tables of two: as plain loops do, after the small-count rule, and to an effect."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.schema import Schema
from syncline.synthesizers.cart import raking
from syncline.synthesizers.cart.pair_tables import PairCells, PairTable
from syncline.synthesizers.cart.raking import NOISE, Raking
from syncline.synthesizers.draws import ColumnDraw, weights_of
from syncline.synthesizers.pair_factors import FACTOR_BITS, PairFactors
from syncline.synthesizers.raked_draw import RakedDraw
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.tabular_model import TabularModel
from tests.unit.study.cohort import WITHOUT_PERSON, cohort, spread
from tests.unit.study.local_fit import fit

ONE = 1 << FACTOR_BITS


def table(rows: np.ndarray, *, place: int, min_cell: int = 11) -> PairTable:
    """Return a table of one bin a group."""
    shown = rows >= min_cell
    hidden = np.where(shown, 0, rows).sum(axis=1)
    group = np.arange(len(rows), dtype=np.uint8)
    return PairTable(9, place, group, rows, shown, (hidden == 0) | (hidden >= min_cell))


def naive(
    shares: list[list[float]], bins: np.ndarray, pairs: list[PairTable], rows: int
) -> list[dict[tuple[int, int], float]]:
    """Return the factor of each cell of each table, by loops over rows and cells."""
    prior, weight = min(max(rows / 200, 20), 60), rows / len(bins)
    product: list[dict[tuple[int, int], float]] = [{} for _ in pairs]
    for _ in range(3):
        for number, pair in enumerate(pairs):
            expected = np.zeros(pair.rows.shape)
            for row, own in enumerate(shares):
                for c, share in enumerate(own):
                    expected[bins[row, pair.place], c] += share * weight
            for a, counted in enumerate(pair.rows.tolist()):
                wanted = [count / max(sum(counted), 1) * expected[a].sum() for count in counted]
                small = [c for c in range(len(counted)) if not pair.shown[a, c]]
                for c in range(len(counted)):
                    t, s = wanted[c], expected[a, c]
                    if c in small:
                        t, s = sum(wanted[k] for k in small), sum(expected[a, k] for k in small)
                    t = s + math.copysign(max(abs(t - s) - NOISE * math.sqrt(s), 0.0), t - s)
                    step = 1.0 if c in small and not pair.pooled[a] else math.sqrt((t + prior) / (s + prior))
                    product[number][a, c] = product[number].get((a, c), 1.0) * step
                    for row, own in enumerate(shares):
                        if bins[row, pair.place] == a:
                            own[c] *= step
        for own in shares:
            total = sum(own)
            own[:] = [share / total for share in own]
    return product


@pytest.mark.parametrize("seed", range(4))
def test_factors_are_those_of_loops_over_rows_and_cells(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raking, "SLIGHT", 0.0)
    rng = np.random.default_rng(seed)
    n, rows, classes = 300, 900, 4
    bins = np.stack([rng.integers(0, 5, n), rng.integers(0, 3, n)], axis=1).astype(np.uint8)
    shares = rng.dirichlet(np.ones(classes), n)
    pairs = [
        table(rng.multinomial(rows, rng.dirichlet(np.ones(k * classes))).reshape(k, classes), place=j)
        for j, k in enumerate((5, 3))
    ]
    found = Raking(shares.copy(), bins, rows).factors(pairs)
    expected = naive(shares.tolist(), bins, pairs, rows)
    assert [one.place for one in found] == [0, 1]
    for one, cells in zip(found, expected, strict=True):
        for (a, c), factor in cells.items():
            assert one.factor[a, c] / ONE == pytest.approx(factor, abs=1e-4)


@given(
    rows=st.lists(st.lists(st.integers(0, 40), min_size=4, max_size=4), min_size=2, max_size=5),
    moved=st.integers(0, 10),
    seed=st.integers(0, 9),
)
def test_what_few_persons_share_moves_no_factor_of_their_own(
    rows: list[list[int]], moved: int, seed: int
) -> None:
    """Cells of fewer persons than may be told, in a group of too few, may trade places: factors stay."""
    counts = np.array([[200, 150, 3, 4], *rows], np.int64)
    other = counts.copy()
    moved = min(moved, 3)
    other[0, 2] -= moved
    other[0, 3] += moved
    rng = np.random.default_rng(seed)
    bins = rng.integers(0, len(counts), (400, 1)).astype(np.uint8)
    shares = rng.dirichlet(np.ones(4), 400)
    one, two = (
        Raking(shares.copy(), bins, int(counts.sum())).factors([table(cells, place=0)])
        for cells in (counts, other)
    )
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        assert a.factor[0].tolist() == b.factor[0].tolist()
        assert a.factor[0, 2] == a.factor[0, 3] == ONE


def test_cells_are_hidden_by_their_persons_and_not_by_their_rows() -> None:
    """Three persons with 90 rows are three persons; beside eight others in their group they are told."""
    rows = np.full((3, 3), 90, np.int64)
    three, eight, many = 0b111, 0b1111_1111 << 30, (1 << 20) - 1
    masks = np.array([[three, three << 50, many], [three, eight, many], [three, three, many]], np.uint64)
    cells = PairCells(1, 0, rows, masks)
    found = PairTable.of(cells, np.array([0, 1, 2], np.uint8), 11)
    assert found.shown.tolist() == [[False, False, True]] * 3
    assert found.pooled.tolist() == [False, True, False]
    (two, one) = PairTable.of(cells, np.array([0, 0, 1], np.uint8), 11).shown.tolist()
    assert (two, one) == ([False, True, True], [False, False, True])


@given(
    weights=st.lists(st.lists(st.integers(0, 9), min_size=6, max_size=6).filter(any), min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
)
def test_without_a_factor_codes_are_drawn_as_often_as_the_tree_says(
    weights: list[list[int]], seed: int
) -> None:
    """A class and then a code are drawn systematically: off by less than one a class, and two a code."""
    counts = np.array(weights, np.float64)
    shares = counts / counts.sum(axis=1, keepdims=True)
    classes = np.array([0, 1, 0, 2, 2, 1], np.uint16)
    group, factor = np.zeros(4, np.uint8), np.full((1, 3), ONE, np.uint32)
    draw = RakedDraw.of(
        ColumnDraw("x", weights_of(shares), factors=(PairFactors(0, group, factor),)), classes
    )
    n = 600
    states = np.arange(n) % len(weights)
    codes = draw.codes(states, np.zeros((n, 1), np.uint8), Seed.of_number(seed).words("x", 0, n), True)
    for state, own in enumerate(shares):
        held = (states == state).sum()
        seen = np.bincount(codes[states == state], minlength=6)
        assert (np.abs(seen - held * own) < 2.001).all()
        by_class = np.bincount(classes, seen, 3) - held * np.bincount(classes, own, 3)
        assert (np.abs(by_class) < 1.001).all()


@given(weights=st.lists(st.integers(0, 3), min_size=5, max_size=5).filter(any), seed=st.integers(0, 2**32))
def test_no_factor_draws_a_code_that_the_leaf_does_not_have(weights: list[int], seed: int) -> None:
    counts = np.array([weights], np.float64)
    classes = np.array([0, 0, 1, 1, 2], np.uint16)
    factor = np.array([[64 * ONE, ONE // 64, 1], [ONE // 64, 64 * ONE, 64 * ONE]], np.uint32)
    one = PairFactors(0, np.array([0, 1], np.uint8), factor)
    draw = RakedDraw.of(ColumnDraw("x", weights_of(counts / counts.sum()), factors=(one,) * 3), classes)
    bins = (np.arange(200) % 2).astype(np.uint8)[:, None]
    for systematic in (True, False):
        random = Seed.of_number(seed).words("x", 0, 200)
        codes = draw.codes(np.zeros(200, np.int64), bins, random, systematic)
        assert set(codes.tolist()) <= set(np.flatnonzero(weights).tolist())


def additive(n: int, seed: int) -> tuple[pa.Table, Schema]:
    """Return a table in which a sum of four numbers is told by no few splits."""
    rng = np.random.default_rng(seed)
    parts = {name: rng.integers(0, 10, n) for name in "abcd"}
    total = sum(parts.values()) + rng.integers(0, 3, n)
    names = [*parts, "total"]
    variables = [{"name": name, "kind": "integer", "range": [0, 40]} for name in names]
    schema = Schema.model_validate({"variables": variables})
    return pa.table({**parts, "total": total}), schema


def distance(real: pa.Table, drawn: dict[str, np.ndarray], names: tuple[str, str]) -> float:
    tables = []
    for a, b in ((real[names[0]].to_numpy(), real[names[1]].to_numpy()), (drawn[names[0]], drawn[names[1]])):
        tables.append(np.histogram2d(a, b // 4, bins=(10, 11), range=((0, 10), (0, 11)))[0] / len(a))
    return float(np.abs(tables[0] - tables[1]).sum() / 2)


def test_tables_of_two_columns_are_nearer_than_those_of_trees_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    real, schema = additive(4000, seed=3)

    def off() -> float:
        model = fit([real], schema, min_leaf=200, coded=False).model
        assert isinstance(model, TabularModel)
        rows = {name: keys for name, (keys, _) in model.partition(0, 4000, Seed.of_number(2)).items()}
        return float(np.mean([distance(real, rows, (name, "total")) for name in "abcd"]))

    with_factors = off()
    monkeypatch.setattr("syncline.synthesizers.cart.growing.refined_model", lambda model, *given: model)
    assert with_factors < 0.8 * off()


def test_gaps_and_columns_that_follow_have_no_factors() -> None:
    model = fit(spread(cohort(400), 2, seed=1), WITHOUT_PERSON, min_leaf=20, coded=False).model
    assert isinstance(model, TabularModel)
    raked = {draw.column for draw in model.draws if draw.factors}
    apart = {draw.column for draw in model.draws if draw.gap or draw.determinant}
    apart |= {column.codes.name for column in model.gaps}
    assert raked
    assert not raked & apart
