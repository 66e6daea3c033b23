"""The scope of a request: the modelled columns of the schema, each as its kind allows, in countable cells.

A hub that keeps the protocol never leaves this scope. The check stands before any row is read, so that one
that does not keep it gets a sentence and costs nothing.
"""

from __future__ import annotations

from typing import NoReturn

from syncline.data.codebook import Codebook, ColumnCodes
from syncline.data.constraint import Constraint, check_formula
from syncline.data.gap import Gap, GapLine
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.protocols.candidate_scope import require_candidate_in_scope
from syncline.questions.comparison import Comparison
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.marginals import Marginals
from syncline.questions.moments import Moments
from syncline.questions.pair_counts import PairCounts
from syncline.questions.rank_counts import RankColumn, RankCounts
from syncline.questions.tree_level import TreeLevel
from syncline.questions.vocabulary import Question

MAX_CELLS = 1 << 40
"""Cells of an answer at most, zero counts included; only those that are filled travel."""


def require_codebook_in_scope(codebook: Codebook, schema: Schema) -> None:
    """Raise ProtocolError unless the codebook codes columns of ``schema``, in order, as their kinds allow.

    A column that suppliers lack may be left out. Behind the columns may stand one gap of each.
    """
    named = set(codebook.names)
    coded = [variable for variable in schema.modelled if variable.name in named]
    if not coded or tuple(codebook.names[: len(coded)]) != tuple(variable.name for variable in coded):
        _refuse("the codebook does not name the schema's columns in their order")
    _require_coded_gaps(codebook.columns[len(coded) :], schema)
    for column, variable in zip(codebook.columns, coded, strict=False):
        if column.gap is not None:
            _refuse("the codebook codes a gap in the place of a column")
        if column.numeric == variable.is_categorical:
            _refuse("the codebook takes categories for numbers, or numbers for categories")
        if column.numeric and len(column.segment_low) and variable.searched_keys is not None:
            least, most = variable.searched_keys
            if not least <= int(column.segment_low[0]) <= int(column.segment_low[-1]) <= most:
                _refuse("the codebook has an edge beyond the schema's range")
        if not column.numeric and len(column.segment_code) not in (0, len(variable.categories)):
            _refuse("the codebook does not code every category of the schema")


def require_question_in_scope(question: Question, schema: Schema, codebook: Codebook | None) -> None:
    """Raise ProtocolError unless ``question`` can be answered from rows of ``schema``."""
    if isinstance(question, Comparison):
        require_candidate_in_scope(question, schema)
        return
    known = {variable.name for variable in schema.modelled} if codebook is None else set(codebook.names)
    if not known.issuperset(question.columns):
        _refuse(f"{question.kind}: a column is not one that the schema models")
    match question:
        case RankCounts():
            _require_each_once(question)
            for column in question.ranked:
                _require_searched(column, schema)
        case Moments():
            _require_each_once(question)
            _require_numbers(question, schema)
        case FormulaCheck():
            _require_numbers(question, schema)
            _require_formulas(question.formulas, schema)
        case Marginals() | TreeLevel():
            _require_counting(question, codebook, schema)
        case PairCounts():
            _require_groups(question, codebook)
        case _:
            pass


def _require_each_once(question: RankCounts | Moments) -> None:
    names = (
        [column.name for column in question.ranked] if isinstance(question, RankCounts) else question.columns
    )
    if len(set(names)) < len(names):
        _refuse(f"{question.kind}: a column is named twice")
    if isinstance(question, RankCounts) and not question.ranked:
        _refuse("rank_counts: no column is named")


def _require_searched(column: RankColumn, schema: Schema) -> None:
    """Raise unless a column is searched over the keys that its variable may have, from the first on."""
    if column.gap is not None:
        if column.gap.name != column.name:
            _refuse("rank_counts: a gap is named otherwise than it is searched")
        half = _require_gap(column.gap, schema).bits
        first, bits = -(2**half), half + 1
    else:
        bounds = schema.variable(column.name).searched_keys
        first, bits = (-(2**63), 64) if bounds is None else (bounds[0], (bounds[1] - bounds[0]).bit_length())
    reach = column.shift + column.bits
    if (
        column.base != first
        or reach > bits
        or (column.prefixes[-1] and column.prefixes[-1] >> (bits - reach))
    ):
        _refuse(f"rank_counts: column {column.name!r} is not searched over its own range")


def _require_coded_gaps(columns: tuple[ColumnCodes, ...], schema: Schema) -> None:
    """Raise unless columns behind those of the schema are gaps, one of a column at most."""
    seen = set()
    for column in columns:
        if column.gap is None or column.gap.name != column.name or not column.numeric:
            _refuse("the codebook names a column that the schema does not model")
        _require_gap(column.gap, schema)
        if column.gap.of in seen:
            _refuse("the codebook codes two gaps of one column")
        seen.add(column.gap.of)


def _require_gap(gap: Gap, schema: Schema) -> GapLine:
    """Raise unless a gap lies between two modelled columns that have a common step, under its own name."""
    modelled = {variable.name for variable in schema.modelled}
    if not modelled.issuperset((gap.of, gap.base)):
        _refuse("a gap is between columns that the schema does not model")
    if gap != Gap.between(gap.of, gap.base, schema.names, above=gap.above):
        _refuse("a gap has another name than its two columns give it")
    try:
        return GapLine.of_gap(gap, schema)
    except ValueError:
        _refuse("a gap is between columns that have no common step")


def _require_formulas(formulas: tuple[Constraint, ...], schema: Schema) -> None:
    by_name = {variable.name: variable for variable in schema.variables}
    for formula in formulas:
        try:
            check_formula(formula, by_name)
        except ValueError:
            _refuse("formula_check: a formula does not apply to its columns")


def _require_numbers(question: Moments | FormulaCheck, schema: Schema) -> None:
    if any(schema.variable(name).grid is None for name in question.columns):
        _refuse(f"{question.kind}: a column does not hold numbers")


def _require_counting(question: Marginals | TreeLevel, codebook: Codebook | None, schema: Schema) -> None:
    if question.persons and schema.person is None:
        _refuse(f"{question.kind}: the study's schema tells no persons apart")
    if codebook is None:
        _refuse("a codebook must be agreed before columns are counted together")
    if isinstance(question, TreeLevel):
        names = set(codebook.names)
        if len(set(question.order)) != len(question.order) or not names.issuperset(question.order):
            _refuse("tree_level: the visit order is not one of the schema's columns")
    if question.size(codebook) > MAX_CELLS:
        _refuse(f"{question.kind}: more than {MAX_CELLS} cells")


def _require_groups(question: PairCounts, codebook: Codebook | None) -> None:
    if codebook is None:
        _refuse("a codebook must be agreed before columns are counted together")
    pairs = zip(question.columns, question.groups, strict=True)
    if any(len(groups) != codebook.column(name).n_codes for name, groups in pairs):
        _refuse("pair_counts: the groups of a column are not those of its codes")


def _refuse(problem: str) -> NoReturn:
    raise ProtocolError(problem)
