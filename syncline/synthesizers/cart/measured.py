"""Numeric columns in rows of the model, beside what suppliers counted of them.

Deviations are whole numbers of at most ``2**16`` in floating point. Products of two of them, over at most
``2**14`` rows, add up to less than ``2**53``: every sum is exact, and the same in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt

from syncline.data.logarithm import log2
from syncline.synthesizers.cart.pair_tables import PairTable
from syncline.synthesizers.cart.regression import dot
from syncline.synthesizers.reordering import Centred
from syncline.synthesizers.row_drawing import RowDrawing
from syncline.synthesizers.second_moments import MomentTerm, SecondMoments

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LEAST_NUMBERS = 0.5
"""Share of the rows that hold a number in a column which gets or makes a line."""
ALIKE = 0.2
"""Moments of a column serve where its variance is that of the model's numbers but for this share at most, and
its mean but for half as many standard deviations: cells without a number, which count as 0, change both."""
_BITS = 16
_LOG2_OF_LOG2 = -0.5287663729448976
"""The binary logarithm of the natural one of 2."""
_UNIT = float(1 << (2 * _BITS))
_PARTS = 2
"""Terms of a column at most: a gap has two."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A numeric column, its logarithm, or a gap between two, in rows of the model.

    Attributes
    ----------
    scale : its scale
    whole : deviations of the rows in units of ``2**-16``, 0 of a row without a number (n,)
    present : which rows hold a number (n,)
    parts : the terms of which it is a sum, each times a number
    variance : its mean squared deviation in the model's rows
    deviation : the root of that, above zero
    """

    scale: Centred
    whole: Floats
    present: Mask
    parts: tuple[tuple[MomentTerm, float], ...]
    variance: float = field(init=False)
    deviation: float = field(init=False)

    def __post_init__(self) -> None:
        variance = float(mean_products(self.whole[None], self.whole)[0])
        object.__setattr__(self, "variance", variance)
        object.__setattr__(self, "deviation", float(np.sqrt(max(variance, 1e-300))))

    @classmethod
    def of(cls, name: str, drawing: RowDrawing, *, log: bool = False) -> Measured | None:
        """Return a column, None where it is not numeric, varies not, or holds too few numbers."""
        by_name = drawing.drawers.by_name
        variable, gap = by_name[name].values.variable, by_name[name].codes.gap
        if variable.grid is None or variable.is_categorical:
            return None
        numbers, present = Centred(name, 0.0, 0, log).deviations(drawing.rows, by_name)
        held = numbers[present]
        if len(held) < max(LEAST_NUMBERS * len(numbers), 1):
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            centre = float(np.cumsum(held)[-1]) / len(held)
            most = float(np.abs(held - centre).max())
        if not np.isfinite(most) or most <= 0.0:
            return None
        scale = Centred(name, centre, int(np.frexp(most)[1]), log)
        parts: tuple[tuple[MomentTerm, float], ...] = ((MomentTerm(name, log), 1.0),)
        if gap is not None:
            unit = _unit(drawing, name) * (1.0 if gap.above else -1.0)
            parts = (MomentTerm(gap.of), 1.0 / unit), (MomentTerm(gap.base), -1.0 / unit)
        deviations = np.where(present, np.ldexp(numbers - centre, -scale.exponent), 0.0)
        return cls(scale, np.rint(deviations * (1 << _BITS)) + 0.0, present, parts)

    @property
    def name(self) -> str:
        """The column or gap."""
        return self.scale.column

    def bits(self, variance: float) -> float:
        """Return the binary logarithm of a standard deviation in the column's own unit, by its variance here.

        A logarithm is as wide as its number times log 2, so its deviations are wider by the mean of that.
        """
        own = float(log2(np.array([max(variance, 1e-300)]))[0]) / 2.0 + self.scale.exponent
        return own + self.scale.centre + _LOG2_OF_LOG2 if self.scale.log else own

    def mean_deviation(self, spread: SecondMoments) -> float:
        """Return the mean of real rows' deviations, whose terms are all counted."""
        mean = -self.scale.centre
        for term, weight in self.parts:
            mean += weight * spread.mean_of(term)
        return float(np.ldexp(mean, -self.scale.exponent))

    def is_told(self, spread: SecondMoments) -> bool:
        """Tell whether moments are those of its numbers alone, by those of the model's numbers."""
        if not self.present.all() or not all(term in spread.terms for term, _ in self.parts):
            return False
        own = MomentParts.of([self], spread)
        counted = float(own.covariances(own, spread)[0, 0])
        near = abs(self.mean_deviation(spread)) <= ALIKE / 2 * np.sqrt(self.variance)
        return bool(near and abs(counted - self.variance) <= ALIKE * self.variance)


def mean_products(each: Floats, own: Floats) -> Floats:
    """Return the mean products of whole deviations (k, n) with others (n,): (k,)."""
    return np.asarray(each @ own / max(len(own), 1) / _UNIT)


@dataclass(frozen=True, slots=True)
class MomentParts:
    """Of which terms of the moments each of k columns is a sum: of one, or of the two of a gap.

    Attributes
    ----------
    place : of each term (k, 2)
    weight : how many times it counts (k, 2)
    there : whether there is such a term (k, 2)
    exponent : deviations of the columns are in units of ``2**exponent`` (k,)
    """

    place: Ints
    weight: Floats
    there: Mask
    exponent: Ints

    @classmethod
    def of(cls, columns: Sequence[Measured], spread: SecondMoments) -> MomentParts:
        """Return the parts of columns whose terms are all counted."""
        place, weight = np.zeros((len(columns), _PARTS), np.int64), np.zeros((len(columns), _PARTS))
        there = np.zeros((len(columns), _PARTS), np.bool_)
        for row, column in enumerate(columns):
            for part, (term, times) in enumerate(column.parts):
                place[row, part], weight[row, part], there[row, part] = spread.terms[term], times, True
        exponent = np.array([column.scale.exponent for column in columns], np.int64)
        return cls(place, weight, there, exponent)

    def followed_by(self, others: MomentParts) -> MomentParts:
        """Return the parts of these columns, and after them those of others."""
        return MomentParts(
            np.concatenate([self.place, others.place]),
            np.concatenate([self.weight, others.weight]),
            np.concatenate([self.there, others.there]),
            np.concatenate([self.exponent, others.exponent]),
        )

    def covariances(self, others: MomentParts, spread: SecondMoments) -> Floats:
        """Return the covariances of deviations in real rows (k, others), cells without a number as 0."""
        power = -self.exponent[:, None] - others.exponent
        covariance = np.zeros(power.shape)
        for own, beside in product(range(_PARTS), repeat=2):
            there = self.there[:, own, None] & others.there[:, beside]
            if there.any():
                found = spread.covariances_of(self.place[:, own, None], others.place[:, beside], power)
                times = self.weight[:, own, None] * others.weight[:, beside]
                covariance += np.where(there, times * np.where(there, found, 0.0), 0.0)
        return covariance


def _unit(drawing: RowDrawing, name: str) -> float:
    """Return what one step of a gap is in numbers of its columns."""
    line = drawing.drawers.line(name)
    if not line.exact:
        return 1.0
    one, none = line.of.values(np.array([1, 0], np.int64)).astype(np.float64).tolist()
    return float(one - none) / line.factors[0]


@dataclass(frozen=True, slots=True)
class Within:
    """What rows of the model have in common within leaves.

    Attributes
    ----------
    others : covariances of the columns before (k, k)
    own : their covariances with the own column (k,)
    variance : of the own column
    """

    others: Floats
    own: Floats
    variance: float

    @classmethod
    def of(cls, own: Measured, others: Sequence[Measured], states: Ints) -> Within:
        """Return the covariances within ``states`` (n,) of the rows that hold a number in the own column."""
        held = slice(None) if own.present.all() else np.flatnonzero(own.present)
        inside = np.stack([one.whole[held] for one in (*others, own)])
        leaf = np.unique(states[held], return_inverse=True)[1]
        size = np.bincount(leaf).astype(np.float64)
        sums = np.stack([np.bincount(leaf, row) for row in inside])
        covariance = inside @ inside.T
        for i, row in enumerate(sums):
            covariance[i] -= np.cumsum(row * sums / size, axis=1)[:, -1]
        covariance /= inside.shape[1] * _UNIT
        return cls(covariance[:-1, :-1], covariance[:-1, -1], float(covariance[-1, -1]))


def missed_between(pair: PairTable, other: Measured, own: Measured, drawing: RowDrawing) -> float:
    """Return the covariance, between groups and classes, that real rows have beyond those of the model."""
    group = pair.group.astype(np.intp)[drawing.bins[:, pair.place]]
    classes = drawing.drawers.by_name[own.name].codes.classes[drawing.codes[own.name]].astype(np.intp)
    both = other.present & own.present
    shape = pair.rows.shape
    drawn = np.bincount(group[both] * shape[1] + classes[both], minlength=pair.rows.size).reshape(shape)
    x = _means(group[both], other.whole[both], shape[0])
    y = _means(classes[both], own.whole[both], shape[1])
    real = np.where((drawn.sum(axis=1) > 0)[:, None] & (drawn.sum(axis=0) > 0), pair.rows, 0)
    return _covariance(real, x, y) - _covariance(drawn, x, y)


def _means(group: npt.NDArray[np.intp], whole: Floats, groups: int) -> Floats:
    """Return the mean deviation of each group (groups,), 0.0 of one without rows."""
    rows = np.bincount(group, minlength=groups)
    return np.bincount(group, whole, groups) / np.maximum(rows, 1) / (1 << _BITS)


def _covariance(rows: Ints, x: Floats, y: Floats) -> float:
    """Return the covariance of a table (groups, classes) whose groups and classes have these values."""
    n = max(int(rows.sum()), 1)
    mean_x, mean_y = dot(rows.sum(axis=1) / n, x), dot(rows.sum(axis=0) / n, y)
    return dot((rows / n).ravel(), np.outer(x, y).ravel()) - mean_x * mean_y
