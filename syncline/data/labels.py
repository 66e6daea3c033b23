"""Labels as they are compared: categories, missing codes, names of columns and cells of text alike.

A label is in NFC, on one line, without white space around it and without characters that nobody sees. Text
copied from a form, a web page or a word processor carries soft hyphens, zero-width spaces, tabs, line breaks,
and marks that turn the words beside them around: two cells that look alike are one label. The joiners U+200C
and U+200D are spelling in several scripts and hold emoji together, so they stay where they join.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_UNSEEN = frozenset({"Cc", "Cf"})
_NO_LINE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_JOINED = re.compile(f"[{_JOINERS}]+")
_BREAKS = re.compile(r"(?: *[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029])+ *")


def normal_label(text: str) -> str:
    """Return ``text`` as categories and cells are compared; a second call changes nothing."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return unicodedata.normalize("NFC", _visible(text).strip()).strip()


def is_printable_line(text: str) -> bool:
    """Tell whether ``text`` has no control or format character, line break or broken surrogate in it.

    Format characters (category Cf) are not seen and may turn the words beside them around; a joiner between
    two letters or signs beyond ASCII is none of these.
    """
    if text.isascii() and text.isprintable():
        return True
    plain = _JOINED.sub(_kept_joiner_as_letter, text)
    return not any(unicodedata.category(char) in _NO_LINE for char in plain)


def invisible_twins(texts: Iterable[str]) -> dict[str, list[str]]:
    """Return the labels that several of the raw ``texts`` become, each with the texts that become it.

    White space around a text makes no twin of it: that is trimmed everywhere.
    """
    forms: dict[str, list[str]] = {}
    for text in dict.fromkeys(text.strip() for text in texts):
        forms.setdefault(normal_label(text), []).append(text)
    return {label: raw for label, raw in forms.items() if len(raw) > 1}


def _visible(text: str) -> str:
    line = _BREAKS.sub(" ", text)
    seen = "".join(
        char for char in line if char in _JOINERS or unicodedata.category(char) not in _UNSEEN
    ).strip()
    return _JOINED.sub(lambda run: run[0] if _joins(run) else "", seen)


def _joins(run: re.Match[str]) -> bool:
    """Tell whether a run of joiners stands between two signs beyond ASCII."""
    before, after = run.string[: run.start()][-1:], run.string[run.end() :][:1]
    return all(char and not char.isascii() and not char.isspace() for char in (before, after))


def _kept_joiner_as_letter(run: re.Match[str]) -> str:
    return "x" if _joins(run) else run[0]


OTHER = "(other)"
"""What a release writes for categories that too few people share."""


def other_label(categories: Iterable[str]) -> str:
    """Return the label for merged categories, kept apart from the schema's own."""
    known, label = set(categories), OTHER
    while label in known:
        label += "*"
    return label


def is_other(label: str) -> bool:
    """Tell whether a label may be that of merged categories."""
    return label.rstrip("*") == OTHER
