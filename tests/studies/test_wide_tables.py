"""Tables of many columns: neighbours, trees over some predictors, and what must stay as in a narrow one."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.codebook import Codebook
from syncline.data.note import TableWarning
from syncline.data.schema import Schema
from syncline.protocols.in_process import Traffic
from syncline.questions.asked import Asked
from syncline.questions.counts import Counts
from syncline.questions.pair_counts import PairCounts
from syncline.questions.question import Context
from syncline.synthesizers import neighbours
from syncline.synthesizers import wide as rule
from syncline.synthesizers.algebra import Algebra
from syncline.synthesizers.cart.layout import TreeLayout
from syncline.synthesizers.cart.splits import best_splits
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.neighbours import Neighbours, wide_notes
from syncline.synthesizers.synthesizer import Synthesizer
from tests.unit.study.cohort import WITH_PERSON, WITHOUT_PERSON, cohort, spread
from tests.unit.study.local_fit import fingerprint, fit, workspace_of

ROWS, MIN_LEAF, NEAR = 500, 15, 3


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every table for a wide one."""
    monkeypatch.setattr(rule, "FULL_COLUMNS", 4)
    monkeypatch.setattr(neighbours, "NEIGHBOURS", NEAR)


def fitted(parts: list[pa.Table], schema: Schema = WITHOUT_PERSON, batch_rows: int = 1000) -> Fitted:
    return fit(parts, schema, batch_rows=batch_rows, min_cell=1, min_leaf=MIN_LEAF, max_depth=4)


@cache
def table() -> pa.Table:
    return cohort(ROWS)


def pairs(levels: list[np.ndarray]) -> tuple[PairCounts, Counts]:
    """Return the question about columns that hold these groups, and its answer, counted one by one."""
    names = tuple(f"c{i}" for i in range(len(levels)))
    question = PairCounts(names, tuple(np.arange(int(own.max()) + 1).astype(np.uint8) for own in levels))
    dense = [
        np.count_nonzero((a == group) & (b == beside))
        for i, a in enumerate(levels)
        for group in range(int(a.max()) + 1)
        for b in levels[i + 1 :]
        for beside in range(int(b.max()) + 1)
    ]
    return question, Counts.of_dense(np.array(dense, np.int64))


@pytest.mark.parametrize("seed", range(4))
def test_the_measure_is_phi_squared_less_what_chance_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 3, 400)
    levels = [(base * (rng.random(400) < i / 5) + rng.integers(0, 3, 400)) % 3 for i in range(6)]
    found = Neighbours.of(*pairs(levels)).score
    for i, j in permutations(range(6), 2):
        seen = np.zeros((3, 3))
        np.add.at(seen, (levels[i], levels[j]), 1)
        expected = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / 400
        phi = ((seen - expected) ** 2 / expected).sum() / 400
        assert found[i, j] / 2**24 == pytest.approx(phi - 4 / 400, abs=1e-5)


def test_neighbours_are_the_most_related_and_pairs_name_both_ways(wide: None) -> None:
    rng = np.random.default_rng(1)
    base = rng.integers(0, 2, 300)
    levels = [base, base.copy(), 1 - base, *(rng.integers(0, 2, 300) for _ in range(5))]
    near = Neighbours.of(*pairs(levels))
    assert {1, 2} <= set(near.nearest(0).tolist())
    assert len(near.nearest(7)) == NEAR
    named = set(near.pairs())
    assert ("c0", "c2") in named
    assert {(b, a) for a, b in named} == named
    before = near.predictors(["c7", "c3", "c1", "c4", "c5", "c0"], 5).tolist()
    assert 2 in before
    assert len(before) == NEAR


def test_a_wide_table_is_released_alike_however_it_is_split(wide: None) -> None:
    pooled = fingerprint(fitted([table()]), WITHOUT_PERSON)
    for parts, seed, batch_rows in ((2, 1, 53), (5, 2, 61)):
        split = fitted(spread(table(), parts, seed), batch_rows=batch_rows)
        assert fingerprint(split, WITHOUT_PERSON) == pooled


def test_a_wide_table_with_persons_is_released_alike_however_it_is_split(wide: None) -> None:
    pooled = fingerprint(fitted([table()], WITH_PERSON), WITH_PERSON)
    assert fingerprint(fitted(spread(table(), 3, 4), WITH_PERSON, 70), WITH_PERSON) == pooled


def test_the_rule_does_nothing_where_everybody_is_a_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    """With as many neighbours as there are columns the bytes are those of the whole search."""
    whole = fingerprint(fitted([table()]), WITHOUT_PERSON)
    monkeypatch.setattr(rule, "FULL_COLUMNS", 1)
    monkeypatch.setattr(neighbours, "NEIGHBOURS", len(WITHOUT_PERSON.modelled))
    assert fingerprint(fitted([table()]), WITHOUT_PERSON) == whole
    monkeypatch.setattr(neighbours, "NEIGHBOURS", 2)
    assert fingerprint(fitted([table()]), WITHOUT_PERSON) != whole


def test_every_split_is_the_best_among_the_predictors_of_its_tree(wide: None) -> None:
    model = fitted(spread(table(), 3, seed=6)).model
    codebook = Codebook(tuple(column.codes for column in model.columns))
    (batch,) = workspace_of(table(), WITHOUT_PERSON).coded(codebook, holdout=False)
    codes = {name: batch.codes[:, place].astype(np.int64) for place, name in enumerate(codebook.names)}
    bins = np.stack([codebook.column(name).bins[codes[name]] for name in model.order], axis=1)
    question = neighbours.pair_counts(model.columns)
    rows = workspace_of(table(), WITHOUT_PERSON)
    near = Neighbours.of(question, question.answer(rows, Context(Asked(codebook))))
    roots = 0
    for place, draw in enumerate(model.draws):
        if draw.nodes is None or not place:
            continue
        places = near.predictors(model.order, place)
        assert set(draw.nodes.predictor[draw.nodes.first_child >= 0].tolist()) <= set(places.tolist())
        layout = TreeLayout.of(codebook, model.order, place, places)
        column = codebook.column(model.order[place])
        histogram = np.zeros((1, layout.width, layout.classes), np.int64)
        for lane, predictor in enumerate(places.tolist()):
            cells = (layout.start[lane] + bins[:, predictor], column.classes[codes[column.name]])
            np.add.at(histogram[0], cells, 1)
        best = best_splits(histogram, layout, MIN_LEAF)
        chosen = (draw.nodes.predictor[0], draw.nodes.left[0])
        assert chosen == (places[best.predictor[0]], best.left[0])
        roots += 1
    assert roots >= 4


@pytest.mark.parametrize("seed", range(3))
def test_ratios_are_those_that_all_triples_show(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.round(rng.gamma(2.0, 5.0, (9, 60)), 1) * rng.choice([-1, 1], (9, 1))
    x[4], x[7] = np.round(x[0] / np.where(x[1] == 0, 1, x[1]), 9), 0
    total, products = x.sum(axis=1), x @ x.T
    names = tuple("abcdefghi")
    together = ~np.eye(9, dtype=np.bool_)
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.abs(products[:, :, None] / total[None, None, :] - 1)
    near = np.argwhere(away < 1e-3).tolist()
    expected = [(names[c], names[a], names[b]) for c, b, a in near if len({a, b, c}) == 3]
    found = Algebra(names, np.zeros(9, np.int64), total, products, 60, together).ratios()
    assert found == expected
    assert ("e", "a", "b") in found


def test_a_tree_that_cannot_split_is_not_asked_about() -> None:
    def stages(min_leaf: int) -> list[str]:
        traffic: list[Traffic] = []
        fit([cohort(60)], WITHOUT_PERSON, min_cell=1, min_leaf=min_leaf, traffic=traffic)
        return [round_.stage for round_ in traffic]

    assert "grow" not in stages(31)
    assert stages(31)[-1] == "leaves"
    assert "grow" in stages(30)


def test_the_rule_is_told_in_words() -> None:
    assert wide_notes("cart", rule.FULL_COLUMNS) == wide_notes("marginals", 5000) == ()
    (note,) = wide_notes("cart", rule.FULL_COLUMNS + 1)
    assert str(note).startswith("the table: left out: all but the 24 columns most related to a column")
    assert str(rule.FULL_COLUMNS + 1) in note.why


def test_synthesizing_a_wide_table_warns_and_keeps_the_note(wide: None) -> None:
    with pytest.warns(TableWarning, match="all but the 3 columns most related"):
        model = Synthesizer(seed=1, schema=WITHOUT_PERSON).fit(table())
    assert any(not note.column for note in model.notes)
