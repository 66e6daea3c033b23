"""``copula``: one question, for tables of each two columns."""

from __future__ import annotations

from syncline.synthesizers.copula.counting import CountPairs
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.model import Model
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from syncline.synthesizers.tabular_model import TabularModel


class GaussianCopula:
    """Histograms, and latent normal variables that relate them."""

    phases: tuple[type[OwnPhase], ...] = (CountPairs,)
    models: tuple[type[Model], ...] = (TabularModel,)

    def begin(self, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        """Return the phase that counts pairs."""
        return CountPairs(plan.without_gaps().pruned())

    def rounds(self, rows: int, settings: FitSettings) -> int:
        """Return how many rounds are to be expected: one."""
        return 1


TECHNIQUE = GaussianCopula()
