"""How small a leak a test of the gate can see: the fewest copied people that it fails by, nearly always.

A leak of k people is k verbatim copies of people who were used, in a table that is nobody's otherwise. The
test sees it where it fails with the probability ``SURE`` over who else is chosen beside the copies. All
follows from numbers of people; nothing here looks at a score or at a row.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from math import ceil

import numpy as np

from syncline.validation.disclosure.hypergeometric import hypergeometric
from syncline.validation.disclosure.shown import CountPair
from syncline.validation.disclosure.threshold_tests import N_TESTS, lower_limit

SURE = 0.95
"""Probability with which a leak that counts as seen fails the test: our choice."""

LEAK = 0.05
"""Share of the people used whose copies a holdout should let the gate see: our choice."""

HOLDOUTS = tuple(step / 100 for step in range(10, 51, 5))
"""Holdouts that are recommended: those that a policy permits where it says nothing else."""

_MISSED = (1 - SURE) / 2
"""What may be missed by each of two accidents: which copies are chosen, and who is chosen beside them."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Whom a test chooses.

    Attributes
    ----------
    copies : share of the copied people who are among the chosen
    others : share of those who are not copied and are chosen all the same
    most : how many people are chosen at most, the nearest ones; None where all who reach a score are
    """

    copies: float = 1.0
    others: float = 0.0
    most: int | None = None

    def of(self, copied: int, people: int) -> CountPair:
        """Return how many copies are surely among those chosen of ``people``, and how many others are."""
        reached = copied if self.copies >= 1 else surely_of(copied, self.copies)
        if self.most is None:
            return reached, ceil(self.others * (people - copied))
        reached = min(reached, self.most)
        return reached, min(self.most, people) - reached


def surely_of(number: int, share: float) -> int:
    """Return how many of ``number`` people are reached but for a chance of ``_MISSED``, each by a share."""
    from scipy import special  # loaded when a gate is judged

    # the law's own quantile would load all of scipy.stats into the hub's computing process
    law = special.bdtr(np.arange(number), number, share)
    return int(np.searchsorted(law, _MISSED))


def fewest_seen(people: CountPair, choice: Selection, alpha: float, tau: float) -> int | None:
    """Return the fewest of the people used whose copies a test sees; None where it sees no leak at all.

    Parameters
    ----------
    people
        How many were used and how many were held out.
    choice
        Whom the test chooses.
    alpha, tau
        The level of the test and the excess that it tolerates.
    """
    used = people[0]
    if not all(people) or not _sees(people, used, choice, alpha, tau):
        return None
    return bisect_left(range(used), True, lo=1, key=lambda k: _sees(people, k, choice, alpha, tau))


def _sees(people: CountPair, copied: int, choice: Selection, alpha: float, tau: float) -> bool:
    used, everybody = people[0], sum(people)
    copies, others = choice.of(copied, everybody)
    critical = _critical(people, copies + others, alpha, tau)
    if critical is None:
        return False
    law = hypergeometric(everybody - copies, used - copies, others)
    return float(law[max(critical - copies, 0) :].sum()) >= 1 - _MISSED


def _critical(people: CountPair, drawn: int, alpha: float, tau: float) -> int | None:
    """Return from how many used people among those drawn on a test fails; None where it cannot."""
    used, everybody = people[0], sum(people)
    tail = np.cumsum(hypergeometric(everybody, used, drawn)[::-1])[::-1]
    possible = range(min(drawn, used) + 1)

    def fails(seen: int) -> bool:
        return bool(tail[seen] < alpha) and lower_limit(seen, drawn - seen, *people, alpha) > tau

    critical = bisect_left(possible, True, key=fails)
    return critical if critical < len(possible) else None


def smallest_leak(
    persons: int, holdout: float, alpha: float, tolerated: float, others: float = 0.0
) -> float | None:
    """Return the smallest share of the people used whose verbatim copies the gate sees; None if it sees none.

    It is known before a study begins. The best test of such a leak is the one of whole rows, which tolerates
    nothing, so that ``tolerated`` matters only where it is the smaller of two evils.

    Parameters
    ----------
    persons
        People of all suppliers together.
    holdout
        Share of them who are held out.
    alpha, tolerated
        The thresholds of the gate.
    others
        Share of people who were not used and of whom a whole row stands in the table by chance.
    """
    held = round(persons * holdout)
    people, level = (persons - held, held), alpha / N_TESTS
    whole = fewest_seen(people, Selection(others=others), level, 0.0)
    nearest = fewest_seen(people, Selection(most=ceil(persons * 0.1)), level, tolerated)
    found = [seen for seen in (whole, nearest) if seen is not None]
    return min(found) / people[0] if found else None


def recommended_holdout(persons: int, alpha: float, tolerated: float, leak: float = LEAK) -> float:
    """Return the smallest holdout at which a leak is seen; where none suffices, the one that sees most."""
    seen = {share: smallest_leak(persons, share, alpha, tolerated) for share in HOLDOUTS}
    enough = [share for share, smallest in seen.items() if smallest is not None and smallest <= leak]
    return min(enough) if enough else min(HOLDOUTS, key=lambda share: (seen[share] or 1.0, -share))
