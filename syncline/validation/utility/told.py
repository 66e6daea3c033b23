"""Counts of the cells of columns, as far as they may be told: what every figure of utility is computed from.

Which cells are hidden is decided once, here, by :func:`syncline.privacy.people_rule.hidden_cells`, before any
figure is computed. The hidden cells of a set of columns count as one, in all tables alike, so that a distance
is a function of what is told: whoever knows the synthetic table and solves a figure for the real counts finds
sums of enough people, and no others.

A set has two ways of being told: for the training rows alone, and, coarser, for these and the held-out ones
together. A figure that has a floor is computed the second way, so that both are about the same cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Mask
from syncline.privacy.people_rule import hidden_cells, is_supported
from syncline.questions.counts import Masks
from syncline.validation.histograms import Ints
from syncline.validation.intervals import variation_error

Floats = npt.NDArray[np.float64]
ToldCells = slice | Sequence[int] | Ints | Mask
"""Some cells of a table, by their places."""
CellT = TypeVar("CellT", np.int64, np.uint64)

_ROUNDS = 20


@dataclass(frozen=True, slots=True, eq=False)
class SetCounts:
    """The cells of one set of columns in the three tables, each shaped by the columns' codes.

    ``buckets`` are the person buckets of the cells, of training rows and of held-out ones; None where every
    row is a person.
    """

    columns: tuple[str, ...]
    synthetic: Ints
    train: Ints
    holdout: Ints | None
    buckets: tuple[Masks, Masks] | None = None

    def people(self, cells: ToldCells = slice(None), *, held: bool = False) -> int:
        """Return how many persons at least have a training row, or a held-out one, in some cells."""
        rows = self.holdout if held else self.train
        if rows is None:
            return 0
        if self.buckets is None:
            return int(rows[cells].sum())
        return int(np.bitwise_or.reduce(self.buckets[held][cells], None, initial=np.uint64(0))).bit_count()

    def people_each(self, *, held: bool = False) -> Ints:
        """Return how many persons at least have a training row, or a held-out one, in each cell."""
        rows = self.train if not held or self.holdout is None else self.holdout
        if self.buckets is None:
            return rows
        return np.bitwise_count(self.buckets[held]).astype(np.int64)

    def by(self, lookup: Ints, axis: int = 0, levels: int | None = None) -> SetCounts:
        """Return the counts by the codes that a lookup leads to, ``levels`` or as many as before."""
        size, held, masks = levels or len(lookup), self.holdout, self.buckets
        return replace(
            self,
            synthetic=_joined(self.synthetic, axis, lookup, size),
            train=_joined(self.train, axis, lookup, size),
            holdout=None if held is None else _joined(held, axis, lookup, size),
            buckets=masks and (_joined(masks[0], axis, lookup, size), _joined(masks[1], axis, lookup, size)),
        )

    def hidden(self, least: int, start: Mask | None, never: Mask, *, joint: bool = False) -> Mask:
        """Return which cells are hidden among training rows, or ``joint`` where held-out ones are beside."""
        folds = (False, True) if joint else (False,)
        people = [self.people_each(held=held) for held in folds]
        return hidden_cells(people, least, start, never, self.buckets and self.buckets[: len(folds)])


def _joined(cells: npt.NDArray[CellT], axis: int, lookup: Ints, size: int) -> npt.NDArray[CellT]:
    """Return rows, or person buckets, of codes that a lookup joins on one axis."""
    parts: npt.NDArray[CellT] = np.moveaxis(cells, axis, 0)
    found = np.zeros((size, *parts.shape[1:]), cells.dtype)
    (np.bitwise_or if cells.dtype == np.uint64 else np.add).at(found, lookup, parts)
    return np.moveaxis(found, 0, axis)


@dataclass(frozen=True, slots=True, eq=False)
class ToldCounts:
    """The cells of one set of columns, and which of them are hidden.

    Attributes
    ----------
    columns : the columns, an axis each
    synthetic, train, holdout : rows of each cell; ``holdout`` is None where nobody is told of
    hidden : the cells that are hidden among training rows
    joint : those that are hidden where held-out rows stand beside them; None without these
    lines : for each axis the codes that are hidden in that column alone
    """

    columns: tuple[str, ...]
    synthetic: Ints
    train: Ints
    holdout: Ints | None
    hidden: Mask
    joint: Mask | None
    lines: tuple[Mask, ...]

    @property
    def is_told(self) -> bool:
        """Whether most training rows stand in cells that are told."""
        return is_supported((self.train,), self.hidden)

    @property
    def has_floor(self) -> bool:
        """Whether most rows of both folds stand in cells that are told of both."""
        if self.holdout is None or self.joint is None:
            return False
        return is_supported((self.train, self.holdout), self.joint)

    @property
    def mask(self) -> Mask:
        """The cells that count as one."""
        return self.joint if self.joint is not None and self.has_floor else self.hidden

    def grouped(self, counts: Ints) -> Ints:
        """Return the cells that are told, and the sum of all others where there are any."""
        mask = self.mask
        return np.append(counts[~mask], counts[mask].sum()) if mask.any() else counts.reshape(-1)

    @property
    def distance(self) -> float:
        """Total variation between synthetic and real rows."""
        return total_variation(self.grouped(self.synthetic), self.grouped(self.train))

    @property
    def error(self) -> float:
        """Standard error of the distance."""
        return variation_error(self.grouped(self.synthetic), self.grouped(self.train))

    @property
    def floor(self) -> float | None:
        """Total variation between held-out and used rows."""
        if self.holdout is None or not self.has_floor:
            return None
        return total_variation(self.grouped(self.holdout), self.grouped(self.train))

    def within(self, axis: int, code: int) -> ToldCounts:
        """Return the other columns' cells within one code of a column."""
        rest = [other for other in range(len(self.columns)) if other != axis]
        place = (slice(None),) * axis + (code,)
        return ToldCounts(
            tuple(self.columns[other] for other in rest),
            self.synthetic[place],
            self.train[place],
            None if self.holdout is None else self.holdout[place],
            self.hidden[place],
            None if self.joint is None else self.joint[place],
            tuple(self.lines[other] for other in rest),
        )

    def without_holdout(self) -> ToldCounts:
        """Return the same where nobody is told of who was held out."""
        return replace(self, holdout=None, joint=None)

    def unseen(self) -> ToldCounts:
        """Return the same where nothing is told."""
        return replace(self, hidden=np.ones_like(self.hidden), joint=None, lines=self.lines)

    def smoothed(self, counts: Ints) -> tuple[Floats, list[Ints]]:
        """Return the cells of two columns as what is told of them leaves them, and the codes of each axis.

        The codes that are hidden in a column are one row, the last. Of hidden cells only the sums along both
        axes are used: each takes its share of them as if the columns were independent there.
        """
        table, mask = counts.astype(np.float64), self.mask
        codes = []
        for axis, line in enumerate(self.lines):
            kept, rest = np.flatnonzero(~line), np.flatnonzero(line)
            codes.append(kept)
            if len(rest):
                table = np.concatenate(
                    [table.take(kept, axis), table.take(rest, axis).sum(axis=axis, keepdims=True)], axis=axis
                )
                whole = mask.take(rest, axis).any(axis=axis, keepdims=True)
                mask = np.concatenate([mask.take(kept, axis), whole], axis=axis)
        return _spread(table, mask), codes


def _spread(table: Floats, mask: Mask) -> Floats:
    """Return a table (a, b) whose cells under ``mask`` are drawn from their sums along both axes alone."""
    if not mask.any():
        return table
    inside = np.where(mask, table, 0.0)
    rows, columns = inside.sum(axis=1), inside.sum(axis=0)
    guess = np.where(mask, np.outer(rows, columns), 0.0)
    for _ in range(_ROUNDS):
        guess *= (rows / np.maximum(guess.sum(axis=1), 1e-300))[:, np.newaxis]
        guess *= columns / np.maximum(guess.sum(axis=0), 1e-300)
    return np.where(mask, guess, table)


def total_variation(first: Ints, second: Ints) -> float:
    """Return half the sum of absolute differences of the cells' shares."""
    shares = [counts / max(int(counts.sum()), 1) for counts in (first, second)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


ToldLines = Mapping[str, tuple[Mask, Mask | None]]
"""Of each column the codes that are hidden, alone and where held-out rows stand beside; in a set's codes."""


def joined(found: SetCounts, told: Mapping[str, Ints]) -> SetCounts:
    """Return counts in which each code is in the one that it is ``told`` with, and then empty itself."""
    for axis, name in enumerate(found.columns):
        if name in told and (told[name] != np.arange(len(told[name]))).any():
            found = found.by(told[name], axis)
    return found


def told_column(found: SetCounts, least: int, told: Mapping[str, Ints] | None = None) -> ToldCounts:
    """Return the cells of one column as they may be told, each code joined to the one it is ``told`` with."""
    impossible = _empty(found, told or {})
    hidden = found.hidden(least, None, impossible)
    joint = None if found.holdout is None else found.hidden(least, hidden, impossible, joint=True)
    return ToldCounts(found.columns, found.synthetic, found.train, found.holdout, hidden, joint, (hidden,))


def _empty(found: SetCounts, told: Mapping[str, Ints]) -> Mask:
    """Return the cells of codes that are told with others, in which nobody is."""
    codes = [np.arange(size) for size in found.train.shape]
    pairs = zip(found.columns, codes, strict=True)
    return _crossed([told.get(name, own) != own for name, own in pairs])


def told_set(found: SetCounts, lines: ToldLines, least: int, told: Mapping[str, Ints]) -> ToldCounts:
    """Return the cells of several columns as they may be told, of which ``lines`` are hidden in each.

    Each code was joined to the one that it is ``told`` with.
    """
    alone = tuple(lines[name][0] for name in found.columns)
    impossible = _empty(found, told)
    hidden = found.hidden(least, _crossed(alone), impossible)
    if found.holdout is None:
        return ToldCounts(found.columns, found.synthetic, found.train, None, hidden, None, alone)
    both = tuple(line if held is None else held for line, held in (lines[name] for name in found.columns))
    joint = found.hidden(least, hidden | _crossed(both), impossible, joint=True)
    cells = ToldCounts(found.columns, found.synthetic, found.train, found.holdout, hidden, joint, both)
    return cells if cells.has_floor else replace(cells, lines=alone)


def _crossed(lines: Sequence[Mask]) -> Mask:
    """Return the cells of which any code is hidden in its column."""
    crossed: Mask = np.zeros((), np.bool_)
    for line in lines:
        crossed = np.logical_or.outer(crossed, line)
    return crossed


def told_parts(
    parts: Sequence[SetCounts],
    whole: ToldCounts,
    unseen: Sequence[bool],
    least: int,
    told: Mapping[str, Ints],
) -> list[ToldCounts]:
    """Return the same set of columns in parts of the people, which add up to the ``whole``.

    What parts that are told leave of the whole is looked at as well, and of parts that are ``unseen`` nothing
    is told.
    """
    shape = (len(parts), *whole.train.shape)
    gone = np.broadcast_to(np.array(unseen).reshape(-1, *[1] * whole.train.ndim), shape)
    every = _stacked(parts)
    impossible = _empty(parts[0], told)
    hidden = every.hidden(least, gone | whole.hidden, impossible)
    joint = None
    if whole.holdout is not None and whole.joint is not None:
        joint = every.hidden(least, hidden | whole.joint, impossible, joint=True)
    return [
        ToldCounts(
            part.columns,
            part.synthetic,
            part.train,
            part.holdout if joint is not None else None,
            hidden[place],
            None if joint is None else joint[place],
            whole.lines,
        )
        for place, part in enumerate(parts)
    ]


def _stacked(parts: Sequence[SetCounts]) -> SetCounts:
    """Return the counts of the same set of columns in all parts, which are its first axis."""
    held = [part.train if part.holdout is None else part.holdout for part in parts]
    masks = [part.buckets for part in parts if part.buckets is not None]
    return SetCounts(
        parts[0].columns,
        np.stack([part.synthetic for part in parts]),
        np.stack([part.train for part in parts]),
        np.stack(held),
        (np.stack([own[0] for own in masks]), np.stack([own[1] for own in masks])) if masks else None,
    )
