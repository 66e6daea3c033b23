"""Find the line by which the values of a column's leaves are put in order.

A leaf says nothing of which of its rows has which of its values. Moments, or the tables of pairs where there
are gaps, tell the covariance of each two numeric columns; the model's own rows, that which it has without a
line. What is missing must lie within leaves. Where a column is nearly a line through others, it is the line
of all rows, as moments tell it.

The same merged counts give the same line on every machine: sums are of whole numbers or added in one order,
and all else is done in one order, with results that IEEE 754 rounds correctly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.cart.measured import Measured, Within, missed_between
from syncline.synthesizers.cart.pair_tables import PairTable
from syncline.synthesizers.cart.regression import Told, dot, forward, through
from syncline.synthesizers.reordering import Reordering
from syncline.synthesizers.row_drawing import RowDrawing
from syncline.synthesizers.second_moments import SecondMoments

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MOST_OTHERS = 24
"""Columns through which a line may go: of more those with which the most covariance is missed."""
NEARLY_A_LINE = 0.95
"""Share of a column's variance that a line tells, from which on it is that of all rows."""
LEAST_TOLD = 0.05
"""Share of the variance within leaves that a line must add, or it is left."""
MOST_TOLD = 0.98
"""The same at most where the line is one within leaves."""


@dataclass(slots=True)
class Lines:
    """The lines of one model, found column by column as it draws rows of its own.

    Attributes
    ----------
    drawing : the rows
    spread : what was counted of each two columns
    n_rows : real rows
    """

    drawing: RowDrawing
    spread: SecondMoments
    n_rows: int
    _told: dict[str, Measured] = field(default_factory=dict)
    _others: dict[str, Measured] = field(default_factory=dict)

    def settle(self, name: str) -> None:
        """Measure a column once its values have their places."""
        found = Measured.of(name, self.drawing)
        if found is not None:
            known = self._told if found.is_told(self.spread) else self._others
            known[name] = found

    def line(self, name: str, states: Ints, pairs: Mapping[str, PairTable]) -> Reordering | None:
        """Return the line of the column or gap that was drawn last, None where it needs or has none.

        ``states`` (n,) are its leaves, ``pairs`` its tables with columns before it by their names.
        """
        own = Measured.of(name, self.drawing)
        if own is None:
            return None
        told = own.is_told(self.spread)
        others, missed = self._missed(own, pairs, told=told)
        within = Within.of(own, others, states) if others else None
        if within is None or within.variance <= 0.0:
            return None
        found = self._of_all_rows(own, others) if told else None
        if found is None or found[1] > within.variance:
            found = _within_leaves(within, missed, self.n_rows)
        return _reordering(own, others, within, *found)

    def _missed(
        self, own: Measured, pairs: Mapping[str, PairTable], *, told: bool
    ) -> tuple[list[Measured], Floats]:
        """Return the columns before it and the covariance that the model misses with each (k,)."""
        others, missed = list[Measured](), list[float]()
        for known in (self._told, self._others):
            for name, other in known.items():
                if told and known is self._told:
                    others.append(other)
                    missed.append(other.counted_with(own, self.spread) - other.drawn_with(own))
                elif name in pairs:
                    others.append(other)
                    missed.append(missed_between(pairs[name], other, own, self.drawing))
        size = np.abs(missed) / np.sqrt([max(other.drawn_with(other), 1e-300) for other in others])
        most = np.sort(np.argsort(-size, kind="stable")[:MOST_OTHERS])
        return [others[place] for place in most.tolist()], np.array(missed)[most]

    def _of_all_rows(self, own: Measured, others: Sequence[Measured]) -> tuple[Told, float] | None:
        """Return the line of all rows and the variance that it leaves; None unless it tells nearly all."""
        places = [place for place, one in enumerate(others) if one.name in self._told]
        if not places:
            return None
        among = [[others[a].counted_with(others[b], self.spread) for a in places] for b in places]
        beside = [others[place].counted_with(own, self.spread) for place in places]
        variance = own.counted_with(own, self.spread)
        found = forward(np.array(among), np.array(beside), variance, self.n_rows)
        if variance <= 0.0 or found.told < NEARLY_A_LINE * variance:
            return None
        slopes = np.zeros(len(others))
        slopes[places] = found.slopes
        terms = [places[term] for term in found.terms]
        return Told(found.told, slopes, terms), max(variance - found.told, 0.0)


def _within_leaves(within: Within, missed: Floats, n_rows: int) -> tuple[Told, float]:
    """Return the line within leaves that adds what is ``missed`` (k,), and the variance that it leaves."""
    found = forward(within.others, within.own + missed, within.variance, n_rows)
    most = MOST_TOLD * within.variance
    if found.told <= most:
        return found, within.variance - found.told
    return Told(most, found.slopes * np.sqrt(most / found.told), found.terms), within.variance - most


def _reordering(
    own: Measured, others: Sequence[Measured], within: Within, found: Told, left: float
) -> Reordering | None:
    """Return the order that gives a column the line ``found`` and leaves the variance ``left`` beside it.

    The own values, less the line that they have within leaves, are what the variance beside the line is made
    of, so whatever else a leaf or a factor says of a row's value stays as far as there is room.
    """
    before = through(within.others, within.own, found.terms)
    told = dot(before, within.own)
    unexplained = within.variance - told
    after = np.cumsum(within.others * found.slopes, axis=1)[:, -1]
    added = dot(found.slopes, after) - told
    if unexplained <= 0.0 or not found.terms or abs(added) < LEAST_TOLD * within.variance:
        return None
    weight = float(np.sqrt(min(left / unexplained, 1.0)))
    slopes = (found.slopes - weight * before)[found.terms]
    return Reordering(own.scale, weight, tuple(others[term].scale for term in found.terms), slopes)
