"""``graphical``: ties are looked for in a few rounds, then cliques are counted."""

from __future__ import annotations

from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.graphical.phases import CountCliques, CountTies, begin_ties
from syncline.synthesizers.model import Model
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from syncline.synthesizers.tabular_model import TabularModel


class Graphical:
    """A decomposable graph of the columns."""

    phases: tuple[type[OwnPhase], ...] = (CountTies, CountCliques)
    models: tuple[type[Model], ...] = (TabularModel,)

    def begin(self, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        """Return the phase that counts all pairs."""
        return begin_ties(plan.pruned(), settings)

    def rounds(self, rows: int, settings: FitSettings) -> int:
        """Return how many rounds are to be expected."""
        return settings.own("sweeps") + 1


TECHNIQUE = Graphical()
