"""Days and times of every format are read as they were written, and nothing else is read as one."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import DocumentError
from syncline.preparation.steps.date_format import DateFormat, Unwritten
from syncline.preparation.steps.month_names import MONTHS
from tests.unit.preparation.steps.stepping import AWKWARD, stepped, view_of

FORMATS = {
    "DD.MM.YYYY": "%d.%m.%Y",
    "DD/MM/YY": "%d/%m/%y",
    "MM-DD-YY": "%m-%d-%y",
    "DDMMMYYYY": "%d%b%Y",
    "MMM DD, YYYY": "%B %d, %Y",
    "YYYYMMDD": "%Y%m%d",
    "DD.MM.YYYY hh:mm": "%d.%m.%Y %H:%M",
    "MM/DD/YYYY hh:mm:ss AM": "%m/%d/%Y %I:%M:%S %p",
    "hh:mm": "%H:%M",
    "hh.mm 'Uhr'": "%H.%M Uhr",
    "hh:mmAM": "%I:%M%p",
}
PARTS = {"Y": "year", "M": "month", "D": "day", "h": "hour", "m": "minute", "s": "second"}

moments = st.datetimes(dt.datetime(1924, 1, 1), dt.datetime(2023, 12, 31, 23, 59, 59))


@given(moments, st.sampled_from(sorted(FORMATS)))
def test_what_is_written_is_read(moment: dt.datetime, text: str) -> None:
    kept = {part for letter, part in PARTS.items() if letter in text.replace("AM", "").replace("Uhr", "")}
    found = DateFormat(text).read(moment.strftime(FORMATS[text]), Unwritten(pivot=2023))
    assert found is not None
    read = dt.datetime.fromisoformat(found if "-" in found else f"2000-01-01T{found}")
    assert {part: getattr(read, part) for part in kept} == {part: getattr(moment, part) for part in kept}


@given(st.integers(1, 99), st.integers(100, 9999))
def test_two_digits_mean_the_latest_year_up_to_the_pivot(short: int, pivot: int) -> None:
    found = DateFormat("DD.MM.YY").read(f"01.02.{short:02}", Unwritten(pivot=pivot))
    expected = max((year for year in range(pivot - 99, pivot + 1) if year % 100 == short), default=None)
    assert found == (None if expected is None or expected < 1 else f"{expected:04}-02-01")


@pytest.mark.parametrize(
    ("text", "written", "day"),
    [
        ("D. MMM YYYY", "3. März 2020", "2020-03-03"),
        ("D MMM YYYY", "3 févr. 2020", "2020-02-03"),
        ("D MMM YYYY", "3 août 2020", "2020-08-03"),
        ("D MMM YYYY", "3 Dez 2020", "2020-12-03"),
        ("D MMM YYYY", "3 jui 2020", None),
        ("D MMM YYYY", "3 foo 2020", None),
        ("D MMM YYYY", "31 feb 2020", None),
        ("h:mm AM", "12:05 am", "00:05:00"),
        ("h:mm AM", "12:05 PM", "12:05:00"),
        ("h:mm AM", "13:05 PM", None),
        ("h:mm", "24:00", None),
        ("h:mm:ss", "9:05:07,25", "09:05:07.25"),
        ("DD.MM.YYYYThh:mm", "01.02.2020T03:04", None),
    ],
)
def test_months_in_letters_and_clocks(text: str, written: str, day: str | None) -> None:
    if "T" in text:
        with pytest.raises(ValueError, match="has a format"):
            DateFormat(text)
        text, day = text.replace("T", "'T'"), "2020-02-01T03:04:00"
    assert DateFormat(text).read(written, Unwritten()) == day


def test_a_name_of_two_months_is_none() -> None:
    assert "jui" not in MONTHS
    assert "ju" not in MONTHS
    assert MONTHS["mar"] == 3
    assert set(MONTHS.values()) == set(range(1, 13))


@given(
    st.sampled_from(sorted(FORMATS)), st.sampled_from(AWKWARD) | st.text(max_size=12) | st.just("1" * 10**6)
)
def test_anything_is_read_as_a_moment_or_not_at_all(text: str, cell: str) -> None:
    found = DateFormat(text).read(cell, Unwritten(pivot=2023))
    assert found is None or dt.datetime.fromisoformat(found if "-" in found else f"2000-01-01T{found}")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"formats": ["D/M/YY"]}, "needs pivot, the latest year"),
        ({"formats": ["D/M/YYYY"], "pivot": "2020"}, "beside a format with YY"),
        ({"formats": ["D/M/YY"], "pivot": "20"}, "beside a format with YY"),
        ({"formats": ["D/M/YY"], "pivot": "10000"}, "beside a format with YY"),
        ({"formats": ["YYYY-MM hh:mm"]}, "has a format"),
        ({"formats": ["hh AM mm AM"]}, "has a format"),
        ({"formats": ["mm:ss"]}, "has a format"),
        ({"formats": ["''"]}, "has a format"),
        ({"formats": ["DD.MM.YYYY Uhr"]}, "has a format"),
    ],
)
def test_a_format_that_says_too_little_is_refused(keys: dict[str, object], message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        view_of([{"step": "dates", "columns": ["a"], **keys}], [])


def test_formats_that_read_one_text_as_two_days_are_told() -> None:
    view = view_of(
        [{"step": "dates", "columns": ["a"], "formats": ["D/M/YYYY", "DD.MM.YYYY", "M/D/YYYY"]}], []
    )
    assert view.preparation.warnings == (
        "steps[0].dates: formats 'D/M/YYYY' and 'M/D/YYYY' read one text as two days, and the first that"
        " fits is taken",
    )


def test_two_digit_years_in_a_table() -> None:
    step: dict[str, object] = {"step": "dates", "columns": ["a"], "formats": ["D/M/YY"], "pivot": "2023"}
    table = [{"a": text, "b": None, "c": None} for text in ("31/12/99", "1/2/23", "1/2/24", "30/2/20")]
    assert [row["a"] for row in stepped([step], table)] == [
        "1999-12-31",
        "2023-02-01",
        "1924-02-01",
        "30/2/20",
    ]
