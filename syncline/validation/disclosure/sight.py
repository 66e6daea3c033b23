"""What the gate could see in the comparison that it judged, test by test, and where it is blind.

A test tells people apart by their scores. Where everybody has the same one, where a whole row of everybody
stands in the table anyway, or where a step takes too few people, it cannot fail however many are copied, and
that it does not fail says nothing. What a copy scores is read off the synthetic table, whose own rows are
what copies are equal to; what everybody else scores is read off the people who were held out.

All follows from the table and from counts that are printed: what is hidden enters as a larger number that is
not. Only strata of at least ``min_cell`` people of either kind count; copies elsewhere are unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from syncline.data.blob import Json
from syncline.validation.disclosure.closeness import EXACT_STEPS_BITS, UNITS, Ints
from syncline.validation.disclosure.power import Selection, fewest_seen
from syncline.validation.disclosure.shown import CountPair, ShownPair
from syncline.validation.disclosure.threshold_tests import TOP_SHARES, Stratum, ThresholdTest, top_steps

MOST_UNSEEN = 0.25
"""A test that could not see verbatim copies of so large a part of the people is blind: our choice."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one test, or the tests of one series together, could see among ``used`` people.

    ``fewest`` is the number of people whose verbatim copies would have been seen; None where no number would.
    """

    name: str
    fewest: int | None
    used: int

    @property
    def share(self) -> float:
        """The smallest leak, as a share of the people used; all of them where none is seen."""
        return 1.0 if self.fewest is None else self.fewest / self.used

    @property
    def blind(self) -> bool:
        """Whether even a large leak would not have been seen."""
        return self.fewest is None or self.share > MOST_UNSEEN

    def to_json(self) -> dict[str, Json]:
        """Return it as in ``report.json``."""
        share = None if self.fewest is None else round(self.share, 6)
        return {"name": self.name, "blind": self.blind, "smallest_leak": share}


@dataclass(frozen=True, slots=True)
class TestSeries:
    """The tests of one series as they came out: ``shown`` are their counts as they may be printed."""

    tests: Sequence[ThresholdTest]
    shown: Sequence[ShownPair]
    strata: Sequence[Stratum]
    min_cell: int

    @property
    def used(self) -> int:
        """How many people were used, wherever they are."""
        return sum(stratum.n_train for stratum in self.strata)

    @property
    def people(self) -> CountPair:
        """Used people and others in strata that have enough of both to tell anything."""
        least = max(self.min_cell, 1)
        telling = [one for one in self.strata if min(one.n_train, one.n_holdout) >= least]
        return sum(one.n_train for one in telling), sum(one.n_holdout for one in telling)

    def sight(self, test: ThresholdTest, choice: Selection) -> Sight:
        """Return what a test could see that chooses so where people can be told apart."""
        people = self.people
        copies = choice.copies * people[0] / max(self.used, 1)
        seen = Selection(copies, choice.others, choice.most)
        return Sight(test.name, fewest_seen(people, seen, test.alpha, test.tau), self.used)


def exact_sights(series: TestSeries, copies: Ints | None) -> list[Sight]:
    """Return what the tests of ``xgap`` could see.

    ``copies`` counts copied people by their isolation; where it is None, all of them are chosen.
    """
    held = sum(stratum.n_holdout for stratum in series.strata)
    printed = sorted({0, held, *(pair[1] for pair in series.shown if pair[1] is not None)})
    found = []
    for test, bits in zip(series.tests, EXACT_STEPS_BITS, strict=True):
        least = next(count for count in printed if count >= test.holdout)
        if 0 < test.holdout < series.min_cell:
            least = min(least, series.min_cell, held)
        choice = Selection(_reaching(copies, bits * UNITS), least / max(held, 1))
        found.append(series.sight(test, choice))
    return found


def top_sights(series: TestSeries, copies: Ints | None) -> list[Sight]:
    """Return what the tests of ``gap`` or ``mia`` could see; ``copies`` counts copied people by their score.

    A test takes its share of the people unless more have the highest score alike.
    """
    everybody = sum(stratum.n_train + stratum.n_holdout for stratum in series.strata)
    found = []
    for test, pair, share, least in zip(
        series.tests, series.shown, TOP_SHARES, top_steps(series.strata), strict=True
    ):
        reaching, most = _reaching(copies, least), max(int(share * everybody), 1)
        if (chosen := test.train + test.holdout) <= most:
            found.append(series.sight(test, Selection(reaching, most=most)))
        elif None not in pair:
            found.append(series.sight(test, Selection(reaching, chosen / everybody)))
        else:
            found.append(Sight(test.name, None, series.used))
    return found


def by_series(sights: Sequence[Sight]) -> tuple[Sight, ...]:
    """Return what the tests of each series could see together."""
    series = groupby(sights, key=lambda sight: sight.name.partition(" ")[0])
    return tuple(best(name, list(own)) for name, own in series)


def best(name: str, sights: Sequence[Sight]) -> Sight:
    """Return what some tests could see together: what the sharpest of them could."""
    seen = [sight.fewest for sight in sights if sight.fewest is not None]
    return Sight(name, min(seen, default=None), sights[0].used)


def _reaching(copies: Ints | None, least: int) -> float:
    return 1.0 if copies is None else float(copies[least:].sum() / copies.sum())
