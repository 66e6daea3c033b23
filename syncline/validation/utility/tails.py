"""Extremes of numbers: how much of the real table lies beyond the synthetic one, and how heavy the ends are.

All comes from what is told of single columns, in bins that the synthetic table decides. Shares of the ends
are those among the values that are told, shares beyond all synthetic values those among all rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from syncline.data.blob import Json
from syncline.privacy import people_rule
from syncline.privacy.people_rule import TOO_FEW
from syncline.validation.histograms import Ints
from syncline.validation.intervals import mean_error, mean_interval, wilson
from syncline.validation.metric import Goal, Metric
from syncline.validation.utility.tables import Beyond, Tables
from syncline.validation.utility.told import ToldCounts

TAIL = 0.05
"""The part of the synthetic values that either end holds, as nearly as bins allow."""

_WORST = 10


@dataclass(frozen=True, slots=True, eq=False)
class _TailRows:
    """A column of numbers: rows below the lower end, in the middle and above the upper end, (3,) each."""

    name: str
    synthetic: Ints
    train: Ints
    holdout: Ints | None

    @classmethod
    def of(cls, found: ToldCounts) -> _TailRows | None:
        """Return the ends of a column's bins that are told; None where one of the outermost bins is not."""
        told = ~found.mask[1:]
        if not (found.is_told and told[0] and told[-1]):
            return None
        made = found.synthetic[1:][told]
        cuts = _cuts(made)
        held = None if found.holdout is None or not found.has_floor else found.holdout[1:][told]
        return cls(
            found.columns[0],
            _thirds(made, cuts),
            _thirds(found.train[1:][told], cuts),
            None if held is None else _thirds(held, cuts),
        )


def tails(tables: Tables, min_cell: int) -> list[Metric]:
    """Return ``tails`` and ``beyond_range`` from what is told of single columns.

    ``tails`` is the mean, over the columns of numbers, of the difference of shares at the lower end plus that
    at the upper end. ``beyond_range`` is the mean share of real values that are less than all synthetic ones
    or greater. Of a column with fewer than ``min_cell`` persons there, nobody or some, the share is taken for
    that of so many, and the figure is at most so great. Its floor is the mean share of new values beyond
    the range of m others of the same kind, 2 / (m + 1) (Wilks 1942, doi:10.1214/aoms/1177731537); ties make
    it less.
    """
    numbers = [
        found
        for found, column in zip(tables.singles, tables.bins.columns, strict=True)
        if not len(column.code) and found.train[1:].sum()
    ]
    if not numbers:
        words = "not computed: no column of numbers has a value"
        return [Metric(name, None, words=words) for name in ("tails", "beyond_range")]
    ends = _tails(numbers)
    return [ends] if tables.beyond is None else [ends, _beyond(numbers, tables.beyond, min_cell)]


def _tails(numbers: Sequence[ToldCounts]) -> Metric:
    ends = [each for each in map(_TailRows.of, numbers) if each is not None]
    ends = [each for each in ends if each.holdout is not None] or ends
    if not ends:
        words = "not shown: too few people stand behind the ends of all columns of numbers"
        return Metric("tails", None, goal=Goal.FLOOR, words=words, reason=TOO_FEW)
    off = [_difference(column.synthetic, column.train) for column in ends]
    floors = [
        None if column.holdout is None else _difference(column.holdout, column.train) for column in ends
    ]
    known = [floor for floor in floors if floor is not None]
    value, interval = mean_interval(off, [_error(column.synthetic, column.train) for column in ends])
    order = sorted(range(len(ends)), key=lambda place: (-off[place], ends[place].name))
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
        "difference of the shares of both ends of a column of numbers, of the outermost bins and about"
        f" {TAIL:.0%} each, on average"
    )
    floor = float(np.mean(known)) if len(known) == len(ends) else None
    return Metric("tails", value, interval, floor, Goal.FLOOR, None, words, {"worst": cast("Json", worst)})


def _beyond(numbers: Sequence[ToldCounts], beyond: Mapping[str, Beyond], min_cell: int) -> Metric:
    columns = [(found.columns[0], beyond[found.columns[0]], int(found.train.sum())) for found in numbers]
    told = [outside.is_told for _, outside, _ in columns]
    rows = [
        outside.rows if known else max(-(-outside.rows // min_cell), 1) * min_cell
        for (_, outside, _), known in zip(columns, told, strict=True)
    ]
    sizes = [n for _, _, n in columns]
    shares = [min(count / n, 1.0) for count, n in zip(rows, sizes, strict=True)]
    limits = [
        wilson(min(count, n), n) if known else (0.0, wilson(min(count, n), n)[1])
        for count, n, known in zip(rows, sizes, told, strict=True)
    ]
    low, high = (float(np.mean([limit[side] for limit in limits])) for side in (0, 1))
    floor = float(np.mean([2 / (int(found.synthetic[1:].sum()) + 1) for found in numbers]))
    order = sorted(range(len(columns)), key=lambda place: (-shares[place], columns[place][0]))[:_WORST]
    worst: list[Json] = [
        {"column": columns[place][0], "value": round(shares[place], 6)} for place in order if told[place]
    ]
    words = "share of the real rows beyond all synthetic values of a column of numbers, on average" + (
        f"; fewer than {min_cell} people count as {min_cell}" if people_rule.few(1, min_cell) else ""
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
        at_most=not all(told),
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
