"""A round of a search: the parts of all open intervals counted, those that hold enough divided further."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.protocols.round_answers import Answers
from syncline.questions.rank_counts import RankCounts
from syncline.synthesizers.column_search import MAX_ROUNDS, ColumnSearch, SearchRows
from syncline.synthesizers.settings import FitSettings

FINEST_SHARE = 4096
"""An interval that holds less than one in this many rows is not divided further."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of all suppliers for training and held out."""

    train: int
    holdout: int

    def threshold(self, settings: FitSettings) -> int:
        """Return the rows from which on a value may have a code of its own."""
        return max(settings.min_cell, -(-self.train // FINEST_SHARE))


def open_intervals(searches: tuple[ColumnSearch, ...]) -> RankCounts:
    """Ask for the rows in the parts of every open interval."""
    return RankCounts(tuple(search.question() for search in searches if not search.done))


def divided(
    searches: tuple[ColumnSearch, ...], answers: Answers, number: int, sizes: Sizes, settings: FitSettings
) -> tuple[ColumnSearch, ...]:
    """Return the searches after the answers of round ``number``."""
    counts = answers.counts(0)
    each = list(answers.each_counts(0).values())
    dense, masks = counts.dense(), counts.dense_masks()
    last, threshold = number + 1 >= MAX_ROUNDS, sizes.threshold(settings)
    start, found = 0, []
    for search in searches:
        if not search.done:
            end = start + search.question().size
            seen = None if masks is None else masks[start:end]
            rows = SearchRows(dense[start:end], seen, each, start)
            search = search.absorb(rows, settings.min_cell, threshold, last=last)
            start = end
        found.append(search)
    return tuple(found)
