"""Values of one leaf change places so that they follow a line through the columns before them.

A leaf tells which values its rows have and not which row has which. Ranks of a line through other columns and
the own value say that: the rows of a leaf keep their values as a set, and get them in that order (Iman and
Conover 1982, doi:10.1080/03610918208812265). So no distribution of a leaf changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.logarithm import exp2, log2
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.kept_rows import ByName, MutableColumns, numbers_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Centred:
    """A column or gap as deviations: ``ldexp(number - centre, -exponent)``, 0.0 where it holds no number.

    With ``log`` the number is the binary logarithm of a positive one; others count as no number.
    """

    column: str
    centre: float
    exponent: int
    log: bool = False

    def deviations(self, rows: MutableColumns, by_name: Mapping[str, CodedColumn]) -> tuple[Floats, Mask]:
        """Return the deviation of each row (n,), and which rows hold a number (n,)."""
        numbers, present = numbers_of(self.column, rows, by_name)
        if by_name[self.column].codes.gap is not None:
            present = present & (rows[self.column][0] >= 0)  # below 0 stand values without a base
        if self.log:
            present, numbers = present & (numbers > 0.0), log2(numbers)
        return np.where(present, np.ldexp(numbers - self.centre, -self.exponent), 0.0), present


@dataclass(frozen=True, slots=True)
class OnLine:
    """A line that nearly tells a value by itself.

    Attributes
    ----------
    offset : what it gives where all deviations are 0
    slopes : of each other column, in all rows (k,)
    within : those of the line through the same columns that values have before, within states (k,)
    """

    offset: float
    slopes: Floats
    within: Floats


@dataclass(frozen=True, slots=True)
class Reordering:
    """The line by which the values of a leaf are put in order: own value and slopes of columns before.

    Attributes
    ----------
    own : the column itself
    weight : of its own value in the line
    others : columns that are drawn before it
    slopes : of each of them (k,)
    computed : how values are computed by the line, where it says so much that their order is not enough
    """

    own: Centred
    weight: float
    others: tuple[Centred, ...]
    slopes: Floats
    computed: OnLine | None = None

    def numbers(
        self, line: OnLine, rows: MutableColumns, states: Ints, by_name: ByName
    ) -> tuple[Floats, Mask]:
        """Return the number (n,) that the line gives each row, and which rows hold one (n,).

        What it leaves is what the own value has beside the line within its state, made as narrow.
        """
        value, present = self.own.deviations(rows, by_name)
        beside, along = value, np.full(len(value), line.offset)
        for scale, slope, own in zip(self.others, line.slopes.tolist(), line.within.tolist(), strict=True):
            other = scale.deviations(rows, by_name)[0]
            beside = beside - own * other
            along = along + slope * other
        places = np.unique(states[present], return_inverse=True)[1]
        mean = np.bincount(places, beside[present]) / np.bincount(places)
        along[present] += self.weight * (beside[present] - mean[places])
        found = self.own.centre + np.ldexp(along, self.own.exponent)
        return exp2(found) if self.own.log else found, present

    def order(
        self, rows: MutableColumns, states: Ints, by_name: Mapping[str, CodedColumn]
    ) -> tuple[Ints, Ints]:
        """Return the rows that hold a number, state by state, by the line and by their values (m,).

        The value of the i-th row of the second belongs to the i-th row of the first.
        """
        value, present = self.own.deviations(rows, by_name)
        line = self.weight * value
        for scale, slope in zip(self.others, self.slopes.tolist(), strict=True):
            line = line + slope * scale.deviations(rows, by_name)[0]
        held = np.flatnonzero(present)
        wanted, by_value = (np.lexsort((keys[held], states[held])) for keys in (line, value))
        return held[wanted], held[by_value]
