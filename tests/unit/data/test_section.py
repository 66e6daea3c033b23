"""Faults become one printable sentence, and JSON has one canonical form."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.section import Integer, Number, Section, Switch, build, canonical_json, nearest, shown
from syncline.errors import DocumentError


class Inner(Section):
    """A section within another."""

    name: str = ""
    size: Integer = 0
    share: Number = 0.0
    on: Switch = False


class Outer(Section):
    """A section with a list of sections."""

    inner: tuple[Inner, ...] = ()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"size": "x"}, "inner[0].size must be a whole number"),
        ({"name": "a", "size": True}, "inner[a].size must be a whole number"),
        ({"size": 1.0}, "inner[0].size must be a whole number"),
        ({"size": "9" * 30}, "inner[0].size must be a whole number"),
        ({"share": "inf"}, "inner[0].share must be a finite number"),
        ({"share": float("nan")}, "inner[0].share must be a finite number"),
        ({"on": "yes"}, "inner[0].on must be true or false"),
        ({"on": 1}, "inner[0].on must be true or false"),
        ({"name": ["a"]}, "inner[0].name must be text"),
        ({"sise": 1}, "inner[0].sise is not a known key; did you mean size?"),
        ({"q": 1}, "inner[0].q is not a known key; known are name, size, share, on"),
        ({"a\nb" * 50: 1}, "a?b"),
        ("text", "inner[0] must be a mapping"),
    ],
)
def test_the_first_fault_is_told_in_one_sentence(entry: object, said: str) -> None:
    with pytest.raises(DocumentError, match=r"^doc: ") as caught:
        build(Outer, {"inner": [entry]}, "doc")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_text_and_values_fill_a_field_alike() -> None:
    text = build(Outer, {"inner": [{"size": "7", "share": "0.5", "on": "true"}]}, "doc")
    assert text == Outer(inner=(Inner(size=7, share=0.5, on=True),))


def test_words_are_shown_short_and_printable() -> None:
    assert shown("a\x00b\u2028c") == "a?b?c"
    assert len(shown("x" * 1000)) == 64
    assert nearest("ag", ["age", "sex"]) == "did you mean age?"
    assert nearest("zzz", [str(i) for i in range(20)]).endswith("11, ...")


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.booleans())))
def test_canonical_json_does_not_depend_on_order(document: dict[str, object]) -> None:
    backwards = dict(reversed(document.items()))
    assert canonical_json(document) == canonical_json(backwards)
    assert json.loads(canonical_json(document)) == document


def test_canonical_json_is_pinned() -> None:
    assert canonical_json({"b": [1, "ü"], "a": None}) == '{"a":null,"b":[1,"ü"]}'.encode()
