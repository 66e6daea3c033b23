"""Which figures may be printed of people: none that rests on some, but fewer than ``least`` of them.

One function decides, :func:`few`; everything that is printed of real people goes through this module. What it
is asked about are numbers of people: of a cell, of what lies between two sets that hold each other, of all
who were held out. Nobody and at least ``least`` may be told, and what lies between may not, whether it is
printed or could be computed from what is.

- Counts of cells are *told* where :func:`hidden_cells` does not hide them. All hidden cells of a table then
  count as one, and a figure is computed from what is told alone: tables that tell the same print the same.
- Counts along a line, such as those of a score, are told in runs of enough people of every kind
  (:func:`runs_of`).
- Rows of people of whom some have many count as one where they are of too few (:func:`of_enough`).
- Shares whose parts cannot be told apart are printed in steps of ``least`` people (:func:`step_of`).

The argument stands in docs/decisions/0035.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from syncline.errors import StudyFailed

Ints: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]
Masks: TypeAlias = npt.NDArray[np.uint64]

MOST_HIDDEN = 0.5
"""A figure of which more of the people stand in hidden cells is not supported by those that are told."""

MOST_STEP = 0.2
"""A figure from 0 to 1 that can only be given in larger steps is not shown: it would say nothing."""

TOO_FEW = "too_few_people"
"""Why a figure is absent that would rest on too few people, for programs."""


@overload
def few(people: int, least: int) -> bool: ...
@overload
def few(people: Ints, least: int) -> Mask: ...
def few(people: int | Ints, least: int) -> bool | Mask:
    """Tell whether so many people are some, but fewer than ``least``: then nothing is told of them."""
    return (people > 0) & (people < least)


def of_enough(rows: Ints, people: Ints, least: int) -> Ints:
    """Return rows of cells, of any shape; those of fewer than ``least`` of their ``people`` as one each.

    What rows say then rests on enough people, however many rows one of these has.
    """
    return np.where(people < least, people, rows)


def require_enough(whose: str, used: int, held: int | None, least: int) -> None:
    """Raise StudyFailed where fewer than ``least`` people were used, or held out unless that is None.

    The sentence is the same for every such number, nobody among them, and for either kind.
    """
    if few(1, least) and min(used, least if held is None else held) < least:
        raise StudyFailed(
            f"{whose} fewer than {least} people to learn from or to hold out; add data, hold out another"
            " share of them, or lower min_cell"
        )


def apart(first: int, second: int, least: int) -> bool:
    """Tell whether nested sets of so many people have nobody, or enough, between them."""
    return not few(abs(first - second), least)


def hidden_cells(
    tables: Sequence[Ints],
    least: int,
    start: Mask | None = None,
    never: Mask | None = None,
    buckets: Sequence[Masks] | None = None,
) -> Mask:
    """Tell which cells of tables of people are hidden; the tables are of one shape, one for each fold.

    Where any cell of a table is of few people, all cells of fewer than ``least`` are hidden, empty ones
    among them, so that nobody sees which are empty. What the cells that are told leave of a sum is then
    looked at: in a table of one line the hidden cells together must be enough people, and of so many that
    each of them could have any number below ``least``; in a table of several axes the hidden cells of every
    line, whose sum stands in a table of fewer axes, must be two at least, and enough people or nobody. While
    they are not, the smallest cell that is told is hidden as well.

    Parameters
    ----------
    tables : people of each cell
    least : people that a cell must hold to be told
    start : cells that are hidden already, for reasons of their own
    never : cells in which everybody knows that nobody can be; they hide nothing
    buckets : of tables in whose cells a person may be several times, the buckets of each cell's persons: of
        cells together the people are counted once
    """
    shape = tables[0].shape
    seen_in: Sequence[Masks | None] = buckets if buckets is not None else [None] * len(tables)
    folds = list(zip(tables, seen_in, strict=True))
    hidden: Mask = np.zeros(shape, np.bool_) if start is None else np.broadcast_to(start, shape).copy()
    empty: Mask = np.zeros(shape, np.bool_) if never is None else np.broadcast_to(never, shape)
    for people in tables:
        if np.any(few(people, least)):
            hidden |= people < least
    hidden &= ~empty
    more = True
    while more:
        before = int(hidden.sum())
        for people, seen in folds:
            if hidden.ndim == 1:
                _hide_beside(people, seen, hidden, empty, least)
            else:
                for axis in range(hidden.ndim):
                    _hide_in_lines(people, seen, hidden, empty, axis, least)
        more = int(hidden.sum()) > before
    return hidden


def _within(people: Ints, buckets: Masks | None, hidden: Mask, axis: int) -> Ints:
    """Return the people of the hidden cells of each line along ``axis``, each person once."""
    if buckets is None:
        return np.asarray(np.where(hidden, people, 0).sum(axis=axis))
    seen = np.bitwise_or.reduce(np.where(hidden, buckets, np.uint64(0)), axis=axis)
    return np.asarray(np.bitwise_count(seen).astype(np.int64))


def _hide_beside(people: Ints, buckets: Masks | None, hidden: Mask, empty: Mask, least: int) -> None:
    """Hide the smallest cells of one line until what the told ones leave is vague."""
    if not np.any(few(people[hidden], least)):
        return
    while not (hidden | empty).all() and not _is_vague(people, buckets, hidden, least):
        hidden[_smallest(people, hidden, empty)] = True


def _is_vague(people: Ints, buckets: Masks | None, hidden: Mask, least: int) -> bool:
    """Tell whether the sum of the hidden cells lets a small one of them have any small number of people.

    Known of the hidden cells are then that the small ones have fewer than ``least`` people each, and the
    others enough, but no more than the smallest cell that is told.
    """
    rest, n_small = int(people[hidden].sum()), int((people[hidden] < least).sum())
    larger, told = int(hidden.sum()) - n_small, people[~hidden]
    most = int(told[told > 0].min(initial=np.iinfo(np.int64).max)) if (told > 0).any() else rest
    low, high = larger * least, larger * most + (n_small - 1) * (least - 1)
    enough = not few(int(_within(people, buckets, hidden, 0)), least)
    return enough and rest - (least - 1) >= low and rest <= high


def _smallest(people: Ints, hidden: Mask, empty: Mask) -> int:
    """Return the smallest cell that is told; one without people where no other is left."""
    gone = hidden | empty
    passed = gone | (people == 0)
    return int(np.where(gone if passed.all() else passed, np.iinfo(np.int64).max, people).argmin())


def _hide_in_lines(
    people: Ints, buckets: Masks | None, hidden: Mask, empty: Mask, axis: int, least: int
) -> None:
    """Hide one more cell in each line along ``axis`` whose hidden cells could be computed."""
    inside = _within(people, buckets, hidden, axis)
    lone = hidden.sum(axis=axis) == 1
    bad = (few(inside, least) | (lone & few(1, least) & (inside > 0))) & ~(hidden | empty).all(axis=axis)
    if not bad.any():
        return
    smallest = np.expand_dims(
        np.where(hidden | empty, np.iinfo(np.int64).max, people).argmin(axis=axis), axis
    )
    chosen = np.zeros(hidden.shape, np.bool_)
    np.put_along_axis(chosen, smallest, np.expand_dims(bad, axis), axis)
    hidden |= chosen


def is_supported(tables: Sequence[Ints], hidden: Mask) -> bool:
    """Tell whether most people of every table stand in cells that are told."""
    return all(people.sum() > 0 and people[hidden].sum() <= MOST_HIDDEN * people.sum() for people in tables)


def runs_of(least: int, *kinds: Ints | Masks) -> Ints:
    """Return the run (n,) of each place on a line; every run has nobody or enough people of each kind.

    ``kinds`` are people by place (n,), or the buckets of the persons there, of whom one may be at several
    places. Runs are closed from the highest place on down, and what is left over joins the last ones; they
    are numbered upwards.
    """
    size = len(kinds[0])
    if not few(1, least):
        return np.arange(size)
    together = np.stack(kinds)
    held = none = np.zeros(len(kinds), together.dtype)
    ends: list[int] = []
    runs: list[npt.NDArray[Any]] = []
    for place in np.flatnonzero(together.any(axis=0))[::-1].tolist():
        held = _joined(held, together[:, place])
        if not np.any(few(_counted(held), least)):
            ends.append(place)
            runs.append(held)
            held = none
    while runs and np.any(few(_counted(held), least)):
        held = _joined(held, runs.pop())
        ends.pop()
    begins = np.zeros(size, np.int64)
    begins[ends if held.any() else ends[:-1]] = 1
    return np.cumsum(begins)


def _joined(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return people (n_kinds,) of two places together.  Any: numbers of them, or their buckets."""
    joined: npt.NDArray[Any] = one | other if one.dtype == np.uint64 else one + other
    return joined


def _counted(held: npt.NDArray[Any]) -> Ints:
    return np.bitwise_count(held).astype(np.int64) if held.dtype == np.uint64 else held


def in_runs(runs: Ints, counts: Ints) -> Ints:
    """Return counts by place (n,) as counts by run (n_runs,)."""
    found = np.zeros(int(runs[-1]) + 1, np.int64)
    np.add.at(found, runs, counts)
    return found


def step_of(people: float, least: int) -> float:
    """Return the step in which a mean over so many ``people`` is printed: what ``least`` of them move.

    It has one digit, so that it tells no exact number of people; 0 where nothing is rounded.
    """
    if not few(1, least):
        return 0.0
    if people <= least:
        return 1.0
    power = 10.0 ** np.floor(np.log10(least / people))
    return float(np.ceil(least / people / power - 1e-9) * power)


def in_steps(value: float, step: float) -> float:
    """Return a share in steps, to the nearest one."""
    return round(value / step) * step if step else value


def outwards(limits: tuple[float, float], step: float) -> tuple[float, float]:
    """Return an interval with its limits moved outwards to steps."""
    if not step:
        return limits
    return float(np.floor(limits[0] / step) * step), float(np.ceil(limits[1] / step) * step)
