"""``syncline studies check``: all faults at once, and what leak the holdout would let the gate see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from syncline.cli.app import app
from syncline.cli.exit_status import fail
from syncline.study.study_check import FaultyDocument, check_study
from tests.unit.study.test_spec import HEAD, SCHEMA

BAD = """\
syncline: 2
study: heart 2026
schema: schema.yaml
suppliers:
  - {name: cleveland, flow: sumaries}
  - {name: budapest}
  - {name: Budapest, colour: blue}
quorum: {min_suppliers: 9, deadline: soon}
synthesizer: {method: cartt, min_leef: 4}
privacy: {differential_privacy: full}
validation: {holdout: 5, target: ages, keys: [note, zper], sensitive: [nope]}
release: {approvals: 2, approvers: [eva]}
"""
FAULTS = (
    "syncline must be 1",
    "study must be 1 to 63 letters",
    "suppliers[cleveland].flow 'sumaries' is not known",
    "suppliers[Budapest].colour is not a known key",
    "suppliers: 'budapest' is named twice",
    "quorum.min_suppliers: 9 exceeds the number of suppliers, 3",
    "quorum.deadline must be a number with s, m, h or d",
    "synthesizer.method 'cartt' is not known",
    "synthesizer.min_leef is not a known key",
    "privacy.differential_privacy: this version does not implement it",
    "validation.holdout must be from 0 to 0.9",
    "validation.target: 'ages' is not a column",
    "validation.keys: column 'note' has kind text",
    "validation.keys: column 'zper' has role person",
    "validation.sensitive: 'nope' is not a column",
    "release.approvals: 2 exceeds the number of approvers, 1",
)
BAD_SCHEMA = """\
variables:
  - {name: age, kind: integer, range: [100, 1], decimals: 2}
  - {name: sex, kind: categorical, categories: [f, m], colour: red}
  - {name: sex, kind: categorical, categories: [f, m]}
constraints:
  - {formula: equal, of: age, from: [height]}
"""


def written(directory: Path, study: str, schema: str = SCHEMA) -> Path:
    (directory / "schema.yaml").write_text(schema)
    path = directory / "study.yaml"
    path.write_text(study)
    return path


def run(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["studies", "check", str(path), *options])


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, BAD)
    said = run(path)
    assert said.exit_code == 2
    lines = said.stderr.splitlines()
    assert len(lines) == len(FAULTS)
    for fault in FAULTS:
        assert sum(line.startswith(f"error: {path}: {fault}") for line in lines) == 1, fault
    assert said.stdout == ""


def test_each_fault_is_still_found_when_all_others_are_mended(tmp_path: Path) -> None:
    """So none of them is a shadow of another one."""
    for line in BAD.splitlines()[7:]:
        faults = check_study(written(tmp_path, HEAD + line + "\n")).faults
        assert faults
        for fault in faults:
            known = [one for one in FAULTS if one in fault]
            assert known or "min_suppliers: 9 exceeds the number of suppliers, 2" in fault


TIRED = """\
variables:
  - {name: age, kind: integer, range: [1, 100]}
  - {name: pain, kind: ordinal, categories: [a, b, c, d, e, f, g]}
  - {name: sex, kind: categorical, categories: [f, m]}
  - {name: ward, kind: categorical, categories: [east]}
  - {name: dose, kind: continuous, decimals: 1, range: [2.5, 2.5]}
  - {name: note, kind: text}
"""
UNFIT = {
    "models: ['pain ~ age', 'sex ~ age']": ("'pain ~ age': 'pain' has 7 categories; name a column of",),
    "models: ['sex ~ ward', 'ward ~ age']": (
        "'sex ~ ward': 'ward' has one value, which explains nothing",
        "'ward ~ age': 'ward' has 1 category;",
    ),
    "models: ['dose ~ age', 'age ~ dose + sex']": (
        "'dose ~ age': 'dose' has one value, which nothing explains",
        "'age ~ dose + sex': 'dose' has one value, which explains nothing",
    ),
    "target: ward": ("validation.target: 'ward' has one value",),
    "target: dose, models: ['pain ~ nope']": (
        "validation.target: 'dose' has one value",
        "validation.models: 'nope' is not a column",
    ),
}


@pytest.mark.parametrize("line", UNFIT)
def test_models_and_targets_are_held_against_the_schema(tmp_path: Path, line: str) -> None:
    """A model of an ordinal of 7 levels used to fail after 14 rounds, once real rows had been sent."""
    faults = check_study(written(tmp_path, f"{HEAD}validation: {{{line}}}\n", TIRED)).faults
    assert len(faults) == len(UNFIT[line])
    for fault, words in zip(faults, UNFIT[line], strict=True):
        assert words in fault
    sound = "validation: {target: pain, models: ['sex ~ age + pain', 'age ~ sex']}\n"
    assert check_study(written(tmp_path, HEAD + sound, TIRED)).faults == ()


@pytest.mark.parametrize("command", [["simulate"], ["studies", "submit"]])
def test_who_runs_or_submits_a_study_is_told_the_same(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, BAD)
    with pytest.raises(FaultyDocument) as raised:
        CliRunner().invoke(app, [*command, str(path)], catch_exceptions=False, standalone_mode=False)
    assert raised.value.sentences == check_study(path).faults
    with pytest.raises(SystemExit) as ended:
        fail(raised.value)
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines() == [f"error: {fault}" for fault in check_study(path).faults]


def test_faults_of_the_schema_stand_beside_those_of_the_study(tmp_path: Path) -> None:
    faults = check_study(written(tmp_path, HEAD + "quorum: {then: wait}\n", BAD_SCHEMA)).faults
    schema = tmp_path / "schema.yaml"
    assert f"{schema}: column 'age': decimals do not apply to kind integer" in faults
    assert any(fault.startswith(f"{schema}: variables[sex].colour is not a known key") for fault in faults)
    assert any("quorum.then" in fault for fault in faults)
    sound = BAD_SCHEMA.replace(", range: [100, 1], decimals: 2", "").replace(", colour: red", "")
    faults = check_study(written(tmp_path, HEAD, sound)).faults
    assert [fault.removeprefix(f"{schema}: ") for fault in faults] == [
        "column 'sex' is described twice; keep one",
        "constraint equal of 'age': 'height' is not a column; known are age, sex",
    ]


@pytest.mark.parametrize(
    ("study", "fault"),
    [
        ("a: [", "not valid YAML"),
        ("[1]", "the document must be a mapping"),
        (HEAD.replace("schema.yaml", "none.yaml"), "there is no such file"),
        ("{}", "syncline is missing"),
    ],
)
def test_what_is_no_study_at_all_is_said(tmp_path: Path, study: str, fault: str) -> None:
    said = run(written(tmp_path, study))
    assert said.exit_code == 2
    assert fault in said.stderr


def test_a_study_without_fault_exits_with_0(tmp_path: Path) -> None:
    said = run(written(tmp_path, HEAD))
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.startswith("study heart-2026: no fault can be seen without data\n")
    needed = json.loads(run(written(tmp_path, HEAD), "--json").stdout)["needed_of_each"]
    assert {"row_count", "profile"} <= {one["question"] for one in needed}
    heading, *lines = said.stdout.splitlines()[-len(needed) - 1 :]
    assert heading == "Needed of each supplier, and not only summed over all:"
    assert lines == [f"  {one['question']}: {one['why']}" for one in needed]
    assert run(tmp_path / "nowhere.yaml").exit_code == 2


def test_the_holdout_is_recommended_at_which_five_per_cent_would_be_seen(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "validation: {holdout: 0.2}\n")
    said = run(path, "--persons", "669")
    assert said.exit_code == 0
    assert "a leak of fewer than 33 of the 535 used (6.17%) would not be seen" in said.stdout
    assert "hold out more: validation: {holdout: 0.3}" in said.stdout
    enough = run(path, "--persons", "1003", "--json")
    assert json.loads(enough.stdout)["foresight"]["recommended_holdout"] == 0.2
    assert "hold out more" not in enough.stdout
    assert "No holdout lets so few people see a leak of 5%" in run(path, "--persons", "300").stdout


def test_too_few_people_for_a_release_are_a_fault(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "validation: {holdout: 0.2}\n")
    blind, small = run(path, "--persons", "100"), run(path, "--persons", "50")
    assert (blind.exit_code, small.exit_code) == (2, 2)
    assert "not even copies of 25% of those used could be seen" in blind.stderr
    assert "fewer than privacy.min_cell (11)" in small.stderr
    without = written(tmp_path, HEAD + "validation: {holdout: 0.2}\nrelease: {gate: none}\n")
    assert run(without, "--persons", "100").exit_code == 0


def test_programs_get_the_same(tmp_path: Path) -> None:
    said = json.loads(run(written(tmp_path, BAD), "--json").stdout)
    assert len(said["faults"]) == len(FAULTS)
    assert said["foresight"] is None
