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

from syncline.synthesizers.cart.measured import Measured, MomentParts, Within, missed_between
from syncline.synthesizers.cart.pair_tables import PairTable
from syncline.synthesizers.cart.regression import Told, dot, forward, through
from syncline.synthesizers.cart.told_columns import ToldColumns
from syncline.synthesizers.reordering import OnLine, Reordering
from syncline.synthesizers.row_drawing import RowDrawing
from syncline.synthesizers.second_moments import MomentTerm, SecondMoments

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MOST_OTHERS = 24
"""Columns through which a line may go: of more those with which the most covariance is missed."""
NEARLY_A_LINE = 0.95
"""Share of a column's variance that a line tells, from which on it is that of all rows."""
NO_LEAVES = 0.01
"""Share of the variance within leaves that a line of all rows leaves, up to which it computes values."""
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
    _told: ToldColumns = field(init=False)
    _others: list[Measured] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._told = ToldColumns(self.spread)

    def settle(self, measured: Sequence[Measured]) -> None:
        """Take a column as it is measured once its values have their places."""
        for own in measured:
            if own.is_told(self.spread):
                self._told.add(own)
            elif not own.scale.log:
                self._others.append(own)

    def measured(self, name: str) -> list[Measured]:
        """Return a column or gap as it is measured, and as a logarithm where that is counted."""
        logs = (False, True) if MomentTerm(name, log=True) in self.spread.terms else (False,)
        found = (Measured.of(name, self.drawing, log=log) for log in logs)
        return [one for one in found if one is not None]

    def line(
        self, measured: Sequence[Measured], states: Ints, pairs: Mapping[str, PairTable]
    ) -> Reordering | None:
        """Return the line of the column or gap that was drawn last, None where it needs or has none.

        ``states`` (n,) are its leaves, ``pairs`` its tables with columns before it by their names. Of the
        lines of a column and of its logarithm, as ``measured``, it is the one that tells more.
        """
        found = [self._line(own, states, pairs) for own in measured]
        best = min((one for one in found if one is not None), key=lambda one: one[0], default=None)
        return None if best is None else best[1]

    def _line(
        self, own: Measured, states: Ints, pairs: Mapping[str, PairTable]
    ) -> tuple[float, Reordering] | None:
        """Return the line of a column as it is measured, and how many bits a value needs beside it.

        That is by as much as the scale is narrow where the values are (Box and Cox 1964, eq. 8): so a column
        and its logarithm can be compared.
        """
        told = own.is_told(self.spread)
        found = self._along_all_rows(own, states) if told else None
        if found is None and own.scale.log:
            return None
        if found is None:
            others, missed = self._missed(own, pairs, told=told)
            within = Within.of(own, others, states) if others else None
            if within is None or within.variance <= 0.0:
                return None
            found = _Found(others, within, *_within_leaves(within, missed, self.n_rows))
        order = found.reordering(own)
        return None if order is None else (own.bits(found.left), order)

    def _along_all_rows(self, own: Measured, states: Ints) -> _Found | None:
        """Return the line of all rows where it tells nearly all, and more than leaves do."""
        if not self._told:
            return None
        counted = self._told.counted(own)
        most = np.abs(counted) / self._told.deviation
        chosen = np.sort(np.argsort(-most, kind="stable")[:MOST_OTHERS])
        others = [self._told[place] for place in chosen.tolist()]
        parts, own_parts = (MomentParts.of(columns, self.spread) for columns in (others, [own]))
        among = np.ascontiguousarray(parts.covariances(parts, self.spread).T)
        variance = float(own_parts.covariances(own_parts, self.spread)[0, 0])
        found = forward(among, counted[chosen], variance, self.n_rows)
        if variance <= 0.0 or found.told < NEARLY_A_LINE * variance:
            return None
        within, left = Within.of(own, others, states), max(variance - found.told, 0.0)
        if within.variance <= 0.0 or left > within.variance:
            return None
        if left > NO_LEAVES * within.variance or len(own.parts) > 1:
            return _Found(others, within, found, left)
        return _Found(others, within, found, left, self._offset(own, others, found))

    def _offset(self, own: Measured, others: Sequence[Measured], line: Told) -> float:
        """Return what a line of all rows gives where all deviations are 0."""
        means = np.array([one.mean_deviation(self.spread) for one in others])
        return own.mean_deviation(self.spread) - dot(line.slopes, means)

    def _missed(
        self, own: Measured, pairs: Mapping[str, PairTable], *, told: bool
    ) -> tuple[list[Measured], Floats]:
        """Return the columns before it and the covariance that the model misses with each (k,).

        None is a logarithm: a column and its logarithm lie so close to each other that what is chance in
        either would outweigh what they have in common.
        """
        told_columns, numbers = self._told, self._told.numbers
        in_pairs = self._others if told else [*(told_columns[place] for place in numbers), *self._others]
        paired = [one for one in in_pairs if one.name in pairs]
        missed = np.array([missed_between(pairs[one.name], one, own, self.drawing) for one in paired])
        deviation = np.array([one.deviation for one in paired])
        before = len(numbers) if told else 0
        if told:
            beyond = told_columns.counted(own)[numbers] - told_columns.drawn(own)[numbers]
            missed = np.concatenate([beyond, missed])
            deviation = np.concatenate([told_columns.deviation[numbers], deviation])
        size = np.abs(missed) / deviation
        most = np.sort(np.argsort(-size, kind="stable")[:MOST_OTHERS])
        others = [
            told_columns[int(numbers[place])] if place < before else paired[place - before]
            for place in most.tolist()
        ]
        return others, missed[most]


def _within_leaves(within: Within, missed: Floats, n_rows: int) -> tuple[Told, float]:
    """Return the line within leaves that adds what is ``missed`` (k,), and the variance that it leaves."""
    found = forward(within.others, within.own + missed, within.variance, n_rows)
    most = MOST_TOLD * within.variance
    if found.told <= most:
        return found, within.variance - found.told
    return Told(most, found.slopes * np.sqrt(most / found.told), found.terms), within.variance - most


@dataclass(frozen=True, slots=True)
class _Found:
    """A line through columns ``others``, and the variance that is ``left`` beside it."""

    others: Sequence[Measured]
    within: Within
    line: Told
    left: float
    offset: float | None = None

    def reordering(self, own: Measured) -> Reordering | None:
        """Return the order that gives a column the line and leaves the variance beside it.

        The own values, less the line that they have within leaves, are what the variance beside the line is
        made of, so whatever else a leaf or a factor says of a row's value stays as far as there is room.
        """
        within, line = self.within, self.line
        before = through(within.others, within.own, line.terms)
        told = dot(before, within.own)
        unexplained = within.variance - told
        after = np.cumsum(within.others * line.slopes, axis=1)[:, -1]
        added = dot(line.slopes, after) - told
        if unexplained <= 0.0 or not line.terms or abs(added) < LEAST_TOLD * within.variance:
            return None
        weight = float(np.sqrt(min(self.left / unexplained, 1.0)))
        slopes, computed = (line.slopes - weight * before)[line.terms], None
        if self.offset is not None:
            computed = OnLine(self.offset, line.slopes[line.terms], before[line.terms])
        scales = tuple(self.others[term].scale for term in line.terms)
        return Reordering(own.scale, weight, scales, slopes, computed)
