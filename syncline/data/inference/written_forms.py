"""Forms in which people write numbers and days, which only a preparation can read."""

from __future__ import annotations

import re
from collections.abc import Sequence
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
MOST_UNITS = 3
"""Letters behind a number are its unit where at most so many different ones occur."""


@dataclass(frozen=True, slots=True)
class WrittenForm:
    """A form: what its texts look like, and which step of a preparation reads them."""

    words: str
    step: str
    pattern: re.Pattern[str]


FORMS = (
    WrittenForm("days written DD.MM.YYYY", "dates", re.compile(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}")),
    WrittenForm(
        "days written DD/MM/YYYY or MM/DD/YYYY", "dates", re.compile(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}")
    ),
    WrittenForm(
        "days with a year of two digits", "dates", re.compile(r"[0-9]{1,2}([./-])[0-9]{1,2}\1[0-9]{2}")
    ),
    WrittenForm("days written DD-MM-YYYY", "dates", re.compile(r"[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}")),
    WrittenForm("quarters or months of a year", "", re.compile(r"[0-9]{4}[-: /]?[QqMm][0-9]{1,2}")),
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
        "times of day, in a form of their own",
        "dates",
        re.compile(r"[0-9]{1,2}[:.h][0-9]{2}(:[0-9]{2})? ?([AaPp]\.?[Mm]\.?|Uhr)?"),
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
        re.compile(
            rf"[-+]?(?:{_AMOUNT}) ?[A-Za-z\u00b5\u03bc\u00b0%]{{1,12}}"
            r"(?:[/^.][A-Za-z0-9\u00b2\u00b3]{1,8}){0,3}"
        ),
    ),
    WrittenForm(
        "numbers with a sign of comparison",
        "numbers",
        re.compile(rf"[<>\u2264\u2265~=]{{1,2}} ?(?:{_AMOUNT})|[-+]?(?:{_AMOUNT})"),
    ),
)
"""The forms that are known, the narrower first."""


def written_form(labels: Sequence[str]) -> WrittenForm | None:
    """Return the form that nearly all labels have, and at least two of them; None where there is none.

    Text that is a number as it stands has no form of its own.
    """
    for form in FORMS:
        fits = [label for label in labels if form.pattern.fullmatch(label)]
        if len(fits) < max(MOSTLY * len(labels), 2) or all(map(_is_plain, fits)):
            continue
        if form.step == "dates" or len({_LETTERS.sub("", label) for label in fits}) <= MOST_UNITS:
            return form
    return None


def _is_plain(label: str) -> bool:
    return re.fullmatch(r"[-+]?[0-9]+(\.[0-9]*)?", label) is not None
