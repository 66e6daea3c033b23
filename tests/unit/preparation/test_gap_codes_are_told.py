"""What suggest, describe and approvals say of 9 beside 1, 2 and 3: that it may be a code, and how many."""

from __future__ import annotations

import pyarrow as pa
import pytest

from syncline.data.schema import Schema
from syncline.preparation.description import describe_table
from syncline.preparation.description_draft import as_document, as_yaml
from syncline.preparation.hazards import find_hazards
from syncline.preparation.suggestion import suggest_preparation
from syncline.sources.memory import TableSource

SCORE = "variables:\n- {name: score, kind: integer, range: [1, 9]}\n"
CODED = ["1", "2", "3"] * 40 + ["9"] * 25
DENSE = [str(1 + place % 9) for place in range(180)]


def source(cells: list[str]) -> TableSource:
    return TableSource(pa.table({"score": cells}))


@pytest.mark.parametrize(("cells", "told"), [(CODED, True), (DENSE, False)])
def test_a_draft_of_a_preparation_asks(cells: list[str], told: bool) -> None:
    draft = suggest_preparation(source(cells), Schema.from_yaml(SCORE))
    assert ("25 behind a gap, as codes are (9: codes or missing?)" in draft) == told


def test_a_draft_does_not_ask_about_what_the_schema_declares() -> None:
    schema = Schema.from_yaml(
        "variables:\n- {name: score, kind: integer, range: [1, 9], codes: {'9': none}}\n"
    )
    assert "behind a gap" not in suggest_preparation(source(CODED), schema)


@pytest.mark.parametrize(("cells", "told"), [(CODED, True), (DENSE, False)])
def test_a_description_asks(cells: list[str], told: bool) -> None:
    found = describe_table(source(cells), "scores", None, 11)
    assert ("codes? 9: behind a gap" in as_yaml(found)) == told
    assert as_document(found)["columns"][0].get("may_be_codes") == (["9"] if told else None)


def test_a_description_says_nothing_of_a_code_that_few_hold() -> None:
    found = describe_table(source(CODED[:-15]), "scores", None, 11)
    assert "codes?" not in as_yaml(found)


@pytest.mark.parametrize(("cells", "told"), [(CODED, True), (DENSE, False)])
def test_hazards_name_it(cells: list[str], told: bool) -> None:
    said = " ".join(find_hazards(source(cells), Schema.from_yaml(SCORE)))
    assert ("25 cells behind a gap that may be codes" in said) == told


@pytest.mark.parametrize("code", ["9", "999", "-9", "999.0"])
def test_a_declared_code_is_no_candidate_for_missing(code: str) -> None:
    text = SCORE.replace("}", f", codes: {{'{code.removesuffix('.0')}': refused}}}}")
    table, schema = source(["1", "2", "3", "4", "5"] * 40 + [code] * 25), Schema.from_yaml(text)
    draft = suggest_preparation(table, schema)
    assert "step: missing" not in draft
    assert "as codes are" not in draft
    assert list(find_hazards(table, schema)) == []
