"""The document of a preparation: what it refuses, its canonical form, its paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncline.errors import DocumentError
from syncline.preparation.preparation_document import Preparation
from tests.unit.preparation.heart_files import HEART

BAD = [
    ("steps: []\n", "preparation: syncline is missing"),
    ("syncline: 2\nsteps: []\n", "syncline must be 1, the form of document"),
    ("syncline: 1\nstep: []\n", "step is not a known key; did you mean steps?"),
    ("syncline: 1\nsteps: [{columns: [a]}]\n", "steps[0] needs the key step; known are trim"),
    (
        "syncline: 1\nsteps: [{step: trimm}]\n",
        "steps[0] has the step 'trimm', which is not known; did you mean trim?",
    ),
    ("syncline: 1\nsteps: [trim]\n", "steps[0]"),
    (
        "syncline: 1\nsteps: [{step: trim, colums: [a]}]\n",
        "steps[0].trim.colums is not a known key; did you mean columns?",
    ),
    ("syncline: 1\nsteps: [{step: trim, columns: a}]\n", "steps[0].trim.columns must be a list"),
    ("syncline: 1\nsteps: [{step: trim, columns: []}]\n", "must name at least one column"),
    ("syncline: 1\nsteps: [{step: missing, codes: ['7', '7.0']}]\n", "names the code '7.0' twice"),
    (
        "syncline: 1\nsteps: [{step: range, columns: [a], outside: missing}]\n",
        "steps[0].range needs low or high",
    ),
    (
        "syncline: 1\nsteps: [{step: range, columns: [a], low: 2, high: 1, outside: stop}]\n",
        "low bound above",
    ),
    (
        "syncline: 1\nsteps: [{step: range, columns: [a], low: 2, high: 2020-01-01, outside: stop}]\n",
        "make both one kind",
    ),
    (
        "syncline: 1\nsteps: [{step: range, columns: [a], low: x, outside: stop}]\n",
        "must be a number or a day",
    ),
    (
        "syncline: 1\nsteps: [{step: range, columns: [a], low: 1, outside: drop}]\n",
        "outside must be one of missing, stop, reject",
    ),
    ("syncline: 1\nsteps: [{step: filter, column: a}]\n", "must hold one of equals, in"),
    (
        "syncline: 1\nsteps: [{step: filter, column: a, equals: 1, present: true}]\n",
        "must hold one of equals, in",
    ),
    (
        "syncline: 1\nsteps: [{step: recode, columns: [a], codes: {'1': x, '1.0': y}}]\n",
        "names the code '1.0' twice",
    ),
    (
        "syncline: 1\nsteps: [{step: recode, columns: [a], codes: {'1': [x]}}]\n",
        "must map each code onto one text",
    ),
    (
        "syncline: 1\nsteps: [{step: units, columns: [a], from: mg, decimals: 1}]\n",
        "must hold from and to, or a factor",
    ),
    (
        "syncline: 1\nsteps: [{step: units, columns: [a], from: mg, to: m, decimals: 1}]\n",
        "cannot convert mg to m",
    ),
    (
        "syncline: 1\nsteps: [{step: units, columns: [a], from: mgg, to: m, decimals: 1}]\n",
        "does not know the unit",
    ),
    (
        "syncline: 1\nsteps: [{step: units, columns: [a], from: 9**9, to: m, decimals: 1}]\n",
        "must be a unit such as",
    ),
    ("syncline: 1\nsteps: [{step: units, columns: [a], factor: 2, decimals: 16}]\n", "must be from 0 to 15"),
    ("syncline: 1\nsteps: [{step: dates, columns: [a], formats: [YYYY-XX]}]\n", "has a format 'YYYY-XX'"),
    ("syncline: 1\nsteps: [{step: dates, columns: [a], formats: [DD.MM]}]\n", "has a format 'DD.MM'"),
    ("syncline: 1\nsteps: [{step: rename, columns: {a: x, b: x}}]\n", "gives one name to two columns"),
    (
        "syncline: 1\nsteps: [{step: split, column: a, separator: '', into: [b]}]\n",
        "must hold at least one character",
    ),
    (
        "syncline: 1\nsteps: [{step: combine, columns: [a], into: b, how: join}]\n",
        "needs a separator for how: join",
    ),
    ("syncline: 1\nsteps: [{step: derive, into: b, operation: eval, from: [a]}]\n", "'eval' is not known"),
    (
        "syncline: 1\nsteps: [{step: derive, into: b, operation: ratio, from: [a], decimals: 1}]\n",
        "takes 2 columns",
    ),
    ("syncline: 1\nsteps: [{step: derive, into: b, operation: log, from: [a]}]\n", "needs decimals"),
    (
        "syncline: 1\nsteps: [{step: derive, into: b, operation: years, from: [a, c], decimals: 1}]\n",
        "takes no decimals",
    ),
    ("syncline: 1\nsteps: [{step: derive, into: b, operation: constant}]\n", "takes a value"),
    ("syncline: 1\nsteps: [{step: reverse, columns: [a], low: 1}]\n", "must hold low and high"),
    ("syncline: 1\nsteps: [{step: reverse, columns: [a], swap: [x]}]\n", "must name two categories"),
    ("syncline: 1\nsteps: [{step: bands, column: a, cuts: [2, 1], labels: [x, y, z]}]\n", "ascending order"),
    ("syncline: 1\nsteps: [{step: bands, column: a, cuts: [2], labels: [x]}]\n", "one label more than cuts"),
    ("syncline: 1\nsteps: [{step: pseudonym, columns: [a]}]\n", "needs key_file or key_env"),
    (
        "syncline: 1\nsteps: [{step: trim}, {step: exclude_persons, column: a, file: f}]\n",
        "steps[1].exclude_persons must stand before all other steps",
    ),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_bad_document_is_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        Preparation.from_yaml(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", sorted(HEART.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_canonical_form_reads_back(path: Path) -> None:
    if path.stem == "schema":
        return
    preparation = Preparation.from_yaml(path)
    again = Preparation.from_canonical(preparation.canonical())
    assert again == preparation
    assert again.digest == preparation.digest
    with pytest.raises(DocumentError, match="not in canonical form"):
        Preparation.from_canonical(b" " + preparation.canonical())


def test_the_canonical_form_does_not_know_how_it_was_written() -> None:
    one = "syncline: 1\nsteps:\n  - {step: range, columns: [a], high: '9', low: 1.50, outside: missing}\n"
    other = "steps: [{outside: missing, low: '1.50', step: range, columns: ['a'], high: 9}]\nsyncline: 1\n"
    assert Preparation.from_yaml(one).digest == Preparation.from_yaml(other).digest


def test_every_kind_of_step_reads_back() -> None:
    text = """syncline: 1
steps:
  - {step: exclude_persons, column: id, file: excluded.txt}
  - {step: filter, column: a, in: ["1", "2"]}
  - {step: filter, column: a, present: false}
  - {step: units, columns: [a], from: mg/dL, to: g/L, decimals: 2}
  - {step: units, columns: [a], factor: 0.010, decimals: 2}
  - {step: case, columns: [a], to: upper}
  - {step: derive, into: d, operation: ratio, from: [a, b], decimals: 2}
  - {step: reverse, columns: [a], low: 1, high: 5.0}
  - {step: bands, column: a, cuts: [1.50, 3], labels: [x, y, z]}
  - {step: pseudonym, columns: [id], key_file: secret/key}
"""
    preparation = Preparation.from_yaml(text)
    assert Preparation.from_canonical(preparation.canonical()) == preparation


def test_files_are_looked_for_beside_the_document(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("syncline: 1\nsteps: [{step: exclude_persons, column: id, file: lists/out.txt}]\n")
    assert str(tmp_path / "lists" / "out.txt").encode() in Preparation.from_yaml(path).canonical()
