"""What exports of registers, surveys and trials hold: days of unknown parts, codes, units, names."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from syncline.data.inference import infer
from syncline.data.kinds import Kind
from syncline.data.note import Deed, Note
from syncline.data.variable import Variable


def inferred(cells: list[str], name: str = "x") -> tuple[Variable, tuple[Note, ...]]:
    found = infer(pa.table({name: cells}))
    return found.schema.variables[0], found.notes


def days(draw: random.Random, rows: int, form: str) -> list[str]:
    return [
        form.format(draw.randint(1995, 2020), draw.randint(1, 12), draw.randint(1, 28)) for _ in range(rows)
    ]


@pytest.mark.parametrize(
    "partial",
    ["{0}-{1:02}", "{0}", "{0}-{1:02}-UN", "{0}-UNK-UNK", "{0}-XX-XX"],
    ids=["month", "year", "UN", "UNK", "XX"],
)
def test_days_of_which_some_lack_a_part_are_named_so(partial: str):
    draw = random.Random(1)
    variable, notes = inferred(days(draw, 470, "{}-{:02}-{:02}") + days(draw, 30, partial))
    assert variable.kind is Kind.TEXT
    assert notes[0].deed is Deed.LEFT_OUT
    assert "some lack the day or the month" in notes[0].why


@pytest.mark.parametrize("unknown", ["{0}9999", "{0}{1:02}99", "{0}0000", "{0}{1:02}00", "88888888"])
def test_days_in_digits_with_unknown_parts_are_no_numbers(unknown: str):
    draw = random.Random(2)
    variable, notes = inferred(days(draw, 470, "{}{:02}{:02}") + days(draw, 30, unknown))
    assert variable.kind is Kind.TEXT
    assert "unknown day or month" in notes[0].why


def test_numbers_of_eight_digits_are_no_days_with_unknown_parts():
    draw = random.Random(3)
    variable, _ = inferred([f"{round(draw.gauss(2e7, 1e5))}" for _ in range(500)])
    assert variable.kind is Kind.INTEGER


def test_days_that_do_not_exist_lack_no_part():
    variable, _ = inferred(["2026-02-30", "2026-01-01", "2026-01-02"])
    assert variable.kind is Kind.CATEGORICAL


@pytest.mark.parametrize(
    "unit",
    ["m²", "m³", "kg/m²", "µg/m³", "mm[Hg]", "mm Hg", "G/L", "°C", "‰", "cells/µL"],
)
def test_numbers_with_a_unit_are_named_so(unit: str):
    draw = random.Random(4)
    variable, notes = inferred([f"{draw.randint(9, 300)} {unit}" for _ in range(600)])
    assert variable.kind is Kind.TEXT
    assert "numbers with a unit" in notes[0].why


def test_feet_and_inches_are_named_so():
    draw = random.Random(5)
    _, notes = inferred([f"{draw.randint(5, 6)}'{draw.randint(0, 11)}\"" for _ in range(600)])
    assert [note.deed for note in notes] == [Deed.GUESSED]
    assert "feet and inches" in notes[0].why


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        (range(1, 6), ("97", "98", "99")),
        (range(4), ("95", "97", "98", "99")),
        (range(121), ("888", "999")),
        (range(1000), ("99997", "99998", "99999")),
    ],
)
def test_codes_that_stand_together_hide_none_of_each_other(answers: range, codes: tuple[str, ...]):
    draw = random.Random(6)
    cells = [str(draw.choice(answers)) for _ in range(900)] + [code for code in codes for _ in range(20)]
    variable, notes = inferred(cells)
    assert tuple(sorted(variable.codes)) == codes
    assert variable.range == (answers[0], answers[-1])
    assert any("named states" in note.what for note in notes)


def test_large_values_that_follow_on_the_others_are_no_codes():
    draw = random.Random(7)
    cells = [str(min(99, round(draw.expovariate(1 / 30)))) for _ in range(900)]
    assert inferred(cells)[0].codes == {}


def test_numbers_that_other_texts_spoil_are_named():
    draw = random.Random(8)
    texts = [f"{draw.randint(50, 80)} inches or {number}" for number in range(60)]
    variable, notes = inferred([str(draw.randint(50, 80)) for _ in range(900)] + texts)
    assert variable.kind is Kind.CATEGORICAL
    assert (notes[0].deed, notes[0].cells) == (Deed.GUESSED, 900)
    assert "60 cells beside them hold" in notes[0].why


def test_days_that_other_texts_spoil_are_named():
    draw = random.Random(9)
    cells = days(draw, 400, "{1}/{2}/{0}") + [f"about {number}" for number in range(200)]
    variable, notes = inferred(cells)
    assert variable.kind is Kind.TEXT
    assert "look like days written DD/MM/YYYY or MM/DD/YYYY, and the others do not" in notes[0].why


@pytest.mark.parametrize("name", ["last_name", "First Name", "fake_first_name", "givenName", "Birth name"])
def test_names_of_persons_stand_in_no_schema_however_few_they_are(name: str):
    draw = random.Random(10)
    names = [
        "Aguilar",
        "Alvarez",
        "Andrew",
        "Benson",
        "Castro",
        "Evans",
        "Flores",
        "Garcia",
        "Haines",
        "Lopez",
    ]
    variable, notes = inferred([draw.choice([*names, "Nettles", "Taylor"]) for _ in range(60)], name)
    assert variable.kind is Kind.IDENTIFIER
    assert notes[0].deed is Deed.LEFT_OUT


@pytest.mark.parametrize("name", ["hospital_name", "drug name", "email", "mobile"])
def test_few_names_of_other_things_are_categories(name: str):
    variable, _ = inferred(["north", "south", "east"] * 30, name)
    assert variable.kind is Kind.CATEGORICAL


def test_declared_categories_are_not_called_numbers():
    column = pa.array(["a", "b", "c"] * 20).dictionary_encode()
    assert infer(pa.table({"ward": column})).notes == ()
    digits = infer(pa.table({"ward": pa.array(["1", "2", "x"] * 20).dictionary_encode()})).notes
    assert "2 texts that look like numbers" in digits[0].what


def test_long_whole_numbers_of_each_row_are_no_measurements():
    draw = random.Random(11)
    long = [draw.randint(2**53, 2**60) for _ in range(500)]
    assert infer(pa.table({"x": long})).schema.variables[0].kind is Kind.IDENTIFIER
    assert infer(pa.table({"x": long[:5] * 100})).schema.variables[0].kind is Kind.INTEGER
