"""The same patients in every coding that circulates: prepared, each is the truth, cell by cell."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from syncline.data.batch import Status
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.sources.source import Source
from syncline.study.simulated_study import fold_of_run, release_study, seed_of
from syncline.study.spec import StudySpec
from syncline.study.whole_study import StudyOutcome
from tests.unit.preparation.heart_files import HEART, HOSPITALS, SCHEMA, clean, difference, messy, rows_of
from tests.unit.study.simulated import fit_study

SAME_ORDER = [
    *[("clean", hospital) for hospital in HOSPITALS],
    *[("qmark", hospital) for hospital in HOSPITALS[1:]],
    *[("minus9", hospital) for hospital in HOSPITALS[1:]],
    ("crlf", "va"),
]
OTHER_ORDER = [("reprocessed", "hungarian"), *[("raw76", hospital) for hospital in HOSPITALS]]

STUDY = f"""\
syncline: 1
study: heart
purpose: Equal releases
schema:
{"".join(f"  {line}" for line in (HEART / "schema.yaml").read_text().splitlines(keepends=True))}
suppliers: [{", ".join(f"{{name: {hospital}}}" for hospital in HOSPITALS)}]
quorum: {{min_suppliers: 4}}
synthesizer: {{method: cart, min_leaf: 20, rows: 500, seed: 7}}
validation: {{holdout: 0.2, target: disease}}
"""


@pytest.mark.parametrize(("variant", "hospital"), SAME_ORDER)
def test_a_variant_is_the_truth_row_by_row(variant: str, hospital: str, tmp_path: Path) -> None:
    assert rows_of(messy(variant, hospital, tmp_path)) == rows_of(clean(hospital, tmp_path))


@pytest.mark.parametrize(("variant", "hospital"), OTHER_ORDER)
def test_a_variant_in_another_order_is_the_truth(variant: str, hospital: str, tmp_path: Path) -> None:
    found, truth = rows_of(messy(variant, hospital, tmp_path)), rows_of(clean(hospital, tmp_path))
    assert sorted(found) == sorted(truth)


@pytest.mark.parametrize("variant", ["kaggle", "symbolic"])
def test_a_variant_that_lost_a_patient_is_the_truth_of_the_others(variant: str, tmp_path: Path) -> None:
    found, truth = rows_of(messy(variant, "cleveland", tmp_path)), rows_of(clean("cleveland", tmp_path))
    assert set(found) <= set(truth)
    assert (len(set(found)), len(set(truth))) == (302, 303)


def test_what_a_variant_does_not_carry_stays_apart(tmp_path: Path) -> None:
    found, truth = messy("minus9", "cleveland", tmp_path), clean("cleveland", tmp_path)
    assert difference(rows_of(found), rows_of(truth)) == 4  # ca became 0, which looks like any other
    others = [name for name in SCHEMA.names if name != "ca"]
    assert rows_of(found, others) == rows_of(truth, others)


def test_every_cell_fits_the_schema(tmp_path: Path) -> None:
    for hospital in HOSPITALS:
        cells = [status for row in rows_of(messy("clean", hospital, tmp_path)) for _, status in row]
        assert set(cells) <= {Status.VALID, Status.MISSING}


def test_the_tally_of_a_variant_counts_what_was_done(tmp_path: Path) -> None:
    view = messy("kaggle", "cleveland", tmp_path)
    rows_of(view)
    assert view.tally is not None
    steps = {step.step: step for step in view.tally.steps}
    assert (view.tally.rows_in, view.tally.rows_out) == (303, 302)
    assert steps["steps[0].duplicates"].rows_out == 302
    assert steps["steps[4].recode"].set_missing == 2
    assert steps["steps[5].missing"].set_missing == 4
    assert steps["steps[8].reverse"].changed == 302
    assert all(step.unlisted == step.rejected == 0 for step in view.tally.steps)


def test_a_study_over_messy_files_releases_the_same_bytes(tmp_path: Path) -> None:
    variants = {"cleveland": "clean", "hungarian": "reprocessed", "switzerland": "raw76", "va": "minus9"}
    prepared = {name: messy(variant, name, tmp_path) for name, variant in variants.items()}
    plain = {name: clean(name, tmp_path) for name in HOSPITALS}
    assert released(prepared, tmp_path / "prepared") == released(plain, tmp_path / "plain")


def released(sources: Mapping[str, Source], out: Path) -> str:
    spec = build(StudySpec, parse_document(STUDY, "study"), "study")
    out.mkdir()
    fold = fold_of_run(spec, sources, b"heart")
    outcome = StudyOutcome("fitted", fit_study(spec, fold, sources))
    release_study(spec, fold, sources, outcome, seed_of(spec), [], out)
    return hashlib.sha256((out / "synthetic.parquet").read_bytes()).hexdigest()
