"""A draft reads as a preparation, fits its table, and proposes what a person would."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.data.schema import Schema
from syncline.errors import DataError
from syncline.preparation.name_match import Likeness, Match, match_names
from syncline.preparation.number_proposal import flow_of
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.preparation.rehearsal import rehearse
from syncline.preparation.suggestion import suggest_preparation
from syncline.sources.memory import TableSource
from syncline.sources.registry import open_source
from tests.unit.preparation.steps.stepping import AWKWARD

SCHEMA = Schema.model_validate(
    {
        "variables": [
            {"name": "age", "kind": "integer", "range": ["0", "110"]},
            {"name": "sex", "kind": "categorical", "categories": ["f", "m"]},
            {"name": "bmi", "kind": "continuous", "decimals": 1},
            {"name": "income", "kind": "continuous", "missing": ["-1"]},
            {"name": "seen", "kind": "date"},
            {"name": "smoker", "kind": "boolean"},
            {"name": "gone", "kind": "continuous"},
        ]
    }
)
TABLE = pa.table(
    {
        "Age": ["63 ", "-9", "40", "999"],
        "SEX": ["male", "female", "M", "?"],
        "b.m.i": ["27,5", "31,0", "99", "."],
        "incomes": ["1.234,5", "-1", "10", "-9"],
        "Seen": ["03/2020", "20200315", "2020", None],
        "Smoker": ["ja", "nein", "y", "no"],
        "other": ["1", "2", "3", "4"],
    }
)


def test_a_draft_mends_what_is_likely() -> None:
    source = TableSource(TABLE)
    text = suggest_preparation(source, SCHEMA)
    found = rehearse(source, Preparation.from_yaml(text), SCHEMA)
    assert [(fit.name, fit.valid, fit.missing) for fit in found.fits] == [
        ("age", 2, 2),
        ("sex", 3, 1),
        ("bmi", 3, 1),
        ("income", 2, 2),
        ("seen", 3, 1),
        ("smoker", 4, 0),
    ]
    assert "# no column of the table looks like gone\n" in text
    assert "formats: [M/YYYY, YYYY]" in text.replace('"', "")


def test_a_table_that_needs_nothing_gets_an_empty_draft() -> None:
    schema = Schema.model_validate({"variables": [{"name": "x", "kind": "integer"}]})
    text = suggest_preparation(TableSource(pa.table({"x": ["1", "2"]})), schema)
    assert Preparation.from_yaml(text).steps == ()
    assert "  # x: 2 cells fit the schema as they are, 0 missing\n" in text


def test_names_are_matched_once_and_the_equal_first() -> None:
    found = match_names(
        ["Age", "age", "Größe", "blood_presure"], ["age", "grosse", "Grosze", "blood pressure"]
    )
    assert found["age"].column == "age"
    assert found["grosse"].likeness is Likeness.ALIKE
    assert found["blood pressure"] == Match("blood_presure", Likeness.SLIP)
    assert "Grosze" not in found


@pytest.mark.parametrize(
    ("column", "wanted", "is_found"),
    [
        ("Weight [kg]", "weight", True),
        ("incomes", "income", True),
        ("heigth", "height", True),
        ("diastollic", "diastolic", True),
        ("weight", "height", False),
        ("sbp_mean", "dbp_mean", False),
        ("female", "male", False),
        ("score1", "score2", False),
        ("score11", "score1", False),
        ("age", "wage", False),
        ("grating", "rating", False),
    ],
)
def test_another_word_is_no_slip(column: str, wanted: str, is_found: bool) -> None:
    assert (wanted in match_names([column], [wanted])) == is_found


def test_two_columns_for_one_name_are_left_to_a_person() -> None:
    schema = Schema.model_validate({"variables": [{"name": "age", "kind": "integer"}]})
    text = suggest_preparation(TableSource(pa.table({"AGE": ["1"], "Age": ["2"]})), schema)
    assert "# age: 'AGE', 'Age' look like it alike: rename the one that is meant\n" in text
    assert Preparation.from_yaml(text).steps == ()


def test_a_name_that_is_nearly_right_needs_cells_that_fit() -> None:
    schema = Schema.model_validate(
        {"variables": [{"name": "weight", "kind": "integer", "range": ["30", "200"]}]}
    )
    good, bad = ({"weigth": [str(low + k) for k in range(30)]} for low in (60, 1000))
    drafts = [suggest_preparation(TableSource(pa.table(columns)), schema) for columns in (good, bad)]
    assert [len(Preparation.from_yaml(text).steps) for text in drafts] == [1, 0]
    assert "column 'weigth' has nearly its name, but 30 of its cells would not fit" in drafts[1]


def drafted(variable: dict[str, object], cells: list[str]) -> tuple[str, tuple[str, ...]]:
    """Return the draft for one column x, and its steps as lines."""
    schema = Schema.model_validate({"variables": [{"name": "x", **variable}]})
    text = suggest_preparation(TableSource(pa.table({"x": cells})), schema)
    return text, tuple(map(flow_of, Preparation.from_yaml(text).steps))


NUMBER: dict[str, object] = {"kind": "continuous"}
DAY: dict[str, object] = {"kind": "date", "range": ["1930-01-01", "2023-12-31"]}
TIMES: dict[str, object] = {"kind": "datetime"}
CLOCK: dict[str, object] = {"kind": "time"}
KG_LB = "{step: numbers, units: {kg: 1, lb: 0.45359237}}"
SEX: dict[str, object] = {"kind": "categorical", "categories": ["f", "m"]}
DAY_ALONE: dict[str, object] = {"kind": "date"}


@pytest.mark.parametrize(
    ("variable", "cells", "step"),
    [
        (NUMBER, ["$1,234.50", "$7.25"], '{step: numbers, units: {"$": 1}, thousands: comma}'),
        (
            NUMBER,
            ["1.234,50 €", "3 €"],
            '{step: numbers, units: {"€": 1}, decimal: comma, thousands: dot}',
        ),
        (NUMBER, ["(12.5)", "3"], "{step: numbers, brackets: minus}"),
        (NUMBER, ["12 %", "7%"], '{step: numbers, units: {"%": 1}}'),
        (NUMBER | {"range": ["0", "1"]}, ["12 %", "7%"], '{step: numbers, units: {"%": 0.01}}'),
        (NUMBER, ["5 mg/dL", "7"], '{step: numbers, units: {"": 1, "mg/dL": 1}}'),
        (NUMBER, ["1 day", "30 days"], "{step: numbers, units: {day: 1, days: 1}}"),
        (
            NUMBER | {"unit": "kg"},
            ["5 kg", "11 lb"],
            "{step: numbers, units: {kg: 1, lb: 0.45359237}}",
        ),
        (NUMBER, ["1,234", "7,5"], "{step: numbers, decimal: comma}"),
        (NUMBER, ["1,234", "1,234,567"], "{step: numbers, thousands: comma}"),
        (NUMBER, ["1'234.5", "7"], "{step: numbers, thousands: apostrophe}"),
        ({"kind": "integer"}, ["1,234", "7,500"], "{step: numbers, thousands: comma}"),
        (
            NUMBER | {"range": ["1000", "9999"]},
            ["1.234", "7.500", "1200"],
            "{step: numbers, decimal: comma, thousands: dot}",
        ),
        (DAY, ["05/17/62", "11/02/71"], '{step: dates, formats: ["M/D/YY"], pivot: 2023}'),
        (DAY, ["31/12/99", "01/02/03"], '{step: dates, formats: ["D/M/YY"], pivot: 2023}'),
        (DAY_ALONE, ["13/01/2020", "01/02/2020"], '{step: dates, formats: ["D/M/YYYY"]}'),
        (DAY_ALONE, ["01/13/2020", "01/02/2020"], '{step: dates, formats: ["M/D/YYYY"]}'),
        (DAY_ALONE, ["3. März 2020", "1. Okt 2020"], '{step: dates, formats: ["D. MMM YYYY"]}'),
        (
            {"kind": "datetime"},
            ["1/31/2020 2:30 PM"],
            '{step: dates, formats: ["M/D/YYYY h:mm AM"]}',
        ),
        (
            {"kind": "datetime"},
            ["31.1.2020, 14:30"],
            '{step: dates, formats: ["D.M.YYYY, h:mm"]}',
        ),
        (CLOCK, ["2:30 pm", "11:05 am"], '{step: dates, formats: ["h:mm AM"]}'),
        (
            {"kind": "time"},
            ["14.30 Uhr", "9.05 Uhr"],
            "{step: dates, formats: [\"h.mm 'Uhr'\"]}",
        ),
    ],
)
def test_a_form_that_the_column_proves_is_proposed_and_fits(
    variable: dict[str, object], cells: list[str], step: str
) -> None:
    text, steps = drafted(variable, cells)
    assert tuple(line.replace("columns: [x], ", "") for line in steps) == (step,)
    assert f"# x: {len(cells)} cells fit the schema so, 0 missing\n" in text


@pytest.mark.parametrize(
    ("variable", "cells", "why"),
    [
        (NUMBER, ["1,234", "7,500"], "nothing in the column says which of these forms is meant"),
        (NUMBER, ["$5", "€7"], "its numbers have 2 units: give each unit the factor to the schema's"),
        (NUMBER | {"unit": "mmol/L"}, ["5 mg/dL"], "nothing says how 'mg/dL' becomes the schema's 'mmol/L'"),
        (DAY_ALONE, ["05/06/2020", "01/02/2020"], "nothing in the column says which number is the day"),
        (
            DAY_ALONE,
            ["13/01/2020", "01/13/2020"],
            "1 days only as D/M/YYYY and 1 days only as M/D/YYYY",
        ),
        (DAY_ALONE, ["31/12/99", "01/02/03"], "nothing says of which century"),
        (NUMBER, ["a1", "b2", "c3", "d4", "e_5", "f6", "g7"], "beside 7 different texts"),
        (SEX, ["1", "2"], 'codes: {"1": "", "2": ""}'),
        (SEX, ["0", "1"], 'codes: {"0": "", "1": ""}'),
    ],
)
def test_what_the_column_does_not_prove_is_left_to_a_person(
    variable: dict[str, object], cells: list[str], why: str
) -> None:
    text, steps = drafted(variable, cells)
    assert steps == ()
    assert why in text
    assert "(rows 1, 2" in text or "(row 1)" in text or len(cells) == 7


def test_days_that_become_the_first_of_their_month_are_counted() -> None:
    cells = [f"2020-03-{day:02}" for day in range(1, 20)] + ["2020-04", "2020-04", "2020-05"]
    text, steps = drafted({"name": "x", "kind": "date"}, cells)
    assert steps
    assert "3 cells write no day, or no month (YYYY-MM)" in text
    monthly, _ = drafted({"name": "x", "kind": "date", "step": "month"}, ["2020-04", "2020-05"])
    assert "write no day" not in monthly


def test_99_is_no_code_among_glucoses_in_mg() -> None:
    """The schema is in mmol/L, the column in mg/dL: 99 lies outside of the range, and amid the values."""
    variable = {"name": "glucose", "kind": "continuous", "range": ["2", "30"], "decimals": "1"}
    schema = Schema.model_validate({"variables": [variable]})
    cells = [str(70 + k) for k in range(100)]
    text = suggest_preparation(TableSource(pa.table({"glucose": cells})), schema)
    assert Preparation.from_yaml(text).steps == ()
    assert "and would by mg/dL to mmol/L" in text
    assert "factor: 0.055506, decimals: 1" in text
    plain = [str(5 + k % 10) for k in range(100)]
    coded = suggest_preparation(TableSource(pa.table({"glucose": [*plain, "99"]})), schema)
    assert [flow_of(step) for step in Preparation.from_yaml(coded).steps] == [
        "{step: missing, codes: [99], columns: [glucose]}"
    ]


@pytest.mark.parametrize(
    ("variable", "cells", "step"),
    [
        (
            {"name": "mass", "kind": "integer", "range": ["2500", "6500"], "unit": "g", "step": "25"},
            ["3,25", "3,9", "4", "5,125"],
            "from: kg, to: g, decimals: 0",
        ),
        (
            {"name": "x", "kind": "continuous", "range": ["35", "42"], "unit": "degC", "decimals": "1"},
            ["98.6", "97.7", "101.3"],
            "from: degF, to: degC, decimals: 1",
        ),
        (
            {"name": "weight", "kind": "integer", "range": ["30", "90"]},
            ["120", "171", "190"],
            "factor: 0.45359237, decimals: 0",
        ),
        (
            {"name": "stay", "kind": "continuous", "range": ["1", "90"], "unit": "day", "decimals": "1"},
            ["120", "240", "960"],
            "from: h, to: day, decimals: 1",
        ),
    ],
)
def test_another_unit_is_hinted_at_by_the_schemas_own(
    variable: dict[str, object], cells: list[str], step: str
) -> None:
    name, low = str(variable["name"]), variable["range"][0]  # type: ignore[index]
    schema = Schema.model_validate({"variables": [variable]})
    text = suggest_preparation(TableSource(pa.table({name: cells * 10})), schema)
    assert f"#   - {{step: units, columns: [{name}], {step}}}" in text
    assert "which look like" not in text
    assert "step: units" not in suggest_preparation(TableSource(pa.table({name: [low] * 30})), schema)


def test_rows_of_what_fits_in_no_way_are_named() -> None:
    cells = [f"{k}.5 kg" for k in range(40)]
    cells[6] = "unclear"
    cells[30] = "< 5 kg"
    text, steps = drafted(NUMBER, cells)
    assert steps == ("{step: numbers, columns: [x], units: {kg: 1}}",)
    assert "1 cells are limits such as '< 5' (row 31)" in text
    assert "# x: 38 cells fit the schema so, 0 missing, 2 no numbers" in text
    assert "(rows 7, 31)" in text
    asked, kept = drafted(NUMBER, [*map(str, range(30)), "refused", "pending"])
    assert kept == ()
    assert "#   - {step: missing, columns: [x], codes: [refused, pending]}" in asked
    with pytest.raises(DataError, match="row 7, column 'x' holds a cell that is no number"):
        list(
            prepared_view(TableSource(pa.table({"x": cells})), Preparation.from_yaml(text)).batches(None, 100)
        )


names = st.sampled_from(["Age", "sex ", "B M I", "income", "SEEN", "smoker", "x: y", "#z", "true"])
cells = (
    st.none()
    | st.sampled_from(
        [*AWKWARD, 'a"b', "a: b", "#", "- x", "null", "ja", "MALE", "5 kg", "$3", "(4)", "< 5", "12 %"]
    )
    | st.sampled_from(["31/12/99", "05/06/2020", "1 Mar 2020", "1,234", "1.234,5", "x\n- {step: drop}"])
    | st.text(max_size=5)
)


@settings(max_examples=25)
@given(st.dictionaries(names, st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=5))
def test_every_draft_reads_and_fits_or_names_the_row(columns: dict[str, list[str | None]]) -> None:
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    source = TableSource(table)
    text = suggest_preparation(source, SCHEMA)
    view = prepared_view(source, Preparation.from_yaml(text))
    for variable in SCHEMA.names:
        assert f"# {variable}: " in text or f"looks like {variable}" in text
    fault = ""
    try:
        assert sum(batch.num_rows for batch in view.batches(None, 2)) == 3
    except DataError as error:
        fault = str(error)
    assert not fault or re.search(r"numbers: row [123], column", fault)
    assert not fault or "no numbers" in text


def test_a_page_shows_counts_and_escapes_names(tmp_path: Path) -> None:
    from syncline.preparation.rehearsal_page import as_html

    source = TableSource(pa.table({"<b>": ["4711-secret", None]}))
    page = as_html(rehearse(source, Preparation.from_yaml("syncline: 1\nsteps: [{step: trim}]\n")))
    assert "&lt;b&gt;" in page
    assert "4711" not in page
    assert "Nothing to look at." in page


def test_columns_of_many_and_long_texts_are_drafted_in_seconds() -> None:
    cells = [f"{k % 28 + 1}.{k % 12 + 1}.{1950 + k % 70} {k % 24}:{k % 60:02}" for k in range(30_000)]
    long = ["9" * 100_000, *[None] * 29_999]
    table = pa.table({"x": cells, "y": [f"x{k}" * 50 for k in range(30_000)], "z": long})
    kinds = {"x": "datetime", "y": "continuous", "z": "date"}
    schema = Schema.model_validate(
        {"variables": [{"name": name, "kind": kind} for name, kind in kinds.items()]}
    )
    start = time.process_time()
    text = suggest_preparation(TableSource(table), schema)
    assert time.process_time() - start < 30  # four seconds on an idle core
    assert 'formats: ["D.M.YYYY h:mm"]' in text
    assert "not looked at, of more than 10,000 different texts" in text


def test_a_column_of_another_name_is_named_by_its_cells_and_not_taken(tmp_path: Path) -> None:
    schema = Schema.from_yaml("""\
variables:
  - {name: species, kind: categorical, categories: [Adelie, Gentoo]}
  - {name: laid, kind: date, range: [2007-01-01, 2009-12-31]}
  - {name: bill, kind: continuous, decimals: 1, range: [30, 62]}
  - {name: gone, kind: integer, range: [1000, 2000]}
""")
    path = tmp_path / "t.csv"
    rows = "Adelie;09.11.2007;39,5;x\nGentoo;21.11.2008;47,2;y\nGentoo;30.11.2008;44,9;x\n" * 5
    path.write_text(f"Art;Eiablage;Schnabel;Ort\n{rows}")
    draft = suggest_preparation(open_source(path), schema)
    for found, name in (("Art", "species"), ("Eiablage", "laid"), ("Schnabel", "bill")):
        assert f"#   - {{step: rename, columns: {{{found}: {name}}}}}" in draft
    assert "gone" not in draft.replace("# no column of the table looks like gone", "")
    assert "steps: []" in draft


def test_a_draft_goes_on_behind_the_steps_that_a_person_has_decided(tmp_path: Path) -> None:
    schema = Schema.from_yaml("""\
variables:
  - {name: sex, kind: categorical, categories: [f, m]}
  - {name: laid, kind: date, range: [2007-01-01, 2009-12-31]}
  - {name: bill, kind: continuous, decimals: 1, range: [30, 62]}
""")
    path = tmp_path / "t.csv"
    path.write_text("Eiablage;Schnabel;Geschl\n" + "09.11.2007;39,5;m\n30.11.2008;44,9;w\n;;x\n" * 5)
    begun = Preparation.from_yaml("""\
syncline: 1
steps:
  - {step: rename, columns: {Eiablage: laid, Schnabel: bill, Geschl: sex}}
  - {step: recode, columns: [sex], codes: {w: f}}
  - {step: filter, column: laid, present: true}
""")
    found = Preparation.from_yaml(suggest_preparation(open_source(path), schema, begun))
    assert found.steps[:3] == begun.steps
    assert [step.step for step in found.steps[3:]] == ["dates", "numbers"]
    assert not rehearse(open_source(path), found, schema).declined
    assert Preparation.from_yaml(suggest_preparation(open_source(path), schema, found)) == found
