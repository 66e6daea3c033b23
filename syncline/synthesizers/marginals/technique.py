"""``marginals``: a model at once, without a question of its own."""

from __future__ import annotations

from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.marginals.model import independent_model
from syncline.synthesizers.model import Model
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from syncline.synthesizers.tabular_model import TabularModel


class IndependentMarginals:
    """Each column on its own."""

    phases: tuple[type[OwnPhase], ...] = ()
    models: tuple[type[Model], ...] = (TabularModel,)

    def begin(self, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        """Return the model."""
        return Fitted(independent_model(plan, settings), plan.book.n_train, plan.book.n_holdout)

    def rounds(self, rows: int, settings: FitSettings) -> int:
        """Return how many rounds are to be expected: none."""
        return 0


TECHNIQUE = IndependentMarginals()
