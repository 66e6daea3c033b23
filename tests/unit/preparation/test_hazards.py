"""Each hazard is found where it is planted, and not where it is absent."""

from __future__ import annotations

import pyarrow as pa
import pytest

from syncline.data.schema import Schema
from syncline.preparation.hazards import find_hazards
from syncline.sources.memory import TableSource

SCHEMA = Schema.model_validate(
    {
        "variables": [
            {"name": "age", "kind": "integer", "range": ["0", "110"]},
            {"name": "chol", "kind": "continuous"},
            {"name": "sex", "kind": "categorical", "categories": ["f", "m"], "missing": ["?"]},
            {"name": "ill", "kind": "boolean"},
            {"name": "smokes", "kind": "categorical", "categories": ["0", "1"]},
            {"name": "seen", "kind": "date"},
        ]
    }
)
CLEAN = {
    "age": [str(20 + i) for i in range(60)],
    "chol": [str(150 + 3 * i) for i in range(60)],
    "sex": ["f", "m"] * 30,
    "ill": ["true", "false"] * 30,
    "smokes": ["0", "1"] * 30,
    "seen": [f"2020-01-{1 + i % 28:02}" for i in range(60)],
}


def hazards(**changes: list[str | None]) -> list[str]:
    table = pa.table({name: pa.array(cells, pa.string()) for name, cells in (CLEAN | changes).items()})
    return list(find_hazards(TableSource(table), SCHEMA))


def test_a_clean_table_has_none():
    assert hazards() == []


def first(column: str, *cells: str | None) -> dict[str, list[str | None]]:
    """Return the clean column with other cells at its head."""
    return {column: [*cells, *CLEAN[column][len(cells) :]]}


FAR = "column '{}' holds {} far from all others that {} ({}): "
CODED = "column '{}' holds 1 cell that looks like a code for missing and is not declared ({}): "
PLANTED = [
    (first("chol", *["0"] * 5), "column 'chol' holds 5 zeros far from its other values"),
    (
        first("chol", *["999"] * 5),
        FAR.format("chol", "5 cells", "look like codes", 999),
    ),
    (
        first("chol", "-9"),
        CODED.format("chol", -9),
    ),
    (
        first("age", "999"),
        CODED.format("age", 999),
    ),
    (
        first("seen", "9999-12-31"),
        FAR.format("seen", "1 cell", "looks like a code", "9999-12-31"),
    ),
    (first("seen", "00000000"), "column 'seen' holds 1 cell that looks like a code for missing"),
    (first("sex", "F", "female"), "column 'sex' holds 2 cells in 2 labels that the schema"),
    (first("sex", *["NA"] * 3), "column 'sex' holds 3 cells that look like codes for missing"),
    (first("age", *["-9"] * 4), "column 'age' holds 4 cells that look like codes for missing"),
    (first("sex", " ?", "? "), "column 'sex' holds 2 cells with white space around them"),
    (first("smokes", "0.5"), "column 'smokes' has two values and holds 1 cell between them"),
    (first("seen", "2020", "2020-03"), "column 'seen' holds dates of mixed precision (1 to the year"),
    (first("chol", *[None] * 58), "column 'chol' is missing in 97% of the rows"),
    (first("ill", *["true"] * 60), "column 'ill' has one value in all rows"),
]


@pytest.mark.parametrize(("changes", "said"), PLANTED, ids=[said[:34] for _, said in PLANTED])
def test_each_hazard_is_found_alone_and_without_a_value(changes, said):
    found = hazards(**changes)
    assert len(found) == 1, found
    assert found[0].startswith(said)
    assert ": " in found[0], "the remedy follows a colon"


def test_few_rows_are_told():
    table = pa.table({name: pa.array(cells[:8], pa.string()) for name, cells in CLEAN.items()})
    assert next(find_hazards(TableSource(table), SCHEMA)).startswith("the table has 8 rows, fewer than 30")


def test_an_amount_that_is_often_zero_is_no_sentinel():
    assert hazards(chol=["0"] * 30 + [str(i) for i in range(1, 31)]) == []
    assert hazards(chol=["0", "1", "2"] * 20) == []


def test_cells_between_two_steps_are_counted():
    """They count as the nearest step in a study, so the supplier should know."""
    steps = [("dose", "integer", "25"), ("at", "time", "15min"), ("born", "date", "month")]
    schema = Schema.model_validate(
        {"variables": [{"name": name, "kind": kind, "step": step} for name, kind, step in steps]}
    )
    cells = {
        "dose": ["25", "50", "30", "0"],
        "at": ["09:00", "09:15", "09:15", "09:20"],
        "born": ["2020-01-01"] * 4,
    }
    found = list(
        find_hazards(TableSource(pa.table({name: kept * 10 for name, kept in cells.items()})), schema)
    )
    assert [hazard.split(" that the schema")[0] for hazard in found if "steps" in hazard] == [
        "column 'dose' holds 10 cells between the steps of 25",
        "column 'at' holds 10 cells between the steps of 15min",
    ]
