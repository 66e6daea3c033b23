"""Second: where do the values of each column lie? Up to eight rounds of rank counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import PartyId
from syncline.questions.known import Known
from syncline.questions.question import Question
from syncline.synthesizers.agreed_facts import once_coded, without_states
from syncline.synthesizers.column_search import ColumnSearch
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.hazards.distribution import Distributions
from syncline.synthesizers.hazards.hazard import Hazard
from syncline.synthesizers.hazards.likeness import unlike_columns
from syncline.synthesizers.phases import rounds
from syncline.synthesizers.phases.division import Sizes, divided, open_intervals
from syncline.synthesizers.phases.ordering import after_search
from syncline.synthesizers.phases.phase import Phase, Seen
from syncline.synthesizers.settings import FitSettings


@dataclass(frozen=True, slots=True)
class Search(Phase):
    """Divide the intervals of all columns that are not known well enough."""

    sizes: Sizes
    number: int
    searches: tuple[ColumnSearch, ...]
    name: ClassVar[str] = "search"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the rows in the parts of every open interval."""
        return (open_intervals(self.searches),)

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

    def counted(self) -> Sizes:
        """Return the rows that were counted."""
        return self.sizes

    def rounds_left(self, settings: FitSettings) -> int:
        """Return the rounds until all columns are known, and those after."""
        return rounds.of_searches(self.searches, self.number) + rounds.after_searches(self.sizes, settings)

    def known_after(
        self,
        answers: Answers,
        settings: FitSettings,
        known: Mapping[PartyId, Known],
        after: Phase,
    ) -> Mapping[PartyId, Known]:
        """Return what is known once the search is over: rows of each code, and which cells are numbers."""
        if isinstance(after, Search):
            return known
        searches = self.divided(answers, settings).searches
        return once_coded(without_states(known, searches, settings.schema.modelled), searches, after.agreed())

    def beside(self, answers: Answers, settings: FitSettings, known: Mapping[PartyId, Known]) -> Seen:
        """Return what the suppliers' distributions show beside each other, once every column is known."""
        after = self.divided(answers, settings)
        alone = len(answers.parties) == 1
        return Seen() if alone or not after.done else Seen(tuple(after._unlike(answers, settings, known)))

    def _unlike(
        self, answers: Answers, settings: FitSettings, known: Mapping[PartyId, Known]
    ) -> Iterator[Hazard]:
        for search in self.searches:
            rows = dict(zip(answers.parties, search.pieces.rows_of_enough(settings.min_cell).T, strict=False))
            if rows:
                variable = settings.schema.variable(search.name)
                people = {party: known[party].filled[search.name].people for party in rows}
                low, high = search.bounds()
                values = variable.are_values(low)
                numbers = {party: own[values] for party, own in rows.items()}
                found = Distributions(variable, low[values], high[values], numbers)
                yield from unlike_columns(found, settings.min_cell, people)
