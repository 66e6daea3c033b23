"""Hazards in whole fits: what a study says of columns that suppliers lack, the same under every flow."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pytest

from syncline.data.schema import Schema
from syncline.errors import StudyFailed
from syncline.sources.memory import TableSource
from syncline.sources.source import Source
from syncline.study.fit_result import pack_result, unpack_result
from syncline.study.simulated_study import fold_of_run
from syncline.study.spec import StudySpec
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.hazards.hazard import HazardKind
from syncline.synthesizers.hazards.rules import Severe
from syncline.synthesizers.pooled_rows import PooledRows
from syncline.synthesizers.settings import FitSettings
from tests.studies.test_flows import PARTIES, in_text, released
from tests.unit.study.cohort import WITHOUT_PERSON, cohort, spread
from tests.unit.study.local_fit import fit, release_of
from tests.unit.study.simulated import fit_study

ROWS = 400
ALIKE = WITHOUT_PERSON.without(["absent", "constant"])
WITHOUT_DOSE = ALIKE.without(["dose"])
MIXES = [("summaries",) * 4, ("prepared",) * 4, ("raw", "prepared", "summaries", "raw")]


def study(flows: tuple[str, ...], schema: Schema, **hazards: str) -> StudySpec:
    return StudySpec.model_validate(
        {
            "syncline": 1,
            "study": "hazards",
            "schema": schema,
            "suppliers": [{"name": n, "flow": f} for n, f in zip(PARTIES, flows, strict=True)],
            "synthesizer": {"method": "cart", "min_leaf": 20, "max_depth": 3, "rows": 300},
            "validation": {"holdout": 0},
            "release": {"gate": "none", "approvals": 0},
            "hazards": hazards,
        }
    )


def fitted_over(spec: StudySpec, sources: Mapping[str, Source]) -> Fitted:
    return fit_study(spec, fold_of_run(spec, sources, b"hazards"), sources)


def tables() -> list[pa.Table]:
    return spread(cohort(ROWS), len(PARTIES), seed=2)


def lacking(parts: list[pa.Table], *, empty: bool) -> dict[str, TableSource]:
    """Return sources of which the second has no column ``dose``, or one without any value."""
    texts = [in_text(part) for part in parts]
    place = texts[1].column_names.index("dose")
    texts[1] = texts[1].remove_column(place)
    if empty:
        texts[1] = texts[1].append_column("dose", pa.array([""] * texts[1].num_rows, pa.string()))
    return {name: TableSource(part, name) for name, part in zip(PARTIES, texts, strict=True)}


def test_an_absent_column_stops_the_study_by_default_and_names_the_rule():
    with pytest.raises(StudyFailed, match=r"supplier 'north': .*has no column 'dose'"):
        fitted_over(study(MIXES[0], ALIKE), lacking(tables(), empty=False))


@pytest.mark.parametrize("flows", MIXES, ids="-".join)
def test_an_absent_column_that_counts_as_missing_is_a_column_without_values(flows):
    spec = study(flows, ALIKE, absent="missing")
    expected = released(study(MIXES[0], ALIKE), lacking(tables(), empty=True))
    assert released(spec, lacking(tables(), empty=False)) == expected


@pytest.mark.parametrize("flows", MIXES, ids="-".join)
def test_an_excluded_column_is_as_if_it_were_not_in_the_schema(flows):
    spec = study(flows, ALIKE, absent="exclude")
    expected = released(study(MIXES[0], WITHOUT_DOSE), lacking(tables(), empty=False))
    assert released(spec, lacking(tables(), empty=False)) == expected


def test_a_hazard_of_the_study_is_in_its_result():
    found = fitted_over(study(MIXES[0], ALIKE, absent="exclude"), lacking(tables(), empty=False))
    assert found.excluded == ("dose",)
    (hazard,) = [hazard for hazard in found.hazards if hazard.kind is HazardKind.EXCLUDED]
    assert hazard.suppliers == ("north",)


def test_a_nearly_empty_column_can_stop_the_study():
    words = "column 'dose' is missing in all cells of supplier 'north', or in all but those of fewer"
    with pytest.raises(StudyFailed, match=words):
        fitted_over(study(MIXES[0], ALIKE, sparse="stop"), lacking(tables(), empty=True))


def test_the_declared_target_is_never_left_out():
    document = study(MIXES[0], ALIKE, sparse="exclude").model_dump(by_alias=True)
    spec = StudySpec.model_validate({**document, "schema": ALIKE, "validation": {"target": "dose"}})
    with pytest.raises(StudyFailed, match=r"'dose' is to be left out, and it is validation\.target"):
        fitted_over(spec, lacking(tables(), empty=True))


def in_other_units(parts: list[pa.Table]) -> dict[str, TableSource]:
    """Return sources of which the third has its bilirubin a thousand times as large."""
    column = [None if v is None else v * 1000 for v in parts[2].column("bilirubin").to_pylist()]
    place = parts[2].column_names.index("bilirubin")
    other = parts[2].set_column(place, "bilirubin", pa.array(column, pa.float64()))
    chosen = [*parts[:2], other, *parts[3:]]
    return {name: TableSource(part, name) for name, part in zip(PARTIES, chosen, strict=True)}


SPREAD = ALIKE.without(["log_bilirubin"])


@pytest.mark.parametrize("flows", [*MIXES, ("synthesized",) * 4], ids="-".join)
def test_units_that_disagree_are_found_under_every_flow(flows):
    parts = [cohort(300, seed=seed) for seed in range(4)]
    found = fitted_over(study(flows, SPREAD), in_other_units(parts))
    severe = [(hazard.kind, hazard.column, hazard.suppliers) for hazard in found.hazards if hazard.is_severe]
    assert severe == [(HazardKind.UNITS, "bilirubin", ("south",))]


def test_a_study_can_stop_where_units_disagree():
    parts = [cohort(300, seed=seed) for seed in range(4)]
    with pytest.raises(StudyFailed, match="'bilirubin' of supplier 'south' holds values about"):
        fitted_over(study(MIXES[0], SPREAD, severe="stop"), in_other_units(parts))


def test_a_reversed_outcome_is_found():
    parts = [cohort(500, seed=seed) for seed in range(4)]
    column = pa.array([not v for v in parts[3].column("ill").to_pylist()])
    parts[3] = parts[3].set_column(parts[3].column_names.index("ill"), "ill", column)
    found = fit(parts, SPREAD, min_leaf=20, max_depth=2)
    (hazard,) = [hazard for hazard in found.hazards if hazard.is_severe]
    assert (hazard.kind, hazard.column) == (HazardKind.POLARITY, "ill")
    assert hazard.suppliers == ("supplier-03",)


def test_a_supplier_without_rows_and_one_with_one_class_are_named():
    """Case 28: a site whose export failed took part with a header, and three suppliers were reported."""
    parts = [cohort(300, seed=seed) for seed in range(3)]
    well = pa.array([False] * 300)
    parts[1] = parts[1].set_column(parts[1].column_names.index("ill"), "ill", well)
    found = fit([*parts, parts[0].slice(0, 0)], SPREAD, min_leaf=20, max_depth=2)
    by_kind = {hazard.kind: hazard for hazard in found.hazards}
    assert by_kind[HazardKind.FEW_ROWS].is_severe
    assert "supplier 'supplier-03' has no rows" in by_kind[HazardKind.FEW_ROWS].words
    assert (by_kind[HazardKind.CONSTANT].column, by_kind[HazardKind.CONSTANT].suppliers) == (
        "ill",
        ("supplier-01",),
    )
    with pytest.raises(StudyFailed, match="supplier 'supplier-03' has no rows"):
        fit([*parts, parts[0].slice(0, 0)], SPREAD, severe=Severe.STOP)


def test_hazards_change_no_released_byte():
    parts = [cohort(300, seed=seed) for seed in range(4)]
    pooled = fit([pa.concat_tables(parts)], SPREAD, min_leaf=20, max_depth=2)
    apart = fit([*parts[:3], parts[3].slice(0, 3), parts[3].slice(3)], SPREAD, min_leaf=20, max_depth=2)
    assert [hazard.kind for hazard in apart.hazards] == [HazardKind.FEW_ROWS]
    assert release_of(apart, SPREAD) == release_of(pooled, SPREAD)


def test_pooled_tables_come_back_from_bytes_with_their_hazards():
    parts = [cohort(200, seed=seed) for seed in range(4)]
    found = fitted_over(study(("synthesized",) * 4, ALIKE, absent="exclude"), lacking(parts, empty=False))
    assert isinstance(found.model, PooledRows)
    assert found.excluded == ("dose",)
    back = unpack_result(pack_result(found, FitSettings(ALIKE)), FitSettings(ALIKE))
    assert isinstance(back.model, PooledRows)
    assert (back.hazards, back.excluded, back.model.names) == (
        found.hazards,
        found.excluded,
        found.model.names,
    )
