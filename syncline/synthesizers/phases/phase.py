"""What every phase of a fit offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook
from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts
from syncline.questions.known import Known
from syncline.questions.question import Question
from syncline.synthesizers.hazards.hazard import Hazard
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.tabular_model import TabularModel

ALONE = PartyId("(alone)")
"""The one party of a fit to one table; no supplier of a study can have this name."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted model, and how many rows there were; ``excluded`` columns are those that suppliers lack.

    ``known`` is what the fit's answers said of each party's rows, for the rounds that follow; it is no part
    of what is kept with the model.
    """

    model: TabularModel
    n_train: int
    n_holdout: int
    hazards: tuple[Hazard, ...] = ()
    excluded: tuple[str, ...] = ()
    known: Mapping[PartyId, Known] = field(default_factory=dict, compare=False)


class Phase(Protocol):
    """One round of a fit, as a value."""

    name: ClassVar[str]

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Return what to ask of every supplier."""
        ...

    def new_codebook(self) -> Codebook | None:
        """Return the codebook where this round is the first to need it."""
        ...

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Return what follows from all suppliers' answers."""
        ...


def of_party(party: PartyId) -> str:
    """Return how a sentence names whose rows it speaks of."""
    return "the data" if party == ALONE else f"supplier {party!r}"


def whole(answers: Answers) -> str:
    """Return how a sentence begins that speaks of all rows."""
    return "the data has" if answers.parties == (ALONE,) else "all suppliers together have"


def held(counts: Counts, masks: npt.NDArray[np.uint64] | None) -> npt.NDArray[np.int64]:
    """Return the persons of each leading cell: the set buckets, or the rows where every row is a person."""
    return counts.dense() if masks is None else np.bitwise_count(masks).astype(np.int64)


def as_ints(values: Sequence[int]) -> npt.NDArray[np.int64]:
    """Return integers as an array."""
    return np.array(values, np.int64)
