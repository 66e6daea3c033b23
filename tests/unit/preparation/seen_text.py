"""What of a text is seen, one character after the other: the oracle of labels."""

from __future__ import annotations

import re
import unicodedata

JOINERS = "\u200c\u200d"


def seen_text(text: str) -> str:
    """Return ``text`` on one line, trimmed, in NFC, without what nobody sees."""
    parts = [part.strip(" ") for part in re.split("[\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029]", text)]
    line = " ".join(filter(None, parts))
    kept = [c for c in line if c in JOINERS or unicodedata.category(c) not in ("Cc", "Cf")]
    line = "".join(kept).strip()
    shown = ""
    for place, char in enumerate(line):
        if char in JOINERS:
            before = line[:place].rstrip(JOINERS)[-1:]
            after = line[place:].lstrip(JOINERS)[:1]
            if not all(c and ord(c) > 127 and not c.isspace() for c in (before, after)):
                continue
        shown += char
    return unicodedata.normalize("NFC", shown).strip()
