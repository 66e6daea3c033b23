"""Where a fit stands between two rounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncline.protocols.transition import PartyId
from syncline.questions.known import Known
from syncline.synthesizers.hazards.hazard import Hazard
from syncline.synthesizers.phases.check import Check
from syncline.synthesizers.phases.ordering import CountOrders, SearchGaps
from syncline.synthesizers.phases.phase import Phase
from syncline.synthesizers.phases.search import Search
from syncline.synthesizers.phases.structure import Confirm, Propose, Relate
from syncline.synthesizers.registry import technique_of

SHARED: tuple[type[Phase], ...] = (Check, Search, CountOrders, SearchGaps, Relate, Propose, Confirm)
"""The phases that come before those of a technique."""


@dataclass(frozen=True, slots=True)
class FitState:
    """Where a fit stands: the number of the round that is out, its phase, and what the rounds before showed.

    ``excluded`` are the columns that the study leaves out because suppliers lack them, ``known`` what each
    party's answers said of its rows so far: no later one may contradict it.
    """

    round: int
    phase: Phase
    hazards: tuple[Hazard, ...] = ()
    excluded: tuple[str, ...] = ()
    known: Mapping[PartyId, Known] = field(default_factory=dict)


def phases_of(method: str) -> dict[str, type[Phase]]:
    """Return the phases of a fit by a technique, by their names."""
    return {phase.name: phase for phase in (*SHARED, *technique_of(method).phases)}
