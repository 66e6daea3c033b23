"""Declared parents of categories: what is read, what is written again, and what is refused."""

from __future__ import annotations

import pytest

from syncline.data.schema import Schema
from syncline.errors import DocumentError

DOCUMENT = """
variables:
  - name: work
    kind: categorical
    categories: ["2211", "2212", "3110"]
    parents: {"2211": "22", "2212": "22", "22": C, "3110": D}
"""


def test_parents_are_read_and_written_again() -> None:
    schema = Schema.from_yaml(DOCUMENT)
    assert schema.variable("work").parents == {"22": "C", "2211": "22", "2212": "22", "3110": "D"}
    assert Schema.from_yaml(schema.to_yaml()) == schema
    assert Schema.from_canonical(schema.canonical()) == schema


def test_a_schema_without_parents_is_written_as_before() -> None:
    schema = Schema.from_yaml("variables: [{name: a, kind: categorical, categories: [x, y]}]\n")
    assert b"parents" not in schema.canonical()


def test_names_are_compared_as_categories_are() -> None:
    schema = Schema.from_yaml(DOCUMENT.replace('"2211": "22"', '" 2211 ": "22 "'))
    assert schema == Schema.from_yaml(DOCUMENT)


DEEP = ", ".join(f'"{n}": "{n + 1}"' for n in range(17))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"3110": D', '"3111": D', "'3111' is neither a category nor a parent of one"),
        ('"22": C', '"22": "2211"', "parents above it, or is its own"),
        ('"3110": D', '"3110": "3110"', "parents above it, or is its own"),
        ('"3110": D', '"3110": "0", ' + DEEP, "parents above it, or is its own"),
        ('"3110": D', '"3110": ""', "names of 1 to 1000 characters"),
        ('"3110": D', '"3110": D, "3110 ": E', "names two parents of '3110'"),
        ("categorical", "boolean", "parents do not apply to kind boolean"),
        ('kind: categorical\n    categories: ["2211", "2212", "3110"]', "kind: integer", "kind integer"),
    ],
)
def test_what_is_no_hierarchy_is_refused(old: str, new: str, said: str) -> None:
    assert old in DOCUMENT
    document = DOCUMENT.replace(old, new)
    if "boolean" in new:
        document = document.replace('    categories: ["2211", "2212", "3110"]\n', "")
    with pytest.raises(DocumentError, match=said):
        Schema.from_yaml(document)


def test_sixteen_parents_may_stand_above_a_category() -> None:
    above = DEEP.removesuffix(', "16": "17"')
    assert Schema.from_yaml(
        DOCUMENT.replace('"3110": D', '"3110": "0", ' + above.removesuffix(', "15": "16"'))
    )
