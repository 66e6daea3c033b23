"""SDV's metadata beside a table: its types are followed, and named where the cells do not bear them out."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pyarrow as pa
import pytest

from syncline.data.inference import Inference, infer
from syncline.data.inference.sdv_types import Sdtype, read_sdv_metadata
from syncline.data.kinds import Kind, Role
from syncline.data.note import Deed
from syncline.data.schema import Schema
from syncline.data.variable import MAX_LABEL
from syncline.errors import DocumentError
from syncline.study.description.sdv_metadata import sdv_metadata

ROWS = 120


def read(document: Any, table: str | None = None) -> Any:
    return read_sdv_metadata(json.dumps(document), "metadata.json", table)


def inferred(told: dict[str, Any], cells: dict[str, Any], **keys: str) -> Inference:
    declared = read(
        {
            "columns": {
                name: {"sdtype": word} if isinstance(word, str) else word for name, word in told.items()
            },
            **keys,
        }
    )
    return infer(pa.table(cells), declared=declared)


def cycle(*cells: object) -> list[object]:
    return [cells[row % len(cells)] for row in range(ROWS)]


@pytest.mark.parametrize(
    ("told", "cells", "kind"),
    [
        ("categorical", cycle(1, 2, 3), Kind.CATEGORICAL),
        ("categorical", cycle("1", "2", ""), Kind.CATEGORICAL),
        ("categorical", cycle(True, False, None), Kind.CATEGORICAL),
        ("categorical", cycle(dt.date(2020, 1, 1), dt.date(2020, 1, 2)), Kind.CATEGORICAL),
        ("boolean", cycle(0, 1), Kind.BOOLEAN),
        ("boolean", cycle("yes", "no"), Kind.BOOLEAN),
        ("numerical", [f"{20200101 + row % 28}" for row in range(ROWS)], Kind.INTEGER),
        ("numerical", [f"{700000 + row}" for row in range(ROWS)], Kind.INTEGER),
        ("numerical", [*cycle("007", "010", "250.0", "250.00"), "N"], Kind.INTEGER),
        ("datetime", cycle("2020-01-01", "2020-02-05"), Kind.DATE),
        ("id", cycle(1.5, 2.5), Kind.IDENTIFIER),
        ("email", cycle("a", "b"), Kind.IDENTIFIER),
        ({"sdtype": "postcode", "pii": False}, cycle("01234", "01235"), Kind.CATEGORICAL),
        ({"sdtype": "unknown"}, cycle("a", "b"), Kind.IDENTIFIER),
        ({"sdtype": "unknown", "pii": False}, cycle("a", "b"), Kind.CATEGORICAL),
        ({"sdtype": "categorical", "order": [3, 2, 1]}, cycle(1, 2, 3), Kind.ORDINAL),
    ],
)
def test_a_type_is_followed(told: Any, cells: list[object], kind: Kind) -> None:
    found = inferred({"x": told}, {"x": cells})
    assert found.schema.variable("x").kind is kind
    assert not any("cannot be read" in note.words for note in found.notes)


@pytest.mark.parametrize(
    ("told", "cells"),
    [
        ("numerical", cycle("a", "b")),
        ("boolean", cycle("a", "b")),
        ({"sdtype": "datetime", "datetime_format": "%d %b %Y"}, cycle("1 Jan 2020", "2 Feb 2020")),
        ("categorical", ["x" * (MAX_LABEL + 1), *cycle("a", "b")]),
    ],
)
def test_a_type_that_the_cells_do_not_bear_out_is_named(told: Any, cells: list[object]) -> None:
    alone, found = infer(pa.table({"x": cells})), inferred({"x": told}, {"x": cells})
    assert found.schema == alone.schema
    (note,) = set(found.notes) - set(alone.notes)
    assert note.deed is Deed.NAMED
    assert "cannot be read" in note.words


def test_an_order_that_lacks_a_label_is_no_order() -> None:
    found = inferred(
        {"x": {"sdtype": "categorical", "order": ["low", "high"]}}, {"x": cycle("low", "high", "odd")}
    )
    assert found.schema.variable("x").kind is Kind.CATEGORICAL
    assert any("40 cells that the order does not name" in note.words for note in found.notes)


def test_an_order_keeps_categories_that_nobody_has() -> None:
    found = inferred(
        {"x": {"sdtype": "categorical", "order": ["low", "mid", "high"]}}, {"x": cycle("low", "high", "")}
    )
    assert found.schema.variable("x").categories == ("low", "mid", "high")
    assert found.schema.variable("x").missing == ("",)


def test_keys_are_identifiers_and_a_sequence_is_a_person() -> None:
    cells = {
        "visit": list(range(ROWS)),
        "pupil": [row // 3 for row in range(ROWS)],
        "mark": cycle(1, 2, 3, 4),
    }
    told = {"visit": "numerical", "pupil": "id", "mark": "numerical"}
    found = inferred(told, cells, primary_key="visit", sequence_key="pupil").schema
    assert found.variable("visit").kind is Kind.IDENTIFIER
    assert found.variable("pupil").role is Role.PERSON
    assert found.variable("mark").kind is Kind.INTEGER


def test_columns_on_one_side_only_are_named_or_refused() -> None:
    found = inferred({}, {"x": cycle("a", "b")})
    assert [note.deed for note in found.notes_on("x")] == [Deed.GUESSED]
    with pytest.raises(
        DocumentError, match=r"metadata\.json: describes the column 'z', which the table does not"
    ):
        inferred({"z": "boolean"}, {"x": cycle("a", "b")})


def test_one_of_several_tables_is_read() -> None:
    one, two = {"columns": {"a": {"sdtype": "id"}}}, {"columns": {"b": {"sdtype": "boolean"}}}
    assert read({"tables": {"only": one}}).columns["a"].sdtype is Sdtype.ID
    assert read({"tables": {"guests": one, "hotels": two}}, "hotels").columns["b"].sdtype is Sdtype.BOOLEAN
    for table in (None, "rooms"):
        with pytest.raises(DocumentError, match="describes the tables guests, hotels; name one"):
            read({"tables": {"guests": one, "hotels": two}}, table)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[]", "the document must be a mapping"),
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('{"columns": []}', "columns must be a mapping"),
        ('{"columns": {"a": 1}}', "columns.a must be a mapping"),
        ('{"columns": {"a": {}}}', "columns.a.sdtype is missing"),
        ('{"columns": {"a": {"sdtype": 3}}}', "columns.a.sdtype is missing"),
        ('{"fields": {}}', "of an SDV before 1.0"),
        ('{"tables": {}}', "describes the tables none"),
        ('{"columns": {"a": "' + "x" * 1_100_000 + '"}}', "larger than 1024 KiB"),
    ],
)
def test_other_documents_are_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(DocumentError, match=sentence):
        read_sdv_metadata(text, "metadata.json")


def test_what_a_release_says_for_sdv_is_read_back() -> None:
    """Of each column that SDV has a type for, the kind comes back from the cells of a release."""
    schema = Schema.model_validate(
        {
            "variables": [
                {"name": "sick", "kind": "boolean"},
                {"name": "stage", "kind": "ordinal", "categories": ["I", "II", "III"]},
                {"name": "ward", "kind": "categorical", "categories": ["1", "2"]},
                {"name": "age", "kind": "integer"},
                {"name": "weight", "kind": "continuous", "decimals": 1},
                {"name": "born", "kind": "date"},
            ]
        }
    )
    cells = {
        "sick": cycle("true", "false"),
        "stage": cycle("I", "II"),
        "ward": cycle("1", "2"),
        "age": cycle("41", "17", "63"),
        "weight": cycle("41.5", "17", "63.1"),
        "born": cycle("2020-01-01", "2020-02-05", "2021-07-09"),
    }
    found = infer(pa.table(cells), declared=read_sdv_metadata(sdv_metadata(schema), "metadata.json"))
    for variable in schema.variables:
        assert found.schema.variable(variable.name).kind is variable.kind, variable.name
    assert found.schema.variable("stage").categories == ("I", "II", "III")
