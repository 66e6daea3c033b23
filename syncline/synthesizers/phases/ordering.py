"""Between search and codebook: which columns keep an order, and where the gaps between them lie.

One round counts the rows that break each possible order; up to eight more search the gaps of those that hold.
A table without such an order is asked nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from syncline.data.constraint import Constraint, Formula
from syncline.data.gap import GapLine
from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import PartyId
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.known import Known
from syncline.questions.question import Question
from syncline.synthesizers import orders
from syncline.synthesizers.agreed_facts import once_coded
from syncline.synthesizers.column_coding import code_column, code_gap
from syncline.synthesizers.column_search import ColumnSearch
from syncline.synthesizers.declared import require_declared
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.formulas import missing_rows, tolerated
from syncline.synthesizers.phases import rounds
from syncline.synthesizers.phases.division import Sizes, divided, open_intervals
from syncline.synthesizers.phases.phase import Phase
from syncline.synthesizers.phases.structure import Book, after_codebook
from syncline.synthesizers.settings import FitSettings


def after_search(sizes: Sizes, searches: tuple[ColumnSearch, ...], settings: FitSettings) -> Phase | Fitted:
    """Return the phase that follows once every column is known: the count of orders, or the codebook.

    A technique that models each column on its own looks only at the orders that are declared.
    """
    asked = dict.fromkeys(_declared(settings))
    if settings.card.relates:
        asked |= dict.fromkeys(orders.possible(searches, settings.schema, sizes.train))
    if not asked:
        return after_codebook(_book(sizes, searches, settings), settings)
    return CountOrders(sizes, searches, tuple(asked))


def _declared(settings: FitSettings) -> tuple[Constraint, ...]:
    return tuple(c for c in settings.schema.constraints if c.formula is Formula.AT_MOST)


def _book(sizes: Sizes, searches: tuple[ColumnSearch, ...], settings: FitSettings) -> Book:
    threshold = sizes.threshold(settings)
    columns = tuple(
        code_column(
            variable, search, settings.min_cell, threshold, settings.persons, told=settings.ranges_are_data
        )
        for variable, search in zip(settings.schema.modelled, searches, strict=True)
    )
    return Book(sizes.train, sizes.holdout, columns)


@dataclass(frozen=True, slots=True)
class CountOrders(Phase):
    """Count the rows that break each order that is possible or declared."""

    sizes: Sizes
    searches: tuple[ColumnSearch, ...]
    asked: tuple[Constraint, ...]
    name: ClassVar[str] = "orders"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the rows that break the orders."""
        return (FormulaCheck(self.asked),)

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Search the gaps of the orders that hold; end the study where a declared one does not."""
        book = _book(self.sizes, self.searches, settings)
        columns = {column.codes.name: column for column in book.columns}
        require_declared(self.asked, answers, columns, self.sizes.train, settings)
        allowed = [tolerated(formula, columns[formula.of], self.sizes.train) for formula in self.asked]
        held = orders.holding(self.asked, answers.counts(0).dense(), allowed)
        full = [name for name, column in columns.items() if missing_rows(column) == 0]
        kept = orders.bounds(held, {(c.of, c.inputs[0]) for c in _declared(settings)}, full)
        book = replace(book, bounds=kept)
        searches = {search.name: search for search in self.searches}
        gaps = orders.gaps_to_search(
            held, settings.schema, searches, settings.visit_sequence, self.sizes.train
        )
        if not gaps:
            return after_codebook(book, settings)
        begun = tuple(
            ColumnSearch.begin_gap(GapLine.of_gap(gap, settings.schema), len(answers.parties)) for gap in gaps
        )
        return SearchGaps(self.sizes, 0, self.searches, begun, book)

    def counted(self) -> Sizes:
        """Return the rows that were counted."""
        return self.sizes

    def rounds_left(self, settings: FitSettings) -> int:
        """Return this one, and those after all gaps are known."""
        return 1 + rounds.after_searches(self.sizes, settings)

    def known_after(
        self,
        answers: Answers,
        settings: FitSettings,
        known: Mapping[PartyId, Known],
        after: Phase,
    ) -> Mapping[PartyId, Known]:
        """Return what is known once columns are coded, where no gap is searched."""
        return once_coded(known, self.searches, after.agreed())


@dataclass(frozen=True, slots=True)
class SearchGaps(Phase):
    """Divide the intervals of the gaps between columns."""

    sizes: Sizes
    number: int
    searches: tuple[ColumnSearch, ...]
    gaps: tuple[ColumnSearch, ...]
    book: Book
    name: ClassVar[str] = "gaps"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the rows in the parts of every open interval."""
        return (open_intervals(self.gaps),)

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Search on, or agree on the codebook with those gaps that are simpler than their columns."""
        gaps = self._divided(answers, settings)
        if not all(search.done for search in gaps):
            return replace(self, number=self.number + 1, gaps=gaps)
        chosen = self._chosen(gaps, settings)
        threshold = self.sizes.threshold(settings)
        coded = tuple(
            code_gap(line, search, settings.min_cell, threshold, settings.persons) for line, search in chosen
        )
        return after_codebook(replace(self.book, gaps=coded), settings)

    def _divided(self, answers: Answers, settings: FitSettings) -> tuple[ColumnSearch, ...]:
        return divided(self.gaps, answers, self.number, self.sizes, settings)

    def _chosen(
        self, gaps: tuple[ColumnSearch, ...], settings: FitSettings
    ) -> list[tuple[GapLine, ColumnSearch]]:
        searched = {search.gap: search for search in gaps if search.gap is not None}
        columns = {search.name: search for search in self.searches}
        declared = {(c.of, c.inputs[0]) for c in _declared(settings)}
        chosen = orders.choose_gaps(searched, columns, settings.schema, declared)
        return [(GapLine.of_gap(gap, settings.schema), searched[gap]) for gap in chosen]

    def counted(self) -> Sizes:
        """Return the rows that were counted."""
        return self.sizes

    def rounds_left(self, settings: FitSettings) -> int:
        """Return the rounds until all gaps are known, and those after."""
        return rounds.of_searches(self.gaps, self.number) + rounds.after_searches(self.sizes, settings)

    def known_after(
        self,
        answers: Answers,
        settings: FitSettings,
        known: Mapping[PartyId, Known],
        after: Phase,
    ) -> Mapping[PartyId, Known]:
        """Return what is known once columns are coded, and the gaps that were chosen."""
        chosen = self._chosen(self._divided(answers, settings), settings)
        searches = (*self.searches, *(search for _, search in chosen))
        return once_coded(known, searches, after.agreed())
