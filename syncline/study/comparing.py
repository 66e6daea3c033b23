"""What a study compares its synthetic table by, at the hub: the candidate, and how it is judged."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from syncline.data.batch import Status
from syncline.data.release_table import Columns
from syncline.data.schema import Schema
from syncline.preparation.fold import Fold
from syncline.questions.comparison import MIN_CANDIDATE_ROWS
from syncline.questions.growth import Compared
from syncline.study.comparer_scope import aims_of
from syncline.study.pooled import Pooled
from syncline.study.spec import StudySpec
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.tabular_model import TabularModel
from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.gate import DEFAULT_THRESHOLDS, Thresholds
from syncline.validation.federated.assessment import Assessment, Judgement, assess
from syncline.validation.federated.comparison import Comparison, Evidence


def comparison_of(spec: StudySpec, fold: Fold, result: Fitted | Pooled, seed: Seed) -> Comparison:
    """Return the comparison of the table that ``result`` and ``seed`` give.

    The candidate is what is released; of fewer rows than suppliers compare, the first of those that the same
    model draws.
    """
    schema, model, merged = _drawn_from(spec, result)
    rows = max(rows_of_release(spec, result), MIN_CANDIDATE_ROWS)
    cells = _cells(schema, model.sample(rows, seed))
    names = tuple(variable.name for variable in schema.modelled)
    compared = Compared(names, tuple(merged.get(name, ()) for name in names))
    aims = aims_of(spec, fold).within(names)
    return Comparison(cells, compared, aims, aims.target, persons=spec.schema.person is not None)


def assess_study(
    spec: StudySpec, result: Fitted | Pooled, comparison: Comparison, evidence: Evidence
) -> Assessment:
    """Return what the suppliers' answers say of the study's candidate."""
    rows = rows_of_release(spec, result)
    judgement = Judgement(
        min_cell=spec.privacy.min_cell,
        thresholds=_thresholds(spec),
        target=comparison.target,
        released=rows if rows < comparison.candidate.cells.n_rows else None,
    )
    return assess(comparison.candidate, comparison.digest, evidence, judgement)


def _thresholds(spec: StudySpec) -> Thresholds:
    """Return the study's thresholds; where no gate stops the release, its verdict is by the default ones."""
    gate = spec.release.gate
    return DEFAULT_THRESHOLDS if gate is None else Thresholds(gate.alpha, gate.tolerated)


def rows_of_release(spec: StudySpec, result: Fitted | Pooled) -> int:
    """Return how many rows are released: those asked for, else as many as the suppliers have together."""
    learnt = result.n_rows if isinstance(result, Pooled) else result.n_train + result.n_holdout
    return spec.synthesizer.rows or learnt


def released_schema(spec: StudySpec, result: Fitted | Pooled) -> Schema:
    """Return the schema of the released table: categories as released, "(other)" among them."""
    if isinstance(result, Pooled):
        return result.schema
    return drawn_schema(spec.schema.without(result.excluded), result.model)


def drawn_schema(schema: Schema, model: TabularModel) -> Schema:
    """Return ``schema`` with the categories that a model draws."""
    changed = {column.codes.name: column.values.variable for column in model.columns}
    variables = tuple(changed.get(variable.name, variable) for variable in schema.variables)
    return Schema(variables=variables, constraints=schema.constraints)


def _drawn_from(
    spec: StudySpec, result: Fitted | Pooled
) -> tuple[Schema, TabularModel | Pooled, dict[str, tuple[int, ...]]]:
    """Return the released schema, what rows are drawn from, and the places of merged categories."""
    schema = released_schema(spec, result)
    if isinstance(result, Pooled):
        return schema, result, {}
    merged = {}
    for column in result.model.columns:
        own = spec.schema.variable(column.codes.name).categories
        if len(column.values.variable.categories) > len(own):
            merged[column.codes.name] = tuple(sorted(own.index(name) for name in column.values.merged))
    return schema, result.model, merged


def _cells(schema: Schema, drawn: Iterator[Columns]) -> CellTable:
    parts = list(drawn)
    keys, status = [], []
    for variable in schema.modelled:
        own = np.concatenate([part[variable.name][0] for part in parts])
        missing = np.concatenate([part[variable.name][1] for part in parts])
        keys.append(np.where(missing, 0, own).astype(np.int64))
        status.append(np.where(missing, np.uint8(Status.MISSING), np.uint8(Status.VALID)))
    return CellTable(schema, tuple(keys), tuple(status), np.arange(len(keys[0])))
