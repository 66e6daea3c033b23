"""What a fit ends with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncline.protocols.transition import PartyId
from syncline.questions.known import Known
from syncline.synthesizers.hazards.hazard import Hazard
from syncline.synthesizers.model import Model


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted model, and how many rows there were; ``excluded`` columns are those that suppliers lack.

    ``known`` is what the fit's answers said of each party's rows, for the rounds that follow; it is no part
    of what is kept with the model.
    """

    model: Model
    n_train: int
    n_holdout: int
    hazards: tuple[Hazard, ...] = ()
    excluded: tuple[str, ...] = ()
    known: Mapping[PartyId, Known] = field(default_factory=dict, compare=False)
