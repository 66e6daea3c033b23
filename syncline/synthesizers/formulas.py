"""Find columns that follow from others by a formula: recomputed, they never contradict them.

Which formulas are worth checking is read off the merged moments (sums, ratios, lines) or tried for every pair
(equality and logarithms); whether they hold is counted by ``FormulaCheck``. Floating-point algebra only
proposes; counts decide.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np
import numpy.typing as npt

from syncline.data.constraint import ELAPSED, Constraint, Formula
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.logarithm import log2
from syncline.questions.formula_check import CELLS
from syncline.questions.moments import Moments
from syncline.questions.sums import Sums
from syncline.synthesizers import lines, spans_between
from syncline.synthesizers.algebra import Algebra
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.neighbours import Neighbours

MAX_BROKEN = 0.0005
"""Share of rows that may break a formula or a dependency that is kept."""
MAX_BROKEN_OF_RARE = 0.05
"""The same as a share of the rows that do not hold the column's most frequent value."""
_MIN_CODES = 3
_LEAST_RATIO = 1.1
"""Greatest value by the least, from which on a logarithm says more than its column."""
_MOST_WITH_LOGS = 60
"""Numeric columns up to which logarithms are summed as well."""
_MOST_PARTNERS = 6
"""Neighbours in a wide table with which formulas of one input are tried: none are related as closely."""
_STEPS_OF_A_NARROW_COLUMN = 100
"""A quotient of fewer steps was rounded by more than a hundredth: its inputs are all drawn."""
_NEARLY_CONSTANT = 20
"""How many times less than a column, beside its mean, an input varies that is nearly constant: our choice."""
_MEASURES = (Kind.INTEGER, Kind.CONTINUOUS)
_PAIRWISE = (Formula.LOG, Formula.LOG1P, Formula.LOG_FLOOR)


@dataclass(frozen=True, slots=True)
class Derived:
    """A column that is recomputed: its formula, and whether its own gaps are modelled.

    ``own_gaps`` means that the column is missing in places where the formula has a value; these gaps are
    learnt like a column of two codes, and so are its named states. Otherwise it is missing exactly where the
    formula has no value.

    ``solved`` is an input of the formula that is not drawn but solved for, where that is better conditioned:
    the narrow quotient of two wide columns is drawn itself, and the wide one recomputed. The column of the
    formula is then recomputed last, so that the formula holds as released.
    """

    formula: Constraint
    own_gaps: bool
    solved: str | None = None

    @property
    def column(self) -> str:
        """The column that is not modelled."""
        return self.solved or self.formula.of

    @property
    def changed(self) -> tuple[str, ...]:
        """The columns that are set by recomputing."""
        return (self.formula.of,) if self.solved is None else (self.solved, self.formula.of)

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns that must be known before."""
        return tuple(name for name in self.formula.inputs if name != self.solved)


def solvable(formula: Constraint) -> tuple[str, ...]:
    """Return the inputs for which a formula can be solved."""
    match formula.formula:
        case Formula.SUM:
            return formula.inputs
        case Formula.RATIO | Formula.DAYS:
            return formula.inputs[:1]
        case _:
            return ()


def moments_of(columns: Sequence[CodedColumn]) -> Moments:
    """Ask for the moments of all numeric columns that are not constant, and of the logarithms of some."""
    scaled, logs = list[tuple[str, int]](), list[tuple[str, int]]()
    for column in columns:
        variable = column.values.variable
        numbers = ~column.values.is_state
        if variable.kind in NUMERIC_KINDS and len(set(column.values.span_code[numbers].tolist())) > 1:
            assert variable.grid is not None
            edges = np.concatenate([column.values.span_low[numbers], column.values.span_high[numbers]])
            ends = variable.grid.values(edges).astype(np.float64)
            scaled.append((variable.name, int(np.frexp(np.abs(ends).max())[1])))
            positive = ends[ends > 0.0]
            if (
                variable.kind in _MEASURES
                and ends.min() >= 0.0
                and ends.max() >= _LEAST_RATIO * positive.min()
            ):
                logs.append((variable.name, int(np.frexp(np.abs(log2(positive)).max())[1])))
    return Moments(tuple(scaled), tuple(logs) if len(scaled) <= _MOST_WITH_LOGS else ())


def candidates(
    columns: Sequence[CodedColumn], question: Moments, sums: Sums, near: Neighbours | None = None
) -> tuple[Constraint, ...]:
    """Return the formulas that are worth counting, each once; where ``near`` is given, between neighbours."""
    by_name = {column.values.variable.name: column for column in columns}
    names = [name for name, _ in question.scaled if _present(by_name[name]) >= _MIN_CODES]
    found: dict[tuple[Formula, object], Constraint] = {}

    def propose(formula: Formula, of: str, inputs: Sequence[str]) -> None:
        found.setdefault((formula, (of, *inputs)), Constraint.between(formula, of, inputs))

    numeric = set(names)
    for of, other in permutations(names, 2) if near is None else near.pairs(_MOST_PARTNERS):
        if of in numeric and other in numeric:
            for formula in _PAIRWISE if by_name[of].values.variable.kind is Kind.CONTINUOUS else ():
                propose(formula, of, [other])
            propose(Formula.EQUAL, of, [other])
    algebra = Algebra.of(question, sums, names, _together(names, near))
    for of, parts in algebra.sums():
        propose(Formula.SUM, of, parts)
    for of, top, bottom in algebra.ratios():
        propose(Formula.RATIO, of, [top, bottom])
    for span in spans_between.candidates(columns, names):
        propose(span.formula, span.of, span.inputs)
    for line in lines.candidates(algebra, by_name):
        found.setdefault((Formula.LINEAR, line), line)
    return tuple(found.values())


def choose(
    declared: Sequence[Constraint],
    checked: Sequence[Constraint],
    counts: npt.NDArray[np.int64],
    columns: Mapping[str, CodedColumn],
    n_rows: int,
    gaps: Mapping[str, str] | None = None,
) -> tuple[Derived, ...]:
    """Return the columns to recompute: one formula each, none in a circle, declared ones first.

    Beside a column that is recomputed no gap is used, as in ``gaps``, neither of it nor from it.
    """
    chosen, told = _Chosen(dict(gaps or {})), counts.reshape(-1, CELLS).tolist()
    held = {
        formula: absent > MAX_BROKEN * n_rows or bool(columns[formula.of].values.is_state.any())
        for formula, (wrong, absent, surplus) in zip(checked, told, strict=True)
        if formula.defines and max(wrong, surplus) <= tolerated(formula, columns[formula.of], n_rows)
    }
    quotients = Counter(name for one in held if one.formula is Formula.RATIO for name in one.columns)
    ranked = sorted(
        held, key=lambda one: (one not in declared, _rank(one, columns, chosen, quotients), one.columns)
    )
    for formula in ranked:
        own_gaps = held[formula]
        solved = None if own_gaps or chosen.ties(formula) else _better_solved(formula, columns, n_rows)
        if formula not in declared and (
            (solved is None and _is_small_difference(formula, columns, chosen))
            or _is_nearly_a_multiple(formula, columns)
        ):
            continue
        if solved is None or not chosen.add(Derived(formula, own_gaps, solved)):
            chosen.add(Derived(formula, own_gaps))
    return tuple(chosen.by_column[name] for name in sorted(chosen.by_column))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What was chosen so far, by the column that is not modelled; ``gaps`` are columns and their bases."""

    gaps: dict[str, str]
    by_column: dict[str, Derived] = field(default_factory=dict)

    def add(self, derived: Derived) -> bool:
        """Take a derived column, unless one is changed twice or follows from itself; tell whether."""
        changed = {name for d in self.by_column.values() for name in d.changed}
        if changed.intersection(derived.changed):
            return False
        self.by_column[derived.column] = derived
        if any(self._reaches(derived.needs, name) for name in derived.changed):
            del self.by_column[derived.column]
            return False
        return True

    def ties(self, formula: Constraint) -> bool:
        """Tell whether the two times of a formula are one and a gap: its values are then those of the gap."""
        two = formula.inputs if formula.formula in ELAPSED else ("", "")
        return any(self.gaps.get(one) == other for one, other in permutations(two))

    def _follows(self, name: str) -> tuple[str, ...]:
        found = [need for d in self.by_column.values() if name in d.changed for need in d.needs]
        base = self.gaps.get(name)
        if base is not None and name not in self.by_column and base not in self.by_column:
            found.append(base)
        return tuple(found)

    def _reaches(self, inputs: Sequence[str], name: str) -> bool:
        """Tell whether any of ``inputs`` follows, directly or not, from ``name``."""
        waiting, seen = list(inputs), set[str]()
        while waiting:
            here = waiting.pop()
            if here == name:
                return True
            if here not in seen:
                seen.add(here)
                waiting += self._follows(here)
        return False


def _better_solved(formula: Constraint, columns: Mapping[str, CodedColumn], n_rows: int) -> str | None:
    """Return the input that is better recomputed than the column, if any.

    That is the one that varies most: what the others are off by is little beside its own spread. For a sum
    the spread is the standard deviation, for a ratio that over the mean. It must have a value wherever the
    column has one, and only there, and no state beside them.
    """
    if not solvable(formula) or any(columns[name].values.variable.codes for name in formula.columns):
        return None
    relative = formula.formula is Formula.RATIO
    if formula.formula is Formula.DAYS and {columns[n].values.variable.kind for n in formula.inputs} != {
        Kind.DATE
    }:
        return None  # what a day is added to keeps its time of day, which is not told
    if relative and _is_coarse(columns[formula.of]):
        return None
    present = {name: n_rows - missing_rows(columns[name]) for name in formula.columns}
    spreads = {name: _spread(columns[name], relative=relative) for name in formula.columns}
    options = [
        name
        for name in solvable(formula)
        if abs(present[name] - present[formula.of]) <= MAX_BROKEN * n_rows
        and spreads[name] > spreads[formula.of]
    ]
    return max(options, key=lambda name: (spreads[name], name), default=None)


def _is_small_difference(formula: Constraint, columns: Mapping[str, CodedColumn], chosen: _Chosen) -> bool:
    """Tell whether a time between two others is little beside these, and no gap ties them.

    Each of the two is drawn within a bin: what is computed from them would hardly have its own distribution.
    """
    if formula.formula not in ELAPSED or chosen.ties(formula):
        return False
    own = _spread(columns[formula.of], relative=False) * spans_between.UNIT_OF[formula.formula]
    until, since = (columns[name] for name in formula.inputs)
    spreads = [_spread(one, relative=False) * spans_between.unit_of(one) for one in (until, since)]
    return 2 * own < max(spreads)


def _is_nearly_a_multiple(formula: Constraint, columns: Mapping[str, CodedColumn]) -> bool:
    """Tell whether an input of a quotient is nearly constant beside the column.

    Then the column is nearly a multiple of the other input, or of one over it, and a line tells it.
    Recomputed, it would be lost to the lines of columns that follow from it alone.
    """
    if formula.formula is not Formula.RATIO:
        return False
    inputs = (_spread(columns[name], relative=True) for name in formula.inputs)
    return min(inputs) * _NEARLY_CONSTANT < _spread(columns[formula.of], relative=True)


def _is_coarse(column: CodedColumn) -> bool:
    """Tell whether the median of a column is few steps, so that its rounding is much of it."""
    values, grid = column.values, column.values.variable.grid
    if grid is None or not grid.is_even:
        return False
    held = np.where(np.arange(values.n_codes) < _present(column), values.rows, 0)
    code = int(np.searchsorted(2 * np.cumsum(held), int(held.sum())))
    key = int(values.span_low[values.span_code == code].min(initial=_STEPS_OF_A_NARROW_COLUMN))
    return abs(key) < _STEPS_OF_A_NARROW_COLUMN


def _spread(column: CodedColumn, *, relative: bool) -> float:
    """Return the standard deviation of a column by the middles of its codes, or that over the mean."""
    values, grid = column.values, column.values.variable.grid
    if grid is None or not len(values.span_code):
        return 0.0
    ends = [grid.values(keys).astype(np.float64) / 2 for keys in (values.span_low, values.span_high)]
    rows = values.rows[values.span_code] / np.bincount(values.span_code)[values.span_code]
    middle, weight = ends[0] + ends[1], rows / max(float(rows.sum()), 1.0)
    size = max(float(np.abs(middle).max()), 1e-300)
    mean = float((middle / size * weight).sum())
    deviation = math.sqrt(max(float(((middle / size - mean) ** 2 * weight).sum()), 0.0))
    if relative:
        return round(deviation / max(abs(mean), 1e-12), 6)
    return float(f"{deviation * size:.6g}")


def tolerated(formula: Constraint, column: CodedColumn, n_rows: int) -> float:
    """Return how many of ``n_rows`` rows may break the formula of a column."""
    present = n_rows - missing_rows(column)
    if not formula.defines:
        return MAX_BROKEN * present
    rare = present - int(column.values.rows[: _present(column)].max(initial=0))
    return min(MAX_BROKEN * present, MAX_BROKEN_OF_RARE * rare)


def _rank(
    formula: Constraint, columns: Mapping[str, CodedColumn], chosen: _Chosen, quotients: Mapping[str, int]
) -> tuple[int, ...]:
    """Order formulas by kind; lines before others that lose nothing, and those with few digits.

    First are the times between two columns of which one is the other and a gap. Of quotients those of the
    column that is in fewest: where ``x / y`` holds, so does ``y`` by it, and what many follow from is drawn.
    """
    if formula.formula in ELAPSED:
        return (-1 - chosen.ties(formula), [*Formula].index(formula.formula))
    order = (
        Formula.LOG,
        Formula.LOG1P,
        Formula.LOG_FLOOR,
        Formula.SUM,
        Formula.RATIO,
        Formula.LINEAR,
        Formula.EQUAL,
    )
    kind = order.index(formula.formula) if formula.formula in order else len(order)
    if formula.formula is Formula.RATIO:
        return (kind, quotients[formula.of])
    if formula.formula is not Formula.LINEAR:
        return (kind,)
    return (kind, *lines.rank(formula, columns))


def _present(column: CodedColumn) -> int:
    return column.values.n_codes - int(column.values.keeps_missing)


def _together(names: Sequence[str], near: Neighbours | None) -> npt.NDArray[np.bool_]:
    """Return which columns may take part in a formula of each (n, n): all others, or its neighbours."""
    together = ~np.eye(len(names), dtype=np.bool_)
    if near is None:
        return together
    place = {name: i for i, name in enumerate(near.names)}
    own = np.array([place[name] for name in names], np.int64)
    found = np.zeros((len(near.names),) * 2, np.bool_)
    for i in own.tolist():
        found[i, near.nearest(i)] = True
    return found[np.ix_(own, own)]


def missing_rows(column: CodedColumn) -> int:
    """Return the rows without a value of a column, as far as its codes keep them."""
    return int(column.values.rows[-1]) if column.values.keeps_missing else 0
