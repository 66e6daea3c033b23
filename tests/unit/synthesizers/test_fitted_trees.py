"""Trees grown level by level over a federation are the trees that direct counting of all rows gives."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from syncline.data.codebook import Codebook
from syncline.synthesizers.cart.layout import TreeLayout
from syncline.synthesizers.cart.splits import best_splits
from syncline.synthesizers.nodes import Nodes
from syncline.synthesizers.tabular_model import TabularModel
from tests.unit.study.cohort import WITHOUT_PERSON, cohort, spread
from tests.unit.study.local_fit import fit, workspace_of

ROWS, MIN_LEAF, DEPTH = 500, 15, 4


@cache
def model() -> TabularModel:
    parts = spread(cohort(ROWS), 3, seed=6)
    return fit(parts, WITHOUT_PERSON, min_cell=1, min_leaf=MIN_LEAF, max_depth=DEPTH).model


@cache
def codebook() -> Codebook:
    return Codebook(tuple(column.codes for column in model().columns))


@cache
def coded() -> dict[str, np.ndarray]:
    """Return the codes of all rows, from one table in one place."""
    (batch,) = workspace_of(cohort(ROWS), WITHOUT_PERSON).coded(codebook(), holdout=False)
    return {name: batch.codes[:, place].astype(np.int64) for place, name in enumerate(codebook().names)}


def bins() -> np.ndarray:
    return np.stack([codebook().column(name).bins[coded()[name]] for name in model().order], axis=1)


def trees() -> list[tuple[int, Nodes]]:
    found = [(place, draw.nodes) for place, draw in enumerate(model().draws)]
    return [(place, nodes) for place, nodes in found if nodes is not None]


def members(nodes: Nodes) -> list[np.ndarray]:
    """Return the rows in each node, inner ones included."""
    at = nodes.route(bins())
    inside = np.zeros((len(nodes), ROWS), np.bool_)
    for row, leaf in enumerate(at.tolist()):
        node = leaf
        while node >= 0:
            inside[node, row] = True
            node = int(nodes.parent[node])
    return [np.flatnonzero(rows) for rows in inside]


def test_there_are_trees_to_look_at() -> None:
    assert len(trees()) >= 6
    assert max(len(nodes) for _, nodes in trees()) > 8


def test_every_split_is_the_best_of_the_rows_that_reach_it() -> None:
    """What the hub found by subtracting one child from its parent, found by counting both."""
    for place, nodes in trees():
        name = model().order[place]
        layout = TreeLayout.of(codebook(), model().order, place, np.arange(place))
        classes = codebook().column(name).classes[coded()[name]].astype(np.int64)
        rows_of = members(nodes)
        for node in np.flatnonzero(nodes.first_child >= 0).tolist():
            rows = rows_of[node]
            histogram = np.zeros((1, layout.width, layout.classes), np.int64)
            for predictor in range(place):
                cells = (layout.start[predictor] + bins()[rows, predictor], classes[rows])
                np.add.at(histogram[0], cells, 1)
            best = best_splits(histogram, layout, MIN_LEAF)
            assert (nodes.predictor[node], nodes.left[node]) == (best.predictor[0], best.left[0])


def test_leaves_hold_enough_rows_and_are_not_too_deep() -> None:
    for _, nodes in trees():
        rows_of = members(nodes)
        assert min(len(rows_of[leaf]) for leaf in nodes.leaves) >= MIN_LEAF
        depth = np.zeros(len(nodes), np.int64)
        for node in range(1, len(nodes)):
            depth[node] = depth[nodes.parent[node]] + 1
        assert depth.max() <= DEPTH


def test_each_leaf_draws_the_codes_of_the_rows_in_it() -> None:
    """With ``min_cell`` 1 the weights are the counts, to the precision of the weights."""
    for place, nodes in trees():
        draw, name = model().draws[place], model().order[place]
        weights = np.diff(draw.above.astype(np.float64), axis=1, prepend=0.0)
        shares = weights / weights.sum(axis=1, keepdims=True)
        rows_of = members(nodes)
        for leaf, share in zip(nodes.leaves.tolist(), shares, strict=True):
            counts = np.bincount(coded()[name][rows_of[leaf]], minlength=len(share))
            assert share == pytest.approx(counts / counts.sum(), abs=1e-8)


def test_a_column_is_drawn_with_its_determinant_or_recomputed() -> None:
    determined = {draw.column: draw.determinant for draw in model().draws if draw.determinant}
    assert determined == {"clinic": "ward"}
    assert [derived.formula.of for derived in model().derived] == ["log_bilirubin"]
