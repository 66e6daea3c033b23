"""What a technique is to the fit: where it begins, once codebook and relations are known."""

from __future__ import annotations

from typing import Protocol

from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.model import Model
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan


class Technique(Protocol):
    """The questions and the model of one technique; what all share comes before and after it.

    ``phases`` are its own phases (:class:`~syncline.synthesizers.phases.phase.OwnPhase`), and ``models`` what
    it may end with: :class:`~syncline.synthesizers.tabular_model.TabularModel`, or a model of its own.
    """

    phases: tuple[type[OwnPhase], ...]
    models: tuple[type[Model], ...]

    def begin(self, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        """Return its first phase, or the model where nothing more is asked."""
        ...

    def rounds(self, rows: int, settings: FitSettings) -> int:
        """Return how many rounds are to be expected of ``rows`` training rows."""
        ...
