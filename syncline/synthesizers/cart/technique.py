"""``cart``: trees grow a level a round, then their leaves are counted."""

from __future__ import annotations

from math import ceil, log2

from syncline.synthesizers.cart.growing import CountLeaves, GrowTrees, begin_trees
from syncline.synthesizers.phases.phase import Fitted, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan

LOPSIDED = 1.75
"""Trees grow so many times as deep as if all splits were even; on pbc, adult, CNSIM and
RAND HIE from 1.3 to 1.9."""


class Cart:
    """Sequential classification and regression trees."""

    phases: tuple[type[Phase], ...] = (GrowTrees, CountLeaves)

    def begin(self, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        """Return the phase that counts the roots of all trees."""
        return begin_trees(plan, settings)

    def rounds(self, rows: int, settings: FitSettings) -> int:
        """Return how many rounds are to be expected: levels, no more than trees may be deep, and leaves."""
        even = log2(max(rows / settings.own("min_leaf"), 1.0))
        return max(min(settings.own("max_depth"), ceil(LOPSIDED * even)), 1) + 1

    def rounds_left(self, phase: Phase, rows: int, settings: FitSettings) -> int:
        """Return how many of them are left, that of ``phase`` among them."""
        return max(self.rounds(rows, settings) - phase.level, 2) if isinstance(phase, GrowTrees) else 1


TECHNIQUE = Cart()
