"""Find columns whose codes are determined by another column's codes, so that the pair stays consistent.

A column with a determinant is not given a tree: it is drawn from the counts of its codes for each code of the
determinant. Pairs are screened with the target classes of one side, which are few, and confirmed with all
codes. A code that stands for several categories, as "(other)" and groups of siblings do, need not determine
anything: the rule is that of all others, and such a code is drawn with what it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import Codebook, Coding
from syncline.questions.marginals import Axis, Marginals, shape_of
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.formulas import MAX_BROKEN, MAX_BROKEN_OF_RARE

Ints = npt.NDArray[np.int64]
CellT = TypeVar("CellT", np.int64, np.uint64)
Pair = tuple[str, str]
"""Determinant and determined column."""
Mixed = Mapping[str, npt.NDArray[np.bool_]]
"""Which codes (n_codes,) of a column stand for several categories; of columns that have none nothing."""

MOST_MIXED = 0.1
"""The share of the rows, at most, in which codes of several categories break what all others determine."""

_MAX_SCREENED_CELLS = 1 << 16
_MAX_CONFIRMED_CELLS = 1 << 22


def screening(codebook: Codebook, pairs: Iterable[Pair], *, persons: bool) -> Marginals:
    """Ask for the codes of each possible determinant by the classes of each possible dependent."""
    sets = []
    for a, b in pairs:
        left, right = codebook.column(a), codebook.column(b)
        cells = left.n_codes * right.levels(Coding.CLASSES)
        if right.n_codes > 1 and left.n_codes >= right.n_codes and cells <= _MAX_SCREENED_CELLS:
            sets.append((Axis(a, Coding.FINE), Axis(b, Coding.CLASSES)))
    return Marginals(tuple(sets), holdout=False, persons=persons)


def mixed_codes(columns: Iterable[CodedColumn]) -> Mixed:
    """Return which codes of some columns stand for several categories."""
    found = {column.codes.name: column.mixed for column in columns}
    return {name: mixed for name, mixed in found.items() if mixed.any()}


def confirmation(
    codebook: Codebook, question: Marginals, counts: Ints, mixed: Mixed, *, persons: bool
) -> Marginals:
    """Ask for all codes of the pairs that the screening leaves possible."""
    kept = []
    for (a, b), table in tables(codebook, question, counts).items():
        cells = codebook.column(a).n_codes * codebook.column(b).n_codes
        if _determines(table, mixed.get(a)) and cells <= _MAX_CONFIRMED_CELLS:
            kept.append((Axis(a, Coding.FINE), Axis(b, Coding.FINE)))
    return Marginals(tuple(kept), holdout=False, persons=persons)


def asked_once(pairs: Marginals) -> Marginals:
    """Ask for each two columns once: a supplier counts a set of columns once, whatever their order."""
    first = {frozenset(axes): axes for axes in reversed(pairs.sets)}
    return replace(pairs, sets=tuple(axes for axes in pairs.sets if first[frozenset(axes)] is axes))


def both_ways(pairs: Marginals, found: Mapping[Pair, Ints]) -> dict[Pair, Ints]:
    """Return the table of each of ``pairs``, turned where it was asked for the other way round."""
    wanted = [(axes[0].column, axes[1].column) for axes in pairs.sets]
    return {
        (a, b): found[a, b] if (a, b) in found else np.ascontiguousarray(found[b, a].T) for a, b in wanted
    }


def tables(
    codebook: Codebook, question: Marginals, cells: npt.NDArray[CellT]
) -> dict[Pair, npt.NDArray[CellT]]:
    """Return each pair's counts, or buckets, as a table (codes of the determinant, of the other's coding)."""
    found, start = {}, 0
    for axes in question.sets:
        shape = shape_of(axes, codebook)
        size = shape[0] * shape[1]
        found[axes[0].column, axes[1].column] = cells[start : start + size].reshape(shape)
        start += size
    return found


def choose(
    names: Sequence[str],
    found: Mapping[Pair, Ints],
    given: Sequence[str],
    codes: Mapping[str, int],
    mixed: Mixed,
    gaps: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return the determinant of each column that has one; never in a circle.

    Columns are taken from the last to the first, and of several determinants the one with the fewest codes,
    so that the column that stands first in the schema keeps its tree. In a ``given`` visit sequence a
    determinant must come before its dependents. A column that follows from another one by a gap, as in
    ``gaps``, has no determinant besides.
    """
    place = {name: i for i, name in enumerate(given)}
    gaps = gaps or {}
    schema_place = {name: i for i, name in enumerate(names)}
    possible: dict[str, list[str]] = {}
    for (a, b), table in found.items():
        if a in schema_place and b not in gaps and _determines(table, mixed.get(a)):
            possible.setdefault(b, []).append(a)
    chosen: dict[str, str] = dict(gaps)
    for b in reversed([name for name in names if name not in gaps]):
        options = [a for a in possible.get(b, ()) if not _follows(chosen, a, b)]
        options = [a for a in options if b not in place or place.get(a, len(place)) < place[b]]
        if options:
            chosen[b] = min(options, key=lambda a: (codes[a], schema_place[a]))
    return {b: a for b, a in chosen.items() if b not in gaps}


def _determines(table: Ints, mixed: npt.NDArray[np.bool_] | None) -> bool:
    """Tell whether each code of one column (rows of the table) that is not ``mixed`` has one of the other."""
    if mixed is not None and _broken(table[mixed]) > MOST_MIXED * int(table.sum()):
        return False
    plain = table if mixed is None else table[~mixed]
    rows, broken = int(plain.sum()), _broken(plain)
    rare = rows - int(plain.sum(axis=0).max(initial=0))
    return rows > 0 and rare > 0 and broken <= min(MAX_BROKEN * rows, MAX_BROKEN_OF_RARE * rare)


def _broken(table: Ints) -> int:
    """Return the rows that do not hold what most rows of their code hold."""
    return int(table.sum()) - int(table.max(axis=1, initial=0).sum())


def _follows(chosen: Mapping[str, str], a: str, b: str) -> bool:
    """Tell whether a is b or is determined by b, directly or not."""
    while a != b and a in chosen:
        a = chosen[a]
    return a == b
