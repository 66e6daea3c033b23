"""A schema has one canonical form, reads back from what it writes, and refuses what cannot be a schema."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.labels import is_printable_line, normal_label
from syncline.data.schema import Constraint, Formula, Kind, Role, Schema, Variable
from syncline.errors import DocumentError
from syncline.sources.source import column_names

HEART = """\
variables:
  - {name: age, kind: integer, range: [17, 90], unit: years, missing: ["", NA, no]}
  - {name: cost, kind: continuous, decimals: 2, range: [0, 99999.99]}
  - {name: total, kind: continuous, decimals: 2}
  - {name: sex, kind: categorical, categories: [F, M, "010", ~]}
  - {name: stage, kind: ordinal, categories: [III, II, I], role: sensitive}
  - {name: ill, kind: boolean}
  - {name: seen, kind: datetime, zone: Europe/Berlin, range: [2026-01-01, 2026-12-31T23:59:59]}
  - {name: stay, kind: duration, range: [PT0S, P90D]}
  - {name: born, kind: date, range: [1900-01-01, 2026-01-01]}
  - {name: patient, kind: identifier, role: person}
  - {name: note, kind: text}
constraints:
  - {formula: at_most, of: cost, from: [total]}
"""

LABELS = st.text(min_size=1, max_size=12).filter(is_printable_line)
BOUNDS: dict[Kind, st.SearchStrategy[Any]] = {  # Any: values of one kind
    Kind.INTEGER: st.integers(-(2**61), 2**61),
    Kind.CONTINUOUS: st.floats(allow_nan=False, allow_infinity=False),
    Kind.DATE: st.dates(),
    Kind.DATETIME: st.datetimes(),
    Kind.TIME: st.times(),
    Kind.DURATION: st.timedeltas(),
}


def _nfc_distinct(labels: list[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(normal_label, labels)))) or ["a"]


@st.composite
def variables(draw: st.DrawFn, name: str) -> Variable:
    kind = draw(st.sampled_from([Kind.CATEGORICAL, Kind.BOOLEAN, Kind.TEXT, *BOUNDS]))
    document: dict[str, object] = {"name": name, "kind": kind}
    if kind is Kind.CATEGORICAL:
        document["categories"] = _nfc_distinct(draw(st.lists(LABELS, min_size=1, max_size=5)))
    elif kind in BOUNDS:
        document["range"] = sorted([draw(BOUNDS[kind]), draw(BOUNDS[kind])])
    return Variable.model_validate(document)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    names = _nfc_distinct(draw(st.lists(LABELS, min_size=1, max_size=5)))
    return Schema(variables=tuple(draw(variables(name)) for name in names))


@given(schemas())
def test_a_schema_reads_back_from_both_of_its_forms(schema: Schema) -> None:
    assert Schema.from_yaml(schema.to_yaml()) == schema
    assert Schema.from_canonical(schema.canonical()) == schema
    assert Schema.from_yaml(schema.to_yaml()).digest == schema.digest


def test_a_whole_schema_is_read() -> None:
    schema = Schema.from_yaml(HEART)
    assert [variable.name for variable in schema.modelled] == [
        "age",
        "cost",
        "total",
        "sex",
        "stage",
        "ill",
        "seen",
        "stay",
        "born",
    ]
    assert schema.person is not None
    assert schema.person.name == "patient"
    assert schema.variable("sex").categories == ("F", "M", "010", "~")
    assert schema.variable("age").missing == ("", "NA", "no")
    assert schema.variable("ill").categories == ("false", "true")
    assert schema.variable("cost").key_range == (0, 9_999_999)
    assert schema.variable("stage").key_range == (0, 2)
    assert schema.variable("total").key_range is None
    assert schema.variable("born").range == (dt.date(1900, 1, 1), dt.date(2026, 1, 1))
    assert schema.variable("stay").key_range == (0, 90 * 86_400 * 10**6)
    assert schema.variable("sex").grid is None
    assert schema.constraints == (Constraint.between(Formula.AT_MOST, "cost", ["total"]),)
    assert Schema.from_yaml(schema.to_yaml()) == schema


def test_the_canonical_form_is_pinned() -> None:
    schema = Schema.from_yaml(
        "variables:\n  - {kind: integer, range: [0, 9], name: b}\n  - {name: a, kind: boolean}\n"
    )
    expected = (
        b'{"variables":[{"kind":"integer","name":"b","range":["0","9"]},{"kind":"boolean","name":"a"}]}'
    )
    assert schema.canonical() == expected
    assert schema.digest == "83cb0044034b1f969c687f94558478c394c6494fe95b18ec235fc7d8b444ef53"


@pytest.mark.parametrize("written", [" caf\u00e9", "cafe\u0301", "\u00a0cafe\u0301\t", "\u2028caf\u00e9 "])
def test_a_name_is_spelt_as_sources_spell_it(written: str) -> None:
    schema = Schema.model_validate({"variables": [{"name": written, "kind": "integer"}]})
    assert schema.names == column_names([written], "the table") == ("caf\u00e9",)


def test_a_name_of_white_space_is_none() -> None:
    with pytest.raises(DocumentError, match="must have 1 to 128 characters"):
        Schema.from_yaml("variables:\n  - {name: ' ', kind: integer}\n")


def test_names_and_categories_are_compared_in_nfc() -> None:
    decomposed = "variables:\n  - {name: ort, kind: categorical, categories: [Zu\u0308rich, Bern]}\n"
    assert Schema.from_yaml(decomposed).variables[0].categories[0] == "Z\u00fcrich"
    spaced = "variables:\n  - {name: ort, kind: categorical, categories: [' Bern', 'Bern ']}\n"
    with pytest.raises(DocumentError, match="twice"):
        Schema.from_yaml(spaced)
    twice = "variables:\n  - {name: ort, kind: categorical, categories: [Zu\u0308rich, Z\u00fcrich]}\n"
    with pytest.raises(DocumentError, match="twice"):
        Schema.from_yaml(twice)


def test_a_typed_variable_is_checked_as_a_written_one() -> None:
    assert Variable(name="age", kind=Kind.INTEGER, range=(0, 120)).key_range == (0, 120)
    assert Variable(name="bmi", kind=Kind.CONTINUOUS, decimals=1, range=(0, 9.5)).key_range == (0, 95)
    with pytest.raises(ValueError, match="lower bound 90 exceeds upper 80"):
        Variable(name="age", kind=Kind.INTEGER, range=(90, 80))
    with pytest.raises(ValueError, match="whole number"):
        Variable(name="age", kind=Kind.INTEGER, range=(True, 80))


def _column(text: str) -> str:
    return f"variables:\n  - {{name: age, {text}}}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_column("kind: interger"), "variables[age].kind 'interger' is not known; did you mean integer?"),
        (
            _column("kind: integer, rnage: [1, 2]"),
            "variables[age].rnage is not a known key; did you mean range?",
        ),
        (_column("kind: integer, range: [90, 80]"), "column 'age': lower bound 90 exceeds upper 80"),
        (_column("kind: integer, range: [1, 2, 3]"), "variables[age].range must be two bounds"),
        (_column("kind: integer, range: [0, 2.5]"), "expected a whole number"),
        (_column("kind: integer, range: [0, 4611686018427387904]"), "too large to be counted exactly"),
        (_column("kind: continuous, decimals: 15, range: [0, 1e300]"), "too large to be counted exactly"),
        (_column("kind: continuous, decimals: 15, range: [0, 5000]"), "too large to be counted exactly"),
        (_column("kind: continuous, decimals: 2, range: [0.005, 1]"), "bound 0.005 has more than 2 decimals"),
        (_column("kind: continuous, decimals: 16"), "decimals must be from 0 to 15"),
        (_column("kind: continuous, decimals: -1"), "decimals must be from 0 to 15"),
        (_column("kind: continuous, decimals: two"), "variables[age].decimals must be a whole number"),
        (_column("kind: integer, decimals: 2"), "decimals do not apply to kind integer"),
        (_column("kind: integer, zone: Europe/Berlin"), "zone does not apply to kind integer"),
        (_column("kind: datetime, zone: Europe/Atlantis"), "variables[age].zone must be none or the name"),
        (_column("kind: datetime, zone: ../../etc/passwd"), "variables[age].zone must be none or the name"),
        (_column("kind: date, unit: days"), "unit does not apply to kind date"),
        (_column("kind: categorical"), "needs its categories"),
        (_column("kind: categorical, categories: []"), "needs its categories"),
        (_column("kind: categorical, categories: [a, a]"), "names 'a' twice"),
        (_column("kind: categorical, categories: [a, '']"), "a category is empty"),
        (
            _column("kind: categorical, categories: [a, b], missing: [b]"),
            "both a category and a missing code",
        ),
        (_column("kind: categorical, categories: a"), "variables[age].categories must be a list"),
        (_column("kind: categorical, categories: [[a]]"), "must be text"),
        (_column('kind: categorical, categories: ["a\\u0007"]'), "without control or format characters"),
        (_column("kind: categorical, categories: [a], range: [0, 1]"), "does not apply to kind categorical"),
        (_column("kind: integer, categories: [a]"), "categories do not apply to kind integer"),
        (_column("kind: boolean, categories: [no, yes]"), "a boolean is false or true"),
        (_column("kind: continuous, role: person"), "role person needs kind identifier, integer or text"),
        (_column("kind: integer, role: person, range: [0, 9]"), "never modelled; leave out its range"),
        (_column("kind: integer, role: persson"), "did you mean person?"),
        ("variables: []\n", "variables must name at least one column"),
        ("variables:\n", "variables must be a list"),
        ("- 1\n", "the document must be a mapping"),
        ("constraints: []\n", "variables is missing"),
        ("variables:\n  - {kind: integer}\n", "variables[0].name is missing"),
        ("variables:\n  - {name: '', kind: integer}\n", "must have 1 to 128 characters"),
        (f"variables:\n  - {{name: {'x' * 129}, kind: integer}}\n", "must have 1 to 128 characters"),
        (
            'variables:\n  - {name: "a\\u202eb", kind: integer}\n',
            "must not hold control or format characters",
        ),
        ('variables:\n  - {name: "a\\nb", kind: integer}\n', "must not hold control or format characters"),
        ("variables:\n" + 2 * "  - {name: a, kind: integer}\n", "column 'a' is described twice"),
        (
            "variables:\n  - {name: a, kind: integer, role: person}\n  - {name: b, kind: text, role: person}",
            "columns 'a' and 'b' both have role person",
        ),
    ],
)
def test_what_cannot_be_a_schema_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(DocumentError, match=r"^schema: ") as caught:
        Schema.from_yaml(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


NUMBERS = "variables:\n" + "".join(f"  - {{name: {name}, kind: continuous}}\n" for name in "abc")
OTHERS = """\
  - {name: id, kind: identifier, role: person}
  - {name: day, kind: date}
  - {name: later, kind: date}
  - {name: x, kind: categorical, categories: [p, q]}
  - {name: y, kind: categorical, categories: [p, q]}
constraints:
"""


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (["sum, of: a, from: [b]"], "needs 2 to 256 columns under from, not 1"),
        (["log, of: a, from: [b, c]"], "needs 1 columns under from, not 2"),
        (["sum, of: a, from: [b, b]"], "names a column twice"),
        (["sum, of: a, from: [a, b]"], "stands on both sides"),
        (["log, of: a, from: [bb]"], "'bb' is not a column; did you mean b?"),
        (["log, of: a, from: [id]"], "'id' is not modelled"),
        (["log, of: a, from: [day]"], "applies to integer and continuous columns only"),
        (["at_most, of: a, from: [day]"], "needs ordered columns of one kind"),
        (["at_most, of: x, from: [y]"], "does not keep formulas between categories"),
        (["equal, of: x, from: [y]"], "does not keep formulas between categories"),
        (["equal, of: x, from: [a]"], "does not keep formulas between categories"),
        (["log, of: a, from: [b]", "log1p, of: a, from: [c]"], "another formula defines this column"),
        (["log, of: a, from: [b]", "sum, of: b, from: [c, a]"], "follows from itself"),
        (["exp, of: a, from: [b]"], "must be one of"),
        (["log, of: a, inputs: [b]"], "inputs is not a known key"),
    ],
)
def test_constraints_that_cannot_hold_are_refused(rules: list[str], said: str) -> None:
    text = NUMBERS + OTHERS + "".join(f"  - {{formula: {rule}}}\n" for rule in rules)
    with pytest.raises(DocumentError) as caught:
        Schema.from_yaml(text)
    assert said in str(caught.value)


def test_constraints_of_every_formula_are_read() -> None:
    rules = ["sum, of: a, from: [b, c]", "log_floor, of: b, from: [c]", "at_most, of: c, from: [a]"]
    rules.append("equal, of: day, from: [later]")
    text = NUMBERS + OTHERS + "".join(f"  - {{formula: {rule}}}\n" for rule in rules)
    assert [constraint.defines for constraint in Schema.from_yaml(text).constraints] == [
        True,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b"x" * (4 * 1024 * 1024 + 1),
        b'{"variables": [{"kind":"integer","name":"a"}]}',
        b'{"variables":[{"name":"a","kind":"integer"}]}',
        b'{"variables":[{"kind":"integer","name":"a","name":"a"}]}',
        b'{"variables":[{"kind":"integer","name":"a","role":null}]}',
        b'{"constraints":[],"variables":[{"kind":"integer","name":"a"}]}',
        b'{"variables":[{"kind":"integer","name":"a","range":[0,9]}]}',
        b'{"variables":[{"decimals":2.0,"kind":"continuous","name":"a"}]}',
    ],
)
def test_only_canonical_bytes_are_taken(content: bytes) -> None:
    with pytest.raises(DocumentError, match=r"^schema: "):
        Schema.from_canonical(content)


def test_too_many_columns_or_categories_are_refused() -> None:
    many = [{"name": f"c{i}", "kind": "integer"} for i in range(4097)]
    with pytest.raises(ValueError, match="at most 4096 columns"):
        Schema.model_validate({"variables": many})
    with pytest.raises(ValueError, match="at most 65000"):
        Variable(name="a", kind=Kind.CATEGORICAL, categories=tuple(map(str, range(65_001))))


def test_a_file_is_named_in_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text("variables: []\n")
    with pytest.raises(DocumentError, match=r"my\.yaml: variables must"):
        Schema.from_yaml(path)
    path.write_text(HEART)
    assert Schema.from_yaml(str(path)) == Schema.from_yaml(path)


def test_roles_are_kept() -> None:
    assert Schema.from_yaml(HEART).variable("stage").role is Role.SENSITIVE
    with pytest.raises(DocumentError, match="did you mean stage"):
        Schema.from_yaml(HEART).variable("stages")
