"""Turn what the search found in a column into its codes and the values that they stand for.

Values that at least ``threshold`` rows and ``min_cell`` persons share are codes of their own; if there are
more than ``MAX_CODES`` such values, only those that hold a bin's share of the rows. The rest is binned
between them (:mod:`~syncline.synthesizers.line_coding`), and a named state has a code of its own behind the
values. No code holds fewer than ``min_cell`` persons: rare categories merge
(:mod:`~syncline.synthesizers.category_coding`), rare states become missing, thin bins join their neighbour,
and what is too rare even then counts as the most frequent code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import ColumnCodes, Lookup
from syncline.data.gap import GapLine
from syncline.data.variable import Variable
from syncline.synthesizers.binning import group_frequent, group_in_order
from syncline.synthesizers.category_coding import code_categories
from syncline.synthesizers.column_search import ColumnSearch
from syncline.synthesizers.column_values import ColumnValues
from syncline.synthesizers.line_coding import LineCodes, code_line

Ints: TypeAlias = npt.NDArray[np.int64]

PREDICTOR_BINS = 63
PREDICTOR_ALONE = 0.02
TARGET_CLASSES_ORDERED = 12
TARGET_CLASSES_NAMED = 8
TARGET_ALONE = 0.05
COMPARED_CELLS = 20
COMPARED_CELLS_NAMED = 200
_END = 2**63 - 1


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A column's codes, as every supplier applies them, and its values, as the hub draws them."""

    codes: ColumnCodes
    values: ColumnValues

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The categories of each code that stands for several siblings."""
        known = self.values.variable.categories
        return tuple(tuple(known[key] for key in keys.tolist()) for keys in self.values.groups)

    @property
    def shows_other(self) -> bool:
        """Whether the last of the codes of categories is "(other)"."""
        declared = len(self.codes.segment_code)
        return not self.codes.numeric and 0 < declared < len(self.values.variable.categories)

    @property
    def other_share(self) -> float:
        """The share of the rows, from 0 to 1, that are drawn as "(other)"."""
        rows = self.values.rows
        return int(rows[self.values.span_code[-1]]) / max(int(rows.sum()), 1) if self.shows_other else 0.0

    @property
    def mixed(self) -> npt.NDArray[np.bool_]:
        """Tell which codes (n_codes,) stand for several categories: groups of siblings, and "(other)"."""
        values = self.values
        if self.codes.numeric:
            return np.zeros(values.n_codes, np.bool_)
        mixed = np.bincount(values.span_code, minlength=values.n_codes) > 1
        if self.shows_other:
            mixed[values.span_code[-1]] = True
        return mixed


def code_column(
    variable: Variable,
    found: ColumnSearch,
    min_cell: int,
    threshold: int,
    persons: bool,
    *,
    told: bool = False,
) -> CodedColumn:
    """Return the codes of a column.

    ``persons`` says whether the counts carry person buckets; ``told`` whether the schema's range is that of
    the values, and told to everybody as such.
    """
    merged: tuple[str, ...] = ()
    if variable.is_categorical:
        categories = code_categories(variable, found, min_cell, persons)
        line, variable, merged = categories.line, categories.variable, categories.merged
    else:
        line = code_line(variable, found, min_cell, threshold, persons, told=told)
    lacking, mask = found.missing + line.lost, int(found.missing_mask) | line.lost_mask
    held = mask.bit_count() if persons else lacking
    keeps_missing = held >= min_cell or (lacking > 0 and len(line.rows) == 0)
    return _assemble(line, variable, merged, (lacking, mask) if keeps_missing else None)


def code_gap(line: GapLine, found: ColumnSearch, min_cell: int, threshold: int, persons: bool) -> CodedColumn:
    """Return the codes of a gap; none is both of gaps and of values without a base."""
    low, _ = found.bounds()
    variable = line.variable()
    halves = [
        code_line(variable, replace(found, pieces=found.pieces.only(half)), min_cell, threshold, persons)
        for half in (low < 0, low >= 0)
    ]
    codes = _joined([_within(halves[0], high=-1), _within(halves[1], low=0)], found)
    held = int(found.missing_mask).bit_count() if persons else found.missing
    keeps_missing = held >= min_cell or (found.missing > 0 and len(codes.rows) == 0)
    missing = (found.missing, int(found.missing_mask)) if keeps_missing else None
    column = _assemble(codes, variable, (), missing)
    return replace(column, codes=replace(column.codes, name=line.gap.name, gap=line.gap))


def _within(line: LineCodes, low: int = -_END, high: int = _END) -> LineCodes:
    """Return a half of a gap's line that draws nothing of the other half: outermost bins reach outward."""
    return replace(line, span_low=np.maximum(line.span_low, low), span_high=np.minimum(line.span_high, high))


def _joined(halves: list[LineCodes], found: ColumnSearch) -> LineCodes:
    """Return the codes of both halves of a line; a half too rare to have any counts as the most frequent."""
    below, above = halves
    shift = len(below.rows)
    rows = np.concatenate([below.rows, above.rows])
    masks = np.concatenate([below.masks, above.masks])
    low = np.concatenate([below.segment_low, above.segment_low])
    code = np.concatenate([below.segment_code, above.segment_code + shift])
    rest = int(found.pieces.rows.sum()) - int(rows.sum())
    if len(rows) and rest:
        most, first = int(np.argmax(rows)), -(2**63) if not shift else 0
        rows[most] += rest
        low, code = (
            np.concatenate([low, [first]] if shift else [[first], low]),
            np.concatenate([code, [most]] if shift else [[most], code]),
        )
    return LineCodes(
        rows,
        masks,
        np.concatenate([below.span_code, above.span_code + shift]),
        np.concatenate([below.span_low, above.span_low]),
        np.concatenate([below.span_high, above.span_high]),
        low.astype(np.int64),
        code.astype(np.int64),
    )


def _assemble(
    line: LineCodes, variable: Variable, merged: tuple[str, ...], missing: tuple[int, int] | None
) -> CodedColumn:
    """Put the code for ``missing`` last: its rows and person buckets, None where it is not kept."""
    numeric, keeps_missing, rows, masks = (
        not variable.is_categorical,
        missing is not None,
        line.rows,
        line.masks,
    )
    if missing is not None:
        rows, masks = np.append(rows, missing[0]), np.append(masks, np.uint64(missing[1]))
    if len(rows) == 0:  # no training row at all
        rows, masks, keeps_missing = np.zeros(1, np.int64), np.zeros(1, np.uint64), True
    values = ColumnValues(
        variable,
        line.span_code,
        line.span_low,
        line.span_high,
        rows,
        masks,
        keeps_missing,
        merged,
        line.rhythm,
    )
    absent = len(rows) - 1 if keeps_missing else int(np.argmax(rows))
    codes = ColumnCodes(
        variable.name,
        numeric,
        line.segment_low,
        np.where(line.segment_code < 0, absent, line.segment_code).astype(np.uint16),
        len(rows),
        absent,
        keeps_missing,
        *_coarser(rows[:-1] if keeps_missing else rows, line.n_states, numeric, keeps_missing),
    )
    return CodedColumn(codes, values)


def _coarser(
    present: Ints, n_states: int, numeric: bool, keeps_missing: bool
) -> tuple[Lookup, Lookup, Lookup]:
    """Return the lookups of bins, classes and cells; missing is a group of its own, the last."""
    if numeric:
        values, states = np.split(present, [len(present) - n_states])
        bins = _on_a_line(values, states, PREDICTOR_BINS, PREDICTOR_ALONE)
        classes = _on_a_line(values, states, TARGET_CLASSES_ORDERED, TARGET_ALONE)
        cells = _on_a_line(values, states, COMPARED_CELLS, TARGET_ALONE)
    else:
        bins = group_frequent(present, PREDICTOR_BINS)
        classes = group_frequent(present, TARGET_CLASSES_NAMED)
        cells = group_frequent(present, COMPARED_CELLS_NAMED)
    if not keeps_missing:
        return bins, classes, cells
    bins, classes, cells = (
        np.append(own, np.uint16(len(set(own.tolist())))) for own in (bins, classes, cells)
    )
    return bins, classes, cells


def _on_a_line(values: Ints, states: Ints, most: int, alone: float) -> npt.NDArray[np.uint16]:
    """Return a lookup to at most ``most`` groups; states share no group with values, nor each with another.

    Of more states than half of the groups, the rarer ones share the last.
    """
    if not len(states):
        return group_in_order(values, most, alone)
    behind = group_frequent(states, most // 2)
    if not len(values):
        return behind
    before = group_in_order(values, most - int(behind.max()) - 1, alone)
    return np.append(before, behind + before.max() + np.uint16(1))
