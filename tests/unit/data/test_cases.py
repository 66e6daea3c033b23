"""Columns from public reports and their siblings: what a data manager would sign, for the whole kind of each.

Each case is one column of a few hundred rows that was made here; the table beside it says which kind, step
and codes it is, and whether a note must say that something was guessed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.inference import Inference, infer
from syncline.data.kinds import Kind
from syncline.data.note import Deed
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.errors import DataError
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.sources.memory import TableSource

ROWS = 900
Column = list[Any]  # Any: cells of every type


def inferred(cells: Column | pa.Array, name: str = "x", **options: bool) -> Inference:
    """Infer a table of one column, and require that its own schema reads every cell of it."""
    table = pa.table({name: cells, "other": [row % 7 for row in range(len(cells))]})
    found = infer(table, **options)
    assert Schema.from_yaml(found.schema.to_yaml()) == found.schema
    assert Schema.from_canonical(found.schema.canonical()) == found.schema
    for batch in prepare(TableSource(table), found.schema, Fold(b"")).batches():
        assert all((status < 2).all() for status in batch.status), "the schema refuses its own table"
    return found


def variable(cells: Column | pa.Array, name: str = "x") -> Variable:
    return inferred(cells, name).schema.variables[0]


def mixed(cells: Column, word: str, share: float = 0.2) -> Column:
    """Put a word in the place of a share of the cells."""
    chance = random.Random(word)
    return [word if chance.random() < share else cell for cell in cells]


R = random.Random(13)
NUMBERS = [f"{R.gauss(6, 1):.1f}" for _ in range(ROWS)]
DAYS = [dt.date(2019, 3, 1) + dt.timedelta(R.randint(0, 700)) for _ in range(ROWS)]
MOMENTS = [dt.datetime(2020, 1, 1) + dt.timedelta(seconds=R.randint(0, 10**7)) for _ in range(ROWS)]
QUARTERS = [dt.datetime(2020, 1, 1) + dt.timedelta(minutes=15 * R.randint(0, 9999)) for _ in range(ROWS)]


def of(words: Sequence[Any], rows: int = ROWS) -> Column:
    return [R.choice(words) for _ in range(rows)]


WORDS = [
    *(
        "NULL",
        "Null",
        "null",
        "None",
        "NONE",
        "none",
        r"\N",
        ".",
        "#N/A",
        "#n/a",
        "<NA>",
        "NaT",
        "N.A.",
        "n.a.",
    ),
    *(
        "-",
        "--",
        "n/a",
        "NaN",
        "nan",
        "nil",
        "missing",
        "Missing",
        "NA",
        "na",
        "#VALUE!",
        "#DIV/0!",
        "(null)",
    ),
    *("[NULL]", "?", "unknown", "not available", "k.A.", "\u2014", "1.#QNAN", "#NA", "N/A"),
]


@pytest.mark.parametrize("word", WORDS)
def test_an_exporter_s_word_for_missing_is_none_of_the_numbers_and_days(word: str) -> None:
    found = inferred(mixed(NUMBERS, word))
    number = found.schema.variables[0]
    assert (number.kind, number.decimals, number.missing) == (Kind.CONTINUOUS, 1, (word,))
    (note,) = found.notes
    assert (note.deed, note.cells) == (Deed.GUESSED, mixed(NUMBERS, word).count(word))
    day = variable(mixed([day.isoformat() for day in DAYS], word, 0.8))
    assert (day.kind, day.missing) == (Kind.DATE, (word,))


@pytest.mark.parametrize(
    ("words", "categories", "missing"),
    [
        (["None", "Mild", "Severe"], ("Mild", "None", "Severe"), ()),
        (["NULL", "Mild", "Severe"], ("Mild", "Severe"), ("NULL",)),
        (["NA", "EU", "AF", "AS"], ("AF", "AS", "EU", "NA"), ()),
        (["NA", "F", "M"], ("F", "M"), ("NA",)),
        (["Na", "K", "Cl"], ("Cl", "K", "Na"), ()),
        (["+", "-"], ("+", "-"), ()),
        (["yes", "no", "unknown"], ("no", "unknown", "yes"), ()),
        (["ja", "nein"], ("ja", "nein"), ()),
        (["Y", "N"], ("N", "Y"), ()),
    ],
)
def test_beside_words_a_word_may_be_an_answer(
    words: list[str], categories: tuple[str, ...], missing: Any
) -> None:
    found = inferred(of(words))
    assert found.schema.variables[0].categories == categories
    assert found.schema.variables[0].missing == missing
    assert {"None", "unknown", "-"}.isdisjoint(words) or any("may be an answer" in n.why for n in found.notes)


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (["TRUE", "FALSE"], ()),
        (["T", "F"], ()),
        (["T", "F", "-"], ("-",)),
        (["yes", "Y", "no", "N", "1", "0"], ()),
        (["True", "False", "0", "1"], ()),
    ],
)
def test_truth_values_in_the_words_of_programs_or_in_several(
    words: list[str], missing: tuple[str, ...]
) -> None:
    assert variable(of(words)) == Variable(name="x", kind=Kind.BOOLEAN, missing=missing)


CODED: list[tuple[str, Callable[[], Column], Kind, str | None]] = [
    ("YYYYMMDD", lambda: [day.strftime("%Y%m%d") for day in DAYS], Kind.DATE, None),
    ("YYYYMMDD typed", lambda: [int(day.strftime("%Y%m%d")) for day in DAYS], Kind.DATE, None),
    (
        "YYYYMMDD widened",
        lambda: [float(day.strftime("%Y%m%d")) for day in DAYS[:-9]] + [None] * 9,
        Kind.DATE,
        None,
    ),
    ("YYYYMM", lambda: [day.strftime("%Y%m") for day in DAYS], Kind.DATE, "month"),
    ("YYYY-MM", lambda: [day.strftime("%Y-%m") for day in DAYS], Kind.DATE, "month"),
    ("YYYY", lambda: [day.strftime("%Y") for day in DAYS], Kind.INTEGER, None),
    ("years", lambda: [str(R.randint(1900, 2020)) for _ in DAYS], Kind.INTEGER, None),
    ("HHMM", lambda: [moment.strftime("%H%M") for moment in MOMENTS], Kind.TIME, "1min"),
    ("HHMM typed", lambda: [int(moment.strftime("%H%M")) for moment in MOMENTS], Kind.TIME, "1min"),
    ("HHMM quarters", lambda: [moment.strftime("%H%M") for moment in QUARTERS], Kind.TIME, "15min"),
    ("HHMMSS", lambda: [moment.strftime("%H%M%S") for moment in MOMENTS], Kind.TIME, "1s"),
    ("HL7", lambda: [moment.strftime("%Y%m%d%H%M%S") for moment in MOMENTS], Kind.DATETIME, "1s"),
    ("HL7 minutes", lambda: [moment.strftime("%Y%m%d%H%M") for moment in MOMENTS], Kind.DATETIME, "1min"),
    ("first of month", lambda: [day.replace(day=1).isoformat() for day in DAYS], Kind.DATE, "month"),
    ("first of January", lambda: [f"{R.randint(1920, 2010)}-01-01" for _ in DAYS], Kind.DATE, "year"),
    ("midnight", lambda: [f"{day} 00:00:00" for day in DAYS], Kind.DATETIME, "1d"),
    ("midnight typed", lambda: [dt.datetime.combine(day, dt.time()) for day in DAYS], Kind.DATETIME, "1d"),
    ("quarters", lambda: [moment.isoformat() for moment in QUARTERS], Kind.DATETIME, "15min"),
    ("quarters of a zone", lambda: [m.replace(tzinfo=dt.UTC) for m in QUARTERS], Kind.DATETIME, "15min"),
    ("clock", lambda: [moment.strftime("%H:%M") for moment in QUARTERS], Kind.TIME, "15min"),
    ("minutes", lambda: [moment.isoformat() for moment in MOMENTS], Kind.DATETIME, "1s"),
]


@pytest.mark.parametrize(
    ("cells", "kind", "step"), [case[1:] for case in CODED], ids=[case[0] for case in CODED]
)
def test_days_and_times_are_found_with_their_step(
    cells: Callable[[], Column], kind: Kind, step: str | None
) -> None:
    found = variable(cells())
    assert (found.kind, found.step) == (kind, step)


@pytest.mark.parametrize("code", ["0", "99999999", "20201345", "NULL"])
def test_a_day_in_digits_may_be_missing(code: str) -> None:
    days = [day.strftime("%Y%m%d") for day in DAYS]
    found = variable(days[:-3] + [code] * 3)
    assert (found.kind, found.missing) == (Kind.DATE, (code,))


@pytest.mark.parametrize("name", ["timestamp", "created_ts"])
def test_seconds_since_1970_stay_numbers(name: str) -> None:
    assert variable([1577836800 + R.randint(0, 10**8) for _ in range(ROWS)], name).kind is Kind.INTEGER


@pytest.mark.parametrize(
    "codes",
    [
        ["250.0", "250.00", "401.9"],
        ["250", "250.0", "401.9"],
        ["1E1", "10", "3"],
        ["1E5", "2E3", "4E1"],
        ["+5", "5", "7"],
        ["01234", "12345", "99999"],
        ["007", "7", "12"],
        ["1.10", "1.1", "2.3"],
    ],
)
def test_distinct_codes_stay_distinct(codes: list[str]) -> None:
    found = inferred(of(codes))
    assert found.schema.variables[0].categories == tuple(sorted(codes))
    assert "codes" in found.notes[0].why


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["63", "63.0", "7", "7.0"], Kind.INTEGER),
        ([".4", "0.4", "1.2"], Kind.CONTINUOUS),
        (["37", "37.0", "36.5", "38", "38.0", "39", "39.0"], Kind.CONTINUOUS),
        (["100000", "1e+05", "2e-3", "7"], Kind.CONTINUOUS),
        (["0.50", "1.25", "3.00"], Kind.CONTINUOUS),
        (["-0", "0", "0.0", "3"], Kind.INTEGER),
    ],
)
def test_numbers_that_programs_wrote_in_their_ways_are_numbers(texts: list[str], kind: Kind) -> None:
    assert variable(of(texts)).kind is kind


def test_points_that_may_stand_between_thousands_are_named() -> None:
    found = inferred(of(["1.234", "850", "12.500", "3.100"]))
    assert found.schema.variables[0].kind is Kind.CONTINUOUS
    assert any("thousands" in note.remedy for note in found.notes)


def test_two_tables_may_write_one_number_in_unlike_ways() -> None:
    cells = of(["250.50", "250.5", "401.90"])
    assert inferred(cells, spelled=False).schema.variables[0].kind is Kind.CONTINUOUS


FLOATS = np.random.default_rng(5).normal(13, 2, ROWS).round(1)
CENTS = [Decimal(R.randint(0, 99_999)) / 100 for _ in range(ROWS)]


@pytest.mark.parametrize(
    ("cells", "decimals"),
    [
        (pa.array(FLOATS.astype("float32")), 1),
        (pa.array(FLOATS.astype("float16")), 1),
        (pa.array(FLOATS.astype("float32").astype("float64")), 1),
        (pa.array(CENTS, pa.decimal128(10, 2)), 2),
        (pa.array(CENTS, pa.decimal256(40, 2)), 2),
        (pa.array(CENTS), 2),
        (pa.array([0.1 + 0.2, *[R.randint(0, 99) / 10 for _ in range(99)]]), 1),
    ],
)
def test_numbers_keep_their_written_precision(cells: pa.Array, decimals: int) -> None:
    found = variable(cells)
    assert (found.kind, found.decimals) == (Kind.CONTINUOUS, decimals)


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_whole_numbers_of_every_width(name: str) -> None:
    cells = pa.array([None, *(R.randint(0, 99) for _ in range(ROWS))], getattr(pa, name)())
    assert variable(cells).kind is Kind.INTEGER
    assert (
        variable(pa.array([Decimal(R.randint(0, 99)) for _ in range(ROWS)], pa.decimal128(9, 2))).kind
        is Kind.INTEGER
    )


@pytest.mark.parametrize("text", ["1e300", "1e308", "-1e300", "1e20", "99999999999"])
def test_one_broken_cell_decides_nothing_and_is_named(text: str) -> None:
    found = inferred([text, *(f"{R.gauss(5, 1):.2f}" for _ in range(ROWS))])
    number = found.schema.variables[0]
    assert (number.kind, number.decimals, number.missing) == (Kind.CONTINUOUS, 2, (text,))
    assert number.range is not None
    assert all(abs(float(str(bound))) < 20 for bound in number.range)
    assert any(note.cells == 1 and "order of magnitude" in note.why for note in found.notes)
    typed = inferred(pa.array([float(text), *(round(R.gauss(5, 1), 2) for _ in range(ROWS))]))
    assert typed.schema.variables[0].decimals == 2


def test_infinity_is_missing_and_heavy_tails_are_not() -> None:
    found = variable(pa.array([float("inf"), float("-inf"), *(round(R.gauss(5, 1), 2) for _ in range(ROWS))]))
    assert (found.decimals, found.missing) == (2, ("-inf", "inf"))
    assert variable([f"{R.lognormvariate(8, 2):.2f}" for _ in range(ROWS)]).missing == ()


@pytest.mark.parametrize("step", ["0.05", "0.25", "0.5", "2.5", "12.5", "7", "15", "25", "50", "1000"])
def test_steps_of_numbers_are_found_though_a_cell_is_off(step: str) -> None:
    cells = [str(Decimal(step) * R.randint(0, 200)) for _ in range(ROWS)]
    assert variable(cells).step == step
    found = inferred([*cells, str(Decimal(step) * 9 / 4)])
    assert found.schema.variables[0].step == step
    assert any(note.deed in (Deed.MOVED, Deed.GUESSED) and note.cells == 1 for note in found.notes)


def test_no_step_is_found_by_chance_or_in_reckoned_numbers() -> None:
    assert variable([str(R.randint(0, 200)) for _ in range(ROWS)]).step is None
    assert variable(["4870", "0"] * 99).step is None
    assert variable([f"{2 * R.randint(0, 10**6) / 10**6:.6f}" for _ in range(ROWS)]).step is None
    assert variable(["0"] * 997 + ["0.37", "1.21", "7.03"]).decimals == 2, "zeros do not outvote the others"


@pytest.mark.parametrize(
    ("cells", "kind", "missing"),
    [
        ([str(R.randint(0, 200)) for _ in range(ROWS)], Kind.INTEGER, "abc"),
        (of(["1", "2", "3"]), Kind.INTEGER, "abc"),
        ([day.isoformat() for day in DAYS], Kind.DATE, "soon"),
        ([moment.strftime("%H:%M") for moment in MOMENTS], Kind.TIME, "noon"),
        ([str(R.randint(0, 5000)) for _ in range(ROWS)], Kind.INTEGER, "a\tb\u200b"),
    ],
)
def test_one_bad_cell_does_not_take_a_column_away(cells: Column, kind: Kind, missing: str) -> None:
    found = inferred([*cells, missing])
    assert found.schema.variables[0].kind is kind
    assert found.schema.variables[0].missing == (missing.replace("\t", " ").strip("\u200b"),)
    assert any(note.cells == 1 and note.deed is Deed.GUESSED for note in found.notes)


@pytest.mark.parametrize(
    ("labels", "categories"),
    [
        (["A", "A\u200b", "B"], ("A", "B")),
        (["ICU\nnorth", "ER"], ("ER", "ICU north")),
        (["a\tb", "a b", "c\r\nd"], ("a b", "c d")),
        (["soft\u00adware", "hard"], ("hard", "software")),
        (["\ufeffa", "b"], ("a", "b")),
        (["\u202eabc", "d"], ("abc", "d")),
        (["\U0001f469\u200d\u2695\ufe0f", "\U0001f600"], ("\U0001f469\u200d\u2695\ufe0f", "\U0001f600")),
        (
            ["\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u062e"],
            ("\u0645\u06cc\u062e", "\u0645\u06cc\u200c\u062e"),
        ),
        (["e\u0301", "\u00e9", "x"], ("x", "\u00e9")),
    ],
)
def test_labels_are_compared_by_what_is_seen(labels: list[str], categories: tuple[str, ...]) -> None:
    assert variable(of(labels)).categories == categories
    assert variable(pa.array(of(labels)).dictionary_encode()).categories == categories


def test_cells_with_unseen_characters_are_counted() -> None:
    found = inferred(["A", "A\u200b", "B\n"] * 100)
    assert [note.cells for note in found.notes] == [100]
    joined = inferred(of(["\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u062e"]))
    assert any("joiner" in note.what for note in joined.notes)


def shuffled(cells: Column) -> Column:
    return random.Random(1).sample(cells, len(cells))


def apart(count: int, low: int, high: int) -> Column:
    return random.Random(2).sample(range(low, high), count)


PIDS = [f"P{row // 3:04}" for row in range(3000)]
FEW_PIDS = [f"P{row // 50:04}" for row in range(3000)]
MRNS = [number for number in apart(1000, 10**6, 10**7) for _ in range(3)]
IDENTIFIERS: list[tuple[str, Column | pa.Array]] = [
    ("pid", PIDS),
    ("x", shuffled(PIDS)),
    ("x", FEW_PIDS),
    ("PatNr", shuffled(FEW_PIDS)),
    ("Patient ID", [str(1000 + row // 3) for row in range(3000)]),
    ("x", [row // 3 for row in range(3000)]),
    ("x", MRNS),
    ("x", shuffled(MRNS)),
    ("pid", pa.array(PIDS).dictionary_encode()),
    ("x", [str(uuid.UUID(int=row * 7**40)) for row in range(300)] * 3),
    ("x", [f"a{row}@b.de" for row in range(40)] * 9),
    ("x", [hashlib.md5(str(row).encode()).hexdigest() for row in range(60)] * 9),
    ("x", [f"+49 30 {number}" for number in apart(60, 10**6, 10**7)] * 9),
    ("x", [f"{n % 900 + 100}-{n % 90 + 10}-{n}" for n in apart(600, 1000, 9999)] * 2),
    ("x", [str(number) for number in apart(60, 10**15, 10**16)] * 9),
    ("x", list(range(1, 601))),
    ("x", apart(600, 0, 1200)),
    ("npi", apart(600, 10**9, 2 * 10**9)),
    ("x", apart(600, 10**9, 2 * 10**9)),
    ("x", shuffled([None] * 60 + apart(600, 10**6, 10**7))),
    ("x", pa.array(shuffled([None] * 60 + apart(600, 10**6, 10**7)), pa.float64())),
    ("x", shuffled(["NULL"] * 60 + [str(number) for number in apart(600, 10**6, 10**7)])),
    ("x", apart(580, 10**6, 10**7) + [5_000_001] * 20),
    ("id", list(range(1, 31))),
    ("case_no", apart(30, 0, 10_000)),
    ("x", [f"{row:06}" for row in range(600)]),
    ("surname", [f"N{'aeiou'[row % 5]}{'bcdfg'[row % 25 // 5]}{row // 25 * 'x'}" for row in range(90)] * 9),
    ("Unnamed: 0", shuffled(list(range(40)))),
]


@pytest.mark.parametrize(
    ("name", "cells"), IDENTIFIERS, ids=[str(place) for place in range(len(IDENTIFIERS))]
)
def test_what_names_persons_or_records_is_never_in_a_schema(name: str, cells: Column | pa.Array) -> None:
    found = inferred(cells, name)
    identifier = found.schema.variables[0]
    assert (identifier.kind, identifier.categories, identifier.range) == (Kind.IDENTIFIER, (), None)
    (note,) = (note for note in found.notes if note.deed is Deed.LEFT_OUT)
    assert "role: person" in note.remedy
    assert "kind: identifier" in note.remedy


MEASURED: list[tuple[str, Column]] = [
    ("income", apart(60, 12_000, 240_000)),
    ("x", [int(R.lognormvariate(10.5, 0.8)) for _ in range(60)]),
    ("x", [round(R.gauss(70, 9), 3) for _ in range(400)]),
    ("x", [R.randint(18, 90) for _ in range(600)]),
    ("x", sorted(R.randint(18, 90) for _ in range(600))),
    ("x", sorted(int(R.expovariate(0.1)) for _ in range(ROWS))),
    ("x", [int(R.gauss(250_000, 60_000)) for _ in range(400)]),
    ("x", [R.randint(1000, 9999) * 100 for _ in range(400)]),
    ("x", [int(R.lognormvariate(12, 0.5)) for _ in range(3000)]),
    ("x", [200_000 + 300 * row + R.randint(-4000, 4000) for row in range(290)]),
    ("num_procedures", [R.randint(0, 60) for _ in range(ROWS)]),
    ("zip", [str(R.randint(10_000, 10_200)) for _ in range(2000)]),
    ("year", list(range(1950, 2020))),
    ("discharge_disposition_id", [R.randint(1, 28) for _ in range(30_000)]),
]


@pytest.mark.parametrize(("name", "cells"), MEASURED, ids=[str(place) for place in range(len(MEASURED))])
def test_measurements_are_no_identifiers(name: str, cells: Column) -> None:
    assert variable(cells, name).kind in (Kind.INTEGER, Kind.CONTINUOUS)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("hospital_id", [f"H{R.randint(1, 40):03}" for _ in range(2000)]),
        ("ward", [f"W{row // 100:02}" for row in range(1200)]),
        ("icd10", [f"{R.choice('ABCDEFG')}{R.randint(10, 60)}.{R.randint(0, 9)}" for _ in range(20_000)]),
    ],
)
def test_groups_of_rows_are_categories(name: str, cells: Column) -> None:
    assert variable(cells, name).kind is Kind.CATEGORICAL


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([day.strftime("%d.%m.%Y") for day in DAYS], "DD.MM.YYYY"),
        ([day.strftime("%m/%d/%y") for day in DAYS], "a year of two digits"),
        ([f"${R.lognormvariate(6, 1):,.2f}" for _ in DAYS], "amounts of money"),
        ([f"{R.random() * 100:.2f}%" for _ in DAYS], "percentages"),
        ([f"{R.gauss(70, 10):.2f}".replace(".", ",") for _ in DAYS], "a decimal comma"),
        ([f"({R.random() * 100:.2f})" for _ in DAYS], "brackets"),
        ([f"{R.random() * 100:.2f} mg/dl" for _ in DAYS], "a unit"),
        ([f"1'{R.randint(100, 999)}'{R.randint(100, 999)}" for _ in DAYS], "between thousands"),
        ([day.strftime("%d %b %Y") for day in DAYS], "the month in letters"),
        ([f"remark {place} of somebody" for place in range(450)] * 2, "free text"),
    ],
)
def test_what_cannot_be_typed_is_left_out_by_name_and_reason(cells: Column, said: str) -> None:
    found = inferred(cells)
    assert found.schema.variables[0].kind is Kind.TEXT
    (note,) = found.notes
    assert (note.deed, note.cells) == (Deed.LEFT_OUT, ROWS)
    assert said in note.words
    assert note.remedy


@pytest.mark.parametrize("code", ["9999-12-31", "1900-01-01", "0001-01-01"])
def test_a_code_far_from_all_days_is_named(code: str) -> None:
    days = [dt.date(2020, 1, 1) + dt.timedelta(R.randint(0, 700)) for _ in range(ROWS)]
    found = inferred([*[day.isoformat() for day in days], code, code, code])
    assert any(note.deed is Deed.NAMED and note.cells == 3 and code in note.what for note in found.notes)
    typed = inferred(pa.array([*days, dt.date.fromisoformat(code)]))
    assert any(note.deed is Deed.NAMED and code in note.what for note in typed.notes)


@pytest.mark.parametrize("code", ["999", "-9", "-99", "9999"])
def test_a_code_far_from_all_numbers_is_named(code: str) -> None:
    found = inferred([*[str(R.randint(20, 90)) for _ in range(ROWS)], code, code])
    assert any(note.deed is Deed.NAMED and repr(code) in note.what for note in found.notes)


def test_a_column_without_a_value_is_named() -> None:
    assert infer(pa.table({"a": ["", None], "b": ["NA", "NULL"]})).schema.variables[1].missing == (
        "NA",
        "NULL",
    )
    assert [note.deed for note in infer(pa.table({"a": pa.array([None], pa.int64())})).notes] == [Deed.NAMED]


def test_names_of_columns_are_read_on_one_line() -> None:
    assert infer(pa.table({"Age\n(years)": [1], " b\u200b": [2]})).schema.names == ("Age (years)", "b")
    with pytest.raises(DataError, match="stands twice"):
        infer(pa.table([pa.array([1]), pa.array([2])], names=["a", "a\u200b"]))
