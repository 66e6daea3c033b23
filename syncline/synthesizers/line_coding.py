"""Cut a line of keys into codes: values that many rows share, bins between them, and named states behind.

In a list of codes or of amounts that recur, rare values between two shared ones count as the nearest of them,
so that nothing is drawn between two entries. What lies beyond all shared values is a tail, and is binned. A
few rows far beyond all others (an overflow, 9999-12-31) belong to no bin's span: they count with the
outermost bin, which ends where the others do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.variable import Variable
from syncline.synthesizers.column_search import FEW_VALUES, ColumnSearch
from syncline.synthesizers.outer_ends import Run, simplest
from syncline.synthesizers.rhythm import Binned, Rhythm, find_rhythm, measure_fits

Ints: TypeAlias = npt.NDArray[np.int64]
Bits: TypeAlias = npt.NDArray[np.uint64]
Mask: TypeAlias = npt.NDArray[np.bool_]

MAX_CODES = 256
LISTED_VALUES = 32
LISTED_SHARE = 0.5
"""A column looks like a list of codes, or of amounts that recur, if it has at most LISTED_VALUES values or if
its values take up less than this share of the range that they lie in.
"""
RARE_SHARE = 0.05
"""In such a list rare values count as the nearest shared one if at most this share of the rows hold them."""
FAR = 8
"""Values are far beyond all others if they are so many times as far from the median as the next ones, unless
these already lie that far beyond the tenth that is outermost, as in a long tail.
"""


@dataclass(frozen=True, slots=True)
class KeyPieces:
    """Disjoint intervals of keys (p,), both ends inclusive, with their rows and person buckets.

    ``persons`` says whether there are buckets to count persons by; else every row is one.
    """

    low: Ints
    high: Ints
    rows: Ints
    masks: Bits
    persons: bool

    @classmethod
    def of(cls, found: ColumnSearch, persons: bool) -> KeyPieces:
        """Return what a search has found."""
        return cls(*found.bounds(), found.pieces.rows, found.pieces.masks, persons)

    def __len__(self) -> int:
        return len(self.low)

    def only(self, chosen: Mask) -> KeyPieces:
        """Return the chosen pieces (p,)."""
        return KeyPieces(
            self.low[chosen], self.high[chosen], self.rows[chosen], self.masks[chosen], self.persons
        )

    def run(self, before: int, after: int, variable: Variable) -> Run:
        """Return what lies between two places, -1 and the number of pieces for the ends of the line."""
        low, high = variable.value_extent
        own = slice(before + 1, after)
        walls = (
            low if before < 0 else int(self.high[before]) + 1,
            high if after == len(self) else int(self.low[after]) - 1,
        )
        masks = self.masks[own] if self.persons else None
        return Run(self.low[own], self.high[own], self.rows[own], masks, walls)

    @property
    def held(self) -> Ints:
        """Return how many people are known to be in each piece (p,)."""
        return np.bitwise_count(self.masks).astype(np.int64) if self.persons else self.rows

    def people(self, chosen: Mask) -> int:
        """Return how many people are known to be in the chosen pieces together."""
        if not self.persons:
            return int(self.rows[chosen].sum())
        return int(np.bitwise_or.reduce(self.masks[chosen], initial=np.uint64(0))).bit_count()


@dataclass(frozen=True, slots=True)
class LineCodes:
    """The codes of a line of keys, before missing is added.

    Attributes
    ----------
    rows, masks : rows of each code and their person buckets (k,); those of states are the last ``n_states``
    span_code, span_low, span_high : what each code is drawn from (r,), grouped by code
    segment_low, segment_code : which code each key has (s,); -1 where it counts as missing
    n_states : how many of the codes are named states
    lost, lost_mask : rows of states that too few people share, which count as missing
    clipped : rows that lie far beyond all others and count with the outermost code
    moved : rows whose value too few people share, and which count as the nearest one that is shared
    rhythm : how values heap within bins, None where they lie evenly
    """

    rows: Ints
    masks: Bits
    span_code: Ints
    span_low: Ints
    span_high: Ints
    segment_low: Ints
    segment_code: Ints
    n_states: int = 0
    lost: int = 0
    lost_mask: int = 0
    clipped: int = 0
    moved: int = 0
    rhythm: Rhythm | None = None


def code_line(
    variable: Variable,
    found: ColumnSearch,
    min_cell: int,
    threshold: int,
    persons: bool,
    *,
    told: bool = False,
) -> LineCodes:
    """Return the codes of an ordered column; no code holds fewer than ``min_cell`` people.

    ``told`` says whether the schema's range is that of the values, and told to everybody as such.
    """
    pieces = KeyPieces.of(found, persons)
    values = variable.are_values(pieces.low)
    line = _numbers(variable, pieces.only(values), min_cell, threshold, told=told)
    line = replace(line, rhythm=_rhythm(variable, pieces.only(values), line, min_cell))
    return _with_states(line, pieces.only(~values), min_cell) if len(variable.codes) else line


def _rhythm(variable: Variable, pieces: KeyPieces, line: LineCodes, min_cell: int) -> Rhythm | None:
    spans = line.span_low, line.span_high
    masks = pieces.masks if pieces.persons else None
    rhythm = (
        find_rhythm(
            variable, Binned.of(pieces.low, pieces.high, pieces.rows, masks, spans, min_cell), min_cell
        )
        if len(line.span_low)
        else None
    )
    return rhythm if rhythm is not None and measure_fits(rhythm, *spans) else None


def _with_states(line: LineCodes, states: KeyPieces, min_cell: int) -> LineCodes:
    """Add a code for each state that enough people share; the others count as missing."""
    kept = (states.low == states.high) & (states.held >= min_cell)
    k, n = len(line.rows), int(kept.sum())
    codes = np.full(len(states), -1, np.int64)
    codes[kept] = k + np.arange(n)
    return LineCodes(
        np.append(line.rows, states.rows[kept]),
        np.append(line.masks, states.masks[kept]),
        np.append(line.span_code, codes[kept]),
        np.append(line.span_low, states.low[kept]),
        np.append(line.span_high, states.low[kept]),
        np.append(line.segment_low, states.low),
        np.append(line.segment_code, codes),
        n,
        int(states.rows[~kept].sum()),
        int(np.bitwise_or.reduce(states.masks[~kept], initial=np.uint64(0))),
        line.clipped,
        line.moved,
        line.rhythm,
    )


def _numbers(
    variable: Variable, pieces: KeyPieces, min_cell: int, threshold: int, *, told: bool
) -> LineCodes:
    low, high, rows = pieces.low, pieces.high, pieces.rows
    total = int(rows.sum())
    few = len(rows) <= FEW_VALUES
    shared = (low == high) & (pieces.held >= min_cell) & (rows >= (min_cell if few else threshold))
    if int(shared.sum()) > MAX_CODES:
        shared &= rows >= -(-total // MAX_CODES)
    far = _far(pieces, shared, min_cell)
    near = np.flatnonzero(~far)
    groups = _grouped(pieces.only(~far), shared[near], min_cell)
    of_values = groups >= len(near)
    groups[of_values] = len(pieces) + near[groups[of_values] - len(near)]
    spread = np.full(len(pieces), -1, np.int64)
    spread[near] = groups
    drawn = shared | ((spread >= 0) & (spread < len(pieces)))
    for place in np.flatnonzero(far):  # counted with the outermost of the others
        spread[place] = spread[near[0] if place < near[0] else near[-1]]
    moved = int(rows[(spread >= len(pieces)) & ~shared & ~far].sum())
    line = _cut(variable, pieces, shared, spread, drawn & ~far, min_cell)
    line = replace(line, clipped=int(rows[far].sum()), moved=moved + line.moved)
    return _up_to_range(line, variable, pieces, far) if told and variable.key_range is not None else line


def _up_to_range(line: LineCodes, variable: Variable, pieces: KeyPieces, far: Mask) -> LineCodes:
    """Return the line whose outermost bins reach the schema's bounds, but for those that are far values'."""
    if not len(pieces) or not len(line.span_low):
        return line
    least, most = variable.value_extent
    low, high = line.span_low.copy(), line.span_high.copy()
    first, last = int(low.argmin()), int(high.argmax())
    if low[first] < high[first] and not far[0]:
        low[first] = min(int(low[first]), max(int(pieces.low[0]), least))
    if low[last] < high[last] and not far[-1]:
        high[last] = max(int(high[last]), min(int(pieces.high[-1]), most))
    return replace(line, span_low=low, span_high=high)


def _far(pieces: KeyPieces, shared: Mask, min_cell: int) -> Mask:
    """Tell which pieces (p,) lie far beyond all others and hold fewer than ``min_cell`` people there."""
    far = np.zeros(len(pieces), np.bool_)
    if not len(pieces):
        return far
    upto, total = np.cumsum(pieces.rows), int(pieces.rows.sum())
    low, middle, high = (int(np.searchsorted(10 * upto, tenths * total)) for tenths in (1, 5, 9))
    centre = int(pieces.low[middle])
    above = [int(key) - centre for key in pieces.low.tolist()]
    below = [centre - int(key) for key in pieces.high.tolist()]
    for upper, outward in ((True, range(len(pieces) - 1, middle, -1)), (False, range(middle))):
        bulk = max(above[high] if upper else below[low], 1)
        tail = np.zeros(len(pieces), np.bool_)
        for place in outward:
            tail[place] = True
            if shared[place] or pieces.people(tail) >= min_cell:
                break
            own, after = (above[place], above[place - 1]) if upper else (below[place], below[place + 1])
            near = max(after, 1)
            if own > FAR * near and own * bulk > near * near:
                far |= tail
    return far


def _grouped(pieces: KeyPieces, shared: Mask, min_cell: int) -> Ints:
    """Return the group of each piece (p,): of a bin from 0, of a shared value p and its place, or -1."""
    n, total = len(pieces), int(pieces.rows.sum())
    rare = total - int(pieces.rows[shared].sum())
    if not (shared.any() and _is_list(pieces.low, pieces.high) and rare <= RARE_SHARE * total):
        return _bins(pieces, ~shared, shared, min_cell)
    groups = _nearest_shared(pieces.low, pieces.high, shared)
    place, ends, bins = np.arange(n), np.flatnonzero(shared)[[0, -1]], 0
    for tail in (place < ends[0], place > ends[1]):
        if pieces.people(tail) >= min_cell:
            own = _bins(pieces, tail, shared, min_cell)[tail]
            groups[tail], bins = own + bins, bins + int(own.max()) + 1
    return groups


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


def _bins(pieces: KeyPieces, chosen: Mask, shared: Mask, min_cell: int) -> Ints:
    """Return the bin of each chosen piece (p,), -1 elsewhere and where there is none thick enough."""
    rest = np.flatnonzero(chosen)
    bins = np.full(len(pieces), -1, np.int64)
    mass = int(pieces.rows[rest].sum())
    if not mass:
        return bins
    target = -(-mass // max(MAX_CODES - int(shared.sum()), 64))
    members: list[list[int]] = [[]]
    count, mask = 0, 0

    def people() -> int:
        return mask.bit_count() if pieces.persons else count

    for piece in rest.tolist():
        members[-1].append(piece)
        count, mask = count + int(pieces.rows[piece]), mask | int(pieces.masks[piece])
        if count >= target and people() >= min_cell:
            members.append([])
            count, mask = 0, 0
    thin = members.pop()
    if thin and members:
        members[-1] += thin
    elif thin and people() >= min_cell:
        members.append(thin)
    for number, own in enumerate(members):
        bins[own] = number
    return bins


def _cut(
    variable: Variable,
    pieces: KeyPieces,
    shared: Mask,
    bins: Ints,
    drawn: Mask,
    min_cell: int,
) -> LineCodes:
    low, rows, masks = pieces.low, pieces.rows, pieces.masks
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
        return LineCodes(code_rows, code_masks, empty, empty, empty, empty, empty)
    at = np.flatnonzero(drawn)
    spans = _spans(variable, pieces, piece_code, shared, at, min_cell)
    segments = _segments(low, piece_code)
    return LineCodes(code_rows, code_masks, *spans, *segments, moved=int(rows[hidden].sum()))


def _segments(low: Ints, code: Ints) -> tuple[Ints, Ints]:
    change = np.ones(len(low), np.bool_)
    change[1:] = code[1:] != code[:-1]
    return low[change], code[change]


def _spans(
    variable: Variable, pieces: KeyPieces, code: Ints, shared: Mask, at: Ints, min_cell: int
) -> tuple[Ints, Ints, Ints]:
    """Return the spans (code, low, high) to draw from, of pieces ``at`` some places.

    Shared values are spans of a single key. Bins between them are a run, whose ends are no person's value and
    which is divided at simple numbers.
    """
    low, high, code, single = pieces.low[at], pieces.high[at], code[at], shared[at]
    change = np.ones(len(low), np.bool_)
    change[1:] = (code[1:] != code[:-1]) | single[1:] | single[:-1]
    begins = np.flatnonzero(change)
    ends = np.append(begins[1:], len(low)) - 1
    span_low, span_high, single = low[begins].copy(), high[ends].copy(), single[begins]
    is_decimal = variable.grid is None or variable.grid.is_even or variable.grid.digits is not None
    base = 10 if is_decimal else 2
    walls = np.concatenate([[-1], np.flatnonzero(shared), [len(pieces)]])
    for i in np.flatnonzero(~single).tolist():
        if i + 1 < len(begins) and not single[i + 1]:
            edge = simplest(int(span_high[i]) + 1, int(span_low[i + 1]), base)
            span_high[i], span_low[i + 1] = edge - 1, edge
    for i in np.flatnonzero(~single).tolist():
        first, last = i == 0 or single[i - 1], i + 1 == len(begins) or single[i + 1]
        if not (first or last):
            continue
        wall = int(np.searchsorted(walls, at[begins[i]]))
        run = pieces.run(int(walls[wall - 1]), int(walls[wall]), variable)
        outer = run.ends(variable, min_cell, base)
        if first:
            span_low[i] = min(outer[0], int(span_high[i]))
        if last:
            span_high[i] = max(outer[1], int(span_low[i]))
    order = np.argsort(code[begins], kind="stable")
    return code[begins][order], span_low[order], span_high[order]
