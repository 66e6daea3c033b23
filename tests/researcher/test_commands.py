"""The researcher's commands where no hub is needed, and progress in words."""

from __future__ import annotations

import sys

import pytest

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

from syncline.cli import main
from syncline.cli.study_progress import study_line
from syncline.cli.table import print_table, shown_bytes, shown_time
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
    assert "suppliers" in error
    assert error.count("\n") == 1


def test_a_release_is_never_fetched_over_an_existing_directory(monkeypatch, capsys, tmp_path):
    code = run(monkeypatch, "releases", "fetch", "r", "--out", tmp_path, "--home", tmp_path)
    assert code == 2
    assert "exists already" in capsys.readouterr().err


def test_progress_is_one_line():
    assert study_line(status()) == "running | fit | rounds 4 | suppliers 1/1 answered | 1.5 MB in, 900 B out"


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
