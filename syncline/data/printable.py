"""Text from others on a terminal, in a log or in JSON: what would be obeyed or hidden is written out.

A name, a reason or an error may hold characters that a terminal obeys (escape sequences, C0 and C1 controls),
that turn or hide the words beside them (bidirectional and zero-width characters) or that begin a new line.
Each of them is shown as its escape, so that a reader sees that it is there, and one line stays one line.
"""

from __future__ import annotations

import json
import re

_OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode categories Cc, Cf, Cs, Zl and Zp, and the plane of tags."""


def printable(text: str) -> str:
    """Return ``text`` on one line, with the escape of each character that a terminal would obey or hide."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def printable_lines(text: str) -> str:
    """Return a text of several lines as :func:`printable` returns each of them."""
    return "\n".join(map(printable, text.split("\n")))


def printable_json(text: str) -> str:
    """Return JSON, which stays the same JSON, with such characters escaped within its strings."""
    return "\n".join(_OBEYED.sub(lambda found: json.dumps(found[0])[1:-1], line) for line in text.split("\n"))
