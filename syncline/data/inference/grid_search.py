"""The coarsest grid that holds a column: decimals, a step between numbers, a step of time or of days.

What a few cells hold does not decide: a grid is one of all values but at most ``FEW_SHARE`` of the cells,
which are then moved to it and named. A step must be more than chance: if the values lay anywhere on the finer
grid, ``m`` distinct ones would all be multiples of ``g`` with probability g**-m, which must be below one in a
million.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from syncline.data.grid import Grid
from syncline.data.inference.number_notation import is_few
from syncline.data.inference.seen_cells import Mask, Rows
from syncline.data.kinds import Kind
from syncline.data.scalars import KEY_LIMIT
from syncline.data.step import MONTHS, UNITS, span_text, width_of

MAX_INFERRED_DECIMALS = 9
"""The finest decimal grid that is looked for; finer numbers keep all bits of their floats."""

MAX_STEP_DECIMALS = 3
"""Numbers of more decimals were reckoned, and have no step that anybody chose."""

MAX_INFERRED_DIGITS = 5
"""Numbers of more significant digits were not rounded to these."""

SPARE_DIGITS = 3
"""Zeros at least that the largest number would have behind its digits on the grid of the smallest one."""

_TINY = 1e-3
"""Numbers below it are written with powers of ten, and nobody counts their decimals: one zero is enough."""

MANY_DECIMALS = 2
"""A few cells that need so many decimals more than all others were reckoned or mistyped; beside one to three
decimals, which somebody chose to write, one more is enough.
"""

MOST = 0.8
"""Share of the cells on a coarser grid from which on the others are worth a word."""

CHANCE_DIGITS = 6
"""A step is taken for one where chance would make it with a probability below 10**-6."""

TIME_STEPS = tuple(
    count * UNITS[unit]
    for unit, counts in (
        ("d", (1,)),
        ("h", (12, 6, 4, 3, 2, 1)),
        ("min", (30, 20, 15, 10, 5, 2, 1)),
        ("s", (30, 15, 10, 5, 1)),
        ("ms", (100, 10, 1)),
    )
    for count in counts
)
"""Steps of time that are looked for, in microseconds, the coarsest first."""

DAYS_OF_STEP = {"year": 365.25, "quarter": 91.3, "month": 30.4}
"""Steps of dates, the coarsest first, with their mean number of days."""

_NOISE = 1e-12  # of a value: what a few additions in binary leave behind
_MARGIN = 1e-3  # of a grid's unit: what is nearer to the grid than this is on it
_TRIES = (2, 3, 5, 7, 11, 13)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FoundGrid:
    """A grid of numbers: its decimals (None: floats keep all bits), its step, and how many cells are off.

    Or all have at most so many significant ``digits``, whatever their size. Values lie ``origin`` past
    multiples of the step; None where they are multiples.
    """

    decimals: int | None
    step: str | None = None
    moved: int = 0
    origin: str | None = None
    digits: int | None = None

    @property
    def words(self) -> str:
        """The step in words: ``multiples of 7``, or ``3 past multiples of 7``."""
        return multiples(self.step, self.origin)


@dataclass(frozen=True, slots=True)
class FoundStep:
    """A step of times, None where there is none, its origin as of numbers, and how many cells are off."""

    step: str | None = None
    moved: int = 0
    origin: str | None = None


def multiples(step: str | None, origin: str | None) -> str:
    """Return in words where the values of a step lie that begins at an origin, if any."""
    return f"multiples of {step}" if origin is None else f"{origin} past multiples of {step}"


def grid_of_numbers(values: Floats, rows: Rows) -> FoundGrid:
    """Return the grid of distinct finite numbers (k,), each held by ``rows`` (k,) cells."""
    decimals, moved = _decimals(values, rows)
    if decimals != 0 and (digits := _digits(values)) is not None:
        return FoundGrid(None, digits=digits)
    if decimals is None or decimals > MAX_STEP_DECIMALS:
        return FoundGrid(decimals, None, moved)
    keys = Grid(Kind.CONTINUOUS, decimals).keys_from_numbers(values)
    width, origin = _width(keys, rows, 10 if decimals else 1), 0
    begin = int(keys[rows.argmax()]) if len(keys) else 0
    apart = _width(keys - begin, rows, 10 if decimals else 1)
    if apart > width and begin % apart and _is_no_chance((keys - begin) % apart == 0, apart / width):
        width, origin = apart, begin % apart
    if width == 1 or (not origin and width <= 10**decimals and set(str(width)) <= {"1", "0"}):
        return FoundGrid(decimals, None, moved)  # a tenth is no step, but one decimal
    moved = int(rows[_off(values, decimals) | ((keys - origin) % width != 0)].sum())
    step, past = (Decimal(size).scaleb(-decimals).normalize() for size in (width, origin))
    decimals = max(*(-int(size.as_tuple().exponent) for size in (step, past)), 0)
    return FoundGrid(decimals, format(step, "f"), moved, format(past, "f") if past else None)


def _is_no_chance(on: Mask, times: float) -> bool:
    """Tell whether so many values hardly lie on a grid ``times`` as coarse, wherever it begins."""
    distinct = int(np.count_nonzero(on))
    return distinct > CHANCE_DIGITS and (distinct - 1) * math.log10(times) >= CHANCE_DIGITS


@dataclass(frozen=True, slots=True)
class CoarserGrid:
    """A grid on which most cells lie, and how many do."""

    decimals: int
    step: str | None
    cells: int


def coarser_grid(values: Floats, rows: Rows, found: FoundGrid) -> CoarserGrid | None:
    """Return the coarsest grid of powers of ten on which most of the cells lie, where not all do.

    Zero and the most frequent value lie on every grid that a person chose, and tell nothing.
    """
    if not len(values):
        return None
    telling = (values != 0) & (np.arange(len(values)) != int(rows.argmax()))
    values, rows = values[telling], rows[telling]
    held, largest = int(rows.sum()), float(np.abs(values).max(initial=0.0))
    if found.step is not None or found.digits is not None or largest * 10.0**MAX_STEP_DECIMALS >= KEY_LIMIT:
        return None
    finest = MAX_STEP_DECIMALS + 1 if found.decimals is None else found.decimals
    keys = Grid(Kind.CONTINUOUS, MAX_STEP_DECIMALS).keys_from_numbers(values)
    for decimals in range(-int(math.log10(max(largest, 1.0))), min(finest, MAX_STEP_DECIMALS + 1)):
        on = ~_off(values, MAX_STEP_DECIMALS) & (keys % 10 ** (MAX_STEP_DECIMALS - decimals) == 0)
        cells = int(rows[on].sum())
        if cells >= MOST * held > 0 and len(np.unique(values[on])) > CHANCE_DIGITS:
            return CoarserGrid(max(decimals, 0), str(10**-decimals) if decimals < 0 else None, cells)
    return None


def step_of_times(microseconds: Rows, rows: Rows) -> FoundStep:
    """Return the step of distinct times (k,) in microseconds.

    Whole seconds and thousandths are taken as they are, since nobody rounds to them by chance.
    """
    found = _step_from_midnight(microseconds, rows)
    width = 1 if found.step is None else width_of(found.step, Kind.DATETIME, 0)
    begin = int(microseconds[rows.argmax()]) if len(rows) else 0
    for size in TIME_STEPS:
        if size <= width or size % width or not begin % size:
            continue
        off = (microseconds - begin) % size != 0
        moved = int(rows[off].sum())
        if is_few(moved, _deciding(rows)) and _is_no_chance(~off, size / width):
            return FoundStep(span_text(size), moved, span_text(begin % size))
    return found


def _step_from_midnight(microseconds: Rows, rows: Rows) -> FoundStep:
    for size in TIME_STEPS:
        off = microseconds % size != 0
        moved = int(rows[off].sum())
        if not is_few(moved, _deciding(rows)):
            continue
        distinct = int(np.count_nonzero(~off))
        finer = UNITS["s"] if size <= UNITS["min"] else UNITS["min"]  # what a clock shows anyway
        if size <= UNITS["s"] or distinct * math.log10(size / finer) >= CHANCE_DIGITS:
            return FoundStep(span_text(size), moved)
    return FoundStep()


def step_of_days(days: Rows) -> str | None:
    """Return the step of distinct days (k,), counted from 1970-01-01: months, quarters, years, or None."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    if (months.astype("datetime64[D]") != dates).any():
        return None
    for step, mean_days in DAYS_OF_STEP.items():
        fits = (months.astype(np.int64) % MONTHS[step] == 0).all()
        if fits and len(days) * math.log10(mean_days) >= CHANCE_DIGITS:
            return step
    return None


def without_float_noise(values: Floats) -> Floats:
    """Return the decimals that were meant (k,) where all numbers are 32-bit floats widened to 64 bits.

    3.19 as a 32-bit float is 3.190000057...; a file or a join may widen it. Other numbers come back as they
    are.
    """
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    if not np.isfinite(narrow).all() or (narrow.astype(np.float64) != values).any():
        return values
    return np.array([float(str(number)) for number in narrow], np.float64)


def _decimals(values: Floats, rows: Rows) -> tuple[int | None, int]:
    """Return the decimals that all cells need but a few that need many more, and how many these are."""
    held, coarse = _deciding(rows), None
    fine = float(np.abs(values).max(initial=0.0))
    for decimals in range(MAX_INFERRED_DECIMALS + 1):
        if fine * 10.0**decimals >= KEY_LIMIT:
            break
        moved = int(rows[_off(values, decimals)].sum())
        if coarse is None and is_few(moved, held):
            coarse = (decimals, moved)
        if coarse is not None and decimals >= coarse[0] + _more_decimals(coarse[0]):
            break
        if not moved:
            return decimals, 0
    return coarse or (None, 0)


def _digits(values: Floats) -> int | None:
    """Return the significant digits that all numbers keep, where decimals would give many of them more.

    Numbers of all sizes with two or three digits are no chance: on the grid of the smallest ones the others
    would hardly all end in zeros.
    """
    size = np.abs(values[values != 0])
    needed = 1 if len(size) and float(size.max()) < _TINY else SPARE_DIGITS
    if len(size) <= CHANCE_DIGITS or 10.0 * float(size.max()) < 10.0**needed * float(size.min()):
        return None
    written = list[tuple[int, int, int]]()
    for number in size.tolist():
        sign = Decimal(repr(number)).normalize()
        written.append((len(sign.as_tuple().digits), sign.adjusted(), -int(sign.as_tuple().exponent)))
        if written[-1][0] > MAX_INFERRED_DIGITS:
            return None
    digits, finest = max(own[0] for own in written), max(own[2] for own in written)
    spare = [power + 1 + finest - digits for _, power, _ in written]
    ended = sum(max(one, 0) for one in spare)
    return digits if max(spare) >= needed and ended >= 2 * CHANCE_DIGITS else None


def _more_decimals(decimals: int) -> int:
    """Return how many decimals more a few cells need at least, so that they do not decide a grid."""
    return 1 if 0 < decimals <= MAX_STEP_DECIMALS else MANY_DECIMALS


def _off(values: Floats, decimals: int) -> Mask:
    """Tell which values (k,) do not lie on the grid of so many decimals, but for the noise of floats."""
    grid = Grid(Kind.CONTINUOUS, decimals)
    decoded = grid.values(grid.keys_from_numbers(values))
    slack = np.minimum(_NOISE * np.abs(values), _MARGIN * 10.0**-decimals)
    return np.asarray((decoded != values) & (np.abs(decoded - values) > slack), np.bool_)


def _width(keys: Rows, rows: Rows, coarser: int) -> int:
    """Return the step of all but a few cells in units of keys (k,), 1 where there is none.

    Multiples of ``coarser`` need no such fine grid: a step is also one of the other cells, where they are
    more than a few.
    """
    present = keys != 0
    size, weight = np.abs(keys[present]), rows[present]
    judged = [(weight, _deciding(rows))]
    fine = weight * (size % coarser != 0)
    if not is_few(int(fine.sum()), _deciding(rows)):
        judged.append((fine, int(fine.sum())))
    width = 1
    for prime in _TRIES:
        while len(size):
            off = size % (width * prime) != 0
            if not all(is_few(int(cells[off].sum()), held) for cells, held in judged):
                break
            width *= prime
            if width > int(size.max()):
                return 1
    on = size % width == 0
    exact = int(np.gcd.reduce(size)) if len(size) else 1
    if exact > width:
        width, on = exact, np.ones(len(size), np.bool_)
    distinct = int(np.count_nonzero(on))
    if width == 1 or (distinct - 1) * math.log10(width) < CHANCE_DIGITS:
        return 1
    return width


def _deciding(rows: Rows) -> int:
    """Return the cells of all values but the most frequent: zeros in most rows do not outvote the others."""
    return int(rows.sum()) - int(rows.max(initial=0))
