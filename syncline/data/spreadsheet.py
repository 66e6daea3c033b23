"""Text in a CSV file that people open in a spreadsheet: what it would run has an apostrophe before it.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@``, also after spaces, quotes, a tab or a
line break, and also where the sign is full-width. Who opens the file where another separator is usual gets
cells that begin behind each ``;``, tab, ``|`` or line break. At each of these places where such a text, or an
apostrophe, begins, one apostrophe is put; taking one apostrophe away at each of them gives the text back,
exactly. A text that is a number as a whole, such as -5, stays as it is, for a number is all that it can be.

A file written so has a side file that says so (:func:`side_file`), by which our reader knows it.
"""

from __future__ import annotations

import re
from pathlib import Path

UNESCAPE_PATTERN = r"(^|[;|\t\r\n])'"
"""A place where an apostrophe was put: for the ``re`` module and for RE2 alike; group 1 stays."""

SAYS_ESCAPED = (
    "A text that a spreadsheet could run, or that begins with an apostrophe, has one apostrophe before it,"
    " at its beginning and after each ; | tab and line break in it: take one apostrophe away at each of these"
    " places to have the text as it is. 'syncline validate' and every reader of Syncline do so."
)
"""The sentence of the side file by which a reader knows that a CSV file is written so."""

_MOST_BYTES = 4096
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_PASSED_OVER = (
    r"[\s\"'`\u00b4\u00ab\u00bb\u2018-\u201f\u2039\u203a\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*"
)
_SIGNS = r"[=+\-@\u207a-\u207c\u208a-\u208c\u2212\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]"
"""The four signs, in each form that NFKC makes one of them, and the minus sign."""

_RUNS = re.compile(rf"(^|[;|\t\r\n])(?=['\t\r\n]|{_PASSED_OVER}{_SIGNS})")
_PUT = re.compile(UNESCAPE_PATTERN)


def escape_cell(text: str) -> str:
    """Return a cell's text such that no spreadsheet runs it; :func:`unescape_cell` gives ``text`` back."""
    return text if _NUMBER.fullmatch(text) else _RUNS.sub(r"\1'", text)


def unescape_cell(text: str) -> str:
    """Return the text of which :func:`escape_cell` made ``text``."""
    return _PUT.sub(r"\1", text)


def side_file(table: Path) -> Path:
    """Return the file beside a CSV file that says what it holds and how it is written."""
    return table.with_name(f"{table.name}.README.txt")


def is_escaped(table: Path) -> bool:
    """Tell whether the side file of a CSV file says that its texts are escaped."""
    try:
        with side_file(table).open("rb") as file:
            return SAYS_ESCAPED.encode() in file.read(_MOST_BYTES)
    except OSError:
        return False
