"""Which column of a table is meant by a name of the schema, judged by the names alone.

A name that is equal but for letter case, accents, marks and a unit in brackets is the same name. One letter
more or less, a letter twice or two letters exchanged make a likely slip; another letter makes another word:
weight is no height, and sbp no dbp.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from syncline.preparation.steps.text_forms import without_accents

_BRACKETS = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*$")
_SHORTEST = 5
"""Letters and digits that a name needs for a slip to be told from another word."""

_NEAR = 0.75


class Likeness(Enum):
    """How a column's name agrees with a wanted one."""

    EQUAL = auto()
    ALIKE = auto()
    SLIP = auto()


@dataclass(frozen=True, slots=True)
class Match:
    """The column that a wanted name means, and how like the names are."""

    column: str
    likeness: Likeness


def match_names(columns: Sequence[str], wanted: Sequence[str]) -> dict[str, Match]:
    """Return the column for each wanted name for which there is exactly one, the likest names first."""
    found: dict[str, Match] = {}
    for likeness, test in _TESTS.items():
        free = [column for column in columns if column not in {match.column for match in found.values()}]
        left = [name for name in wanted if name not in found]
        pairs = [(name, column) for name in left for column in free if test(name, column)]
        for name, column in pairs:
            if sum(other == name or taken == column for other, taken in pairs) == 1:
                found[name] = Match(column, likeness)
    return {name: found[name] for name in wanted if name in found}


def rivals(columns: Sequence[str], name: str) -> list[str]:
    """Return the columns whose names are like ``name`` in the same measure, where that decides nothing."""
    for test in _TESTS.values():
        alike = [column for column in columns if test(name, column)]
        if alike:
            return alike
    return []


def nearest_name(columns: Sequence[str], name: str) -> str | None:
    """Return the column whose name resembles ``name`` most, None where none does."""
    bare = {bare_name(column): column for column in columns}
    close = difflib.get_close_matches(bare_name(name), bare, n=1, cutoff=_NEAR)
    return bare[close[0]] if close else None


def bare_name(name: str) -> str:
    """Return a name in small letters and digits alone, without accents and a unit in brackets behind it."""
    text = _BRACKETS.sub("", name) or name
    return "".join(char for char in without_accents(text).casefold() if char.isalnum())


def _is_slip(name: str, column: str) -> bool:
    one, other = sorted((bare_name(name), bare_name(column)), key=len)
    if len(one) < _SHORTEST or _digits(one) != _digits(other):
        return False
    if len(other) == len(one) + 1:
        return any(other[:place] + other[place + 1 :] == one for place in range(1, len(other)))
    unlike = (
        [place for place in range(len(one)) if one[place] != other[place]] if len(one) == len(other) else []
    )
    return (
        len(unlike) == 2
        and unlike[1] == unlike[0] + 1
        and (one[unlike[0]], one[unlike[1]]) == (other[unlike[1]], other[unlike[0]])
    )


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


_TESTS = {
    Likeness.EQUAL: lambda name, column: name == column,
    Likeness.ALIKE: lambda name, column: bare_name(name) == bare_name(column) != "",
    Likeness.SLIP: _is_slip,
}
