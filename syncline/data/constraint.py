"""Formulas between columns that hold in every row, from a closed list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, NoReturn

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from syncline.data.kinds import CATEGORICAL_KINDS, NUMERIC_KINDS, Kind
from syncline.data.section import Number, Section, WholeSentence, nearest, shown, word_of
from syncline.data.variable import ColumnName, Variable


class Formula(StrEnum):
    """Say how a column follows from others; ``x`` and ``y`` are the columns of ``from`` in their order."""

    EQUAL = "equal"
    """``x``"""
    SUM = "sum"
    """``x + y + ...``"""
    LOG = "log"
    """``ln(x)``"""
    LOG1P = "log1p"
    """``ln(1 + x)``"""
    LOG_FLOOR = "log_floor"
    """``ln(max(1, x))``"""
    RATIO = "ratio"
    """``x / y``"""
    LINEAR = "linear"
    """``factor * x + offset``"""
    DAYS = "days"
    """Days from ``y`` to ``x``: whole ones, cut off, where the column holds whole numbers."""
    HOURS = "hours"
    """Hours from ``y`` to ``x``, as days."""
    MINUTES = "minutes"
    """Minutes from ``y`` to ``x``, as days."""
    NIGHTS = "nights"
    """Midnights from ``y`` to ``x``."""
    YEARS = "years"
    """Years of the calendar that are over from ``y`` to ``x``."""
    AT_MOST = "at_most"
    """No value of its own: the column is never greater than ``x``."""


ELAPSED = frozenset({Formula.DAYS, Formula.HOURS, Formula.MINUTES, Formula.NIGHTS, Formula.YEARS})
"""Formulas of the time between two days or times."""

_INPUTS = {Formula.SUM: (2, 256), Formula.RATIO: (2, 2), **dict.fromkeys(ELAPSED, (2, 2))}
_ONE = (1, 1)


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) != len(names):
        raise ValueError("names a column twice; keep one")
    return names


class Constraint(Section):
    """State that column ``of`` follows from the columns ``inputs`` (``from`` in a document) by a formula."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)

    formula: Annotated[Formula, word_of(Formula)]
    of: ColumnName
    inputs: Annotated[tuple[ColumnName, ...], AfterValidator(_distinct)] = Field(alias="from")
    factor: Number | None = None
    offset: Number = 0.0

    @classmethod
    def between(
        cls,
        formula: Formula,
        of: str,
        inputs: Sequence[str],
        factor: float | None = None,
        offset: float = 0.0,
    ) -> Constraint:
        """Make the constraint that ``of`` is ``formula`` of ``inputs``."""
        return cls.model_validate(
            {"formula": formula, "of": of, "from": tuple(inputs), "factor": factor, "offset": offset}
        )

    @model_validator(mode="after")
    def _check_line(self) -> Constraint:
        if self.formula is not Formula.LINEAR and (self.factor is not None or self.offset):
            _fail(self, "factor and offset apply to the formula linear only")
        if self.formula is Formula.LINEAR and not self.factor:
            _fail(self, "needs a factor other than 0, as in factor: 1.19")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that the formula reads, ``of`` first."""
        return (self.of, *self.inputs)

    @property
    def defines(self) -> bool:
        """Whether ``of`` can be recomputed from ``inputs``; an upper bound only limits it."""
        return self.formula is not Formula.AT_MOST


def check_constraints(constraints: Sequence[Constraint], variables: Sequence[Variable]) -> None:
    """Refuse constraints that name no column, do not apply to a kind, or define a column in a circle."""
    by_name = {variable.name: variable for variable in variables}
    defined: dict[str, tuple[str, ...]] = {}
    for constraint in constraints:
        check_formula(constraint, by_name)
        if constraint.defines:
            if constraint.of in defined:
                _fail(constraint, "another formula defines this column already; keep one")
            defined[constraint.of] = constraint.inputs
            if _reaches(defined, constraint.of):
                _fail(constraint, "the column follows from itself; break the circle")


def check_formula(constraint: Constraint, by_name: Mapping[str, Variable]) -> None:
    """Refuse a constraint that names no column, does not apply to a kind, or defines a column by itself."""
    _check_columns(constraint, by_name)
    _check_kinds(constraint, by_name)


def _check_columns(constraint: Constraint, by_name: Mapping[str, Variable]) -> None:
    least, most = _INPUTS.get(constraint.formula, _ONE)
    if not least <= len(constraint.inputs) <= most:
        amount = str(least) if least == most else f"{least} to {most}"
        _fail(constraint, f"needs {amount} columns under from, not {len(constraint.inputs)}")
    for name in constraint.columns:
        if name not in by_name:
            modelled = [known for known, variable in by_name.items() if variable.is_modelled]
            _fail(constraint, f"{shown(name)!r} is not a column; {nearest(name, modelled)}")
        if not by_name[name].is_modelled:
            _fail(constraint, f"{shown(name)!r} is not modelled, so no formula can hold for it")
    if constraint.of in constraint.inputs:
        _fail(constraint, "the column stands on both sides")


def _check_kinds(constraint: Constraint, by_name: Mapping[str, Variable]) -> None:
    kinds = {by_name[name].kind for name in constraint.columns}
    if constraint.formula in ELAPSED:
        moments = [by_name[name] for name in constraint.inputs]
        zones = {one.zone is None for one in moments if one.kind is Kind.DATETIME}
        dated = all(one.kind in (Kind.DATE, Kind.DATETIME) for one in moments) and len(zones) < 2
        if by_name[constraint.of].kind not in NUMERIC_KINDS or not dated:
            _fail(constraint, "needs a column of numbers, and dates or datetimes, both with a zone or none")
        return
    if kinds <= NUMERIC_KINDS:
        return
    if constraint.formula not in {Formula.EQUAL, Formula.AT_MOST}:
        _fail(constraint, "applies to integer and continuous columns only")
    if kinds & CATEGORICAL_KINDS:
        _fail(constraint, "this version does not keep formulas between categories; leave the constraint out")
    if len(kinds) > 1:
        _fail(constraint, "needs ordered columns of one kind")


def _reaches(defined: Mapping[str, tuple[str, ...]], start: str) -> bool:
    """Tell whether ``start`` is among the columns from which it follows."""
    waiting, seen = list(defined[start]), set[str]()
    while waiting:
        name = waiting.pop()
        if name == start:
            return True
        if name not in seen:
            seen.add(name)
            waiting.extend(defined.get(name, ()))
    return False


def _fail(constraint: Constraint, problem: str) -> NoReturn:
    raise WholeSentence(f"constraint {constraint.formula} of {shown(constraint.of)!r}: {problem}")
