"""How many rounds a study will take, as far as one can say while it runs.

The rounds of a comparison are known as soon as the rows are: trees grow by a fixed number of levels. Those of
a fit are guessed: how often intervals must be divided until single values are known, and how deep trees grow.
No guess is less than what is certain to come. Once leaves are counted or a table is compared it is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from syncline.synthesizers.column_search import MAX_ROUNDS, ColumnSearch
from syncline.synthesizers.fit_state import FitState
from syncline.synthesizers.phases.ordering import CountOrders, SearchGaps
from syncline.synthesizers.phases.phase import Phase
from syncline.synthesizers.phases.search import Search
from syncline.synthesizers.phases.structure import Confirm, Propose, Relate
from syncline.synthesizers.registry import technique_of
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.technique import Planned
from syncline.synthesizers.wide import is_wide
from syncline.validation.federated.comparison import State
from syncline.validation.federated.plan import tree_levels

UNKNOWN = 0
"""What stands for a number of rounds of which nothing can be said yet."""


def rounds_of_study(state: FitState, settings: FitSettings, *, compares: bool) -> int:
    """Return the rounds of a whole study of which a round of the fit is open, 0 before the rows are known."""
    rows = _rows(state.phase)
    if rows is None:
        return UNKNOWN
    comparison = rounds_of_comparison(rows) if compares else 0
    return state.round + _left_of_fit(state.phase, rows, settings) + comparison


def rounds_of_comparison(rows: tuple[int, int]) -> int:
    """Return the rounds of a comparison with so many training and held-out rows."""
    return tree_levels(rows) + 2


def rounds_while_comparing(state: State, fitted: tuple[int, int] | None = None) -> int:
    """Return the rounds of a study of which a round of the comparison is open.

    In its first round, before the comparison has counted rows, those that were ``fitted`` count. Each later
    round asks about one level of the trees more, the last one about their scores.
    """
    if state.memory is None:
        return UNKNOWN if fitted is None else state.round + rounds_of_comparison(fitted)
    counted = [own.sizes for own in state.known.values() if own.sizes is not None]
    rows = sum(own.train for own in counted), sum(own.holdout for own in counted)
    return state.round + tree_levels(rows) - state.memory.asked + 1


def _rows(phase: Phase) -> tuple[int, int] | None:
    match phase:
        case Search() | CountOrders() | SearchGaps():
            return phase.sizes.train, phase.sizes.holdout
        case Relate() | Propose() | Confirm():
            return phase.book.n_train, phase.book.n_holdout
        case Planned():
            return phase.plan.book.n_train, phase.plan.book.n_holdout
        case _:
            return None


def _left_of_fit(phase: Phase, rows: tuple[int, int], settings: FitSettings) -> int:
    """Return the rounds of the fit that are left, the open one among them."""
    technique = technique_of(settings.method)
    own = technique.rounds(rows[0], settings)
    structure = is_wide(len(settings.names)) + 2 + own if settings.card.relates else own
    match phase:
        case Search():
            return _left_of_searches(phase.searches, phase.number) + structure
        case CountOrders():
            return 1 + structure
        case SearchGaps():
            return _left_of_searches(phase.gaps, phase.number) + structure
        case Relate():
            return 3 + own
        case Propose():
            return 2 + own
        case Confirm():
            return 1 + own
        case _:
            return technique.rounds_left(phase, rows[0], settings)


def _left_of_searches(searches: Sequence[ColumnSearch], number: int) -> int:
    """Return the rounds until all are known, that of round ``number`` among them."""
    guesses = [_left_of_search(one, number) for one in searches if not one.done]
    return min(max(guesses, default=1), MAX_ROUNDS - number)


def _left_of_search(search: ColumnSearch, number: int) -> int:
    """Return the rounds until a column is known, that of round ``number`` among them.

    Most columns are known after two rounds: then intervals hold too few to be divided on. Those that are not
    have values that many share, which are followed to their last bit.
    """
    bits = search.question().bits
    if number == 0:
        return 1 if search.shift <= bits else 2
    return 1 if number == 1 else 1 + ceil((search.shift - bits) / bits)
