"""Which latents a column has: a cut for each frequent category and state, a line for what has an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Coding
from syncline.data.kinds import Kind
from syncline.synthesizers.column_coding import CodedColumn

Ints = npt.NDArray[np.int64]

MOST_LATENTS = 128
"""Latents of all columns at most, where these are no more than so many."""
LEAST_WEIGHT = 2.0**-6
LONGEST_LINE = 24
"""Groups of an ordered column at most; one of more counts as a column of names."""


@dataclass(frozen=True, slots=True)
class Latents:
    """The latents of a column, over the groups in which it is counted.

    Attributes
    ----------
    column : the column
    coding : in which it is counted
    order : the groups in the order in which latents divide them (groups,)
    ends : how many of them are divided by the latents up to each one (k,), all of them by the last
    related : how many of its latents are related to other columns: all, or all but the last
    """

    column: CodedColumn
    coding: Coding
    order: Ints
    ends: Ints
    related: int

    @property
    def name(self) -> str:
        """The name of the column."""
        return self.column.codes.name

    def __len__(self) -> int:
        return len(self.ends)

    def starts(self, latent: int) -> Ints:
        """Return where the groups that a latent divides begin in ``order``: each of its own, and the rest."""
        start = int(self.ends[latent - 1]) if latent else 0
        end = int(self.ends[latent])
        return np.arange(start, min(end + 1, len(self.order)))

    def reached(self) -> npt.NDArray[np.float64]:
        """Return which share of the rows each latent divides (k,), ``LEAST_WEIGHT`` at least."""
        rows = np.bincount(self.column.codes.lookup(self.coding), self.column.values.rows, len(self.order))
        before = np.concatenate([[0.0], np.cumsum(rows[self.order])])[np.concatenate([[0], self.ends[:-1]])]
        return np.asarray(np.maximum(1.0 - before / max(float(rows.sum()), 1.0), LEAST_WEIGHT))

    def codes(self) -> tuple[npt.NDArray[np.uint16], Ints]:
        """Return the codes in the order of their groups, and how many come up to the end of each latent."""
        lookup = self.column.codes.lookup(self.coding)
        place = np.empty(len(self.order), np.int64)
        place[self.order] = np.arange(len(self.order))
        own = place[lookup]
        ends = np.searchsorted(np.sort(own), self.ends)
        return np.argsort(own, kind="stable").astype(np.uint16), np.asarray(ends, np.int64)


def latents_of_columns(columns: Sequence[CodedColumn]) -> tuple[Latents, ...]:
    """Return the latents of columns: one of each, and more of the larger cuts while some are left."""
    orders = [_groups(column) for column in columns]
    wanted = [(int(gain), at) for at, one in enumerate(orders) for gain in one.gains]
    left = max(MOST_LATENTS - len(columns), 0)
    granted = sorted(wanted, key=lambda own: (-own[0], own[1]))[:left]
    extra = np.bincount(np.array([at for _, at in granted], np.int64), minlength=len(columns))
    return tuple(one.latents(int(most)) for one, most in zip(orders, extra, strict=True))


@dataclass(frozen=True, slots=True)
class _Groups:
    """The groups of a column: those that are cut off one by one, then those on a line."""

    column: CodedColumn
    coding: Coding
    cut: tuple[int, ...]
    line: tuple[int, ...]
    rows: Ints

    @property
    def ends(self) -> list[int]:
        """How many groups each latent and those before it divide, where there are as many as can be."""
        ends, every = list(range(1, len(self.cut) + 1)), len(self.cut) + len(self.line)
        return [*ends, every] if len(self.line) > 1 or not self.cut else [*ends[:-1], every]

    @property
    def gains(self) -> Ints:
        """For each latent but the first the rows of the smaller part that it divides; never increasing."""
        order = [*self.cut, *self.line]
        rest = np.cumsum(self.rows[order][::-1])[::-1].tolist()
        smaller = [min(rest[at] - rest[at + 1], rest[at + 1]) for at in range(1, len(self.cut))]
        if self.cut and len(self.line) > 1:
            smaller.append(rest[len(self.cut)])
        return np.minimum.accumulate(np.array(smaller, np.int64))

    def latents(self, extra: int) -> Latents:
        """Return ``1 + extra`` latents, and one that is related to nothing where groups are left over."""
        order, ends, related = np.array([*self.cut, *self.line], np.int64), self.ends, 1 + extra
        if related < len(ends):
            ends = [*ends[:related], len(order)]
        return Latents(self.column, self.coding, order, np.array(ends, np.int64), related)


def _groups(column: CodedColumn) -> _Groups:
    codes, values = column.codes, column.values
    coding = Coding.CLASSES if codes.numeric else Coding.BINS
    lookup = codes.lookup(coding)
    rows = np.bincount(lookup, values.rows, codes.levels(coding)).astype(np.int64)
    apart = set[int]()
    if codes.keeps_missing:
        apart.add(int(lookup[-1]))
    if codes.numeric:
        apart |= set(lookup[values.span_code[values.is_state]].tolist())
    rest = [group for group in range(len(rows)) if group not in apart]
    ordered = codes.numeric or _has_order(column, len(rest))
    if ordered and not codes.numeric:
        rest = _by_category(column, rest)
    by_size = sorted(range(len(rows)), key=lambda group: (-int(rows[group]), group))
    if ordered:
        cut = [group for group in by_size if group in apart]
        return _Groups(column, coding, tuple(cut), tuple(rest), rows)
    return _Groups(column, coding, tuple(by_size[:-1]), tuple(by_size[-1:]), rows)


def _has_order(column: CodedColumn, groups: int) -> bool:
    is_whole = column.codes.levels(Coding.BINS) == column.values.n_codes
    return column.values.variable.kind is Kind.ORDINAL and is_whole and groups <= LONGEST_LINE


def _by_category(column: CodedColumn, groups: list[int]) -> list[int]:
    """Return groups of one code each in the order of their categories, the first of each."""
    values = column.values
    first = {
        int(code): int(key) for code, key in zip(values.span_code[::-1], values.span_low[::-1], strict=True)
    }
    return sorted(groups, key=lambda group: first.get(group, group))
