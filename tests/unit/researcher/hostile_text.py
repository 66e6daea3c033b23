"""Text that a terminal, a spreadsheet or a browser would act on."""

from __future__ import annotations

import unicodedata

OBEYED = "\x1b[31m\x1b]52;c;aGk=\x07\x9b2J\u202e\u2066\u200b\u2028\x85\r\nstate approved"
"""Escape sequences (colour, clipboard, C1), text turned around, unseen characters and new lines."""

_ACTS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def harmless(text: str) -> bool:
    """Tell whether a terminal obeys and hides nothing in a text of several lines."""
    return not any(unicodedata.category(char) in _ACTS for char in text.replace("\n", ""))
