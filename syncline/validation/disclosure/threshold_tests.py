"""Whether persons that a table was made from are recognised in it more often than persons who were held out.

Were the synthetic table made without looking at anybody's row, nobody could tell who was held out: among any
number of persons chosen by their scores, those used for training would follow the hypergeometric law. The
test is exact, needs no control of equal size, and adds over suppliers, as strata of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np

from syncline.validation.disclosure.closeness import EXACT_STEPS_BITS, UNITS, Ints
from syncline.validation.disclosure.hypergeometric import hypergeometric

TOP_SHARES = (0.001, 0.003, 0.01, 0.03, 0.1)
"""Shares of all persons, the most isolated ones, of each step of the series ``gap`` and ``mia``."""

N_TESTS = len(EXACT_STEPS_BITS) + 2 * len(TOP_SHARES)
"""Tests of all three series, which share the level of the gate."""


@dataclass(frozen=True, slots=True, eq=False)
class Stratum:
    """Persons of one supplier by score: training and held out, each (n_bins,); ``n_train``, ``n_holdout``.

    Where only some persons have a score, as in exact matches, the bins hold fewer than all of them.
    """

    train: Ints
    holdout: Ints
    n_train: int
    n_holdout: int

    def reaching(self, least: int) -> tuple[int, int]:
        """Return how many training and how many held-out persons lie in the bin ``least`` or beyond."""
        return int(self.train[least:].sum()), int(self.holdout[least:].sum())


@dataclass(frozen=True, slots=True)
class ThresholdTest:
    """One step of a series.

    Attributes
    ----------
    name : the series and the step, such as ``gap 1 %``
    train, holdout : how many of the training and of the held-out persons are chosen
    excess : share of the training persons that are recognised beyond the rate of the held-out ones
    lower : lower limit of ``excess`` at the test's level
    p : probability of so many training persons or more, if the table gave nobody away
    tau : the excess that is tolerated
    alpha : the level of the test
    """

    name: str
    train: int
    holdout: int
    excess: float
    lower: float
    p: float
    tau: float
    alpha: float

    @property
    def fails(self) -> bool:
        """Whether persons are recognised, surely and more of them than is tolerated."""
        return self.p < self.alpha and self.lower > self.tau


def exact_tests(strata: Sequence[Stratum], alpha: float, tau: float) -> list[ThresholdTest]:
    """Climb by the least isolation of exact matches (``xgap``)."""
    return [_test(f"xgap {bits} bits", strata, bits * UNITS, alpha, tau) for bits in EXACT_STEPS_BITS]


def top_tests(name: str, strata: Sequence[Stratum], alpha: float, tau: float) -> list[ThresholdTest]:
    """Climb by the share of all persons with the highest scores (``gap``, ``mia``)."""
    return [
        _test(f"{name} {share * 100:g} %", strata, least, alpha, tau)
        for share, least in zip(TOP_SHARES, top_steps(strata), strict=True)
    ]


def top_steps(strata: Sequence[Stratum]) -> list[int]:
    """Return the lowest bin that each step of :func:`top_tests` takes."""
    pooled = np.sum([stratum.train + stratum.holdout for stratum in strata], axis=0)
    reached = np.cumsum(pooled[::-1])[::-1]
    people = sum(stratum.n_train + stratum.n_holdout for stratum in strata)
    return [_threshold(reached, share * people) for share in TOP_SHARES]


def tail_probability(drawn: Sequence[int], train: Sequence[int], people: Sequence[int], seen: int) -> float:
    """Return the probability that the strata together draw ``seen`` training persons or more.

    In a stratum of ``people``, of whom ``train`` were used, ``drawn`` are chosen without regard to it. The
    number of training persons among them is hypergeometric; the strata's numbers are added.
    """
    laws = [hypergeometric(*numbers) for numbers in zip(people, train, drawn, strict=True)]
    law = reduce(np.convolve, laws, np.ones(1))
    return min(float(law[seen:].sum()), 1.0)


def _threshold(reached: Ints, most: float) -> int:
    """Return the lowest bin from which on at most ``most`` persons are counted, at least one if any is."""
    fitting = np.flatnonzero((reached <= most) & (reached > 0))
    if len(fitting):
        return int(fitting[0])
    occupied = np.flatnonzero(reached)
    return int(occupied[-1]) if len(occupied) else len(reached)


def _test(name: str, strata: Sequence[Stratum], least: int, alpha: float, tau: float) -> ThresholdTest:
    reached = tuple(stratum.reaching(least) for stratum in strata)
    people = tuple((stratum.n_train, stratum.n_holdout) for stratum in strata)
    seen, control = _summed(reached)
    p, lower = _judged(reached, people, alpha)
    return ThresholdTest(name, seen, control, _excess(seen, control, *_summed(people)), lower, p, tau, alpha)


@lru_cache(maxsize=64)
def _judged(
    reached: tuple[tuple[int, int], ...], people: tuple[tuple[int, int], ...], alpha: float
) -> tuple[float, float]:
    """Return the tail's probability and the lower limit of the excess; tests that reach as many share them.

    Both numbers are given as pairs of training and held-out persons of each stratum.
    """
    (seen, control), (n_train, n_holdout) = _summed(reached), _summed(people)
    drawn, everybody = [sum(pair) for pair in reached], [sum(pair) for pair in people]
    p = tail_probability(drawn, [train for train, _ in people], everybody, seen)
    return p, lower_limit(seen, control, n_train, n_holdout, alpha)


def _summed(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    train, holdout = zip(*pairs, strict=True)
    return sum(train), sum(holdout)


def _excess(seen: float, control: float, n_train: int, n_holdout: int) -> float:
    if not (n_train and n_holdout):
        return 0.0
    return seen / n_train - control / n_holdout


def lower_limit(seen: int, control: int, n_train: int, n_holdout: int, alpha: float) -> float:
    """Return the excess at the lower limit of the training persons' share of the chosen ones.

    The limit is the one of Clopper and Pearson (1934, doi:10.1093/biomet/26.4.404), one-sided.
    """
    chosen = seen + control
    if not seen:
        return _excess(0, chosen, n_train, n_holdout)
    from scipy import special  # loaded when a gate is judged

    share = float(special.betaincinv(seen, control + 1, alpha))
    return _excess(share * chosen, (1 - share) * chosen, n_train, n_holdout)
