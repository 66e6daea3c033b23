"""Turn what the search found in a column into its codes and the values that they stand for.

Values that at least ``threshold`` rows and ``min_cell`` persons share are codes of their own; if there are
more than ``MAX_CODES`` such values, only those that hold a bin's share of the rows. The rest is binned
between them (:mod:`~syncline.synthesizers.line_coding`), and a named state has a code of its own behind the
values. No code holds fewer than ``min_cell`` persons: rare categories become "(other)", rare states missing,
thin bins join their neighbour, and what is too rare even then counts as the most frequent code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.codebook import ColumnCodes, Lookup
from syncline.data.gap import GapLine
from syncline.data.kinds import Kind
from syncline.data.labels import other_label
from syncline.data.variable import Variable
from syncline.synthesizers.binning import group_frequent, group_in_order
from syncline.synthesizers.column_search import ColumnSearch
from syncline.synthesizers.column_values import ColumnValues
from syncline.synthesizers.line_coding import LineCodes, code_line

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]

PREDICTOR_BINS = 63
PREDICTOR_ALONE = 0.02
TARGET_CLASSES_ORDERED = 12
TARGET_CLASSES_NAMED = 8
TARGET_ALONE = 0.05
COMPARED_CELLS = 20
COMPARED_CELLS_NAMED = 200


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A column's codes, as every supplier applies them, and its values, as the hub draws them."""

    codes: ColumnCodes
    values: ColumnValues


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
        line, variable, merged = _named(variable, found, min_cell, persons)
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
    codes = _joined(halves, found)
    held = int(found.missing_mask).bit_count() if persons else found.missing
    keeps_missing = held >= min_cell or (found.missing > 0 and len(codes.rows) == 0)
    missing = (found.missing, int(found.missing_mask)) if keeps_missing else None
    column = _assemble(codes, variable, (), missing)
    return replace(column, codes=replace(column.codes, name=line.gap.name, gap=line.gap))


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


def _held(rows: Ints, masks: Bits, persons: bool) -> Ints:
    return np.bitwise_count(masks).astype(np.int64) if persons else rows


def _named(
    variable: Variable, found: ColumnSearch, min_cell: int, persons: bool
) -> tuple[LineCodes, Variable, tuple[str, ...]]:
    """Return the codes of categories, the variable with "(other)" where it is used, and what that merges."""
    k = len(variable.categories)
    rows, masks = np.zeros(k, np.int64), np.zeros(k, np.uint64)
    place = found.pieces.start.astype(np.int64)
    rows[place], masks[place] = found.pieces.rows, found.pieces.masks
    held = _held(rows, masks, persons)
    kept = np.flatnonzero((held >= min_cell) & (rows > 0))
    rare = _merged(rows, held, min_cell)
    lookup = np.full(k, int(np.argmax(rows[kept])) if len(kept) else 0, np.int64)
    lookup[kept] = np.arange(len(kept))
    rest_rows, rest_mask = int(rows[rare].sum()), np.bitwise_or.reduce(masks[rare], initial=np.uint64(0))
    enough = (int(rest_mask).bit_count() if persons else rest_rows) >= min_cell
    keys, merged = kept, tuple(variable.categories[i] for i in rare)
    rows, masks = rows[kept], masks[kept]
    if len(rare) and enough and variable.kind is not Kind.BOOLEAN:  # a truth value has no third category
        lookup[rare] = len(kept)
        keys = np.append(kept, k)
        rows, masks = np.append(rows, rest_rows), np.append(masks, rest_mask)
        variable = variable.model_copy(
            update={"categories": (*variable.categories, other_label(variable.categories))}
        )
    if len(keys) == 0 and rest_rows:  # nothing common enough to show: every row counts as missing
        lookup = np.zeros(0, np.int64)
    spans, keys = np.arange(len(keys), dtype=np.int64), keys.astype(np.int64)
    line = LineCodes(rows, masks, spans, keys, keys, np.zeros(0, np.int64), lookup)
    return line, variable, merged


def _merged(rows: Ints, held: Ints, min_cell: int) -> Ints:
    """Return the categories that are merged: those of few persons, and beside them also those of nobody.

    Which of both a category is, is told nowhere.
    """
    few = held < min_cell
    return np.flatnonzero(few) if (few & (rows > 0)).any() else np.zeros(0, np.int64)
