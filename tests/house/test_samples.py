"""The commented samples are read by the parsers that read the real documents."""

from __future__ import annotations

from syncline.data.schema import Schema
from syncline.study.spec import StudySpec
from tests.house.repository import DEPLOY

SAMPLES = DEPLOY / "samples"


def test_the_sample_schema_declares_a_person_that_is_never_modelled() -> None:
    schema = Schema.from_yaml(SAMPLES / "schema.yaml")
    assert schema.person is not None
    assert schema.person.name not in {variable.name for variable in schema.modelled}


def test_the_sample_study_is_read_with_the_schema_beside_it() -> None:
    study = StudySpec.from_yaml(SAMPLES / "study.yaml")
    assert study.schema.digest == Schema.from_yaml(SAMPLES / "schema.yaml").digest
    assert study.supplier_names == ("budapest", "cleveland", "zurich")


def test_the_sample_study_spells_out_the_defaults() -> None:
    study = StudySpec.from_yaml(SAMPLES / "study.yaml")
    assert study.quorum == type(study.quorum)()
    assert study.privacy == type(study.privacy)()
    assert study.release == type(study.release)()
    assert study.synthesizer == type(study.synthesizer)(rows=10_000)
