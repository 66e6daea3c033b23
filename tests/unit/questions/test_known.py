"""What is known of a tree: a child that was not counted holds what its sibling leaves of their parent."""

from __future__ import annotations

import numpy as np

from syncline.questions.known import Histograms, KnownTree


def histograms(cells: dict[int, dict[int, int]]) -> Histograms:
    """Return the rows of some cells of some nodes."""
    nodes = sorted(cells)
    filled = [
        (slot, cell, cells[node][cell]) for slot, node in enumerate(nodes) for cell in sorted(cells[node])
    ]
    slot, cell, rows = (np.array(column, np.int64) for column in zip(*filled, strict=True))
    return Histograms.of(np.array(nodes), slot, cell, rows)


def test_nodes_stand_in_their_order_whichever_of_them_were_counted():
    """A counted node may hold cells of a predictor that is not looked at in any parent."""
    tree = KnownTree(
        np.zeros((7, 1), np.int64),
        np.zeros(7, np.uint64),
        split=np.array([1, 2]),
        parents=histograms({1: {0: 5}, 2: {0: 4, 1: 1}}),
        counted=histograms({3: {0: 2, 9: 7}, 5: {0: 1}}),
    )
    slot, cell, rows = tree.histograms(np.array([3, 6]))
    assert list(zip(slot.tolist(), cell.tolist(), rows.tolist(), strict=True)) == [
        (0, 0, 2),
        (0, 9, 7),
        (1, 0, 3),
        (1, 1, 1),
    ]
