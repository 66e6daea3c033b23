"""How far one column lies above or below another: a whole number for each row, counted like any other value.

Where one column is never less than another (admission and discharge, part and whole), the second is not
modelled by itself but as the first and a gap. The gap of a row is the exact difference of two keys, so it is
counted, searched and coded like the values of a column, and its counts merge by addition.

==================  =======================================================================================
key of a gap        meaning
==================  =======================================================================================
0 and above         what the column lies above its base (or below it), in the finer of the two steps
below 0             the base has no value: the column's own key, less its greatest possible key, less one
==================  =======================================================================================

Columns of floats without decimals have no common step: their gap is the rounded difference of the two, as the
bits of a float. Where the base has no value, it is the column's own less twice its range, a float below
0; without a range the gap has no value there.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Batch, Keys, Status, Statuses
from syncline.data.grid import Grid
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.scalars import KEY_LIMIT
from syncline.data.schema import Schema
from syncline.data.variable import Variable

Mask: TypeAlias = npt.NDArray[np.bool_]
_HALF_LINE = 63
_FROM = " from "
FARTHEST = KEY_LIMIT >> 2
"""Keys of a column without a range count up to here: two of them and their gap stay exact in 64 bits."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Say that column ``of`` is column ``base`` plus a gap, or, where it is not ``above``, minus one.

    ``name`` is that under which the gap is coded; no column of the schema has it.
    """

    name: str
    of: str
    base: str
    above: bool = True

    @classmethod
    def between(cls, of: str, base: str, names: Collection[str], *, above: bool) -> Gap:
        """Return the gap of two columns of a schema with these ``names``.

        No other gap of the schema has its name, under which it is counted and its persons are told apart:
        where two other columns would give the same words, the length of the column's own name follows.
        """
        name = f"{of}{_FROM}{base}"
        parts = name.split(_FROM)
        ways = ((_FROM.join(parts[:cut]), _FROM.join(parts[cut:])) for cut in range(1, len(parts)))
        if sum(one in names and other in names for one, other in ways) > 1:
            name += f" ({len(of)})"
        while name in names:
            name += "*"
        return cls(name, of, base, above)


@dataclass(frozen=True, slots=True)
class GapLine:
    """The keys of a gap: how they follow from those of its two columns, and these from them.

    ``factors`` are the steps of the column and of its base in units of their common step, 0 for floats;
    ``shift`` is by how many of these the origin of the column's steps lies behind that of its base.
    """

    gap: Gap
    of: Grid
    base: Grid
    factors: tuple[int, int]
    of_extent: tuple[int, int]
    base_extent: tuple[int, int]
    shift: int = 0

    @classmethod
    def of_gap(cls, gap: Gap, schema: Schema) -> GapLine:
        """Return the line of a gap; raise ValueError where its columns cannot be subtracted."""
        return cls.between(gap, schema.variable(gap.of), schema.variable(gap.base))

    @classmethod
    def between(cls, gap: Gap, of: Variable, base: Variable) -> GapLine:
        """Return the line of a gap between two variables; raise ValueError as :meth:`of_gap`."""
        common = common_step(of, base)
        if common is None or of.grid is None or base.grid is None or gap.of == gap.base:
            raise ValueError("a gap needs two ordered columns of one kind with a common step")
        return cls(gap, of.grid, base.grid, common[:2], _extent(of), _extent(base), common[2])

    @property
    def exact(self) -> bool:
        """Whether keys are differences of whole numbers; else of floats."""
        return self.factors != (0, 0)

    @property
    def top(self) -> int:
        """The greatest gap."""
        if not self.exact:
            return Grid(Kind.CONTINUOUS).extent[1]
        of, base = self.factors
        if self.gap.above:
            return max(self.of_extent[1] * of + self.shift - self.base_extent[0] * base, 0)
        return max(self.base_extent[1] * base - self.of_extent[0] * of - self.shift, 0)

    @property
    def bottom(self) -> int:
        """The least key: that of the column's least value where the base has none."""
        return self.of_extent[0] - self.of_extent[1] - 1 if self.exact else 0

    @property
    def bits(self) -> int:
        """The line of keys that is searched is ``-2**bits .. 2**bits - 1``: halved first at 0."""
        return max((self.top + 1).bit_length(), (-self.bottom).bit_length()) if self.exact else _HALF_LINE

    @property
    def counts_alone(self) -> bool:
        """Whether a value without a base has a key."""
        return self.exact or self._farther is not None

    @property
    def _farther(self) -> float | None:
        """What is taken from a float without a base, so that it lies below 0."""
        if self.of_extent == self.of.extent:
            return None
        low, high = self.of.values(np.array(self.of_extent, np.int64)).tolist()
        farther = 2 * high - low + max(abs(low), abs(high)) * 2.0**-20
        return float(farther) if farther < sys.float_info.max and high > low else None

    def variable(self) -> Variable:
        """Return the gap as a variable, whose keys decode and round as those of its columns do."""
        if not self.exact:
            return Variable.model_validate({"name": "gap", "kind": "continuous"})
        return Variable.model_validate({"name": "gap", "kind": "integer", "range": (self.bottom, self.top)})

    def keys(self, of: tuple[Keys, Statuses], base: tuple[Keys, Statuses]) -> tuple[Keys, Statuses]:
        """Return keys and status of the gap (n,) of cells of the column and of its base.

        Where the order of the two is broken, the gap is 0.
        """
        (keys, status), (below, based) = of, base
        both = (status == Status.VALID) & (based == Status.VALID)
        if not self.exact:
            return self._float_keys(of, base, both)
        first, second = self.factors
        away = np.where(both, keys, 0) * first + self.shift - np.where(both, below, 0) * second
        gaps = np.clip(away if self.gap.above else -away, 0, self.top)
        alone = np.clip(np.where(status == Status.VALID, keys, 0) - self.of_extent[1] - 1, self.bottom, -1)
        return np.where(both, gaps, np.where(status == Status.VALID, alone, 0)), status

    def _float_keys(
        self, of: tuple[Keys, Statuses], base: tuple[Keys, Statuses], both: Mask
    ) -> tuple[Keys, Statuses]:
        (keys, status), (below, _) = of, base
        alone, farther = (status == Status.VALID) & ~both, self._farther
        values = self.of.values(np.where(status == Status.VALID, keys, 0))
        with np.errstate(over="ignore"):
            away = values - self.base.values(np.where(both, below, 0))
        gaps = np.clip(away if self.gap.above else -away, 0.0, sys.float_info.max)
        if farther is None:
            lacking = np.where(alone, np.uint8(Status.MISSING), status)
            return np.where(both, self.of.keys_from_numbers(gaps), 0), lacking
        found = np.where(both, gaps, np.where(alone, values - farther, 0.0))
        return self.of.keys_from_numbers(found), status

    def values(self, gap: tuple[Keys, Mask], base: tuple[Keys, Mask]) -> tuple[Keys, Mask]:
        """Return keys of the column (n,), and which are missing, from drawn gaps and drawn bases.

        A gap without a base to lie above, or the other way round, is a missing value. A sum may lie beyond
        the column's extent; the order of the two holds always.
        """
        (gaps, missing), (below, lacking) = gap, base
        relative = gaps >= 0
        missing = missing | (relative == lacking)
        if not self.exact:
            return np.where(missing, 0, self._float_sums(gaps, below)), missing
        first, second = self.factors
        sign = 1 if self.gap.above else -1
        start = np.where(lacking, 0, below) * second - self.shift
        total = start + sign * np.clip(gaps, 0, self.top)
        keys = (total + first // 2) // first
        keys = keys + sign * (sign * (keys * first - start) < 0)
        keys = np.where(relative, keys, gaps + self.of_extent[1] + 1)
        return np.where(missing, 0, keys), missing

    def _float_sums(self, gaps: Keys, below: Keys) -> Keys:
        sign = 1.0 if self.gap.above else -1.0
        with np.errstate(over="ignore", invalid="ignore"):
            total = self.base.values(below) + sign * self.of.values(np.maximum(gaps, 0))
            total = np.where(gaps >= 0, total, self.of.values(np.minimum(gaps, 0)) + (self._farther or 0.0))
        return self.of.keys_from_numbers(
            np.clip(np.nan_to_num(total), -sys.float_info.max, sys.float_info.max)
        )


def with_gaps(batch: Batch, gaps: Collection[Gap], schema: Schema) -> Batch:
    """Return a batch of all modelled columns with the keys of ``gaps`` behind them."""
    if not gaps:
        return batch
    place = {variable.name: i for i, variable in enumerate(schema.modelled)}
    found = []
    for gap in gaps:
        cells = [(batch.keys[place[name]], batch.status[place[name]]) for name in (gap.of, gap.base)]
        found.append(GapLine.of_gap(gap, schema).keys(cells[0], cells[1]))
    return batch.and_columns([keys for keys, _ in found], [status for _, status in found])


def common_step(one: Variable, other: Variable) -> tuple[int, int, int] | None:
    """Return the steps of two variables in units of their common one, and by how many the first begins later.

    All are 0 for floats; None where there is no common step.
    Named states are no values, and have no distance from any: a column with codes has no step here.
    """
    first, second = one.grid, other.grid
    if one.codes or other.codes:
        return None
    if first is None or second is None or not _alike(one, other) or first.is_even != second.is_even:
        return None
    if first.digits is not None or second.digits is not None:
        return None
    if not first.is_even:
        return 0, 0, 0
    if replace(first, zone=None) == replace(second, zone=None):
        return 1, 1, 0
    if first.step is None or second.step is None:
        return None
    behind = _origin(first) - _origin(second)
    unit = _divisor(_divisor(first.step, second.step), behind)
    factors = int(first.step / unit), int(second.step / unit)
    reach = [max(map(abs, v.value_extent)) * factor for v, factor in zip((one, other), factors, strict=True)]
    return (*factors, int(behind / unit)) if max(reach) < FARTHEST else None


def _origin(grid: Grid) -> Fraction:
    return Fraction(grid.origin, 10 ** (grid.decimals or 0))


def _divisor(one: Fraction, other: Fraction) -> Fraction:
    """Return the greatest fraction of which two are multiples."""
    below = one.denominator * other.denominator
    return Fraction(gcd(one.numerator * other.denominator, other.numerator * one.denominator), below)


def _extent(variable: Variable) -> tuple[int, int]:
    low, high = variable.value_extent
    if variable.grid is not None and not variable.grid.is_even:
        return low, high
    return max(low, -FARTHEST), min(high, FARTHEST)


def _alike(one: Variable, other: Variable) -> bool:
    if one.kind in NUMERIC_KINDS and other.kind in NUMERIC_KINDS:
        return True
    return one.kind is other.kind and (one.zone is None) == (other.zone is None)
