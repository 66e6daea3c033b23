"""Find columns of which one is never greater than another, and decide where the gap is modelled instead.

Three steps, each with less to ask than the one before. The search of the columns shows which orders are
possible at all; ``FormulaCheck`` counts the rows that break them; and the search of their gaps shows where
the gap is the simpler half: where it needs fewer bits to tell than the column itself.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.constraint import Constraint, Formula
from syncline.data.gap import Gap, GapLine, common_step
from syncline.data.grid import Grid
from syncline.data.kinds import NUMERIC_KINDS
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.questions.formula_check import CELLS
from syncline.synthesizers.column_search import ColumnSearch
from syncline.synthesizers.formulas import MAX_BROKEN

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Order = tuple[str, str]
"""The lesser and the greater column."""

EXPECTED_BROKEN = 20
"""Rows that would break an order if the columns were independent: fewer, and chance may keep it."""
MIN_GAIN = 1.0
"""Bits that a gap must save against its column, where nobody declared the order: half of its spread."""
MAX_ORDERS = 20_000
MAX_GAPS = 96
BASES = 3
"""Columns from which the gap of one column is searched, at most."""
_RANKS = 17
_GROUPS = 64
"""Groups of neighbouring intervals by which the spread of a column is judged."""
_SHARED = 11
"""Rows from which on a value stands for itself in that."""


def possible(searches: Sequence[ColumnSearch], schema: Schema, n_rows: int) -> tuple[Constraint, ...]:
    """Return the orders that the columns' distributions allow and that independent columns would break."""
    pairs: list[tuple[float, Order]] = []
    for family in _families(searches, schema):
        tables = [_Ranks.of(search, schema.variable(search.name), n_rows) for search in family]
        low, high = np.array([t.low for t in tables]), np.array([t.high for t in tables])
        own_low, own_high = np.array([t.own_low for t in tables]), np.array([t.own_high for t in tables])
        present = np.array([t.present for t in tables]) / max(n_rows, 1)
        for i, table in enumerate(tables):
            allowed = (low[i] <= high).all(axis=1) & (np.arange(len(tables)) != i)
            others = np.flatnonzero(allowed)
            if table.present == 0 or not len(others):
                continue
            apart = own_low[i][None, :, None] > own_high[others][:, None, :]
            share = np.count_nonzero(apart, axis=(1, 2)) / (_RANKS * _RANKS)
            broken = share * n_rows * present[i] * present[others]
            pairs += [
                (-float(rows), (family[i].name, family[j].name))
                for j, rows in zip(others.tolist(), broken.tolist(), strict=True)
                if rows >= EXPECTED_BROKEN
            ]
    pairs.sort()
    kept = sorted(order for _, order in pairs[:MAX_ORDERS])
    return tuple(Constraint.between(Formula.AT_MOST, less, [more]) for less, more in kept)


def _families(searches: Sequence[ColumnSearch], schema: Schema) -> list[list[ColumnSearch]]:
    """Return the columns by what they may be compared with."""
    families: dict[tuple[object, ...], list[ColumnSearch]] = {}
    for search in searches:
        variable = schema.variable(search.name)
        grid = variable.grid
        if grid is not None and not variable.codes:
            kind = "number" if variable.kind in NUMERIC_KINDS else variable.kind
            families.setdefault((kind, variable.zone is None, grid.is_even), []).append(search)
    return [family for family in families.values() if len(family) > 1]


@dataclass(frozen=True, slots=True)
class _Ranks:
    """Where the rows of some ranks lie, as intervals of values.

    ``low`` counts rows without a value as the least, ``high`` as the greatest; ``own_low`` and ``own_high``
    leave them out.
    """

    low: Floats
    high: Floats
    own_low: Floats
    own_high: Floats
    present: int

    @classmethod
    def of(cls, search: ColumnSearch, variable: Variable, n_rows: int) -> _Ranks:
        """Return the ranks of a column that was searched."""
        first, last = (_numbers(variable, keys) for keys in search.bounds())
        above = np.cumsum(search.pieces.rows)
        present = int(above[-1]) if len(above) else 0
        missing, slack = n_rows - present, int(MAX_BROKEN * n_rows)
        ranks = np.linspace(slack, max(n_rows - 1 - slack, slack), _RANKS).astype(np.int64)
        own = (2 * np.arange(_RANKS) + 1) * present // (2 * _RANKS)
        if not present:
            none = np.full(_RANKS, np.inf)
            return cls(-none, none, -none, none, 0)
        return cls(
            np.where(ranks < missing, -np.inf, first[_place(above, ranks - missing)]),
            np.where(ranks >= present, np.inf, last[_place(above, ranks)]),
            first[_place(above, own)],
            last[_place(above, own)],
            present,
        )


def _place(above: Ints, ranks: Ints) -> Ints:
    return np.minimum(np.searchsorted(above, ranks, side="right"), len(above) - 1)


def _numbers(variable: Variable, keys: Ints) -> Floats:
    assert variable.grid is not None
    low, high = variable.value_extent
    return np.asarray(variable.grid.values(np.clip(keys, low, high)).astype(np.float64))


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """An order that holds, and the rows in which only one of its two columns has a value."""

    order: Order
    only_greater: int
    only_less: int


def holding(asked: Sequence[Constraint], counts: Ints, allowed: Sequence[float]) -> tuple[HeldOrder, ...]:
    """Return the orders that no more rows break than ``allowed`` for each."""
    found = []
    for place, (formula, most) in enumerate(zip(asked, allowed, strict=True)):
        wrong, absent, surplus = (int(n) for n in counts[CELLS * place : CELLS * (place + 1)])
        if wrong <= most:
            found.append(HeldOrder((formula.of, formula.inputs[0]), absent, surplus))
    return tuple(found)


def bounds(
    held: Sequence[HeldOrder], declared: Collection[Order], full: Collection[str]
) -> tuple[Constraint, ...]:
    """Return the orders that no released row may break; not those that follow from others.

    ``full`` are the columns without gaps: through one of these an order follows in every row. Of columns that
    are equal no order is kept.
    """
    orders = {one.order for one in held}
    orders = {(less, more) for less, more in orders if (more, less) not in orders} | set(declared)
    above: dict[str, set[str]] = {}
    for less, more in orders:
        above.setdefault(less, set()).add(more)
    kept = [
        (less, more)
        for less, more in sorted(orders)
        if not any(
            middle in full and (more, middle) not in orders and more in above.get(middle, set())
            for middle in above[less] - {more}
        )
        or (less, more) in declared
    ]
    return tuple(Constraint.between(Formula.AT_MOST, less, [more]) for less, more in kept)


def gaps_to_search(
    held: Sequence[HeldOrder],
    schema: Schema,
    searches: Mapping[str, ColumnSearch],
    given: Sequence[str],
    n_rows: int,
) -> tuple[Gap, ...]:
    """Return the gaps that are worth searching: for each column those from the nearest others.

    A gap follows its base, which the ``given`` visit sequence must not place after it; and its base should
    have a value wherever the column has one.
    """
    place = {name: i for i, name in enumerate(given)}
    orders = {one.order for one in held}
    found: dict[str, list[tuple[int, float, Gap]]] = {}
    for one in held:
        less, more = one.order
        if (more, less) in orders and (place.get(more, 0), more) < (place.get(less, 0), less):
            continue  # equal columns: one gap of the two
        options = []
        for of, base, lost in ((more, less, one.only_greater), (less, more, one.only_less)):
            gap = Gap.between(of, base, schema.names, above=of == more)
            lost = lost if lost > MAX_BROKEN * n_rows else 0
            visited = place.get(base, len(place)) <= place.get(of, len(place))
            if visited and common_step(schema.variable(of), schema.variable(base)) is not None:
                if lost and not GapLine.of_gap(gap, schema).counts_alone:
                    continue
                options.append((lost, gap))
        if options:
            lost, gap = min(options, key=lambda option: (option[0], not option[1].above))
            distance = _distance(searches[less], searches[more], schema)
            found.setdefault(gap.of, []).append((lost, distance, gap))
    chosen = [
        (rank, lost, distance, gap)
        for gaps in found.values()
        for rank, (lost, distance, gap) in enumerate(
            sorted(gaps, key=lambda g: (g[0], g[1], g[2].name))[:BASES]
        )
    ]
    chosen.sort(key=lambda one: (one[0], one[1], one[2], one[3].name))
    return tuple(gap for *_, gap in chosen[:MAX_GAPS])


def _distance(less: ColumnSearch, more: ColumnSearch, schema: Schema) -> float:
    """Return how far two columns lie apart on average, by the middles of their intervals."""
    means = []
    for search in (less, more):
        first, last = (_numbers(schema.variable(search.name), keys) for keys in search.bounds())
        shares = search.pieces.rows / max(int(search.pieces.rows.sum()), 1)
        means.append(float(((first / 2 + last / 2) * shares).sum()))
    return abs(means[1] - means[0])


def choose_gaps(
    searched: Mapping[Gap, ColumnSearch],
    columns: Mapping[str, ColumnSearch],
    schema: Schema,
    declared: Collection[Order],
) -> tuple[Gap, ...]:
    """Return one gap at most for a column, where it saves bits; none in a circle, in schema order."""
    gains = []
    for gap, search in searched.items():
        line = GapLine.of_gap(gap, schema)
        own, between = bits_of_column(columns[gap.of], line), bits_of_gap(search, line)
        gain = round(own - between, 6)
        order = (gap.base, gap.of) if gap.above else (gap.of, gap.base)
        if gain > 0 if order in declared else gain >= MIN_GAIN:
            gains.append((-gain, gap.name, gap))
    chosen: dict[str, Gap] = {}
    for *_, gap in sorted(gains, key=lambda one: one[:2]):
        base = gap.base
        while base != gap.of and base in chosen:
            base = chosen[base].base
        if gap.of not in chosen and base != gap.of:
            chosen[gap.of] = gap
    return tuple(chosen[name] for name in schema.names if name in chosen)


def bits_of_column(search: ColumnSearch, line: GapLine) -> float:
    """Return how many bits tell a value of the column of a gap, in steps of the gap."""
    low, high = search.bounds()
    return _bits(search.pieces.rows, low, high, None if line.exact else line.of, max(line.factors[0], 1))


def bits_of_gap(search: ColumnSearch, line: GapLine) -> float:
    """Return how many bits tell a gap, or a value without a base."""
    (low, high), rows = search.bounds(), search.pieces.rows
    alone, total = low < 0, max(int(rows.sum()), 1)
    grid, bits = None if line.exact else line.of, 0.0
    for half, factor in ((alone, line.factors[0]), (~alone, 1)):
        share = int(rows[half].sum()) / total
        if share:
            own = _bits(rows[half], low[half], high[half], grid, max(factor, 1))
            bits += share * (own - math.log2(share))
    return bits


def _bits(rows: Ints, low: Ints, high: Ints, grid: Grid | None, factor: int) -> float:
    """Return the entropy of the rows of some intervals of keys (p,), in bits of ``factor`` steps each.

    Values that many rows share stand for themselves; the others lie evenly in groups of neighbours.
    """
    total = int(rows.sum())
    if not total:
        return 0.0
    shared = (low == high) & (rows >= _SHARED)
    rest = np.flatnonzero(~shared)
    mass = np.cumsum(rows[rest]) - rows[rest]
    most = max(_SHARED, -(-total // _GROUPS))
    begins = np.flatnonzero(np.diff(mass // most, prepend=-1))
    ends = np.append(begins[1:], len(rest))[: len(begins)] - 1
    first = np.concatenate([low[shared], low[rest[begins]]])
    last = np.concatenate([high[shared], high[rest[ends]]])
    held = np.concatenate([rows[shared], np.add.reduceat(rows[rest], begins) if len(rest) else rows[rest]])
    share = held / total
    return float((share * (np.log2(_widths(first, last, grid, factor)) - np.log2(share))).sum())


def _widths(low: Ints, high: Ints, grid: Grid | None, factor: int) -> Floats:
    if grid is not None:
        least, most = grid.extent
        first, last = (grid.values(np.clip(keys, least, most)) for keys in (low, high))
        return np.asarray(np.maximum(last - first, np.spacing(np.maximum(np.abs(first), 1e-300))))
    return (high.astype(np.float64) - low.astype(np.float64) + 1.0) * factor
