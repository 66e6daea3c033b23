"""What a study compares its synthetic table by, at the hub: the candidate, and how it is judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from syncline.data.batch import Status
from syncline.data.labels import other_label
from syncline.data.release_table import Columns
from syncline.data.schema import Schema
from syncline.preparation.fold import Fold
from syncline.questions.comparison import MIN_CANDIDATE_ROWS
from syncline.questions.growth import ComparedColumns
from syncline.study.comparer_scope import aims_of
from syncline.study.spec import StudySpec
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.streams import Seed
from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.assessment import Assessment, Criteria, assess
from syncline.validation.comparison.comparison import Comparison, Evidence
from syncline.validation.disclosure.gate import DEFAULT_THRESHOLDS, GateThresholds


def comparison_of(spec: StudySpec, fold: Fold, result: Fitted, seed: Seed) -> Comparison:
    """Return the comparison of the table that ``result`` and ``seed`` give.

    The candidate is what is released, with categories of few people as one; of fewer rows than suppliers
    compare, the first of those that the same model draws.
    """
    schema = released_schema(spec, result)
    merged = _merged_places(spec, result, schema)
    rows = max(rows_of_release(spec, result), MIN_CANDIDATE_ROWS)
    cells = _as_one(spec, _cells(schema, result.model.sample(rows, seed, schema)), merged)
    names = tuple(variable.name for variable in schema.modelled)
    compared = ComparedColumns(names, tuple(merged.get(name, ()) for name in names))
    aims = aims_of(spec, fold).within(names)
    return Comparison(cells, compared, aims, aims.target, persons=spec.schema.person is not None)


def assess_study(spec: StudySpec, result: Fitted, comparison: Comparison, evidence: Evidence) -> Assessment:
    """Return what the suppliers' answers say of the study's candidate."""
    rows = rows_of_release(spec, result)
    judgement = Criteria(
        min_cell=spec.privacy.min_cell,
        thresholds=_thresholds(spec),
        target=comparison.target,
        released=rows if rows < comparison.candidate.cells.n_rows else None,
    )
    return assess(comparison.candidate, comparison.digest, evidence, judgement)


def _thresholds(spec: StudySpec) -> GateThresholds:
    """Return the study's thresholds; where no gate stops the release, its verdict is by the default ones."""
    gate = spec.release.gate
    return DEFAULT_THRESHOLDS if gate is None else GateThresholds(gate.alpha, gate.tolerated)


def rows_of_release(spec: StudySpec, result: Fitted) -> int:
    """Return how many rows are released: those asked for, else as many as the suppliers have together."""
    return spec.synthesizer.rows or result.n_train + result.n_holdout


def released_schema(spec: StudySpec, result: Fitted) -> Schema:
    """Return the schema of the released table: categories as released, "(other)" among them."""
    return result.model.released(spec.schema.without(result.excluded))


def _merged_places(spec: StudySpec, result: Fitted, schema: Schema) -> dict[str, tuple[int, ...]]:
    """Return the places of the categories that are compared as one: those of few people, or of nobody.

    Of a column that shows siblings of a group, or has a category for what is merged, they are all of these:
    a figure of one category would tell how many have it.
    """
    model, places = result.model.describe(), {}
    for name in dict.fromkeys((*model.merged, *model.siblings)):
        own = spec.schema.variable(name).categories
        groups = model.siblings.get(name, ())
        if groups or len(schema.variable(name).categories) > len(own):
            place = {category: at for at, category in enumerate(own)}
            few = (*model.merged.get(name, ()), *(category for group in groups for category in group))
            places[name] = tuple(sorted(place[category] for category in few))
    return places


def _as_one(spec: StudySpec, cells: CellTable, merged: Mapping[str, tuple[int, ...]]) -> CellTable:
    """Return the table with merged categories as one more category behind the study's own."""
    keys, variables = list(cells.keys), {variable.name: variable for variable in cells.schema.variables}
    for name, few in merged.items():
        place, known = cells.place(name), spec.schema.variable(name).categories
        update = {"categories": (*known, other_label(known))}
        variables[name] = variables[name].model_copy(update=update)
        keys[place] = np.where(cells.valid(place) & np.isin(keys[place], few), len(known), keys[place])
    schema = Schema(variables=tuple(variables.values()), constraints=cells.schema.constraints)
    return replace(cells, schema=schema, keys=tuple(keys))


def _cells(schema: Schema, drawn: Iterator[Columns]) -> CellTable:
    parts = list(drawn)
    keys, status = [], []
    for variable in schema.modelled:
        own = np.concatenate([part[variable.name][0] for part in parts])
        missing = np.concatenate([part[variable.name][1] for part in parts])
        keys.append(np.where(missing, 0, own).astype(np.int64))
        status.append(np.where(missing, np.uint8(Status.MISSING), np.uint8(Status.VALID)))
    return CellTable(schema, tuple(keys), tuple(status), np.arange(len(keys[0])))
