"""Forms in which people write numbers and days, which only a preparation can read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

MOSTLY = 0.95
"""The share of a column's texts from which on a form is its form."""

_AMOUNT = r"[0-9]{1,3}(?:[.,' \u00a0\u202f\u2009\u2019][0-9]{3})+(?:[.,][0-9]+)?|[0-9]+(?:[.,][0-9]+)?"
_CURRENCY = (
    r"(?:[$\u20ac\u00a3\u00a5\u20b9\u20a9\u20bd]|EUR|USD|GBP|CHF|JPY|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|INR"
    r"|CNY|BRL|MXN|ZAR|Fr\.?|kr\.?|R\$|z\u0142)"
)

_MONTH = (
    "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|m\u00e4r|mai|okt|dez|janv|f\u00e9v|avr|juin|juil|ao\u00fb|"
    "d\u00e9c|ene|abr|ago|dic)[a-z\u00e9]{0,6}"
)
_LETTERS = re.compile(r"[^A-Za-z\u00b5\u03bc]")
HALF = 0.5
"""The share from which on most texts of a column have a form that the others spoil."""

MOST_UNITS = 3
"""Letters behind a number are its unit where at most so many different ones occur."""


@dataclass(frozen=True, slots=True)
class WrittenForm:
    """A form: what its texts look like, and the step of a preparation that reads them or another remedy."""

    words: str
    step: str
    pattern: re.Pattern[str]
    remedy: str = ""

    @property
    def reading(self) -> str:
        """How texts of this form become values."""
        if self.step and not self.remedy:
            return f"a preparation reads them by a step {self.step!r} (supplier-agent suggest drafts it)"
        return self.remedy or "write them as days or as plain numbers in the table"


_UNIT = (
    r"[A-Za-z\u00b5\u03bc\u00b0%\u2030\u03a9\u2032\u2033][A-Za-z\u00b5\u03bc\u00b2\u00b3\u2070-\u207f]{0,11}"
)
_UNIT_TAIL = (
    r"(?:[/^.*\u00b7\u22c5 ][A-Za-z0-9\u00b5\u03bc\u00b2\u00b3\u2070-\u207f-]{1,8}|\[[A-Za-z]{1,8}\]){0,3}"
)
_PARTS = r"(?:-(?:[0-9]{2}|UN|UNK|NK|XX|xx|--)){0,2}"

FORMS = (
    WrittenForm("days of which some lack the day or the month", "dates", re.compile(rf"[0-9]{{4}}{_PARTS}")),
    WrittenForm("days written DD.MM.YYYY", "dates", re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}")),
    WrittenForm(
        "days written DD/MM/YYYY or MM/DD/YYYY", "dates", re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}")
    ),
    WrittenForm(
        "days with a year of two digits", "dates", re.compile(r"[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{2}")
    ),
    WrittenForm("days written DD-MM-YYYY", "dates", re.compile(r"[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}")),
    WrittenForm(
        "quarters, weeks or months of a year",
        "",
        re.compile(
            r"[0-9]{4}[-: /]?[QqMmWwTtKk]{1,2}[0-9]{1,2}|[QqMmWwTtKk]{1,2} ?[0-9]{1,2}[-: /]?[0-9]{4}"
        ),
    ),
    WrittenForm("days of numbered weeks", "", re.compile(r"[0-9]{4}-?[Ww][0-9]{2}-?[1-7]")),
    WrittenForm(
        "months of a year",
        "dates",
        re.compile(
            rf"(?:{_MONTH}\.?[ .,/-]{{0,2}}(?:[0-9]{{4}}|'?[0-9]{{2}})|[0-9]{{4}}[ ./-]{{0,2}}{_MONTH}\.?"
            r"|(?:0?[1-9]|1[0-2])[./-](?:1[89]|20)[0-9]{2}|(?:1[89]|20)[0-9]{2}[./](?:0[1-9]|1[0-2]))",
            re.IGNORECASE,
        ),
    ),
    WrittenForm("days written YYYY/MM/DD", "dates", re.compile(r"[0-9]{4}([./])[0-9]{1,2}\1[0-9]{1,2}")),
    WrittenForm(
        "days with the month in letters",
        "dates",
        re.compile(
            rf"[0-9]{{1,2}}[ .-]{{0,2}}{_MONTH}\.?[ .,-]{{0,2}}[0-9]{{2,4}}"
            rf"|{_MONTH}\.? [0-9]{{1,2}},? [0-9]{{4}}",
            re.IGNORECASE,
        ),
    ),
    WrittenForm(
        "days with a time, in a form of their own",
        "dates",
        re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}[ T,]+[0-9]{1,2}:[0-9]{2}.*"),
    ),
    WrittenForm(
        "times of day, or spans of time, with hours of one digit",
        "",
        re.compile(r"[0-9]{1,3}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"),
        "declare kind: duration where they are spans; a step 'dates' reads times of day",
    ),
    WrittenForm(
        "times of day in a form of their own, or spans of time without seconds",
        "dates",
        re.compile(r"-?[0-9]{1,6}:[0-9]{2}|[0-9]{1,3}[:.h][0-9]{2}(:[0-9]{2})? ?([AaPp]\.?[Mm]\.?|Uhr)?"),
        "write spans with hours, minutes and seconds (37:21:00 or 0:37:21); a preparation reads times of day"
        " by a step 'dates' and spans by a step 'spans' (supplier-agent suggest drafts it)",
    ),
    WrittenForm("numbers with a decimal comma", "numbers", re.compile(r"[-+]?[0-9]+,[0-9]+|[-+]?[0-9]+")),
    WrittenForm("percentages", "numbers", re.compile(rf"[-+]?(?:{_AMOUNT}) ?%")),
    WrittenForm(
        "amounts of money",
        "numbers",
        re.compile(rf"\(?[-+]?{_CURRENCY} ?[-+]?(?:{_AMOUNT})\)?|\(?[-+]?(?:{_AMOUNT}) ?{_CURRENCY}\)?"),
    ),
    WrittenForm("numbers with marks between thousands", "numbers", re.compile(rf"[-+]?(?:{_AMOUNT})")),
    WrittenForm("numbers in brackets", "numbers", re.compile(rf"\((?:{_AMOUNT})\)|[-+]?(?:{_AMOUNT})")),
    WrittenForm(
        "numbers with a unit",
        "numbers",
        re.compile(rf"[-+]?(?:{_AMOUNT}) ?{_UNIT}{_UNIT_TAIL}"),
    ),
    WrittenForm(
        "feet and inches",
        "",
        re.compile(r"[0-9]' ?[0-9]{1,2}(?:\.[0-9]+)?(?:\"|'')?|[0-9] ?ft\.? ?[0-9]{1,2}(?:\.[0-9]+)? ?in\.?"),
        "write them as one number in the table",
    ),
    WrittenForm(
        "pairs of numbers with a slash between",
        "",
        re.compile(r"[0-9]{2,4}(?:\.[0-9]+)? ?/ ?[0-9]{2,4}(?:\.[0-9]+)?"),
        "a preparation makes two columns of them by a step 'split'",
    ),
    WrittenForm(
        "numbers with a sign of comparison",
        "numbers",
        re.compile(rf"[<>\u2264\u2265~=]{{1,2}} ?(?:{_AMOUNT})|[-+]?(?:{_AMOUNT})"),
    ),
)
"""The forms that are known, the narrower first."""


_PLAIN = (re.compile(r"[-+]?[0-9]+(\.[0-9]*)?"), re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"))


def written_form(labels: Sequence[str], share: float = MOSTLY) -> WrittenForm | None:
    """Return the form that a ``share`` of the labels has, and at least two of them; None where there is none.

    Text that is a number or a whole day as it stands has no form of its own.
    """
    for form in FORMS:
        fits = [label for label in labels if form.pattern.fullmatch(label)]
        if len(fits) < max(share * len(labels), 2) or any(
            all(map(plain.fullmatch, fits)) for plain in _PLAIN
        ):
            continue
        if form.step == "dates" or len({_LETTERS.sub("", label) for label in fits}) <= MOST_UNITS:
            return form
    return None


@dataclass(frozen=True, slots=True)
class DigitForm:
    """A form of whole numbers that are no quantities, and how many different ones are no chance.

    ``width`` is the number of digits, with the zeros in front that a number has lost.
    """

    form: WrittenForm
    width: int
    distinct: int
    fits: Callable[[str], bool]


_YEARS = range(1800, 2101)
_UNKNOWN = {"00", "88", "99"}
_MONTHS = {f"{month:02}" for month in range(1, 13)} | _UNKNOWN
_DAYS = {f"{day:02}" for day in range(1, 32)} | _UNKNOWN


def _is_day(year: str, month: str, day: str, century: str = "") -> bool:
    try:
        dt.date(int(century + year), int(month), int(day))
    except ValueError:
        return False
    return bool(century) or int(year) in _YEARS


def _is_partial_day(text: str) -> bool:
    """Tell whether digits are a day YYYYMMDD, or stand for one of which a part, or all, is unknown."""
    if len({*text}) == 1:
        return True
    known = int(text[:4]) in _YEARS or len({*text[:4]}) == 1
    return known and text[4:6] in _MONTHS and text[6:] in _DAYS


def _digit_form(words: str, step: str, width: int, distinct: int, fits: Callable[[str], bool]) -> DigitForm:
    return DigitForm(
        WrittenForm(words, step, re.compile(rf"[0-9]{{{width - 3},{width}}}")), width, distinct, fits
    )


_DOTTED_MONTHS = WrittenForm(
    "months written with a point",
    "dates",
    re.compile(r"(0?[1-9]|1[0-2])\.(1[89]|20)[0-9]{2}|(1[89]|20)[0-9]{2}\.(0[1-9]|1[0-2])"),
)
_DISTINCT_MONTHS = 6


DIGIT_FORMS = (
    DigitForm(
        WrittenForm(
            "days written YYYYMMDD, some with digits for an unknown day or month",
            "",
            re.compile(r"[0-9]{8}"),
            "complete them in the table, or take them for missing in a preparation",
        ),
        8,
        20,
        _is_partial_day,
    ),
    _digit_form("days written DDMMYYYY", "dates", 8, 4, lambda t: _is_day(t[4:], t[2:4], t[:2])),
    _digit_form("days written MMDDYYYY", "dates", 8, 4, lambda t: _is_day(t[4:], t[:2], t[2:4])),
    _digit_form("months written MMYYYY", "dates", 6, 10, lambda t: _is_day(t[2:], t[:2], "1")),
    _digit_form("days written YYMMDD", "dates", 6, 10, lambda t: _is_day(t[:2], t[2:4], t[4:], "20")),
    _digit_form("days written DDMMYY", "dates", 6, 10, lambda t: _is_day(t[4:], t[2:4], t[:2], "20")),
    _digit_form("days written MMDDYY", "dates", 6, 10, lambda t: _is_day(t[4:], t[:2], t[2:4], "20")),
    _digit_form(
        "days written CYYMMDD", "", 7, 10, lambda t: t[0] in "01" and _is_day(t[1:3], t[3:5], t[5:], "20")
    ),
    _digit_form(
        "years and days of the year", "", 7, 20, lambda t: int(t[:4]) in _YEARS and 1 <= int(t[4:]) <= 366
    ),
    _digit_form("years and weeks", "", 6, 20, lambda t: int(t[:4]) in _YEARS and 1 <= int(t[4:]) <= 53),
    _digit_form("years and quarters", "", 5, 20, lambda t: int(t[:4]) in _YEARS and t[4] in "1234"),
)
"""Forms of days, weeks and quarters in digits that a schema does not read."""

FULL_WIDTH = 0.15
"""The share of texts that have all digits of a form: a small number is no day that lost its zeros."""


def digit_form(labels: Sequence[str]) -> WrittenForm | None:
    """Return the form in digits that all labels have, and enough different ones; None where there is none."""
    if len(labels) >= _DISTINCT_MONTHS and all(map(_DOTTED_MONTHS.pattern.fullmatch, labels)):
        return _DOTTED_MONTHS
    texts = [label.removesuffix(".0") for label in labels]
    if not all(text.isascii() and text.isdigit() for text in texts):
        return None
    for known in DIGIT_FORMS:
        full = sum(len(text) == known.width for text in texts)
        if len(texts) < known.distinct or full < FULL_WIDTH * len(texts):
            continue
        widened = [text.zfill(known.width) for text in texts]
        if all(len(text) == known.width and known.fits(text) for text in widened):
            return known.form
    return None
