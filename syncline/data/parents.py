"""Parents of categories: the hierarchy by which a schema says which of them are siblings.

An entry names a category, or a parent that other entries name, and what stands above it. So ``{"2211": "22",
"22": C}`` says that code 2211 is one of group 22, and that group one of section C. A name that is no category
is a name of the hierarchy alone, and no row ever shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator

from syncline.data.labels import is_printable_line, normal_label
from syncline.data.section import shown

MOST_PARENTS = 65_000
"""The most entries of a column."""

MOST_LEVELS = 16
"""The most parents that stand above a category, one above the other."""

_MAX_LABEL = 1000


def _normal_parents(parents: Mapping[str, str]) -> Mapping[str, str]:
    if len(parents) > MOST_PARENTS:
        raise ValueError(f"must have at most {MOST_PARENTS} entries")
    normal: dict[str, str] = {}
    for text, above in parents.items():
        label, parent = normal_label(text), normal_label(above)
        for given, name in ((text, label), (above, parent)):
            if not 0 < len(name) <= _MAX_LABEL or not is_printable_line(given.strip()):
                raise ValueError(
                    f"must hold names of 1 to {_MAX_LABEL} characters without control or format characters"
                )
        if normal.setdefault(label, parent) != parent:
            raise ValueError(f"names two parents of {shown(label)!r}; keep one")
    return dict(sorted(normal.items()))


Parents = Annotated[Mapping[str, str], AfterValidator(_normal_parents)]
"""The parent of each category, and of each parent that has one itself, in the order of their names."""


def fault_of_parents(parents: Mapping[str, str], categories: Sequence[str]) -> str:
    """Return what is wrong with the parents of ``categories``, or nothing."""
    known = {*categories, *parents.values()}
    for name in parents:
        if name not in known:
            return f"parents: {shown(name)!r} is neither a category nor a parent of one; correct or remove it"
    for name in parents:
        above, levels = name, 0
        while above in parents and levels <= MOST_LEVELS:
            above, levels = parents[above], levels + 1
        if levels > MOST_LEVELS:
            return f"parents: {shown(name)!r} has more than {MOST_LEVELS} parents above it, or is its own"
    return ""
