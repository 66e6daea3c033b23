"""How many rounds of a fit are to be expected, where that is not certain yet.

No guess is less than what is certain to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from syncline.synthesizers.column_search import MAX_ROUNDS, ColumnSearch
from syncline.synthesizers.phases.division import Sizes
from syncline.synthesizers.registry import technique_of
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.wide import is_wide


def of_technique(sizes: Sizes, settings: FitSettings) -> int:
    """Return the rounds of the technique's own phases."""
    return technique_of(settings.method).rounds(sizes.train, settings)


def after_searches(sizes: Sizes, settings: FitSettings) -> int:
    """Return the rounds that follow once values and orders are known: relations, where they are learnt."""
    own = of_technique(sizes, settings)
    return is_wide(len(settings.names)) + 2 + own if settings.card.relates else own


def of_searches(searches: Sequence[ColumnSearch], number: int) -> int:
    """Return the rounds until all are known, that of round ``number`` among them."""
    guesses = [_of_search(one, number) for one in searches if not one.done]
    return min(max(guesses, default=1), MAX_ROUNDS - number)


def _of_search(search: ColumnSearch, number: int) -> int:
    """Return the rounds until a column is known, that of round ``number`` among them.

    Most columns are known after two rounds: then intervals hold too few to be divided on. Those that are not
    have values that many share, which are followed to their last bit.
    """
    bits = search.question().bits
    if number == 0:
        return 1 if search.shift <= bits else 2
    return 1 if number == 1 else 1 + ceil((search.shift - bits) / bits)
