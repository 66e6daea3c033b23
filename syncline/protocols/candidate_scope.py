"""The scope of questions about a candidate: columns that the schema models, coded as their kinds allow."""

from __future__ import annotations

from collections.abc import Collection
from typing import NoReturn

from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.errors import ProtocolError
from syncline.questions.comparison import Comparison, PersonCount, RegressionSums, ScoreCandidate
from syncline.questions.growth import LEVELS, ColumnBins, Compared, GrowTrees, ScoreTrees
from syncline.questions.regression import Line, Regression


def require_candidate_in_scope(question: Comparison, schema: Schema, known: Collection[str]) -> None:
    """Raise ProtocolError unless ``question`` is about columns of ``schema`` that are ``known``."""
    if isinstance(question, PersonCount):
        return
    _require_columns(question.compared, schema, known)
    match question:
        case ScoreCandidate():
            if not set(question.compared.names).issuperset((*question.keys, *question.sensitive)):
                _refuse("score_candidate: a key or sensitive column is not compared")
        case RegressionSums():
            if not set(question.compared.names).issuperset(question.columns):
                _refuse("regression_sums: a column of a model is not compared")
            for model in question.models:
                _require_model(model, question.compared, schema)
        case GrowTrees() | ScoreTrees():
            _require_growth(question, schema)
    if isinstance(question, RegressionSums | ScoreTrees):
        _require_groups(question, schema)


def _require_columns(compared: Compared, schema: Schema, known: Collection[str]) -> None:
    order = [variable.name for variable in schema.modelled if variable.name in known]
    if list(compared.names) != [name for name in order if name in set(compared.names)]:
        _refuse("comparison: the columns are not the schema's in their order")
    for name, merged in zip(compared.names, compared.merged, strict=True):
        categories = len(schema.variable(name).categories)
        if any(not 0 <= place < categories for place in merged) or sorted(set(merged)) != list(merged):
            _refuse(f"comparison: the merged categories of column {name!r} are not the schema's")


def _require_growth(question: GrowTrees | ScoreTrees, schema: Schema) -> None:
    if isinstance(question, GrowTrees) and question.levels >= LEVELS:
        _refuse(f"grow_trees: all {LEVELS} levels have grown")
    for column, merged in zip(question.bins, question.compared.merged, strict=True):
        _require_bins(column, schema.variable(column.name), bool(merged))


def _require_groups(question: RegressionSums | ScoreTrees, schema: Schema) -> None:
    """Raise unless rows are counted apart by columns of categories, in codes for these."""
    for group in question.groups:
        variable = schema.variable(group.column)
        merged = question.compared.merged[question.compared.names.index(group.column)]
        if not variable.is_categorical or group.n_codes != len(variable.categories) + bool(merged) + 1:
            _refuse(f"{question.kind}: column {group.column!r} has not the categories of the subgroups")
        if isinstance(question, ScoreTrees):
            code = question.bins[question.compared.names.index(group.column)].code
            if code.tolist() != list(range(1, group.n_codes)):
                _refuse(f"score_trees: column {group.column!r} is not coded by its categories")


def _require_model(model: Regression, compared: Compared, schema: Schema) -> None:
    response = schema.variable(model.response)
    merged = compared.merged[compared.names.index(model.response)]
    if response.is_categorical is (model.line is not None):
        _refuse("regression_sums: the response is not of the kind that the model takes it for")
    _require_line(model.line, response)
    if response.is_categorical and len(response.categories) + bool(merged) != 2:
        _refuse("regression_sums: the response has not two categories")
    for term in model.terms:
        variable = schema.variable(term.column)
        more = bool(compared.merged[compared.names.index(term.column)])
        fits = len(term.dummy) == len(variable.categories) + more if variable.is_categorical else term.line
        if not fits or variable.is_categorical is (term.line is not None):
            _refuse(f"regression_sums: column {term.column!r} does not enter the model as its kind allows")
        _require_line(term.line, variable)


def _require_line(line: Line | None, variable: Variable) -> None:
    """Raise unless a line is in integers of keys where the variable's grid is even, and there alone."""
    if line is None or variable.grid is None:
        return
    if isinstance(line.centre, int) is not variable.grid.is_even:
        _refuse(f"regression_sums: the line of column {variable.name!r} is not on its grid")


def _require_bins(column: ColumnBins, variable: Variable, merged: bool) -> None:
    if variable.is_categorical:
        fits = len(column.code) == len(variable.categories) + merged and not len(column.low)
        fits = fits and (not len(column.code) or int(column.code.max()) < column.n_codes)
    else:
        fits = not len(column.code) and len(column.low) + 2 <= column.n_codes
    if not fits:
        _refuse(f"comparison: the bins of column {column.name!r} do not fit it")


def _refuse(problem: str) -> NoReturn:
    raise ProtocolError(problem)
