"""A supplier's preparation at its agent: kept, shown, tried, drafted, and the same for a whole study."""

from __future__ import annotations

import json
import sqlite3

import pyarrow.parquet as pq
import pytest

from supplier_agent.datasets.catalogue import Dataset, add_dataset, find_preparation, list_datasets
from supplier_agent.tasks.child import AgentChild
from supplier_agent.tasks.journal import MIGRATIONS, open_journal
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.durable.database import Database
from syncline.errors import DataError
from syncline.preparation.preparation_document import Preparation
from syncline.protocols.asking import Request
from syncline.questions.profile import Profile
from syncline.questions.row_count import RowCount
from syncline.study.policy import Policy
from syncline.wire.exchange import ReplyCodec
from tests.process.agent.harness import rows
from tests.process.agent.test_commands import command, home
from tests.unit.agent import opened
from tests.unit.agent.small_study import POLICY, specification

__all__ = ["command", "home"]  # fixtures

STEPS = """\
syncline: 1
steps:
  - {step: rename, columns: {AGE: age, GENDER: sex}}
  - {step: missing, codes: ["-9"], columns: [age]}
  - {step: recode, columns: [sex], codes: {male: M, man: M, female: F}}
"""
TABLE = "AGE,GENDER,note\n40,male,x\n-9,female,y\n60,man,z\n61,unknown,z\n"
SCHEMA = """\
variables:
  - {name: age, kind: integer, range: [0, 60]}
  - {name: sex, kind: categorical, categories: [F, M]}
  - {name: weight, kind: continuous}
"""


@pytest.fixture
def files(tmp_path):
    paths = {"table": tmp_path / "t.csv", "steps": tmp_path / "p.yaml", "schema": tmp_path / "s.yaml"}
    for path, text in zip(paths.values(), (TABLE, STEPS, SCHEMA), strict=True):
        path.write_text(text)
    return paths


def test_a_canonical_copy_is_kept_and_its_digest_shown(command, home, files):
    digest = Preparation.from_yaml(files["steps"]).digest
    add = ("datasets", "add", "lung", files["table"], "--preparation", files["steps"], "--home", home.root)
    assert command(*add)[0] == 0
    files["steps"].unlink()
    code, out, _ = command("datasets", "list", "--home", home.root)
    assert code == 0
    assert f"lung   -       {digest[:16]}  {files['table']}" in out
    code, out, _ = command("datasets", "check", "lung", "--json", "--home", home.root)
    assert code == 0
    described = json.loads(out)
    assert described["columns"] == ["age", "sex", "note"]
    assert (described["preparation"], described["rows"]) == (digest, 4)
    assert command("datasets", "remove", "lung", "--home", home.root)[0] == 0
    assert rows(home, "SELECT count(*) FROM preparation") == [(0,)]


def test_a_preparation_that_does_not_fit_is_refused(command, home, files):
    files["table"].write_text(TABLE.replace("GENDER", "SEX"))
    add = ("datasets", "add", "lung", files["table"], "--preparation", files["steps"], "--home", home.root)
    code, _, error = command(*add)
    assert code == 1
    assert "steps[0].rename: there is no column 'GENDER' at this step" in error
    files["steps"].write_text(STEPS.replace("rename", "renam"))
    code, _, error = command(*add)
    assert code == 2
    assert "p.yaml: steps[0] has the step 'renam', which is not known; did you mean rename?" in error
    files["table"].write_text(TABLE)
    files["steps"].write_text(STEPS)
    assert command(*add)[0] == 0
    files["table"].write_text(TABLE.replace("GENDER", "SEX"))
    code, _, error = command("datasets", "check", "lung", "--home", home.root)
    assert code == 1
    assert "steps[0].rename" in error
    code, out, _ = command("check", "--home", home.root)
    assert "steps[0].rename" in out


def test_the_person_is_a_column_of_the_prepared_table(command, home, files):
    add = ("datasets", "add", "lung", files["table"], "--preparation", files["steps"], "--home", home.root)
    code, _, error = command(*add, "--person", "AGE")
    assert code == 2
    assert "--person 'AGE': there is no such column" in error
    assert command(*add, "--person", "age")[0] == 0


def test_a_journal_of_the_first_version_gets_its_new_column(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Database(path, MIGRATIONS[:1]) as journal:
        old = "INSERT INTO dataset VALUES ('heart', '/h.csv', 'pid', 1)"
        journal.write_now(lambda connection: connection.execute(old))
    with Database(path, MIGRATIONS) as journal:
        assert journal.read_now(list_datasets) == [Dataset("heart", "/h.csv", "pid", None)]
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    connection.close()


def test_two_data_sets_share_a_preparation_and_its_loss_is_said(home, files):
    preparation = Preparation.from_yaml(files["steps"])
    with open_journal(home) as journal:
        for name in ("one", "two"):
            dataset = Dataset(name, "/x.csv", None, preparation.digest)
            journal.write_now(lambda c, d=dataset: add_dataset(c, d, 1, preparation.canonical()))
        found = journal.read_now(lambda c: find_preparation(c, preparation.digest))
        assert Preparation.from_canonical(found) == preparation
        with pytest.raises(DataError, match="not in this agent's home any more"):
            journal.read_now(lambda c: find_preparation(c, "0" * 64))


def ask(child, files, steps, number, memory, question=None):
    policy = build(Policy, parse_document(POLICY, "policy"), "policy").to_document()
    header = {
        "op": "respond",
        "supplier": "cleveland",
        "source": str(files["table"]),
        "policy": policy,
        "flow": "summaries",
        "study_id": "study-1",
    }
    request, canonical = Request(number, (question or RowCount(),)), Preparation.from_yaml(steps).canonical()
    _, (reply, memory) = opened.ask(child, header, specification(), request, memory, canonical)
    return ReplyCodec().decode(reply), memory


@pytest.fixture
def fitting(files):
    """The files with a table that fits the study."""
    files["table"].write_text(TABLE.replace("unknown", "female"))
    return files


def test_the_child_answers_from_the_prepared_table(fitting):
    files = fitting
    without, _ = ask(AgentChild(), files, STEPS, 0, b"", Profile(("age", "sex")))
    clean = dict(files, table=files["table"].with_name("clean.csv"))
    clean["table"].write_text("age,sex\n40,M\n,F\n60,M\n61,F\n")
    plain, _ = ask(AgentChild(), clean, "syncline: 1\nsteps: []\n", 0, b"", Profile(("age", "sex")))
    assert without.answers == plain.answers


def test_a_preparation_that_changed_between_two_rounds_stops_the_study(fitting):
    files = fitting
    asked = Profile(("age",))
    _, memory = ask(AgentChild(), files, STEPS, 0, b"")
    first, _ = ask(AgentChild(), files, STEPS, 1, memory, asked)
    for child in (AgentChild(), AgentChild()):
        with pytest.raises(DataError, match="source or preparation changed since this study began"):
            ask(child, files, STEPS.replace("-9", "-8"), 1, memory, asked)
        again, _ = ask(child, files, STEPS, 1, memory, asked)
        assert again.answers == first.answers


def test_a_dry_run_shows_counts_and_warns(command, home, files, tmp_path):
    page = tmp_path / "page.html"
    tried = (
        "prepare",
        files["table"],
        "--preparation",
        files["steps"],
        "--schema",
        files["schema"],
        "--dry-run",
    )
    code, out, error = command(*tried, "--html", page, "--home", home.root)
    assert code == 1
    for words in (
        "a study with this schema would decline it for these 3 reasons",
        "it has no column 'weight'",
        "\ncolumn 'age' has 1 cells outside of its range",
        "\ncolumn 'sex' has 1 cells that it cannot read",
    ):
        assert words in error
    for words in (
        "steps[1].missing",
        "Before: 4 rows",
        "After: 4 rows",
        "warning: steps[2].recode: codes 'male', 'man' all become 'M'",
        "warning: steps[2].recode: 1 cells are covered by no entry of its list",
        "warning: the schema's column 'weight' is not produced; known are age, sex, note",
        "warning: columns that the schema does not name are not used: note",
    ):
        assert words in out
    text = page.read_text()
    assert text.startswith("<!doctype html>")
    assert "http:" not in text
    assert "https:" not in text
    assert "<script" not in text
    code, out, _ = command(*tried, "--json", "--home", home.root)
    found = json.loads(out)
    assert found["after"]["columns"][0] == {
        "name": "age",
        "present": 3,
        "missing": 1,
        "distinct": 3,
        "numbers": 3,
        "days": 0,
    }
    assert found["fits"] == [
        {
            "name": "age",
            "valid": 2,
            "missing": 1,
            "out_of_range": 1,
            "unknown": 0,
            "first_out_of_range": [4],
            "first_unknown": [],
        },
        {
            "name": "sex",
            "valid": 3,
            "missing": 0,
            "out_of_range": 0,
            "unknown": 1,
            "first_out_of_range": [],
            "first_unknown": [4],
        },
    ]
    assert found["tally"]["rows_out"] == 4
    assert len(found["declined"]) == 3


def test_a_dry_run_of_what_a_study_would_take_ends_with_0(command, home, files):
    files["table"].write_text(
        TABLE.replace("61,unknown", "59,female").replace("note", "weight").replace("x", "70")
    )
    files["table"].write_text(files["table"].read_text().replace(",y", ",71").replace(",z", ",72"))
    tried = ("prepare", files["table"], "--preparation", files["steps"], "--schema", files["schema"])
    code, out, error = command(*tried, "--dry-run", "--home", home.root)
    assert (code, error) == (0, "")
    assert "Against the schema" in out


def test_a_data_set_is_prepared_by_its_own_steps_and_written(command, home, files, tmp_path):
    add = ("datasets", "add", "lung", files["table"], "--preparation", files["steps"], "--home", home.root)
    assert command(*add)[0] == 0
    out = tmp_path / "out.parquet"
    code, said, _ = command("prepare", "lung", "--out", out, "--home", home.root)
    assert (code, said) == (0, f"4 prepared rows: {out}\n")
    assert out.stat().st_mode & 0o077 == 0
    assert pq.read_table(out).to_pylist()[1] == {"age": None, "sex": "F", "note": "y"}
    code, _, error = command("prepare", "lung", "--out", out, "--home", home.root)
    assert code == 2
    assert "exists already" in error
    assert [path.name for path in tmp_path.glob("*.part")] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name either --dry-run"),
        (["--dry-run", "--out", "x.parquet"], "name either --dry-run"),
        (["--out", "x.parquet", "--html", "x.html"], "belong to --dry-run"),
        (["--dry-run"], "has no preparation of its own"),
        (["--out", "x.csv", "--preparation"], "must end in .parquet"),
    ],
)
def test_wrong_usage_of_prepare_is_named(command, home, files, arguments, message):
    named = [*arguments, files["steps"]] if arguments[-1:] == ["--preparation"] else arguments
    if "--html" in arguments:
        named = [*named, "--preparation", files["steps"]]
    code, _, error = command("prepare", files["table"], *named, "--home", home.root)
    assert code == 2
    assert message in error


def test_a_draft_is_a_preparation_that_fits(command, home, files, tmp_path):
    code, out, _ = command("suggest", files["table"], "--schema", files["schema"], "--home", home.root)
    assert code == 0
    draft = tmp_path / "draft.yaml"
    draft.write_text(out)
    tried = (
        "prepare",
        files["table"],
        "--preparation",
        draft,
        "--schema",
        files["schema"],
        "--dry-run",
        "--json",
    )
    code, out, error = command(*tried, "--home", home.root)
    assert code == 1
    assert "it has no column 'sex', 'weight'" in error
    assert [column["name"] for column in json.loads(out)["after"]["columns"]] == ["age", "GENDER", "note"]
