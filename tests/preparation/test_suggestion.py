"""A draft reads as a preparation, fits its table, and proposes what a person would."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.schema import Schema
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.preparation.rehearsal import rehearse
from syncline.preparation.suggestion import match_names, suggest_preparation
from syncline.sources.memory import TableSource
from tests.preparation.steps.stepping import AWKWARD

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
    assert "formats: [YYYYMMDD, M/YYYY, YYYY]" in text.replace('"', "")


def test_a_table_that_needs_nothing_gets_an_empty_draft() -> None:
    schema = Schema.model_validate({"variables": [{"name": "x", "kind": "integer"}]})
    text = suggest_preparation(TableSource(pa.table({"x": ["1", "2"]})), schema)
    assert Preparation.from_yaml(text).steps == ()


def test_names_are_matched_once_and_the_equal_first() -> None:
    found = match_names(
        ["Age", "age", "Größe", "blood_presure"], ["age", "grosse", "Grosze", "blood pressure"]
    )
    assert found["age"] == "age"
    assert found["blood pressure"] == "blood_presure"
    assert len(set(found.values())) == len(found)


names = st.sampled_from(["Age", "sex ", "B M I", "income", "SEEN", "smoker", "x: y", "#z", "true"])
cells = (
    st.none()
    | st.sampled_from([*AWKWARD, 'a"b', "a: b", "#", "- x", "null", "ja", "MALE"])
    | st.text(max_size=5)
)


@given(st.dictionaries(names, st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=5))
def test_every_draft_reads_and_fits(columns: dict[str, list[str | None]]) -> None:
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    source = TableSource(table)
    view = prepared_view(source, Preparation.from_yaml(suggest_preparation(source, SCHEMA)))
    assert sum(batch.num_rows for batch in view.batches(None, 2)) == 3


def test_a_page_shows_counts_and_escapes_names(tmp_path: Path) -> None:
    from syncline.preparation.rehearsal_page import as_html

    source = TableSource(pa.table({"<b>": ["4711-secret", None]}))
    page = as_html(rehearse(source, Preparation.from_yaml("syncline: 1\nsteps: [{step: trim}]\n")))
    assert "&lt;b&gt;" in page
    assert "4711" not in page
    assert "Nothing to look at." in page


def test_what_no_step_can_read_is_said_by_its_form():
    schema = Schema.model_validate(
        {"variables": [{"name": "cost", "kind": "continuous"}, {"name": "seen", "kind": "date"}]}
    )
    table = pa.table({"cost": ["$1,234.50", "$7.25", "$12.00"], "seen": ["05/17/62", "11/02/71", "01/30/55"]})
    text = suggest_preparation(TableSource(table), schema)
    assert "# cost: 3 values are no numbers; they look like amounts of money\n" in text
    assert (
        "# seen: 3 values are in no format that was tried; they look like days with a year of two digits"
        in text
    )
