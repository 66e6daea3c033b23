"""Locators as text: the path of a file, the sheet of a workbook, or the URL of a database.

Nothing here opens anything, so that commands may store and show locators without the readers.
"""

from __future__ import annotations

import re
from pathlib import Path

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
_PASSWORD = re.compile(r"^([^:/?#]+://[^:/?#]*):.*@", re.DOTALL)
_SECRET_PARAMETER = re.compile(r"(?i)([?&](?:[a-z_]*passw[a-z]*|pwd|odbc_connect)=)[^&]*")
_ASKED = re.compile(r"[?&](table|query)=")
_SQLITE = re.compile(r"(sqlite(?:\+[a-z]+)?:///)([^?]+)(.*)", re.DOTALL)
_WORKBOOK = ".xlsx"


def is_url(locator: str) -> bool:
    """Return whether a locator is a URL rather than the path of a file."""
    return "://" in locator


def absolute_locator(locator: str) -> str:
    """Make the path of a file absolute, so that it means the same wherever it is opened.

    The file of ``sqlite:///FILE?...`` is one; other URLs are left alone.
    """
    if sqlite := _SQLITE.fullmatch(locator):
        return f"{sqlite[1]}{_absolute(sqlite[2])}{sqlite[3]}"
    return locator if is_url(locator) else _absolute(locator)


def shown_locator(locator: str) -> str:
    """Return a locator fit for a terminal or a message: secrets and their places are ``***``."""
    if not is_url(locator):
        return locator
    address, asked = split_request(locator)
    hidden = _PASSWORD.sub(r"\1:***@", _PLACEHOLDER.sub("***", address))
    return _SECRET_PARAMETER.sub(r"\1***", hidden) + asked


def split_request(url: str) -> tuple[str, str]:
    """Split a URL before the parameter ``table`` or ``query`` that says what is read."""
    asked = _ASKED.search(url)
    return (url[: asked.start()], url[asked.start() :]) if asked else (url, "")


def split_sheet(locator: str) -> tuple[str, str | None]:
    """Split ``FILE.xlsx#SHEET``; a path without a sheet, or to an existing file, has None."""
    path, mark, sheet = locator.rpartition("#")
    if mark and path.lower().endswith(_WORKBOOK) and not Path(locator).exists():
        return path, sheet
    return locator, None


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())
