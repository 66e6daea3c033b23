"""Times that lie closer together on the clock than their step says: mostly on half hours or a quarter past.

A step holds for all cells, in UTC where there is a zone. Where most cells lie on a coarser one, or all do by
the clocks of their zone, a release spreads them over the finer one, so a note says it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syncline.data.inference.draft import ColumnCells
from syncline.data.inference.grid_search import CHANCE_DIGITS, MOST, TIME_STEPS
from syncline.data.inference.seen_cells import Mask, Rows
from syncline.data.kinds import Kind
from syncline.data.note import Deed, Note, counted
from syncline.data.step import span_text, width_of
from syncline.data.variable import Variable


@dataclass(frozen=True, slots=True)
class _Usual:
    """Most cells lie ``past`` multiples of ``size``, in microseconds: those of the distinct times ``on``."""

    size: int
    past: int
    on: Mask


def usual_times_note(cells: ColumnCells, variable: Variable, times: Rows, rows: Rows) -> tuple[Note, ...]:
    """Return the note that a release spreads times, none where they lie anywhere on their step.

    Parameters
    ----------
    variable : the column with its step, of a kind that is counted in microseconds
    times : distinct times (k,) in microseconds, in UTC where there is a zone
    rows : how many cells hold each (k,)
    """
    width = 1 if variable.step is None else width_of(variable.step, variable.kind, 0)
    zone = variable.zone if variable.kind is Kind.DATETIME and variable.zone != "UTC" else None
    usual = _usual(_by_clocks(times, zone), rows, width)
    if usual is None:
        return ()
    count, step = int(rows[usual.on].sum()), span_text(usual.size)
    origins = np.unique(times[usual.on] % usual.size)
    past = f"{_span(usual.past)} past multiples of {step}" if usual.past else f"multiples of {step}"
    clocks = "" if zone is None or origins.tolist() == [usual.past] else f" by the clocks of {zone}"
    finer = "anywhere between them" if width == 1 else f"on any {variable.grid_words}"
    why = f"released times may lie {finer}, as a step holds for all{', in UTC' if zone else ''}"
    return (
        cells.note(
            Deed.GUESSED,
            f"{counted(count)} at {past}{clocks}",
            why,
            _remedy(step, origins),
            count,
        ),
    )


def _remedy(step: str, origins: Rows) -> str:
    if len(origins) > 1:
        return "write local times without a zone: their step is then found"
    origin = f", origin: {span_text(int(origins[0]))}" if origins[0] else ""
    return f"declare step: {step}{origin} where that is fine enough"


def _usual(shown: Rows, rows: Rows, width: int) -> _Usual | None:
    """Return the coarsest step on which, or at one distance from which, most cells lie; None without one.

    Of cells that lie anywhere on the finer step some lie on the coarser one by chance. The most frequent
    time lies on every step that a person chose, and tells nothing.
    """
    if not len(shown):
        return None
    telling = np.arange(len(shown)) != int(rows.argmax())
    held = int(rows[telling].sum())
    for size in TIME_STEPS:
        if size <= width or size % width:
            continue
        past, place = np.unique(shown % size, return_inverse=True)
        weights = np.bincount(place[telling], weights=rows[telling], minlength=len(past))
        best = int(weights.argmax())
        on = place == best
        by_chance = (1 - MOST) * width / size
        if weights[best] >= (MOST + by_chance) * held > 0 and int(np.count_nonzero(on)) > CHANCE_DIGITS:
            return _Usual(size, int(past[best]), on)
    return None


def _by_clocks(times: Rows, zone: str | None) -> Rows:
    """Return what the clocks of a zone show at times (k,), in microseconds."""
    if zone is None:
        return times
    shown = pc.local_timestamp(pa.array(times, pa.timestamp("us", zone)))
    return np.asarray(shown.cast(pa.int64()).to_numpy(zero_copy_only=False), np.int64)


def _span(microseconds: int) -> str:
    """Return a span as people say it: 7h15min."""
    hours, rest = divmod(microseconds, 3_600_000_000)
    return f"{hours}h{span_text(rest)}" if hours and rest else span_text(microseconds)
