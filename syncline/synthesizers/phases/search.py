"""Second: where do the values of each column lie? Up to eight rounds of rank counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from syncline.data.codebook import Codebook
from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import PartyId
from syncline.questions.known import Known
from syncline.questions.question import Question
from syncline.synthesizers.column_search import ColumnSearch
from syncline.synthesizers.hazards.distribution import Distributions
from syncline.synthesizers.hazards.hazard import Hazard
from syncline.synthesizers.hazards.likeness import unlike_columns
from syncline.synthesizers.phases.division import Sizes, divided, open_intervals
from syncline.synthesizers.phases.ordering import after_search
from syncline.synthesizers.phases.phase import Fitted, Phase
from syncline.synthesizers.settings import FitSettings


@dataclass(frozen=True, slots=True)
class Search:
    """Divide the intervals of all columns that are not known well enough."""

    sizes: Sizes
    number: int
    searches: tuple[ColumnSearch, ...]
    name: ClassVar[str] = "search"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the rows in the parts of every open interval."""
        return (open_intervals(self.searches),)

    def new_codebook(self) -> Codebook | None:
        """Return None: nothing is coded yet."""
        return None

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Search on, or go on to orders and the codebook once every column is known."""
        after = self.divided(answers, settings)
        return after_search(after.sizes, after.searches, settings) if after.done else after

    @property
    def done(self) -> bool:
        """Whether every column is known."""
        return all(search.done for search in self.searches)

    def divided(self, answers: Answers, settings: FitSettings) -> Search:
        """Return the search after the answers of this round."""
        searches = divided(self.searches, answers, self.number, self.sizes, settings)
        return replace(self, number=self.number + 1, searches=searches)

    def searched(self, answers: Answers, settings: FitSettings) -> tuple[ColumnSearch, ...]:
        """Return what is known of all columns after the answers of this round."""
        return self.divided(answers, settings).searches

    def hazards(
        self, answers: Answers, settings: FitSettings, known: Mapping[PartyId, Known]
    ) -> Iterator[Hazard]:
        """Yield what the suppliers' distributions show beside each other, once every column is known."""
        after = self.divided(answers, settings)
        if not after.done:
            return
        for search in after.searches:
            rows = dict(zip(answers.parties, search.pieces.crowds(settings.min_cell).T, strict=False))
            if rows:
                variable = settings.schema.variable(search.name)
                people = {party: known[party].filled[search.name].people for party in rows}
                low, high = search.bounds()
                values = variable.are_values(low)
                numbers = {party: own[values] for party, own in rows.items()}
                found = Distributions(variable, low[values], high[values], numbers)
                yield from unlike_columns(found, settings.min_cell, people)
