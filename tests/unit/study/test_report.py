"""A study's report tells how its table was made, from whom, under which protections, and who approved it."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pyarrow as pa
import pytest
from markupsafe import escape

from syncline.cli.agreement_table import show_agreement
from syncline.data.schema import Schema
from syncline.errors import StorageError
from syncline.study.manifest import RosterEntry
from syncline.study.participation import Participation
from syncline.study.report import report_document, report_page
from syncline.study.spec import StudySpec
from tests.unit.study.local_fit import fit
from tests.unit.study.made_report import assessment, document, write
from tests.unit.synthesizers.test_structure import made

SCHEMA = {
    "variables": [{"name": name, "kind": "continuous"} for name in "abcdyz"],
    "constraints": [
        {"formula": "sum", "of": "y", "from": ["a", "b"]},
        {"formula": "at_most", "of": "a", "from": ["y"]},
    ],
}


@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_formulas_have_a_section_of_their_own(method: str) -> None:
    columns = {**made("sum of two"), "z": made("sum of two")["c"]}
    schema = Schema.model_validate(SCHEMA)
    fitted = fit([pa.table(columns)], schema, max_depth=1, method=method)
    document = {
        "syncline": 1,
        "study": "s",
        "schema": schema,
        "suppliers": [{"name": "north"}],
        "synthesizer": {"method": method},
    }
    spec = StudySpec.model_validate(document)
    roster = [RosterEntry.of(spec, "north", Participation())]
    report = report_document(spec, fitted, 10, None, roster, {})
    told = {row["column"]: (row["declared"], row["recomputed"]) for row in report["formulas"]}  # type: ignore[union-attr, index, call-overload]
    page = report_page.as_html(report)
    assert ">Formulas</h2>" in page
    assert "y is sum of a, b: declared, recomputed, so that it never contradicts" in page
    assert told["y"] == (True, True)
    assert told["a"] == (True, False)
    assert "a is at most y: declared, kept." in page
    found = {name for name in told if told[name] == (False, True)}
    assert len(found) == (method == "cart")
    assert all(f"{name} is equal of" in page for name in found)


def test_the_page_tells_each_protection_in_words_and_its_cost() -> None:
    switched_off = document(None, privacy={"min_cell": 1}, quorum={"min_suppliers": 1, "then": "proceed"})
    for report, settings in (
        (document(None), ["11 persons", "3 of 3; 3 took part", "not used", "not used"]),
        (switched_off, ["switched off", "1 of 3; 3 took part", "not used", "not used"]),
    ):
        told = report["privacy"]["protections"]
        assert [row["setting"] for row in told] == settings
        page = report_page.as_html(report)
        for row in told:
            assert f"<h3>{row['name']}: {row['setting']}</h3>" in page
            assert escape(row["does"]) in page
            assert escape(f"Cost: {row['costs']}") in page
    assert "that supplier's own" in switched_off["privacy"]["protections"][1]["does"]


def test_the_page_has_the_sections_in_the_order_of_reading() -> None:
    page = report_page.as_html(document(assessment()))
    assert re.findall(r"<section id=([\w-]+)", page) == [
        *(
            "verdict",
            "trust",
            "columns",
            "pairs",
            "gate",
            "membership",
            "risks",
            "by-supplier",
            "by-subgroup",
        ),
        *(
            "figures",
            "suppliers",
            "hazards",
            "formulas",
            "made",
            "privacy",
            "approvals",
            "measured",
            "provenance",
        ),
    ]
    assert "north &lt;b&gt;" in page
    assert "<b>" not in page


def test_each_part_has_its_figures_beside_their_floors_and_models_by_number() -> None:
    found = assessment()
    name = "regression:ill ~ age"
    found["by_supplier"][0]["metrics"][name] = found["metrics"]["tv_1way"] | {"value": 0.75, "floor": None}
    page = report_page.as_html(document(found))
    assert "Further figures by subgroup" in page
    assert "0.600 (0.800)" in page
    assert "Model 1 is the overlap of ill ~ age." in page
    assert re.search(r"<td class=n>0\.750</td>", page)
    found["by_supplier"][0]["metrics"].pop(name)
    assert "Further figures by supplier" not in report_page.as_html(document(found))


def test_decisions_that_are_known_stand_on_the_page() -> None:
    report = document(assessment())
    assert (report["approvals_needed"], report["approvals"]) == (1, [])
    nobody = {**report, "approvals_needed": 0}
    assert "asks for nobody's approval" in html.unescape(report_page.as_html(nobody))
    report["approvals"] = [
        {"approver": "Ada", "decision": "override", "reason": "public data", "at": "today"}
    ]
    page = html.unescape(report_page.as_html(report))
    assert "asks for 1 approval of the release" in page
    named = "<th scope=row><span class=name>Ada</span></th>"
    assert f"{named}<td>override</td><td>public data</td><td>today</td>" in page


def test_the_page_of_a_table_that_leaks_does_not_call_its_rows_no_records() -> None:
    assert "is no record of a person" in report_page.as_html(document(assessment()))
    leaks = report_page.as_html(document(assessment(copy=True)))
    assert "is no record of a person" not in leaks
    assert "rows may equal records of people, or nearly" in leaks


def test_the_terminal_shows_figures_and_the_gate_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, assessment())
    show_agreement(tmp_path, worst=2)
    lines = capsys.readouterr().out.splitlines()
    pairs = assessment()["metrics"]["tv_2way"]
    worst = pairs["detail"]["worst"][0]
    assert f"{pairs['value']:.4f}" in next(line for line in lines if line.startswith("pairs of columns"))
    assert f"{worst['value']:.4f}" in next(line for line in lines if " x ".join(worst["columns"]) in line)
    said = lines.index("disclosure gate: passes")
    hidden = [line for line in lines if line.startswith("not shown, for too few people")]
    assert len(hidden) <= 1
    assert said == 1 + 2 + 2 * 2 + len(hidden)
    assert [line.strip() for line in lines[said + 1 :]] == assessment()["gate"]["words"]
    assert "people (" in lines[said + 1]


def test_the_terminal_says_that_nothing_was_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, None)
    show_agreement(tmp_path)
    out = capsys.readouterr().out
    assert "was not compared with real rows" in out
    assert "disclosure gate: not judged: the specification says validation: none" in out


def test_the_report_read_back_makes_the_same_page() -> None:
    for one in (document(assessment()), document(assessment(copy=True)), document(None)):
        assert report_page.page_of(report_page.as_json(one)) == report_page.as_html(one)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"study": 1}', "[" * 100_000, b"\xff"])
def test_what_is_no_report_is_refused(text: str | bytes) -> None:
    with pytest.raises(StorageError, match="does not read as a report"):
        report_page.page_of(text)


@pytest.mark.parametrize(("release", "required"), [({}, True), ({"gate": "none"}, False)])
def test_a_report_says_whether_a_gate_stood_before_the_release(
    release: dict[str, str], required: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, assessment(), release=release)
    assert document(assessment(), release=release)["gate"]["required"] == required
    show_agreement(tmp_path)
    assert ("disclosure gate: none was run, as the study says" in capsys.readouterr().out) != required
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert ("No disclosure gate was run" in page) != required
    assert ("The disclosure gate passes" in page) == required
