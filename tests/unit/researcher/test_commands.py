"""The researcher's commands where no hub is needed, and progress in words."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from syncline.cli import main
from syncline.cli.demo.play import check_line
from syncline.cli.studies import choose_study, namesake
from syncline.cli.study_progress import study_line
from syncline.cli.table import print_table, shown_bytes, shown_time
from syncline.errors import UsageError
from syncline.wire.messages import StudyId, StudyStatus, SupplierStatus


def status(**changes):
    fields = {
        "study_id": StudyId("study-1"),
        "name": "heart",
        "state": "running",
        "reason": "",
        "stage": "fit",
        "rounds_done": 4,
        "bytes_received": 1_500_000,
        "bytes_sent": 900,
        "suppliers": (SupplierStatus("north", True, "answered", "", 4),),
        "specification_sha256": "ab" * 32,
        "release_id": None,
        "submitted_us": 1,
        "ended_us": 0,
    }
    return StudyStatus(**{**fields, **changes})


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["syncline", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.parametrize(
    "arguments",
    [["studies", "list"], ["studies", "show", "x"], ["releases", "list"], ["studies", "wait", "x"]],
)
def test_without_a_login_the_remedy_is_named(monkeypatch, capsys, tmp_path, arguments):
    assert run(monkeypatch, *arguments, "--home", tmp_path) == 2
    assert "run 'syncline login TOKEN --hub HOST:PORT'" in capsys.readouterr().err


def test_a_study_with_a_wrong_key_is_refused_before_the_hub_is_asked(monkeypatch, capsys, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text("syncline: 1\nstudy: heart\nsupplier: []\n")
    assert run(monkeypatch, "studies", "submit", study, "--home", tmp_path) == 2
    error = capsys.readouterr().err
    assert "supplier is not a known key" in error
    assert "suppliers is missing" in error
    assert all(line.startswith(f"error: {study}: ") for line in error.splitlines())


def test_a_release_is_never_fetched_over_an_existing_directory(monkeypatch, capsys, tmp_path):
    code = run(monkeypatch, "releases", "fetch", "r", "--out", tmp_path, "--home", tmp_path)
    assert code == 2
    assert "exists already" in capsys.readouterr().err


def test_progress_is_one_line():
    assert study_line(status()) == "running | fit | rounds 4 | 1/1 answered | 1.5 MB in, 900 B out"
    assert " | round 5 of about 83 | " in study_line(status(rounds_expected=83))
    assert " | rounds 4 | " in study_line(status(rounds_expected=83, ended_us=1))


def test_tables_and_units(capsys):
    print_table(("ID", "NAME"), [("1", "heart"), ("22", "x")], "none")
    print_table(("ID",), [], "No studies yet.")
    assert capsys.readouterr().out == "ID  NAME\n1   heart\n22  x\nNo studies yet.\n"
    assert [shown_bytes(count) for count in (999, 1000, 2_500_000, 3_000_000_000)] == [
        "999 B",
        "1.0 kB",
        "2.5 MB",
        "3.00 GB",
    ]
    assert (shown_time(0), shown_time(1_000_000)) == ("-", "1970-01-01 00:00:01")


@pytest.mark.parametrize(
    ("prepared", "message"),
    [
        (["b=p.yaml"], "--preparation b: there is no such supplier"),
        (["a"], "--preparation a: write NAME=FILE"),
        (["a=p.yaml", "a=p.yaml"], "--preparation: a supplier is given twice"),
        (["a=none.yaml"], "none.yaml: no such file"),
        (["a=p.yaml"], "steps[0].drop: there is no column 'y' at this step"),
    ],
)
def test_a_preparation_belongs_to_one_supplier(monkeypatch, capsys, tmp_path, prepared, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "p.yaml").write_text("syncline: 1\nsteps: [{step: drop, columns: [y]}]\n")
    (tmp_path / "study.yaml").write_text(
        "syncline: 1\nstudy: s\nschema: {variables: [{name: x, kind: integer}]}\nsuppliers: [{name: a}]\n"
        "quorum: {min_suppliers: 1}\n"
    )
    options = [f"--preparation={pair}" for pair in prepared]
    code = run(monkeypatch, "simulate", "study.yaml", "--supplier", "a=a.csv", *options)
    assert code in {1, 2}
    assert message in capsys.readouterr().err


STUDY = """\
syncline: 1
study: heart
schema: {variables: [{name: age, kind: integer, range: [0, 99]}]}
suppliers: [{name: north}]
"""

PRINTED = "a supplier prints it by 'supplier-agent studies salt STUDY': give that line whole"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["simulate"], "missing argument 'study'; see 'syncline simulate --help'"),
        (["nonsense"], "no such command 'nonsense'; see 'syncline --help'"),
        (
            ["synthesize", "x.csv", "--out", "y.csv", "--rows", "0"],
            "invalid value for '--rows': must be greater than or equal to 1; see 'syncline synthesize",
        ),
        (
            ["simulate", "study.yaml", "--supplier", "north=no.csv"],
            "--supplier north: no.csv: no such file; check",
        ),
        (["simulate", "none.yaml"], "none.yaml: no such file"),
        (
            ["simulate", "study.yaml"],
            "no data is given for supplier north of the study heart; add --supplier north=DATA",
        ),
        (
            ["simulate", "two.yaml", "--supplier", "west=no.csv"],
            "no data is given for suppliers east, north of the study heart;"
            " add --supplier east=DATA --supplier north=DATA",
        ),
        (
            [
                "validate",
                "--real",
                "a.csv",
                "--synthetic",
                "a.csv",
                "--schema",
                "schema.yaml",
                "--out",
                "r",
                "--person",
                "nobody",
            ],
            "--person: a.csv has no column 'nobody'; known are age",
        ),
        (["schema", "infer", "no.csv"], "DATA no.csv: no such file; check the path"),
        (["schema", "infer", ""], "DATA: is empty; name a file or a database URL"),
        (["schema", "infer", "study.yaml"], "DATA study.yaml: its name must end in one of"),
        (["schema", "infer", "."], "DATA .: "),
        (["synthesize", "no.csv", "--out", "y.csv"], "DATA no.csv: no such file; check the path"),
        (["synthesize", "a.csv", "--out", "no/y.csv"], "--out no/y.csv: there is no directory no; make the"),
        (["synthesize", "a.csv", "--out", "a.csv"], "--out a.csv: exists already; name another file, or"),
        (
            ["login", "nonsense", "--hub", "localhost:1", "--home", "own"],
            "token: it does not begin with syncline1-: copy the whole line that the hub's operator got from"
            " 'trusted-party invite NAME'",
        ),
        (
            ["simulate", "study.yaml", "--supplier", "north=a.csv", "--salt", "xyz"],
            f"--salt: expected hexadecimal digits, two a byte; {PRINTED}",
        ),
        (
            ["simulate", "study.yaml", "--supplier", "north=a.csv", "--salt", "ab" * 31],
            f"--salt: no salt that suppliers draw has 62 digits; {PRINTED}",
        ),
        (
            ["simulate", "study.yaml", "--supplier", "north=a.csv", "--salt", "ab" * 64],
            f"--salt: no salt that suppliers draw has 128 digits; {PRINTED}",
        ),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(monkeypatch, capsys, tmp_path, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "schema.yaml").write_text("variables: [{name: age, kind: integer}]\n")
    (tmp_path / "two.yaml").write_text(STUDY.replace("north}", "north}, {name: east}, {name: west}"))
    (tmp_path / "a.csv").write_text("age\n" + "4\n5\n" * 20)
    assert run(monkeypatch, *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {sentence}")
    assert error.count("\n") == 1


def test_an_existing_file_is_replaced_with_force_only(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("age\n" + "4\n5\n" * 20)
    (tmp_path / "y.csv").write_text("mine")
    assert run(monkeypatch, "synthesize", "a.csv", "--out", "y.csv") == 2
    assert (tmp_path / "y.csv").read_text() == "mine"
    assert run(monkeypatch, "synthesize", "a.csv", "--out", "y.csv", "--force") == 0
    assert (tmp_path / "y.csv").read_text().startswith("age\n")


def test_a_group_without_a_command_shows_its_help(monkeypatch, capsys):
    assert run(monkeypatch, "studies") == 2
    assert capsys.readouterr().err.startswith("Usage: syncline studies")


def test_a_missing_directory_is_not_a_damaged_home(tmp_path):
    from syncline.durable.storage_fault import storage_error_from_os

    path = tmp_path / "nowhere" / "x"
    with pytest.raises(FileNotFoundError) as raised:
        path.open("w")
    assert "make the directory first" in str(storage_error_from_os(path, raised.value))


@pytest.mark.parametrize("asked", ["heart", "new"])
def test_an_ended_study_loses_to_the_open_one_of_its_name(asked):
    known = [status(study_id="old", ended_us=9), status(study_id="new"), status(study_id="x", name="lung")]
    assert choose_study(known, asked).study_id == "new"
    assert choose_study(known, "old").study_id == "old"


def test_of_studies_that_ended_the_last_one_is_shown_and_of_open_ones_none():
    ended = [status(study_id="a", ended_us=9), status(study_id="b", ended_us=11)]
    assert choose_study(ended, "heart").study_id == "b"
    with pytest.raises(UsageError, match="2 open studies 'heart': take the id"):
        choose_study([status(study_id="a"), status(study_id="b")], "heart")
    with pytest.raises(UsageError, match="you have no study 'heart'"):
        choose_study([], "heart")


def test_a_name_that_an_open_study_has_is_noticed_before_submitting():
    known = [status(study_id="a", ended_us=9), status(study_id="b")]
    found = namesake(known, "heart", "cd" * 32)
    assert found is not None
    assert found.study_id == "b"
    assert namesake(known, "heart", "ab" * 32) is None
    assert namesake(known[:1], "heart", "cd" * 32) is None


def test_a_missing_schema_is_told_by_the_study_that_names_it(monkeypatch, capsys, tmp_path):
    study = tmp_path / "study.yaml"
    study.write_text(
        STUDY.replace("{variables: [{name: age, kind: integer, range: [0, 99]}]}", "scheme.yaml")
    )
    assert run(monkeypatch, "simulate", study, "--supplier", f"north={study}") == 2
    error = capsys.readouterr().err
    assert f"{study}: schema names 'scheme.yaml', and there is no such file in {tmp_path};" in error


def test_the_demo_prints_a_command_that_pins_its_own_hub(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    command = shlex.split(check_line(tmp_path / "demo"))
    assert Path(command[0]).name == "syncline"
    assert command[1:] == ["verify", "demo/release", "--home", "demo/researcher", "--offline"]
