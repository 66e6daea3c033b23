"""What a technique is to the fit: where it begins, once codebook and relations are known."""

from __future__ import annotations

from typing import Protocol

from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan


class Technique(Protocol):
    """The questions and the model of one technique; what all share comes before and after it.

    ``phases`` are its own phases (:class:`~syncline.synthesizers.phases.phase.OwnPhase`).
    """

    phases: tuple[type[OwnPhase], ...]

    def begin(self, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        """Return its first phase, or the model where nothing more is asked."""
        ...

    def rounds(self, rows: int, settings: FitSettings) -> int:
        """Return how many rounds are to be expected of ``rows`` training rows."""
        ...
