"""Find columns that follow from others by a formula: recomputed, they never contradict them.

Which formulas are worth checking is read off the merged moments (sums, ratios) or tried for every pair
(equality and logarithms); whether they hold is counted by ``FormulaCheck``. Floating-point algebra only
proposes; counts decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt

from syncline.data.constraint import Constraint, Formula
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.questions.formula_check import CELLS
from syncline.questions.moments import PRECISION, Moments, Sums
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.neighbours import Neighbours

MAX_BROKEN = 0.0005
"""Share of rows that may break a formula or a dependency that is kept."""
MAX_BROKEN_OF_RARE = 0.05
"""The same as a share of the rows that do not hold the column's most frequent value."""
_MIN_CODES = 3
_PAIRWISE = (Formula.LOG, Formula.LOG1P, Formula.LOG_FLOOR)
_RESIDUAL = 1e-6
_RATIO_SLACK = 1e-3
_FARTHEST = 400
"""Binary places of a column's largest number, beyond which products of two columns are no floats any more."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Derived:
    """A column that is recomputed: its formula, and whether its own gaps are modelled.

    ``own_gaps`` means that the column is missing in places where the formula has a value; these gaps are
    learnt like a column of two codes, and so are its named states. Otherwise it is missing exactly where the
    formula has no value.
    """

    formula: Constraint
    own_gaps: bool


def moments_of(columns: Sequence[CodedColumn]) -> Moments:
    """Ask for the moments of all numeric columns that are not constant."""
    scaled = []
    for column in columns:
        variable = column.values.variable
        numbers = ~column.values.is_state
        if variable.kind in NUMERIC_KINDS and len(set(column.values.span_code[numbers].tolist())) > 1:
            assert variable.grid is not None
            ends = np.array([column.values.span_low[numbers].min(), column.values.span_high[numbers].max()])
            most = float(np.abs(variable.grid.values(ends).astype(np.float64)).max())
            scaled.append((variable.name, int(np.frexp(most)[1])))
    return Moments(tuple(scaled))


def candidates(
    columns: Sequence[CodedColumn], question: Moments, sums: Sums, near: Neighbours | None = None
) -> tuple[Constraint, ...]:
    """Return the formulas that are worth counting, each once; where ``near`` is given, between neighbours."""
    by_name, exponents = {column.values.variable.name: column for column in columns}, dict(question.scaled)
    names = [name for name, _ in question.scaled if _present(by_name[name]) >= _MIN_CODES]
    found: dict[tuple[Formula, tuple[str, ...]], Constraint] = {}

    def propose(formula: Formula, of: str, inputs: Sequence[str]) -> None:
        found.setdefault((formula, (of, *inputs)), Constraint.between(formula, of, inputs))

    numeric = set(names)
    for of, other in permutations(names, 2) if near is None else near.pairs():
        if of in numeric and other in numeric:
            for formula in _PAIRWISE if by_name[of].values.variable.kind is Kind.CONTINUOUS else ():
                propose(formula, of, [other])
            propose(Formula.EQUAL, of, [other])
    usable = [name for name in names if abs(exponents[name]) <= _FARTHEST]
    algebra = _Algebra.of(question, sums, usable, _together(usable, near))
    for of, parts in algebra.sums():
        propose(Formula.SUM, of, parts)
    for of, top, bottom in algebra.ratios():
        propose(Formula.RATIO, of, [top, bottom])
    return tuple(found.values())


def choose(
    declared: Sequence[Constraint],
    checked: Sequence[Constraint],
    counts: npt.NDArray[np.int64],
    columns: Mapping[str, CodedColumn],
    n_rows: int,
) -> tuple[Derived, ...]:
    """Return the columns to recompute: one formula each, none in a circle, declared ones first."""
    ranked = sorted(
        range(len(checked)), key=lambda i: (checked[i] not in declared, _rank(checked[i]), checked[i].columns)
    )
    chosen: dict[str, Derived] = {}
    for i in ranked:
        formula = checked[i]
        wrong, absent, surplus = (int(n) for n in counts[CELLS * i : CELLS * i + CELLS])
        allowed = tolerated(formula, columns[formula.of], n_rows)
        if wrong > allowed or surplus > allowed or not formula.defines:
            continue
        if formula.of not in chosen and not _reaches(chosen, formula.inputs, formula.of):
            own_gaps = absent > MAX_BROKEN * n_rows or bool(columns[formula.of].values.is_state.any())
            chosen[formula.of] = Derived(formula, own_gaps)
    return tuple(chosen[name] for name in sorted(chosen))


def tolerated(formula: Constraint, column: CodedColumn, n_rows: int) -> float:
    """Return how many of ``n_rows`` rows may break the formula of a column."""
    present = n_rows - _missing(column)
    if not formula.defines:
        return MAX_BROKEN * present
    rare = present - int(column.values.rows[: _present(column)].max(initial=0))
    return min(MAX_BROKEN * present, MAX_BROKEN_OF_RARE * rare)


def _rank(formula: Constraint) -> int:
    order = (Formula.LOG, Formula.LOG1P, Formula.LOG_FLOOR, Formula.SUM, Formula.RATIO, Formula.EQUAL)
    return order.index(formula.formula) if formula.formula in order else len(order)


def _reaches(chosen: Mapping[str, Derived], inputs: Sequence[str], name: str) -> bool:
    """Tell whether any of ``inputs`` follows, directly or not, from ``name``."""
    waiting, seen = list(inputs), set[str]()
    while waiting:
        here = waiting.pop()
        if here == name:
            return True
        if here in chosen and here not in seen:
            seen.add(here)
            waiting += chosen[here].formula.inputs
    return False


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


def _missing(column: CodedColumn) -> int:
    return int(column.values.rows[-1]) if column.values.keeps_missing else 0


@dataclass(frozen=True, slots=True)
class _Algebra:
    """The sums and cross-products of some columns as floats in the columns' own units.

    ``together[i, j]`` says whether column j may take part in a formula of column i.
    """

    names: tuple[str, ...]
    total: Floats
    products: Floats
    together: npt.NDArray[np.bool_]

    @classmethod
    def of(
        cls, question: Moments, sums: Sums, names: Sequence[str], together: npt.NDArray[np.bool_]
    ) -> _Algebra:
        every = [name for name, _ in question.scaled]
        place = {name: i for i, name in enumerate(every)}
        keep = [place[name] for name in names]
        unit = np.array([2.0 ** (question.scaled[own][1] - PRECISION) for own in keep])
        k = len(every)
        total = np.array([float(v) for v in sums.values[1 : 1 + k]])[keep] * unit
        products = np.zeros((k, k))
        products[np.triu_indices(k)] = [float(v) for v in sums.values[1 + k :]]
        products = np.maximum(np.abs(products), np.abs(products.T)) * np.sign(products + products.T)
        products = products[np.ix_(keep, keep)] * unit[:, None] * unit[None, :]
        return cls(tuple(names), total, products, together)

    def sums(self) -> list[tuple[str, list[str]]]:
        """Return the columns that are, but for a small residual, a sum of others with weight one."""
        found = []
        for i, of in enumerate(self.names):
            others = [j for j in np.flatnonzero(self.together[i]).tolist() if not self._proportional(i, j)]
            if len(others) < 2:
                continue
            scale = np.sqrt(np.maximum(np.diagonal(self.products)[others], 1e-300))
            gram = self.products[np.ix_(others, others)] / scale[:, None] / scale[None, :]
            weights = np.linalg.lstsq(gram, self.products[others, i] / scale, rcond=1e-10)[0] / scale
            parts = [others[j] for j in np.flatnonzero(np.abs(weights - 1) < 0.05)]
            if len(parts) >= 2 and self._residual(i, parts) <= _RESIDUAL * self.products[i, i]:
                found.append((of, [self.names[j] for j in parts]))
        return found

    def ratios(self) -> list[tuple[str, str, str]]:
        """Return the triples (c, a, b) for which the sum of c times b is about the sum of a."""
        found = []
        for c, of in enumerate(self.names):
            others = np.flatnonzero(self.together[c])
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                away = np.abs(self.products[c, others][:, None] / self.total[others][None, :] - 1)
            for b, a in others[np.argwhere(away < _RATIO_SLACK)].tolist():
                if a != b:
                    found.append((of, self.names[a], self.names[b]))
        return found

    def _proportional(self, i: int, j: int) -> bool:
        both = self.products[i, i] * self.products[j, j]
        return bool(both > 0 and self.products[i, j] ** 2 >= (1 - 1e-9) * both)

    def _residual(self, i: int, parts: Sequence[int]) -> float:
        inner = self.products[np.ix_(parts, parts)].sum()
        return float(self.products[i, i] - 2 * self.products[i, parts].sum() + inner)
