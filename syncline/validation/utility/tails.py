"""Extremes of numbers: how much of the real table lies beyond the synthetic one, and how heavy the ends are.

All comes from the counts of single columns in bins that the synthetic table decides. Shares are those of the
cells with a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from syncline.data.blob import Json
from syncline.validation.column_bins import TableBins
from syncline.validation.histograms import Ints
from syncline.validation.intervals import mean_error, mean_interval, wilson
from syncline.validation.metric import Goal, Metric
from syncline.validation.utility.tables import SetCounts

TAIL = 0.05
"""The part of the synthetic values that either end holds, as nearly as bins allow."""

_WORST = 10


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """A column of numbers: rows below the lower end, in the middle and above the upper end, (3,) each.

    ``beyond`` are the real rows beyond the synthetic range, ``values`` all real rows with a value.
    ``ends_shown`` and ``beyond_shown`` say whether the real shares there may be.
    """

    name: str
    synthetic: Ints
    train: Ints
    holdout: Ints | None
    beyond: int
    values: int
    ends_shown: bool
    beyond_shown: bool

    @classmethod
    def of(cls, found: SetCounts, min_cell: int) -> _Ends:
        made, real = found.synthetic[1:], found.train[1:]
        cuts = _cuts(made)
        codes, outside = np.arange(1, len(made) + 1), [1, len(made)] if len(made) > 1 else [1]
        ends, beyond = (codes[: cuts[0]], codes[cuts[1] :]), int(found.train[outside].sum())
        return cls(
            found.columns[0],
            _thirds(made, cuts),
            _thirds(real, cuts),
            None if found.holdout is None else _thirds(found.holdout[1:], cuts),
            beyond,
            int(real.sum()),
            all(found.may_be_shown(end, min_cell) for end in ends),
            beyond > 0 and found.may_be_shown(outside, min_cell),
        )


def tails(singles: Sequence[SetCounts], bins: TableBins, min_cell: int) -> list[Metric]:
    """Return ``tails`` and ``beyond_range`` from the counts of single columns, in the order of ``bins``.

    ``tails`` is the mean, over the columns of numbers, of the difference of shares at the lower end plus that
    at the upper end. ``beyond_range`` is the mean share of real values that are less than all synthetic ones
    or greater. Of a column with fewer than ``min_cell`` persons there the share is taken for 0, and the
    interval says up to what it may be. Its floor is the mean share of new values beyond the range of m others
    of the same kind, 2 / (m + 1) (Wilks 1942, doi:10.1214/aoms/1177731537); ties make it less.
    """
    ends = [
        _Ends.of(found, min_cell)
        for found, column in zip(singles, bins.columns, strict=True)
        if not len(column.code)
    ]
    ends = [column for column in ends if column.values]
    if not ends:
        words = "not computed: no column of numbers has a value"
        return [Metric(name, None, words=words) for name in ("tails", "beyond_range")]
    return [_tails(ends), _beyond(ends, min_cell)]


def _tails(ends: Sequence[_Ends]) -> Metric:
    off = [_difference(column.synthetic, column.train) for column in ends]
    floors = [
        None if column.holdout is None else _difference(column.holdout, column.train) for column in ends
    ]
    known = [floor for floor in floors if floor is not None]
    value, interval = mean_interval(off, [_error(column.synthetic, column.train) for column in ends])
    shown = (place for place, column in enumerate(ends) if column.ends_shown)
    order = sorted(shown, key=lambda place: (-off[place], ends[place].name))
    worst: list[dict[str, Json]] = [
        {
            "column": ends[place].name,
            "value": round(off[place], 6),
            "floor": None if floors[place] is None else round(floors[place] or 0.0, 6),
            "synthetic": cast("Json", _two_ends(ends[place].synthetic)),
            "real": cast("Json", _two_ends(ends[place].train)),
        }
        for place in order
    ][:_WORST]
    words = (
        f"difference of the shares of both ends of a column of numbers, of about {TAIL:.0%} each, on average"
    )
    floor = float(np.mean(known)) if len(known) == len(ends) else None
    return Metric("tails", value, interval, floor, Goal.FLOOR, None, words, {"worst": cast("Json", worst)})


def _beyond(ends: Sequence[_Ends], min_cell: int) -> Metric:
    shown = [column.beyond_shown for column in ends]
    shares = [
        column.beyond / column.values if known else 0.0 for column, known in zip(ends, shown, strict=True)
    ]
    limits = [
        wilson(column.beyond, column.values)
        if known
        else (0.0, wilson(_at_most(column, min_cell), column.values)[1])
        for column, known in zip(ends, shown, strict=True)
    ]
    low, high = (float(np.mean([limit[side] for limit in limits])) for side in (0, 1))
    floor = float(np.mean([2 / (int(column.synthetic.sum()) + 1) for column in ends]))
    order = sorted(range(len(ends)), key=lambda place: (-shares[place], ends[place].name))[:_WORST]
    worst: list[Json] = [
        {"column": ends[place].name, "value": round(shares[place], 6)} for place in order if shown[place]
    ]
    words = (
        "share of the real values of a column of numbers that lie beyond all synthetic ones, on average;"
        f" fewer than {min_cell} people count as none"
    )
    return Metric(
        "beyond_range",
        float(np.mean(shares)),
        (low, high),
        min(floor, 1.0),
        Goal.FLOOR,
        None,
        words,
        {"worst": worst},
    )


def _cuts(made: Ints) -> tuple[int, int]:
    """Return how many codes the lower end takes, and from which on the upper one begins.

    An end takes the outermost bins whose mass comes nearest to ``TAIL``, and always what lies beyond all
    synthetic values. The ends never meet.
    """
    total = max(int(made.sum()), 1)
    low, high = (int(np.abs(np.cumsum(side) / total - TAIL).argmin()) + 1 for side in (made, made[::-1]))
    low = min(low, len(made))
    return low, max(len(made) - high, low)


def _thirds(counts: Ints, cuts: tuple[int, int]) -> Ints:
    low, high = cuts
    return np.array([counts[:low].sum(), counts[low:high].sum(), counts[high:].sum()], np.int64)


def _shares(counts: Ints) -> npt.NDArray[np.float64]:
    shares: npt.NDArray[np.float64] = counts / max(int(counts.sum()), 1)
    return shares


def _difference(first: Ints, second: Ints) -> float:
    return float(np.abs(_shares(first) - _shares(second))[[0, 2]].sum())


def _error(first: Ints, second: Ints) -> float:
    """Return the standard error of :func:`_difference`, its signs held fixed."""
    signs = np.sign(_shares(first) - _shares(second)) * np.array([1, 0, 1])
    return float(np.hypot(mean_error(signs, first), mean_error(signs, second)))


def _two_ends(counts: Ints) -> list[float]:
    total = max(int(counts.sum()), 1)
    return [round(int(counts[0]) / total, 6), round(int(counts[2]) / total, 6)]


def _at_most(column: _Ends, min_cell: int) -> int:
    """Return a bound of the rows beyond the range that tells no more than their multiple of ``min_cell``."""
    return min(max(-(-column.beyond // min_cell), 1) * min_cell, column.values)
