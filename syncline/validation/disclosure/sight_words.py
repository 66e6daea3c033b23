"""What a gate could see, in sentences that stand beside its verdict wherever it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from syncline.validation.disclosure.power import SURE
from syncline.validation.disclosure.shown import CountPair, ShownPair, count_words
from syncline.validation.disclosure.sight import MOST_UNSEEN, Sight, best, by_series
from syncline.validation.disclosure.threshold_tests import ThresholdTest


def sight_words(sights: Sequence[Sight], used: int) -> Iterator[str]:
    """Yield the smallest leak that could be seen among ``used`` people, and on which series that rests."""
    if not sights:
        return
    whole = best("gate", sights)
    if whole.blind:
        yield f"Not even a leak of {MOST_UNSEEN:.0%} of these {used:,} people would be seen."
    else:
        fewest = ceil(whole.share * used)
        yield (
            f"A leak of fewer than {fewest:,} of these {used:,} people ({whole.share:.2%}) would not be seen;"
            f" verbatim copies of {fewest:,} are with {SURE:.0%} probability."
        )
    series = by_series(sights)
    sees = [one.name for one in series if not one.blind]
    blind = [one for one in series if one.blind]
    if blind and sees:
        yield f"The verdict rests on {' and '.join(sees)} alone: {_blind(blind, used)}."
    elif blind:
        yield f"The verdict rests on nothing: {_blind(blind, used)}."


def _blind(series: Sequence[Sight], used: int) -> str:
    """Say which series are blind, with the power that is left to each."""
    left = (
        "sees no leak at all"
        if each.fewest is None
        else f"sees copies of {ceil(each.share * used):,} at least"
        for each in series
    )
    return " and ".join(
        f"{each.name} is BLIND here ({words})" for each, words in zip(series, left, strict=True)
    )


def recognised_words(
    test: ThresholdTest, shown: ShownPair, people: CountPair, min_cell: int
) -> Iterator[str]:
    """Yield how many people have a whole row in the table, where they may be more of those used.

    ``test`` is the first one of ``xgap``, and ``people`` are those used and the others who were scored. Of
    counts that are hidden nothing is told by silence either.
    """
    if test.fails or (None not in shown and test.excess <= 0):
        return
    used, others = (
        count_words(said, count, whole, min_cell)
        for said, count, whole in zip(shown, (test.train, test.holdout), people, strict=True)
    )
    chance = "" if None in shown else f": p = {test.p:.1e}, and a test fails below {test.alpha:.1e}"
    yield (
        f"Whole rows of {used} of the people used and of {others} of the others stand in the table; so many"
        f" may be chance{chance}."
    )
