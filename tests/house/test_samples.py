"""The commented samples are read by the parsers that read the real documents."""

from __future__ import annotations

from syncline.data.schema import Schema
from syncline.study.policy import ApprovalMode, Policy
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


def test_the_sample_policy_permits_the_sample_study_and_waits_for_a_person() -> None:
    policy = Policy.from_yaml(SAMPLES / "policy.yaml")
    study = StudySpec.from_yaml(SAMPLES / "study.yaml")
    assert policy.permits(study, "cleveland") == ()
    assert policy.approval.mode is ApprovalMode.MANUAL
    assert not policy.approves(study.digest, "0" * 64)


def test_the_sample_policy_refuses_what_it_does_not_name() -> None:
    policy = Policy.from_yaml(SAMPLES / "policy.yaml")
    study = StudySpec.from_yaml(SAMPLES / "study.yaml")
    weaker = study.model_copy(
        update={"study": "lung-2026", "privacy": study.privacy.model_copy(update={"min_cell": 1})}
    )
    assert [refusal.key for refusal in policy.permits(weaker, "cleveland")] == ["studies", "min_cell"]
    assert policy.permits(study, "vienna") != ()
    closed = policy.model_copy(update={"validation": None})
    assert closed.permits_question("score_candidate", ["age"], 1, 1) is not None
    assert policy.permits_question("marginals", ["patient"], 1, 1) is not None
