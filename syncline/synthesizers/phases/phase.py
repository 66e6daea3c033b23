"""What every phase of a fit is: what it asks, what it concludes, and what follows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from syncline.data.codebook import Codebook
from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import PartyId
from syncline.questions.known import Known
from syncline.questions.question import Question
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.hazards.hazard import Hazard
from syncline.synthesizers.phases.division import Sizes
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Book, Plan


@dataclass(frozen=True, slots=True)
class Seen:
    """What suppliers' data beside each other showed, and the columns to leave out."""

    hazards: tuple[Hazard, ...] = ()
    excluded: tuple[str, ...] = ()


class Phase(ABC):
    """One round of a fit, as a value: a frozen dataclass, kept between rounds by its annotations.

    ``name`` is its name in :mod:`syncline.protocols.phase_table`, which says what may follow it and what it
    is handed of the answers.
    """

    __slots__ = ()
    name: ClassVar[str]

    @abstractmethod
    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Return what to ask of every supplier."""

    @abstractmethod
    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Return what follows from the answers."""

    @abstractmethod
    def counted(self) -> Sizes | None:
        """Return the rows of all suppliers, None before they were counted."""

    @abstractmethod
    def rounds_left(self, settings: FitSettings) -> int:
        """Return how many rounds of the fit are to be expected from this one on, once rows are counted."""

    def agreed(self) -> Book | None:
        """Return the codes in which its questions count, None before they are agreed."""
        return None

    def new_codebook(self) -> Codebook | None:
        """Return what is sent to suppliers where this is the first round to need it."""
        return None

    def beside(self, answers: Answers, settings: FitSettings, known: Mapping[PartyId, Known]) -> Seen:
        """Return what the answers show of suppliers beside each other; nothing of one of few people."""
        return Seen()

    def known_after(
        self,
        answers: Answers,
        settings: FitSettings,
        known: Mapping[PartyId, Known],
        after: Phase,
    ) -> Mapping[PartyId, Known]:
        """Return what is known of each party's rows once ``after`` follows."""
        return known


class OwnPhase(Phase):
    """A phase of a technique's own, a dataclass with the field ``plan``: it learns by what that says."""

    __slots__ = ()
    plan: Plan

    def counted(self) -> Sizes | None:
        """Return the rows by which the plan was made."""
        return self.plan.book.sizes

    def agreed(self) -> Book | None:
        """Return the codes of the plan."""
        return self.plan.book

    def rounds_left(self, settings: FitSettings) -> int:
        """Return 1, where no other phase is to be expected."""
        return 1
