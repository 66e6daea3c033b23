"""Second: where do the values of each column lie? Up to eight rounds of rank counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from syncline.data.codebook import Codebook
from syncline.protocols.transition import PartyId
from syncline.questions.known import Known
from syncline.questions.rank_counts import RankCounts
from syncline.questions.vocabulary import Question
from syncline.synthesizers.column_coding import code_column
from syncline.synthesizers.column_search import MAX_ROUNDS, ColumnSearch, Rows
from syncline.synthesizers.hazards.distribution import Distributions
from syncline.synthesizers.hazards.hazard import Hazard
from syncline.synthesizers.hazards.likeness import unlike_columns
from syncline.synthesizers.packing import Arrays, Head, put_searches
from syncline.synthesizers.phases.phase import Answers, Fitted, Phase, merged
from syncline.synthesizers.phases.structure import Book, after_codebook
from syncline.synthesizers.settings import FitSettings

FINEST_SHARE = 4096
"""An interval that holds less than one in this many rows is not divided further."""


@dataclass(frozen=True, slots=True)
class Search:
    """Divide the intervals of all columns that are not known well enough."""

    n_train: int
    n_holdout: int
    number: int
    searches: tuple[ColumnSearch, ...]
    name: ClassVar[str] = "search"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the rows in the parts of every open interval."""
        return (RankCounts(tuple(search.question() for search in self.searches if not search.done)),)

    def new_codebook(self) -> Codebook | None:
        """Return None: nothing is coded yet."""
        return None

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Search on, or agree on the codebook once every column is known."""
        after = self.divided(answers, settings)
        return after.agree(settings) if after.done else after

    @property
    def done(self) -> bool:
        """Whether every column is known."""
        return all(search.done for search in self.searches)

    def divided(self, answers: Answers, settings: FitSettings) -> Search:
        """Return the search after the answers of this round."""
        counts = merged(answers, 0)
        each = [merged({party: answers[party]}, 0) for party in sorted(answers)]
        dense, masks = counts.dense(), counts.dense_masks()
        last = self.number + 1 >= MAX_ROUNDS
        threshold = self.threshold(settings)
        start, searches = 0, []
        for search in self.searches:
            if not search.done:
                end = start + search.question().size
                seen = None if masks is None else masks[start:end]
                rows = Rows(dense[start:end], seen, each, start)
                search = search.absorb(rows, settings.min_cell, threshold, last=last)
                start = end
            searches.append(search)
        return replace(self, number=self.number + 1, searches=tuple(searches))

    def hazards(
        self, answers: Answers, settings: FitSettings, known: Mapping[PartyId, Known]
    ) -> Iterator[Hazard]:
        """Yield what the suppliers' distributions show beside each other, once every column is known."""
        after = self.divided(answers, settings)
        if not after.done:
            return
        for search in after.searches:
            rows = dict(zip(sorted(answers), search.pieces.each.T.astype(np.int64), strict=False))
            if rows:
                variable = settings.schema.variable(search.name)
                people = {party: known[party].filled[search.name].people for party in rows}
                low, high = search.bounds()
                values = variable.are_values(low)
                numbers = {party: own[values] for party, own in rows.items()}
                found = Distributions(variable, low[values], high[values], numbers)
                yield from unlike_columns(found, settings.min_cell, people)

    def threshold(self, settings: FitSettings) -> int:
        """Return the rows from which on a value may have a code of its own."""
        return max(settings.min_cell, -(-self.n_train // FINEST_SHARE))

    def agree(self, settings: FitSettings) -> Phase | Fitted:
        """Return the phase that follows with a codebook."""
        columns = tuple(
            code_column(variable, search, settings.min_cell, self.threshold(settings), settings.persons)
            for variable, search in zip(settings.schema.modelled, self.searches, strict=True)
        )
        return after_codebook(Book(self.n_train, self.n_holdout, columns), settings)

    def put(self, arrays: Arrays) -> Head:
        """Add the searches."""
        rows = np.array([self.n_train, self.n_holdout, self.number], np.int64)
        arrays["rows"] = rows
        return {"searches": put_searches(self.searches, arrays)}
