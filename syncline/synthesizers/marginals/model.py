"""The model: each column on its own, from its histogram."""

from __future__ import annotations

from syncline.synthesizers.draws import ColumnDraw
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from syncline.synthesizers.tabular_model import TabularModel


def independent_model(plan: Plan, settings: FitSettings) -> TabularModel:
    """Return the model that draws every column from the histogram of its codes; no cell of it is small."""
    draws = (
        plan.dependent_draw(name) or ColumnDraw.alone(name, plan.book.column(name).values.rows)
        for name in plan.order
    )
    return plan.model(settings, tuple(draws))
