"""Third: which columns follow from others? One round proposes, one confirms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import ClassVar, TypeAlias

import numpy as np

from syncline.data.codebook import Codebook
from syncline.data.constraint import Constraint
from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import PartyId
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.known import Known
from syncline.questions.marginals import Marginals
from syncline.questions.moments import Moments
from syncline.questions.question import Question
from syncline.synthesizers import dependencies, formulas
from syncline.synthesizers.declared import require_declared
from syncline.synthesizers.dependencies import Ints
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.formulas import Derived
from syncline.synthesizers.hazards.polarity import reversed_columns
from syncline.synthesizers.neighbours import Neighbours, pair_counts
from syncline.synthesizers.phases import rounds
from syncline.synthesizers.phases.division import Sizes
from syncline.synthesizers.phases.phase import Phase, Seen
from syncline.synthesizers.registry import technique_of
from syncline.synthesizers.second_moments import SecondMoments
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Book, Plan
from syncline.synthesizers.visit_order import visit_order
from syncline.synthesizers.wide import is_wide

__all__ = ["Book", "Confirm", "Propose", "Relate", "after_codebook"]

JointCounts: TypeAlias = Mapping[dependencies.Pair, Ints]
"""Joint counts (codes of the first, of the second) of each two columns."""


def after_codebook(book: Book, settings: FitSettings) -> Phase | Fitted:
    """Return the phase that first uses the codebook.

    A technique that models each column on its own checks only the formulas that are declared.
    """
    if settings.card.relates:
        return Relate(book) if is_wide(len(book.columns)) else Propose(book)
    declared = _declared(settings)
    if declared:
        return Confirm(book, declared, Marginals((), holdout=False))
    return _begin(_planned(book, (), {}, {}, settings), settings)


def _declared(settings: FitSettings) -> tuple[Constraint, ...]:
    """Return the declared formulas that define a column; orders are counted before there is a codebook."""
    return tuple(c for c in settings.schema.constraints if c.defines and _checkable(c, settings))


def _planned(
    book: Book,
    derived: tuple[Derived, ...],
    determinants: Mapping[str, str],
    counted: JointCounts,
    settings: FitSettings,
) -> Plan:
    """Return the plan of columns some of which are derived or determined by others; else gaps are used."""
    dropped = {d.column for d in derived}
    codes = {column.codes.name: column.values.n_codes for column in (*book.columns, *book.gaps)}
    drawn = [name for name in settings.names if name not in dropped]
    drawn += [d.formula.of for d in derived if d.own_gaps]
    gaps = book.gaps_beside(dropped)
    follows = dict(determinants)
    for gap in gaps:
        follows |= {gap.name: gap.base, gap.of: gap.name}
    drawn += [gap.name for gap in gaps]
    given = settings.visit_sequence if settings.card.relates else settings.names
    order = visit_order(drawn, codes, follows, given, settings.target)
    return Plan(book, order, derived, determinants, counted)


def _begin(plan: Plan, settings: FitSettings) -> Phase | Fitted:
    return technique_of(settings.method).begin(plan, settings)


@dataclass(frozen=True, slots=True)
class Relate(Phase):
    """In a wide table, ask how columns are related, to find the neighbours of each."""

    book: Book
    name: ClassVar[str] = "relate"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for coarse tables of all pairs."""
        return (pair_counts(self.book.columns),)

    def new_codebook(self) -> Codebook | None:
        """Return the codebook: this is the first round to need it."""
        return self.book.codebook()

    def counted(self) -> Sizes:
        """Return the rows that were counted."""
        return self.book.sizes

    def agreed(self) -> Book:
        """Return the codes."""
        return self.book

    def rounds_left(self, settings: FitSettings) -> int:
        """Return this round, the two after it, and those of the technique."""
        return 3 + rounds.of_technique(self.book.sizes, settings)

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Look for formulas and dependencies among neighbours."""
        return Propose(self.book, Neighbours.of(pair_counts(self.book.columns), answers.counts(0)))


@dataclass(frozen=True, slots=True)
class Propose(Phase):
    """Ask for moments, to propose formulas, and for coarse tables of pairs, to propose dependencies.

    In a wide table the pairs are neighbours: ``near``.
    """

    book: Book
    near: Neighbours | None = None
    name: ClassVar[str] = "propose"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the moments of the numeric columns and the screening of all pairs."""
        pairs = permutations(settings.names, 2) if self.near is None else self.near.pairs()
        screening = dependencies.screening(self.book.codebook(), pairs, persons=settings.persons)
        return formulas.moments_of(self.book.columns), screening

    def new_codebook(self) -> Codebook | None:
        """Return the codebook where this is the first round to need it."""
        return self.book.codebook() if self.near is None else None

    def counted(self) -> Sizes:
        """Return the rows that were counted."""
        return self.book.sizes

    def agreed(self) -> Book:
        """Return the codes."""
        return self.book

    def rounds_left(self, settings: FitSettings) -> int:
        """Return this round, the one after it, and those of the technique."""
        return 2 + rounds.of_technique(self.book.sizes, settings)

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Ask about what is possible."""
        moments, screening = self.questions(settings)
        assert isinstance(moments, Moments)
        assert isinstance(screening, Marginals)
        proposed = formulas.candidates(self.book.columns, moments, answers.sums(0), self.near)
        checked = tuple(dict.fromkeys((*_declared(settings), *proposed)))
        pairs = dependencies.confirmation(
            self.book.codebook(),
            screening,
            answers.counts(1).dense(),
            dependencies.mixed_codes(self.book.columns),
            persons=settings.persons,
        )
        spread = SecondMoments.of(moments, answers.sums(0))
        return Confirm(self.book, checked, pairs, self.near, spread)

    def beside(self, answers: Answers, settings: FitSettings, known: Mapping[PartyId, Known]) -> Seen:
        """Return which columns are reversed at a supplier."""
        if len(answers.parties) == 1:
            return Seen()
        _, screening = self.questions(settings)
        assert isinstance(screening, Marginals)
        told = answers.each_counts(1)
        return Seen(tuple(reversed_columns(self.book.columns, screening, told, settings.min_cell)))


@dataclass(frozen=True, slots=True)
class Confirm(Phase):
    """Ask how often each proposed formula and dependency is broken."""

    book: Book
    checked: tuple[Constraint, ...]
    pairs: Marginals
    near: Neighbours | None = None
    spread: SecondMoments | None = None
    name: ClassVar[str] = "confirm"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for violations of the formulas and the full tables of the pairs."""
        formulas = FormulaCheck(self.checked)
        return (formulas, dependencies.asked_once(self.pairs)) if settings.card.relates else (formulas,)

    def counted(self) -> Sizes:
        """Return the rows that were counted."""
        return self.book.sizes

    def agreed(self) -> Book:
        """Return the codes."""
        return self.book

    def rounds_left(self, settings: FitSettings) -> int:
        """Return this round and those of the technique."""
        return 1 + rounds.of_technique(self.book.sizes, settings)

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Fix the plan: what is recomputed, drawn from a pair or from a tree, and in which order."""
        by_name = {column.values.variable.name: column for column in self.book.columns}
        require_declared(self.checked, answers, by_name, self.book.n_train, settings)
        gaps = {gap.of: gap.base for gap in self.book.gaps_beside(())}
        derived = formulas.choose(
            settings.schema.constraints,
            self.checked,
            answers.counts(0).dense(),
            by_name,
            self.book.n_train,
            gaps,
        )
        tables, shown = self._counted(answers, settings.min_cell) if self.pairs.sets else ({}, {})
        determinants = self._determinants(tables, derived, settings)
        plan = _planned(self.book, derived, determinants, shown, settings)
        return _begin(replace(plan, predictors=self._predictors(plan), spread=self.spread), settings)

    def _counted(self, answers: Answers, min_cell: int) -> tuple[JointCounts, JointCounts]:
        """Return the joint counts of each two columns that were counted, and these without small cells."""
        counts, book, asked = answers.counts(1), self.book.codebook(), dependencies.asked_once(self.pairs)
        rows, masks = dependencies.tables(book, asked, counts.dense()), counts.dense_masks()
        persons = rows
        if masks is not None:
            persons = dependencies.tables(book, asked, np.bitwise_count(masks).astype(np.int64))
        return rows, {pair: np.where(persons[pair] >= min_cell, table, 0) for pair, table in rows.items()}

    def _determinants(
        self, tables: JointCounts, derived: tuple[Derived, ...], settings: FitSettings
    ) -> dict[str, str]:
        """Return the determinant of each column that has one."""
        if not tables:
            return {}
        dropped = {d.column for d in derived}
        names = [name for name in settings.names if name not in dropped]
        codes = {column.codes.name: column.values.n_codes for column in self.book.columns}
        gaps = {gap.of: gap.base for gap in self.book.gaps_beside(dropped)}
        mixed = dependencies.mixed_codes(self.book.columns)
        found = dependencies.both_ways(self.pairs, tables)
        return dependencies.choose(names, found, settings.visit_sequence, codes, mixed, gaps)

    def _predictors(self, plan: Plan) -> dict[int, Ints]:
        """Return the places of the predictors of every tree, none where all columns before it are.

        A gap is as near to other columns as the column that follows from it.
        """
        if self.near is None:
            return {}
        stands_for = {gap.name: gap.of for gap in self.book.gaps_beside(())}
        order = [stands_for.get(name, name) for name in plan.order]
        return {place: self.near.predictors(order, place) for place in plan.targets() if place}


def _checkable(constraint: Constraint, settings: FitSettings) -> bool:
    return all(settings.schema.variable(name).grid is not None for name in constraint.columns)
