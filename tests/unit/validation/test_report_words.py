"""What a report says follows from its figures: each sentence is provoked, and its absence too."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from syncline.study.report import NOT_COMPARED
from syncline.validation.report.breakdown import models
from syncline.validation.report.evidence import evidence
from syncline.validation.report.names import rate
from syncline.validation.report.trust import doubted, trusted
from syncline.validation.report.words import NOT_REQUIRED, answers, gate_line, gate_lines, is_failed
from tests.unit.study.made_report import assessment, document

RUNG = {"name": "gap 1 %", "train": 9, "holdout": 2, "excess": 0.004, "fails": False}
UNSEEN = "A leak of fewer than 18 of these 900 people (2.00%) would not be seen."
PASSES = {"passed": True, "failures": [], "rungs": [RUNG], "words": [UNSEEN]}
FAILS = {"passed": False, "failures": ["one", "two", "three", "four"], "rungs": [RUNG], "smallest_leak": 0.02}
NOBODY = {
    "passed": False,
    "failures": ["nobody was held out"],
    "unjudged": ["nobody was held out"],
    "rungs": [],
}
REPEATED = NOBODY | {"failures": ["repeated rows: a row stands", "nobody was held out"]}


def figure(value: float | None, floor: float | None = None) -> dict[str, Any]:
    worst = [{"columns": ["age", "ward"], "value": value, "floor": floor}]
    return {"value": value, "floor": floor, "detail": {"worst": worst}, "words": ""}


def report(gate: dict[str, Any] = PASSES, **metrics: dict[str, Any]) -> dict[str, Any]:
    return {"gate": gate, "metrics": metrics, "people": {"train": 900, "holdout": 600}}


def test_a_passing_gate_is_evidence_and_says_what_it_cannot_see() -> None:
    safe, _, forbidden = answers(report())
    assert safe.kind == "good"
    assert "This is evidence, not proof." in safe.lines[0]
    assert safe.lines[2] == UNSEEN
    assert "0.40%" in safe.lines[3]
    assert not any("pass it on" in line for line in forbidden.lines)


@pytest.mark.parametrize("gate", [PASSES, FAILS, NOBODY])
def test_where_no_gate_stood_before_the_release_nothing_says_that_one_did(gate: dict[str, Any]) -> None:
    none = gate | {"required": False}
    safe, _, forbidden = answers(report(none))
    assert safe.kind == ("stop" if is_failed(gate) else "mild")
    assert safe.lines[0] == NOT_REQUIRED
    assert safe.lines[1:] == tuple(
        line.replace("The disclosure gate", "The test that a gate would make")
        for line in answers(report(gate))[0].lines
    )
    assert not any("disclosure gate has not" in line for line in forbidden.lines)
    first = gate_lines(none)[0]
    assert first.startswith("disclosure gate: none was run, as the study says; its tests would say: ")
    assert first.endswith(gate_line(gate))


def test_a_gate_of_which_a_series_is_blind_says_so_and_is_no_plain_good() -> None:
    series = [{"name": name, "blind": name == "mia"} for name in ("xgap", "gap", "mia")]
    half_blind = PASSES | {"ladders": series}
    assert answers(report(half_blind))[0].kind == "mild"
    assert gate_line(half_blind) == "passes, with mia blind"
    assert gate_lines(half_blind) == ["disclosure gate: passes, with mia blind", f"  {UNSEEN}"]


def test_a_failing_gate_forbids_sharing_and_counts_what_it_does_not_list() -> None:
    safe, _, forbidden = answers(report(FAILS))
    assert safe.kind == "stop"
    assert safe.lines[0] == "No. The disclosure gate FAILS: do not share this table."
    assert safe.lines[-1] == "1 more failures are listed under the disclosure gate."
    assert forbidden.lines[0].startswith("Do not pass it on")
    assert gate_line(FAILS) == "FAILS: one"


def test_without_a_holdout_the_gate_is_not_judged_unless_the_table_alone_gives_itself_away() -> None:
    assert answers(report(NOBODY))[0].kind == "mild"
    assert "treat this table like the real data" in answers(report(NOBODY))[0].lines[0]
    assert gate_line(NOBODY) == "not judged: nobody was held out"
    assert is_failed(REPEATED)
    assert answers(report(REPEATED))[0].kind == "stop"
    assert gate_line(PASSES) == "passes"


@pytest.mark.parametrize(
    ("pairs", "auc", "kind", "word"),
    [
        (figure(0.05, 0.05), 0.52, "good", "Yes:"),
        (figure(0.05, 0.05), 0.7, "mild", "Largely:"),
        (figure(0.1, 0.05), 0.52, "mild", "Partly:"),
        (figure(0.2, 0.05), 0.9, "stop", "Hardly:"),
        (figure(0.01, 0.05), 0.5, "mild", "It is much nearer to the real rows than other real rows are"),
        (figure(0.05), 0.5, "mild", "Perhaps:"),
    ],
)
def test_usefulness_is_measured_by_the_floor(pairs: dict[str, Any], auc: float, kind: str, word: str) -> None:
    useful = answers(report(tv_2way=pairs, auc_holdout=figure(auc)))[1]
    assert useful.kind == kind
    assert useful.lines[0].startswith(word)


def test_nothing_measured_is_said_and_never_taken_for_good() -> None:
    useful = answers(report())[1]
    assert (useful.kind, useful.lines[0][:13]) == ("mild", "Not measured:")
    assert any("nothing says how near" in line for line in doubted(report()))
    assert trusted(report())[-1].startswith("Nothing more:")


@pytest.mark.parametrize(
    ("overlap", "floor", "said"),
    [(0.1, 0.6, True), (0.25, 0.6, False), (0.1, None, False), (None, 0.6, False)],
)
def test_a_declared_model_that_is_lost_stands_in_the_verdict(
    overlap: float | None, floor: float | None, said: bool
) -> None:
    near = {"tv_2way": figure(0.05, 0.05), "auc_holdout": figure(0.52)}
    useful = answers(report(**near, **{"regression:sick ~ age": figure(overlap, floor)}))[1]
    assert any(line.startswith("Not for the model sick ~ age: ") for line in useful.lines) is said
    assert useful.kind == ("mild" if said else "good")


def test_a_severe_hazard_stands_in_the_verdict() -> None:
    found = report(tv_2way=figure(0.05, 0.05)) | {"hazards": [{"severe": True, "words": "kg and lb"}]}
    assert any(line.startswith("Warning: codings of suppliers") for line in answers(found)[1].lines)
    found["hazards"][0]["severe"] = False
    assert not any(line.startswith("Warning:") for line in answers(found)[1].lines)


def test_thresholds_that_are_looser_than_usual_are_no_plain_pass() -> None:
    usual = {"alpha": 0.01, "tolerated": 0.0025, "defaults": {"alpha": 0.01, "tolerated": 0.0025}}
    assert answers(report() | {"gate": {**PASSES, **usual}})[0].kind == "good"
    assert (
        answers(report() | {"gate": {**PASSES, **usual, "alpha": 0.05, "tolerated": 0.001}})[0].kind == "good"
    )
    for name, value, said in (("alpha", 0.0001, "0.01%"), ("tolerated", 0.05, "5.00%")):
        safe = answers(report() | {"gate": {**PASSES, **usual, name: value}})[0]
        assert safe.kind == "mild"
        assert "looser than the default ones" in safe.lines[0]
        assert f"is {said}, looser than the default of" in safe.lines[1]


def test_traces_that_the_gate_does_not_judge_are_said() -> None:
    near = {**figure(0.56, 0.5), "interval": [0.53, 0.58]}
    guessed = {**figure(0.07, 0.0), "interval": [0.01, 0.13]}
    said = " ".join(answers(report(nearer_to_train=near, **{"inferential:stage": guessed}))[0].lines)
    assert "a little nearer to people who were used than to others (56.0% of the pairs" in said
    assert "stage is surely guessed better" in said
    near["interval"], guessed["interval"] = [0.49, 0.58], [-0.01, 0.13]
    said = " ".join(answers(report(nearer_to_train=near, **{"inferential:stage": guessed}))[0].lines)
    assert "nearer" not in said
    assert "guessed" not in said


def test_rows_of_people_who_were_not_used_are_looked_at_first() -> None:
    exact = {**figure(0.31, 0.3), "detail": {"repeated": 0.01}}
    safe = answers(report(exact_matches=exact))[0]
    assert safe.kind == "mild"
    assert "30.0% of the people who were not used have a row in the table" in safe.lines[0]
    exact["detail"] = {"repeated": 0.4}
    assert answers(report(exact_matches=exact))[0].kind == "good"


def test_effects_that_the_table_changes_are_doubted_and_listed() -> None:
    rows = [
        {
            "name": "age",
            "real": 0.5,
            "real_error": 0.1,
            "synthetic": 0.52,
            "synthetic_error": 0.1,
            "overlap": 0.9,
        },
        {"name": "smoker=yes", "real": 0.4, "real_error": 0.02, "synthetic": 0.1, "synthetic_error": 0.02}
        | {"overlap": 0},
        {
            "name": "x",
            "real": 0.4,
            "real_error": 0.02,
            "synthetic": None,
            "synthetic_error": None,
            "overlap": 0.0,
        },
    ]
    model = {**figure(0.5, 0.8), "detail": {"coefficients": rows}}
    found = report(**{"regression:y ~ age + smoker": model})
    assert any(
        "Effects in y ~ age + smoker: those of smoker=yes, x lie outside" in line for line in doubted(found)
    )
    page = models(found["metrics"])
    assert "0.5 (0.304 to 0.696)" in page
    assert "mean overlap 50.0%, real against real 80.0%" in page
    assert models({}) == ""


def test_a_classifier_that_tells_nobody_apart_has_words_and_no_empty_table() -> None:
    whole = {**figure(0.0, 0.0), "threshold": None, "interval": None, "goal": "floor"}
    flat = {**whole, "detail": {"auc": 0.5, "roc": [[0.0, 0.0], [1.0, 1.0]]}}
    page = next(
        part for part in evidence(report(NOBODY, membership=flat)) if part.name == "membership"
    ).content
    assert "gives nearly everybody the same score" in page
    assert "<table" not in page
    curve = [[0.0, 0.0], [0.05, 0.1], [0.2, 0.3], [1.0, 1.0]]
    bent = {**flat, "detail": {"auc": 0.55, "roc": curve}}
    page = next(
        part for part in evidence(report(NOBODY, membership=bent)) if part.name == "membership"
    ).content
    assert "The curve in figures" in page
    assert "the same score" not in page


def test_a_bound_is_called_one() -> None:
    metric = {"value": 0.0123, "floor": 0.0121, "at_most": True, "floor_at_most": False}
    assert (rate(metric), rate(metric, "floor")) == ("under 1.23%", "1.21%")


def test_far_subgroups_and_the_farthest_supplier_are_doubted() -> None:
    said = " ".join(doubted(assessment()))
    assert (
        "Comparisons between subgroups: much farther from the real rows than their floors are ward = <b>."
        in said
    )
    assert "Farthest from it are the rows of north <b>" in said
    even = copy.deepcopy(assessment())
    even["subgroups"][0]["value"] = 0.05
    even["by_supplier"] = even["by_supplier"][:1]
    taught_less = "Predictions for some subgroups: synthetic rows teach less than real ones about ward = <b>."
    assert taught_less in doubted(even)
    even["subgroups"][0]["metrics"]["tstr"]["floor"] = 0.64
    assert "subgroup" not in " ".join(doubted(even))
    assert "one supplier" not in " ".join(doubted(even))


def test_what_is_near_its_floor_is_trusted_and_the_rest_doubted_with_its_worst() -> None:
    found = report(tv_1way=figure(0.02, 0.02), tv_2way=figure(0.2, 0.05), rare_categories=figure(0.75, 1.0))
    assert (
        trusted(found)[0]
        == "Shares in single columns: 2.00% from the real table, two real samples are 2.00% apart."
    )
    assert (
        "Details of pairs of columns: 20.0% from the real table, two real samples are 5.00% apart."
        " Farthest: age and ward." in doubted(found)
    )
    assert "Rare categories: 25% of them are missing." in doubted(found)


def test_a_study_that_was_not_compared_says_why() -> None:
    made = document(None, validation="none", release={"gate": "none"})
    assert made["gate"]["failures"] == [NOT_COMPARED]
    assert made["metrics"] == {}
    assert "validation: none" in NOT_COMPARED
