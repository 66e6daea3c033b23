"""Which counts of the gate's tests may be printed beside each other; what they decide is another matter.

Tests of a series are nested, so the difference of two counts is a number of persons, which must not be a
small one. Each chain of sets starts with the counts that stand elsewhere in the report: ``exact_matches`` are
the persons of the test of 0 bits, and ``membership`` is a point of the series ``mia``. Then come the tests
that fail, then those with the smallest p: they are kept, and what is too near to them is hidden.

Persons found by ``xgap`` are found by ``gap`` too where its least isolation is lower, so both are one chain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from syncline.validation.disclosure.closeness import EXACT_STEPS_BITS
from syncline.validation.disclosure.operating_point import operating_point
from syncline.validation.disclosure.shown import CountPair, NestedCounts, ShownPair
from syncline.validation.disclosure.threshold_tests import Stratum, ThresholdTest

_EXACT = "xgap"
_WHOLE_ROWS = f"{_EXACT} {EXACT_STEPS_BITS[0]} bits"


def shown_isolation(tests: Sequence[ThresholdTest], people: CountPair, min_cell: int) -> list[ShownPair]:
    """Return the counts of ``xgap`` and ``gap`` as they may be printed.

    About how many persons the tests of ``gap`` choose is known, so that one count would tell the other: both
    are printed or neither.
    """
    counts = NestedCounts(people, min_cell)
    shown = {
        test.name: (counts.each if test.name.startswith(_EXACT) else counts.both)((test.train, test.holdout))
        for test in sorted(tests, key=lambda test: (test.name != _WHOLE_ROWS, *_rank(test)))
    }
    return [shown[test.name] for test in tests]


def shown_membership(
    tests: Sequence[ThresholdTest], strata: Sequence[Stratum], people: CountPair, min_cell: int
) -> list[ShownPair]:
    """Return the counts of ``mia`` as they may be printed, both or neither for the same reason."""
    train = np.sum([stratum.train for stratum in strata], axis=0)
    holdout = np.sum([stratum.holdout for stratum in strata], axis=0)
    counts = NestedCounts(people, min_cell)
    counts.each(operating_point(train, holdout))
    shown = {test.name: counts.both((test.train, test.holdout)) for test in sorted(tests, key=_rank)}
    return [shown[test.name] for test in tests]


def _rank(test: ThresholdTest) -> tuple[bool, float]:
    return not test.fails, test.p
