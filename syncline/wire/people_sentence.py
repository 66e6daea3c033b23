"""A sentence for people as the wire takes it: on one line, without control characters, not too long."""

from __future__ import annotations

import unicodedata

from syncline.wire.strict import MAX_SENTENCE, UNSEEN

_CUT = " ..."


def people_sentence(text: str, most: int = MAX_SENTENCE) -> str:
    """Return ``text`` such that :func:`syncline.wire.strict.sentence` accepts it, cut after a word."""
    spaced = (" " if unicodedata.category(char) in UNSEEN else char for char in text)
    line = " ".join("".join(spaced).split())
    if len(line) <= most:
        return line
    fits = line[: most - len(_CUT) + 1]
    return (fits.rpartition(" ")[0] or fits[:-1]) + _CUT
