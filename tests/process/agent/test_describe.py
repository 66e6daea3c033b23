"""``supplier-agent describe``: a draft that a study takes as its schema, and that never leaves by itself."""

from __future__ import annotations

import json

from syncline.data.schema import Schema
from syncline.study.spec import StudySpec
from tests.process.agent.harness import heart_table, rows
from tests.process.agent.test_commands import command, home

__all__ = ["command", "home"]  # fixtures

STEPS = """\
syncline: 1
steps:
  - {step: rename, columns: {ID: who, GENDER: sex, AGE: age}}
  - {step: recode, columns: [sex], codes: {"1": F, "2": M, "9": ""}}
"""


def added(command, home, tmp_path):
    table, steps = tmp_path / "t.csv", tmp_path / "p.yaml"
    lines = [f"p{n // 2},{1 + n % 2},{20 + n}" for n in range(60)] + [f"p{n},X,45" for n in range(3)]
    table.write_text("\n".join(["ID,GENDER,AGE", *lines]) + "\n")
    steps.write_text(STEPS)
    add = ("datasets", "add", "lung", table, "--preparation", steps, "--person", "who", "--home", home.root)
    assert command(*add)[0] == 0


def test_a_draft_shows_the_prepared_columns_and_is_a_schema(command, home, tmp_path):
    added(command, home, tmp_path)
    code, out, _ = command("describe", "lung", "--home", home.root)
    assert code == 0
    assert "This draft stays on this machine" in out
    assert "# withheld: 1 category, of fewer than 11 persons in all" in out
    assert "X" not in out.replace("GENDER", "")
    schema = Schema.from_yaml(out)
    assert schema.names == ("who", "sex", "age")
    assert schema.variable("sex").categories == ("F", "M")
    assert schema.person is not None
    assert rows(home, "SELECT count(*) FROM audit") == [(0,)]


def test_a_study_takes_the_draft_as_its_schema(command, home, tmp_path):
    added(command, home, tmp_path)
    draft = tmp_path / "schema.yaml"
    code, out, _ = command("describe", "lung", "--out", draft, "--home", home.root)
    assert code == 0
    assert "passes on what may be published" in out
    study = tmp_path / "study.yaml"
    study.write_text("syncline: 1\nstudy: s\nschema: schema.yaml\nsuppliers: [{name: north}]\n")
    assert StudySpec.from_yaml(study).schema.names == ("who", "sex", "age")
    before = draft.read_text()
    code, _, error = command("describe", "lung", "--out", draft, "--home", home.root)
    assert code == 2
    assert "exists already" in error
    assert draft.read_text() == before


def test_fewer_persons_are_enough_where_the_supplier_says_so(command, home, tmp_path):
    added(command, home, tmp_path)
    code, out, _ = command("describe", "lung", "--min-cell", "3", "--json", "--home", home.root)
    assert code == 0
    found = json.loads(out)
    assert (found["min_cell"], found["counted_in"], found["rounded_to"]) == (3, "persons", 10)
    sex = next(column for column in found["columns"] if column["name"] == "sex")
    assert [entry["category"] for entry in sex["categories"]] == ["F", "M", "X"]
    assert "stays on this machine" in found["note"]
    assert Schema.model_validate(found["schema"]).variable("sex").categories == ("F", "M", "X")


def test_wrong_usage_is_named(command, home, tmp_path):
    code, _, error = command("describe", "lungs", "--home", home.root)
    assert code == 2
    assert "there is no data set 'lungs'" in error
    assert command("describe", "heart", "--min-cell", "0", "--home", home.root)[0] == 2
    heart_table(home.root).unlink()
    code, _, error = command("describe", "heart", "--home", home.root)
    assert code == 1
    assert str(heart_table(home.root)) in error
