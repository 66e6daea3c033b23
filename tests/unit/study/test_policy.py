"""The policy refuses whatever it does not name, and says which key forbids it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncline.errors import DocumentError
from syncline.questions.table import QUESTIONS, comparing, permissions
from syncline.study.default_policy import DEFAULT_POLICY_YAML, PRESETS, Preset
from syncline.study.flow import DataFlow, is_within
from syncline.study.policy import Policy
from syncline.study.spec import StudySpec

OPEN = """\
syncline: 1
studies: [heart-*]
flows: [summaries]
datasets: [heart]
columns: {allow: [age, "lab_*"], deny: [lab_hiv]}
questions: [row_count, marginals]
limits: {max_order: 2, max_rounds: 40, max_cells: 1000}
min_cell: 11
min_suppliers: 2
validation: true
"""


def policy(directory: Path, text: str = OPEN) -> Policy:
    path = directory / "policy.yaml"
    path.write_text(text)
    return Policy.from_yaml(path)


def spec(**changes: object) -> StudySpec:
    columns = [{"name": name, "kind": "integer"} for name in ("age", "lab_crp")]
    document = {
        "syncline": 1,
        "study": "heart-2026",
        "schema": {"variables": [*columns, {"name": "who", "kind": "text", "role": "person"}]},
        "suppliers": [{"name": "north", "dataset": "heart"}, {"name": "south"}],
    }
    return StudySpec.model_validate(document | changes)


def test_a_study_within_the_policy_is_permitted(tmp_path: Path) -> None:
    assert policy(tmp_path).permits(spec(), "north") == ()
    assert policy(tmp_path).permits(spec(), "south") == ()


def test_the_default_policy_refuses_every_study(tmp_path: Path) -> None:
    default = policy(tmp_path, DEFAULT_POLICY_YAML)
    keys = {refusal.key for refusal in default.permits(spec(), "north")}
    assert keys == {"studies", "flows", "datasets", "columns.allow", "min_suppliers", "validation"}
    for kind in QUESTIONS:
        assert default.permits_question(kind, [], 0, 1) is not None
    assert default.permits_dataset("heart") is not None
    assert not default.approves("0" * 64, "0" * 64)


@pytest.mark.parametrize("preset", Preset)
def test_a_preset_permits_the_study_that_it_is_about_alone(tmp_path: Path, preset: Preset) -> None:
    study = spec(
        suppliers=[{"name": name, "dataset": "heart"} for name in ("north", "south", "e", "f", "g")],
        quorum={"min_suppliers": 5},
        synthesizer={"method": "marginals"},
        privacy={"min_cell": 20},
        release={"approvals": 2},
    )
    columns = [variable.name for variable in study.schema.modelled]
    bare = policy(tmp_path, PRESETS[preset].yaml())
    assert {"studies", "datasets", "columns.allow"} <= {one.key for one in bare.permits(study, "north")}
    about = policy(tmp_path, PRESETS[preset].about([study.study], ["heart"], columns).yaml())
    permitted = {str(one) for one in about.permits(study, "north")}
    assert not {one for one in permitted if not one.startswith("columns.allow: the person column")}, permitted
    kinds = {kind for kind in permissions() if about.permits_question(kind, [], 0, 1) is None}
    assert ("tree_level" in kinds) == (preset is not Preset.STRICT)
    assert (DataFlow.RAW in about.flows) == (preset is Preset.ROWS)
    assert about.approval.mode.value == "manual"


def test_names_that_yaml_reads_as_something_else_are_quoted(tmp_path: Path) -> None:
    names = ["true", "null", "1e3", "a b", "lab_*", '"', "-", "ü", "no", "y", "a: b", "# c"]
    draft = PRESETS[Preset.SUMMARIES].about(["*"], names[:2], names)
    assert policy(tmp_path, draft.yaml()).columns.allow == tuple(names)


def test_an_empty_policy_refuses_at_least_as_much(tmp_path: Path) -> None:
    empty = policy(tmp_path, "syncline: 1\n")
    assert empty.permits(spec(), "north")
    assert empty.permits_round(1) is not None
    assert empty.permits_question("row_count", [], 0, 1) is not None


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"study": "lungs-2026"}, "studies"),
        ({"suppliers": [{"name": "north", "dataset": "lungs"}, {"name": "south"}]}, "datasets"),
        ({"schema": {"variables": [{"name": "income", "kind": "integer"}]}}, "columns.allow"),
        ({"schema": {"variables": [{"name": "lab_hiv", "kind": "integer"}]}}, "columns.deny"),
        ({"privacy": {"min_cell": 10}}, "min_cell"),
        ({"suppliers": [{"name": "north"}]}, "min_suppliers"),
        ({"quorum": {"min_suppliers": 1, "then": "proceed"}}, "min_suppliers"),
    ],
)
def test_a_study_outside_the_policy_is_refused_by_one_key(
    tmp_path: Path, changes: dict[str, object], key: str
) -> None:
    refusals = policy(tmp_path).permits(spec(**changes), "north")
    assert [refusal.key for refusal in refusals] == [key]
    assert str(refusals[0]).startswith(f"{key}: ")


def test_a_study_that_compares_needs_the_permission(tmp_path: Path) -> None:
    closed = policy(tmp_path, OPEN.replace("validation: true", "validation: false"))
    assert [refusal.key for refusal in closed.permits(spec(), "north")] == ["validation"]
    assert closed.permits(spec(validation="none", release={"gate": "none"}), "north") == ()


MODELLED = {"models": ["age ~ lab_crp"]}


@pytest.mark.parametrize(
    ("written", "models", "without"),
    [
        ("true", [], []),
        ("{models: true}", [], []),
        ("{models: false}", ["validation.models"], []),
        ("false", ["validation"], ["validation"]),
    ],
)
def test_models_may_be_refused_and_the_rest_of_a_comparison_permitted(
    tmp_path: Path, written: str, models: list[str], without: list[str]
) -> None:
    found = policy(tmp_path, OPEN.replace("validation: true", f"validation: {written}"))
    for judge in (found, Policy.from_document(json.loads(json.dumps(found.to_document())))):
        assert [one.key for one in judge.permits(spec(validation=MODELLED), "north")] == models
        assert [one.key for one in judge.permits(spec(), "north")] == without
        asked = judge.permits_question("regression_sums", ["age", "lab_crp"], 2, 10)
        assert ([] if asked is None else [asked.key]) == models
        for kind in set(comparing()) - {"regression_sums"}:
            refused = judge.permits_question(kind, ["age", "lab_crp"], 2, 10)
            assert ([] if refused is None else [refused.key]) == without


def test_a_policy_writes_validation_as_it_was_read(tmp_path: Path) -> None:
    bounds = {"holdout": {"least": 0.1, "most": 0.5}}
    for written, document in (
        ("true", {"models": True, **bounds}),
        ("false", False),
        ("{}", {"models": False, **bounds}),
        ("{salt: study}", {"models": False, "salt": "study", **bounds}),
    ):
        found = policy(tmp_path, OPEN.replace("validation: true", f"validation: {written}"))
        assert found.to_document()["validation"] == document


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        ("default", None),
        ({"alpha": 0.05, "tolerated": 0}, None),
        ("none", "runs no disclosure gate; the study must say release: {gate: default}"),
        ({"alpha": 0.001}, "is too loose, alpha 0.001 is below the default 0.01; the study must say"),
        ({"tolerated": 0.05}, "is too loose, tolerated 0.05 is above the default 0.0025"),
    ],
)
def test_a_policy_may_demand_a_gate(tmp_path: Path, gate: object, expected: str | None) -> None:
    study = spec(release={"gate": gate})
    assert policy(tmp_path).permits(study, "north") == ()
    refusals = policy(tmp_path, OPEN + "release: {gate: required}\n").permits(study, "north")
    assert [refusal.key for refusal in refusals] == ([] if expected is None else ["release.gate"])
    assert all(str(expected) in refusal.sentence for refusal in refusals)


def test_a_policy_may_demand_signatures(tmp_path: Path) -> None:
    demanding = policy(tmp_path, OPEN + "release: {min_approvals: 2}\n")
    assert demanding.permits(spec(release={"approvals": 2}), "north") == ()
    (refusal,) = demanding.permits(spec(release={"approvals": 1}), "north")
    assert refusal.key == "release.min_approvals"
    assert "released with 1 approval, and 2 are demanded" in refusal.sentence
    assert "the study must say release: {approvals: 2}" in refusal.sentence


@pytest.mark.parametrize("asked", list(DataFlow))
@pytest.mark.parametrize("narrow", ["", "{raw: prepared}", "{raw: summaries, prepared: summaries}"])
def test_a_policy_answers_the_flow_asked_for_or_a_narrower_one(
    tmp_path: Path, asked: DataFlow, narrow: str
) -> None:
    flows = "[summaries, prepared]" if narrow == "{raw: prepared}" else "[summaries]"
    text = OPEN.replace("flows: [summaries]", f"flows: {flows}")
    found = policy(tmp_path, text + (f"narrow: {narrow}\n" if narrow else ""))
    answered = found.answers(asked)
    study = spec(suppliers=[{"name": "north", "flow": str(asked)}, {"name": "south"}])
    assert (found.permits(study, "north") == ()) == (answered is not None)
    assert answered is None or is_within(answered, asked)
    expected = {
        "": {"summaries": "summaries"},
        "{raw: prepared}": {"summaries": "summaries", "prepared": "prepared", "raw": "prepared"},
    }
    both = {"summaries": "summaries", "prepared": "summaries", "raw": "summaries"}
    assert answered == expected.get(narrow, both).get(str(asked))


def test_what_was_approved_is_held_to_the_policy_of_now(tmp_path: Path) -> None:
    study = spec(suppliers=[{"name": "north", "flow": "raw"}, {"name": "south"}])
    listed = {
        flow: OPEN.replace("flows: [summaries]", f"flows: {flow}") for flow in ("[summaries, raw]", "[raw]")
    }
    narrowed = policy(tmp_path, OPEN + "narrow: {raw: summaries}\n")
    assert narrowed.permits(study, "north", DataFlow.SUMMARIES) == ()
    assert [refusal.key for refusal in narrowed.permits(study, "north", DataFlow.RAW)] == ["flows"]
    assert policy(tmp_path, listed["[summaries, raw]"]).permits(study, "north", DataFlow.SUMMARIES) == ()
    assert policy(tmp_path, listed["[raw]"]).permits(study, "north", DataFlow.SUMMARIES) != ()
    assert policy(tmp_path).permits(study, "north", DataFlow.SUMMARIES) != ()


def test_a_study_for_others_is_refused(tmp_path: Path) -> None:
    assert policy(tmp_path).permits(spec(), "west")


@pytest.mark.parametrize(
    ("kind", "columns", "order", "cells", "key"),
    [
        ("marginals", ["age", "lab_crp"], 2, 1000, None),
        ("row_count", [], 0, 2, None),
        ("tree_level", ["age"], 2, 10, "questions"),
        ("read_rows", ["age"], 1, 10, "questions"),
        ("marginals", ["age", "lab_crp", "lab_hb"], 3, 10, "limits.max_order"),
        ("marginals", ["age"], 1, 1001, "limits.max_cells"),
        ("marginals", ["age", "name"], 2, 10, "columns.allow"),
        ("marginals", ["lab_hiv"], 1, 10, "columns.deny"),
        ("marginals", ["Age"], 1, 10, "columns.allow"),
        ("marginals", ["lab"], 1, 10, "columns.allow"),
    ],
)
def test_each_question_is_judged(
    tmp_path: Path, kind: str, columns: list[str], order: int, cells: int, key: str | None
) -> None:
    refusal = policy(tmp_path).permits_question(kind, columns, order, cells)
    assert (refusal.key if refusal else None) == key


@pytest.mark.parametrize("written", [" lab_hiv", "lab_hiv\u00a0", "\u2003lab_hiv "])
def test_white_space_around_a_name_gets_no_column_past_the_policy(tmp_path: Path, written: str) -> None:
    schema = {"variables": [{"name": written, "kind": "integer"}]}
    asked = spec(schema=schema)
    assert asked.schema.names == ("lab_hiv",), "judged by the spelling by which it would be read"
    assert [refusal.key for refusal in policy(tmp_path).permits(asked, "north")] == ["columns.deny"]


@pytest.mark.parametrize("written", ["LAB_HIV", "lab_\uff28iv", "lab\uff3fhiv"])
def test_deny_knows_a_column_in_other_letters(tmp_path: Path, written: str) -> None:
    """A source may call its column HIV where the policy's author wrote hiv, and meant it."""
    open_ = policy(tmp_path, OPEN.replace('"lab_*"', '"*"'))
    refusal = open_.permits_question("marginals", [written], 1, 10)
    assert refusal is not None
    assert refusal.key == "columns.deny"
    assert open_.permits_question("marginals", ["lab_hb"], 1, 10) is None


@pytest.mark.parametrize(
    ("column", "registered", "key"),
    [
        ("who", True, None),
        ("who", False, "columns.allow"),
        ("lab_nr", False, None),
        ("lab_hiv", False, "columns.deny"),
        ("lab_hiv", True, "columns.deny"),
    ],
)
def test_the_column_of_persons_is_registered_or_listed_and_never_denied(
    tmp_path: Path, column: str, registered: bool, key: str | None
) -> None:
    refusal = policy(tmp_path).permits_person(column, registered=registered)
    assert (refusal.key if refusal else None) == key


def test_rounds_and_data_sets_are_judged(tmp_path: Path) -> None:
    open_ = policy(tmp_path)
    assert open_.permits_round(40) is None
    assert open_.permits_round(41) is not None
    assert open_.permits_dataset("heart") is None
    assert open_.permits_dataset("hearts") is not None


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*", "anything", True),
        ("a*c", "abc", True),
        ("a*c", "ac", True),
        ("a*b*c", "a-b-c", True),
        ("a*b*c", "a-c", False),
        ("ab*ba", "aba", False),
        ("*b", "ab", True),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("a" + "*a" * 60 + "b", "a" * 128, False),
    ],
)
def test_only_the_star_is_special(tmp_path: Path, pattern: str, name: str, matches: bool) -> None:
    text = f"syncline: 1\ndatasets: ['{pattern}']\n"
    assert (policy(tmp_path, text).permits_dataset(name) is None) == matches


def test_automatic_approval_is_by_digest_or_key_only(tmp_path: Path) -> None:
    one, other = "a" * 64, "b" * 64
    by_spec = policy(tmp_path, OPEN + f"approval: {{mode: automatic, specs: [{one}]}}\n")
    assert by_spec.approves(one, other)
    assert not by_spec.approves(other, one)
    by_key = policy(tmp_path, OPEN + f"approval: {{mode: automatic, researchers: [{one}]}}\n")
    assert by_key.approves(other, one)
    assert not by_key.approves(one, other)
    assert not policy(tmp_path).approves(one, other)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("approval: {mode: automatic}\n", "approval.mode: automatic needs digests"),
        (f"approval: {{specs: [{'a' * 64}]}}\n", "approval.mode: manual leaves no use"),
        ("approval: {mode: automatic, specs: [abc]}\n", "approval.specs must list digests"),
        (
            "approval: {mode: automatc}\n",
            "'automatc' is not known; a person approves each study",
        ),
        ("approval: {mode: auto}\n", "approval.mode 'auto' is not known; a person approves each study under"),
        ("colums: {}\n", "colums is not a known key; did you mean columns?"),
        ("questions: [marginal]\n", "did you mean marginals?"),
        ("flows: [summary]\n", "did you mean summaries?"),
        ("validation: yes\n", "validation must be true, false, or a mapping, as in {models: true}"),
        ("validation: {salt: name}\n", "validation.salt must be study"),
        ("validation: {holdout: {least: 1.1}}\n", "validation.holdout.least must be from 0 to 1"),
        ("validation: {holdout: {least: 0.6}}\n", "validation.holdout: least, 0.6, exceeds most, 0.5"),
        ("validation: {model: false}\n", "validation.model is not a known key; did you mean models?"),
        ("release: {gate: maybe}\n", "release.gate must be required"),
        ("release: {min_approvals: 17}\n", "release.min_approvals must be from 0 to 16"),
        ("narrow: {raw: synthesized}\n", "narrow.raw must be narrower than raw: prepared or summaries"),
        ("narrow: {prepared: prepared}\n", "narrow.prepared must be narrower than prepared: summaries"),
        ("narrow: {summaries: raw}\n", "narrow.summaries is not a known key"),
        ("narrow: {raw: summaries}\n", "narrow.raw: flows must list summaries too"),
        ("flows: [raw, summaries]\nnarrow: {raw: summaries}\n", "narrow.raw: flows lists raw itself"),
        ("limits: {max_order: 17}\n", "limits.max_order must be from 0 to 16"),
        ("min_cell: 0\n", "min_cell must be from 1"),
        ("studies: all\n", "studies must be a list"),
    ],
)
def test_a_wrong_policy_is_refused_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DocumentError, match=r"policy\.yaml: ") as caught:
        policy(tmp_path, "syncline: 1\n" + text)
    assert said in str(caught.value)


def test_a_policy_travels_as_json(tmp_path: Path) -> None:
    open_ = policy(tmp_path)
    assert Policy.from_document(json.loads(json.dumps(open_.to_document()))) == open_
