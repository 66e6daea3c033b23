"""Turn the counts of a column's categories into codes: those that enough people have, groups, and "(other)".

A category of fewer than ``min_cell`` persons merges with its siblings that are as rare
(:mod:`~syncline.synthesizers.siblings`), and such a group is one code, from which any of its categories is
drawn alike, those of nobody among them. What is in no group becomes "(other)"; where that is too few as well
it counts as the largest group, and without one as the most frequent category. Groups follow from merged
counts, so they are the same for any split over suppliers; and no category's own count is seen in what is
drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.kinds import Kind
from syncline.data.labels import other_label
from syncline.data.variable import Variable
from syncline.synthesizers.column_search import ColumnSearch
from syncline.synthesizers.line_coding import LineCodes
from syncline.synthesizers.siblings import groups_of_siblings

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class CategoryCodes:
    """The codes of a column's categories.

    Attributes
    ----------
    line : the codes; a group's has a span for each of its categories
    variable : the variable, with "(other)" where it is used
    merged : the categories that have no code of their own and are in no group
    """

    line: LineCodes
    variable: Variable
    merged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    """Rows and person buckets of each category (k,)."""

    rows: Ints
    masks: Bits
    persons: bool

    @classmethod
    def of(cls, found: ColumnSearch, categories: int, persons: bool) -> _Held:
        rows, masks = np.zeros(categories, np.int64), np.zeros(categories, np.uint64)
        place = found.pieces.start.astype(np.int64)
        rows[place], masks[place] = found.pieces.rows, found.pieces.masks
        return cls(rows, masks, persons)

    def together(self, places: Sequence[int] | Ints) -> tuple[int, np.uint64]:
        """Return the rows and buckets of some categories together."""
        own = np.asarray(places, np.int64)
        return int(self.rows[own].sum()), np.bitwise_or.reduce(self.masks[own], initial=np.uint64(0))

    def people(self, places: Sequence[int] | Ints) -> int:
        """Return how many people are in some categories together: persons, at least, or else rows."""
        rows, mask = self.together(places)
        return int(mask).bit_count() if self.persons else rows

    @property
    def each(self) -> Ints:
        """People in each category (k,)."""
        return np.bitwise_count(self.masks).astype(np.int64) if self.persons else self.rows


def code_categories(variable: Variable, found: ColumnSearch, min_cell: int, persons: bool) -> CategoryCodes:
    """Return the codes of categories; ``persons`` says whether the counts carry person buckets."""
    k = len(variable.categories)
    held = _Held.of(found, k, persons)
    few = _merged(held.rows, held.each, min_cell)
    own = np.flatnonzero((held.each >= min_cell) & (held.rows > 0))
    is_open = variable.kind is not Kind.BOOLEAN  # a truth value has no third category
    groups = groups_of_siblings(variable, few.tolist(), held.people, min_cell) if is_open else []
    codes = [*own[:, None], *groups]
    told = [held.together(places) for places in codes]
    lookup = np.full(k, _largest(told, len(own) if groups else 0), np.int64)
    for code, places in enumerate(codes):
        lookup[places] = code
    rest = np.setdiff1d(few, np.concatenate([*groups, few[:0]]))
    merged = tuple(variable.categories[place] for place in rest.tolist())
    if len(rest) and held.people(rest) >= min_cell and is_open:
        lookup[rest] = len(codes)
        told.append(held.together(rest))
        codes.append(np.array([k], np.int64))
        categories = (*variable.categories, other_label(variable.categories))
        variable = variable.model_copy(update={"categories": categories})
    elif not codes and int(held.rows[rest].sum()):
        lookup = np.zeros(0, np.int64)  # nothing common enough to show: every row counts as missing
    return CategoryCodes(_line(codes, told, lookup), variable, merged)


def _largest(told: Sequence[tuple[int, np.uint64]], first: int) -> int:
    """Return the code of most rows from the ``first`` on, which what is left over counts as."""
    return max(range(first, len(told)), key=lambda code: told[code][0], default=0)


def _line(codes: Sequence[Ints], told: Sequence[tuple[int, np.uint64]], lookup: Ints) -> LineCodes:
    keys = np.concatenate([*codes, np.zeros(0, np.int64)])
    spans = np.repeat(np.arange(len(codes), dtype=np.int64), [len(places) for places in codes])
    rows, masks = np.array([rows for rows, _ in told], np.int64), np.array([m for _, m in told], np.uint64)
    return LineCodes(rows, masks, spans, keys, keys, np.zeros(0, np.int64), lookup)


def _merged(rows: Ints, held: Ints, min_cell: int) -> Ints:
    """Return the categories that are merged: those of few persons, and beside them also those of nobody.

    Which of both a category is, is told nowhere.
    """
    few = held < min_cell
    return np.flatnonzero(few) if (few & (rows > 0)).any() else np.zeros(0, np.int64)
