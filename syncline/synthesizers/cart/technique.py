"""``cart``: trees grow a level a round, then their leaves are counted."""

from __future__ import annotations

from syncline.synthesizers.cart.growing import CountLeaves, GrowLevel, begin_trees, levels_expected
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.model import Model
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from syncline.synthesizers.tabular_model import TabularModel


class Cart:
    """Sequential classification and regression trees."""

    phases: tuple[type[OwnPhase], ...] = (GrowLevel, CountLeaves)
    models: tuple[type[Model], ...] = (TabularModel,)

    def begin(self, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        """Return the phase that counts the roots of all trees."""
        return begin_trees(plan.pruned(), settings)

    def rounds(self, rows: int, settings: FitSettings) -> int:
        """Return how many rounds are to be expected: levels, and leaves."""
        return levels_expected(rows, settings) + 1


TECHNIQUE = Cart()
