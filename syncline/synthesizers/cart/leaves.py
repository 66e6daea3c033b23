"""Turn counted leaves into a model, after the small-count rule."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.draws import ColumnDraw
from syncline.synthesizers.leaf_draws import leaf_draw
from syncline.synthesizers.nodes import Nodes
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from syncline.synthesizers.tabular_model import TabularModel

Ints = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]


def cart_model(
    plan: Plan, settings: FitSettings, trees: Mapping[int, Nodes], counts: Ints, masks: Masks | None
) -> TabularModel:
    """Return the model; ``counts`` and ``masks`` hold ``[leaf, code]``, one tree after another."""
    draws, start = list[ColumnDraw](), 0
    for place, name in enumerate(plan.order):
        dependent = plan.dependent_draw(name)
        if dependent is not None:
            draws.append(dependent)
            continue
        column, nodes = plan.book.column(name), trees[place]
        k = column.values.n_codes
        size = len(nodes.leaves) * k
        leaf_counts = counts[start : start + size].reshape(-1, k)
        leaf_masks = None if masks is None else masks[start : start + size].reshape(-1, k)
        draws.append(leaf_draw(column, nodes, leaf_counts, leaf_masks, settings.min_cell))
        start += size
    return plan.model(settings, tuple(draws))
