"""The model: each column on its own, from its histogram."""

from __future__ import annotations

import numpy as np

from syncline.synthesizers.draws import ColumnDraw, weights_of
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from syncline.synthesizers.tabular_model import TabularModel


def independent_model(plan: Plan, settings: FitSettings) -> TabularModel:
    """Return the model that draws every column from the histogram of its codes; no cell of it is small."""
    draws = []
    for name in plan.order:
        if name in plan.gaps:
            draws.append(ColumnDraw.by_gap(name, plan.gaps[name].codes.name))
            continue
        rows = plan.book.column(name).values.rows.astype(np.float64)
        draws.append(ColumnDraw(name, weights_of((rows / max(rows.sum(), 1.0))[None, :])))
    return plan.model(settings, tuple(draws))
