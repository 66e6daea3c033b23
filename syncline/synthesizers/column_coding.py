"""Turn what the search found in a column into its codes and the values that they stand for.

Values that at least ``threshold`` rows and ``min_cell`` persons share are codes of their own; if there are
more than ``MAX_CODES`` such values, only those that hold a bin's share of the rows. The rest is binned
between them. No code holds fewer than ``min_cell`` persons: rare categories become "(other)", thin bins
join their neighbour, and what is too rare even then counts as the most frequent code.
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
from syncline.synthesizers.column_search import FEW_VALUES, ColumnSearch
from syncline.synthesizers.column_values import ColumnValues

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]

MAX_CODES = 256
PREDICTOR_BINS = 63
PREDICTOR_ALONE = 0.02
TARGET_CLASSES_ORDERED = 12
TARGET_CLASSES_NAMED = 8
TARGET_ALONE = 0.05
COMPARED_CELLS = 20
COMPARED_CELLS_NAMED = 200
OTHER = "(other)"
LISTED_VALUES = 32
LISTED_SHARE = 0.5
"""A column looks like a list of codes, or of amounts that recur, if it has at most LISTED_VALUES values or if
its values take up less than this share of the range that they lie in.
"""
RARE_SHARE = 0.05
"""In such a list rare values count as the nearest shared value, so that nothing is drawn between two entries,
where at most this share of the rows hold them.
"""


@dataclass(frozen=True, slots=True)
class CodedColumn:
    """A column's codes, as every supplier applies them, and its values, as the hub draws them."""

    codes: ColumnCodes
    values: ColumnValues


@dataclass(frozen=True, slots=True)
class _Cells:
    """Codes before missing is added: rows and masks (k,), spans to decode, places to encode."""

    rows: Ints
    masks: Bits
    span_code: Ints
    span_low: Ints
    span_high: Ints
    segment_low: Ints
    segment_code: Ints
    variable: Variable
    merged: tuple[str, ...] = ()


def code_column(
    variable: Variable, found: ColumnSearch, min_cell: int, threshold: int, persons: bool
) -> CodedColumn:
    """Return the codes of a column; ``persons`` says whether the counts carry person buckets."""
    if variable.is_categorical:
        cells = _named(variable, found, min_cell, persons)
    else:
        cells = _ordered(variable, found, min_cell, threshold, persons)
    held = int(found.missing_mask).bit_count() if persons else found.missing
    keeps_missing = held >= min_cell or (found.missing > 0 and len(cells.rows) == 0)
    return _assemble(cells, found, keeps_missing, not variable.is_categorical)


def code_gap(line: GapLine, found: ColumnSearch, min_cell: int, threshold: int, persons: bool) -> CodedColumn:
    """Return the codes of a gap; none is both of gaps and of values without a base."""
    low, _ = found.bounds()
    variable = line.variable()
    halves = [
        _ordered(variable, replace(found, pieces=found.pieces.only(half)), min_cell, threshold, persons)
        for half in (low < 0, low >= 0)
    ]
    cells = _joined(halves, found)
    held = int(found.missing_mask).bit_count() if persons else found.missing
    keeps_missing = held >= min_cell or (found.missing > 0 and len(cells.rows) == 0)
    column = _assemble(cells, found, keeps_missing, True)
    return replace(column, codes=replace(column.codes, name=line.gap.name, gap=line.gap))


def _joined(halves: list[_Cells], found: ColumnSearch) -> _Cells:
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
    return _Cells(
        rows,
        masks,
        np.concatenate([below.span_code, above.span_code + shift]),
        np.concatenate([below.span_low, above.span_low]),
        np.concatenate([below.span_high, above.span_high]),
        low.astype(np.int64),
        code.astype(np.int64),
        below.variable,
    )


def _assemble(cells: _Cells, found: ColumnSearch, keeps_missing: bool, numeric: bool) -> CodedColumn:
    rows = np.append(cells.rows, found.missing) if keeps_missing else cells.rows
    masks = np.append(cells.masks, np.uint64(found.missing_mask)) if keeps_missing else cells.masks
    if len(rows) == 0:  # no training row at all
        rows, masks, keeps_missing = np.zeros(1, np.int64), np.zeros(1, np.uint64), True
    values = ColumnValues(
        cells.variable,
        cells.span_code,
        cells.span_low,
        cells.span_high,
        rows,
        masks,
        keeps_missing,
        cells.merged,
    )
    codes = ColumnCodes(
        cells.variable.name,
        numeric,
        cells.segment_low,
        cells.segment_code.astype(np.uint16),
        len(rows),
        len(rows) - 1 if keeps_missing else int(np.argmax(rows)),
        keeps_missing,
        *_coarser(rows[:-1] if keeps_missing else rows, numeric, keeps_missing),
    )
    return CodedColumn(codes, values)


def _coarser(present: Ints, numeric: bool, keeps_missing: bool) -> tuple[Lookup, Lookup, Lookup]:
    """Return the lookups of bins, classes and cells; missing is a group of its own, the last."""
    if numeric:
        lookups = (
            group_in_order(present, PREDICTOR_BINS, PREDICTOR_ALONE),
            group_in_order(present, TARGET_CLASSES_ORDERED, TARGET_ALONE),
            group_in_order(present, COMPARED_CELLS, TARGET_ALONE),
        )
    else:
        lookups = (
            group_frequent(present, PREDICTOR_BINS),
            group_frequent(present, TARGET_CLASSES_NAMED),
            group_frequent(present, COMPARED_CELLS_NAMED),
        )
    if not keeps_missing:
        return lookups
    bins, classes, cells = (np.append(own, np.uint16(len(set(own.tolist())))) for own in lookups)
    return bins, classes, cells


def _held(rows: Ints, masks: Bits, persons: bool) -> Ints:
    return np.bitwise_count(masks).astype(np.int64) if persons else rows


def _named(variable: Variable, found: ColumnSearch, min_cell: int, persons: bool) -> _Cells:
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
    if len(rare) and enough:
        lookup[rare] = len(kept)
        keys = np.append(kept, k)
        rows, masks = np.append(rows, rest_rows), np.append(masks, rest_mask)
        variable = variable.model_copy(update={"categories": (*variable.categories, other_label(variable))})
    if len(keys) == 0 and rest_rows:  # nothing common enough to show: every row counts as missing
        lookup = np.zeros(0, np.int64)
    spans = np.arange(len(keys), dtype=np.int64)
    return _Cells(
        rows,
        masks,
        spans,
        keys.astype(np.int64),
        keys.astype(np.int64),
        np.zeros(0, np.int64),
        lookup,
        variable,
        merged,
    )


def _merged(rows: Ints, held: Ints, min_cell: int) -> Ints:
    """Return the categories that are merged: those of few persons, and beside them also those of nobody.

    Which of both a category is, is told nowhere.
    """
    few = held < min_cell
    return np.flatnonzero(few) if (few & (rows > 0)).any() else np.zeros(0, np.int64)


def other_label(variable: Variable) -> str:
    """Return the name for merged categories, kept apart from the schema's own."""
    label = OTHER
    while label in variable.categories:
        label += "*"
    return label


def _ordered(variable: Variable, found: ColumnSearch, min_cell: int, threshold: int, persons: bool) -> _Cells:
    low, high = found.bounds()
    rows, masks = found.pieces.rows, found.pieces.masks
    held = _held(rows, masks, persons)
    total = int(rows.sum())
    few = len(rows) <= FEW_VALUES
    shared = (low == high) & (held >= min_cell) & (rows >= (min_cell if few else threshold))
    if int(shared.sum()) > MAX_CODES:
        shared &= rows >= -(-total // MAX_CODES)
    rare = total - int(rows[shared].sum())
    if shared.any() and _is_list(low, high) and rare <= RARE_SHARE * total:
        groups = _nearest_shared(low, high, shared)
    else:
        groups = _bins(rows, masks, shared, min_cell, persons)
    return _cut(variable, (low, high, rows, masks), shared, groups)


def _is_list(low: Ints, high: Ints) -> bool:
    """Tell whether these pieces (p,) look like a list of values between which there is nothing."""
    width = float(high[-1]) - float(low[0]) + 1.0
    return len(low) <= LISTED_VALUES or len(low) <= min(FEW_VALUES, LISTED_SHARE * width)


def _nearest_shared(low: Ints, high: Ints, shared: npt.NDArray[np.bool_]) -> Ints:
    """Return the group of the shared value that is nearest to each piece (p,); the lower one on ties."""
    places = np.flatnonzero(shared)
    above = np.minimum(np.searchsorted(places, np.arange(len(low))), len(places) - 1)
    below = np.maximum(above - 1, 0)
    up = low[places[above]].astype(np.float64) - high
    down = low - high[places[below]].astype(np.float64)
    nearest = np.where((up >= 0) & ((down < 0) | (up < down)), above, below)
    nearest = np.where(low >= low[places[-1]], len(places) - 1, nearest)
    return len(low) + places[nearest]


def _bins(rows: Ints, masks: Bits, shared: npt.NDArray[np.bool_], min_cell: int, persons: bool) -> Ints:
    """Return the bin of each piece (p,) that is not shared, -1 where there is none thick enough."""
    rest = np.flatnonzero(~shared)
    bins = np.full(len(rows), -1, np.int64)
    mass = int(rows[rest].sum())
    if not mass:
        return bins
    target = -(-mass // max(MAX_CODES - int(shared.sum()), 64))
    members: list[list[int]] = [[]]
    count, mask = 0, 0
    for piece in rest.tolist():
        members[-1].append(piece)
        count, mask = count + int(rows[piece]), mask | int(masks[piece])
        if count >= target and (mask.bit_count() if persons else count) >= min_cell:
            members.append([])
            count, mask = 0, 0
    thin = members.pop()
    if thin and members:
        members[-1] += thin
    elif thin and (mask.bit_count() if persons else count) >= min_cell:
        members.append(thin)
    for number, pieces in enumerate(members):
        bins[pieces] = number
    return bins


def _cut(
    variable: Variable,
    pieces: tuple[Ints, Ints, Ints, Bits],
    shared: npt.NDArray[np.bool_],
    bins: Ints,
) -> _Cells:
    low, high, rows, masks = pieces
    group = np.where(shared, np.arange(len(rows)) + len(rows), bins)  # a name for each piece's code
    kept = np.flatnonzero(group >= 0)
    names, first = np.unique(group[kept], return_index=True)
    by_value = np.argsort(low[kept][first], kind="stable")
    code_of = {int(names[j]): code for code, j in enumerate(by_value)}
    k = len(code_of)
    piece_code = np.array([code_of.get(int(g), -1) for g in group], np.int64)
    code_rows, code_masks = np.zeros(k, np.int64), np.zeros(k, np.uint64)
    np.add.at(code_rows, piece_code[kept], rows[kept])
    np.bitwise_or.at(code_masks, piece_code[kept], masks[kept])
    hidden = np.flatnonzero(group < 0)
    if k and len(hidden):
        piece_code[hidden] = int(np.argmax(code_rows))
        np.add.at(code_rows, piece_code[hidden], rows[hidden])
    if not k:
        empty = np.zeros(0, np.int64)
        return _Cells(code_rows, code_masks, empty, empty, empty, empty, empty, variable)
    drawn = np.flatnonzero(shared | ((bins >= 0) & (bins < len(rows))))  # rare values stand for shared ones
    spans = _spans(variable, low[drawn], high[drawn], piece_code[drawn], shared[drawn])
    segments = _segments(low, piece_code)
    return _Cells(code_rows, code_masks, *spans, *segments, variable)


def _segments(low: Ints, code: Ints) -> tuple[Ints, Ints]:
    change = np.ones(len(low), np.bool_)
    change[1:] = code[1:] != code[:-1]
    return low[change], code[change]


def _spans(
    variable: Variable, low: Ints, high: Ints, code: Ints, shared: npt.NDArray[np.bool_]
) -> tuple[Ints, Ints, Ints]:
    """Return the spans (code, low, high) to draw from: single keys as they are, bins up to simple edges."""
    change = np.ones(len(low), np.bool_)
    change[1:] = (code[1:] != code[:-1]) | shared[1:] | shared[:-1]
    begins = np.flatnonzero(change)
    ends = np.append(begins[1:], len(low)) - 1
    span_low, span_high = low[begins].copy(), high[ends].copy()
    single = shared[begins]
    base = 10 if variable.grid is None or variable.grid.is_even else 2
    for i in range(len(begins)):
        if single[i]:
            continue
        if i == 0:
            span_low[i] = _outer(variable, int(span_low[i]), base, upper=False)
        if i + 1 == len(begins):
            span_high[i] = _outer(variable, int(span_high[i]), base, upper=True)
        elif single[i + 1]:
            span_high[i] = min(int(span_high[i]), int(span_low[i + 1]) - 1)
        else:
            edge = simplest(int(span_high[i]) + 1, int(span_low[i + 1]), base)
            span_high[i], span_low[i + 1] = edge - 1, edge
    order = np.argsort(code[begins], kind="stable")
    return code[begins][order], span_low[order], span_high[order]


def _outer(variable: Variable, key: int, base: int, *, upper: bool) -> int:
    """Return the schema's bound, or a simple number a little beyond the outermost key that the kind holds."""
    low, high = variable.key_extent
    key = min(key, high) if upper else max(key, low)
    if variable.key_range is not None:
        return key
    reach = abs(key) // 10 if base == 10 else 1 << 48
    if upper:
        return min(simplest(key, key + reach, base), high)
    return max(-simplest(-key, -key + reach, base), low)


def simplest(low: int, high: int, base: int) -> int:
    """Return the lowest multiple of the highest power of ``base`` that has one in ``low .. high``."""
    if low >= high:
        return high
    power = 1
    while -(-low // (power * base)) * power * base <= high and power < 1 << 62:
        power *= base
    return -(-low // power) * power
