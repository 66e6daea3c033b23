"""What a technique is to the fit: where it begins, once codebook and relations are known."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from syncline.synthesizers.phases.phase import Fitted, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan


@runtime_checkable
class Planned(Protocol):
    """A phase of a technique's own: it learns by the plan that the technique began with."""

    @property
    def plan(self) -> Plan:
        """What is drawn, in which order, and in which codes."""
        ...


class Technique(Protocol):
    """The questions and the model of one technique; what all share comes before and after it.

    ``phases`` are its own phases, frozen dataclasses that the state of a fit is kept by.
    """

    phases: tuple[type[Phase], ...]

    def begin(self, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        """Return its first phase, or the model where nothing more is asked."""
        ...

    def rounds(self, rows: int, settings: FitSettings) -> int:
        """Return how many rounds are to be expected of ``rows`` training rows."""
        ...

    def rounds_left(self, phase: Phase, rows: int, settings: FitSettings) -> int:
        """Return how many of them are left where one of its own phases is open, that one among them."""
        ...
