"""Groups of rare categories that are siblings: by declared parents, or by how their codes begin.

A category that too few people have joins its siblings that are as rare. Where they hold enough people
together they are a group, of which a row shows any member; where not, they go up one level, to the siblings
of their parent. What is rare still at the top is in no group.

Of a column without declared parents those labels are codes that are short and hold a digit. Codes of one
pattern, as ``99-999`` is that of 62-010, are siblings where they begin alike; the longer the beginning, the
nearer they are. Nothing is looked up: which codes begin alike says the schema, and who is rare the merged
counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.kinds import Kind
from syncline.data.variable import Variable

Ints: TypeAlias = npt.NDArray[np.int64]
SiblingNode: TypeAlias = tuple[str, str]
"""A place in the hierarchy: a parent's name, or the beginning of codes, and the pattern of these."""
People: TypeAlias = Callable[[Sequence[int]], int]
"""How many people are in some categories together."""

LONGEST_CODE = 16
"""A longer label is text, and no code."""


def groups_of_siblings(variable: Variable, rare: Sequence[int], people: People, least: int) -> list[Ints]:
    """Return the members of each group among the places of ``rare`` categories, increasing.

    Groups hold at least ``least`` people each and are disjoint; they stand in the order of their first
    members. Siblings below one parent that are too few go up together.
    """
    levels: defaultdict[int, dict[SiblingNode, list[int]]] = defaultdict(dict)
    for place in rare:
        node = _nearest(variable, variable.categories[place])
        if node is not None:
            levels[_depth(variable, node)].setdefault(node, []).append(place)
    groups = []
    for depth in range(max(levels, default=0), 0, -1):
        for node, members in sorted(levels[depth].items()):
            above = _above(variable, node)
            if len(members) > 1 and people(members) >= least:
                groups.append(np.array(sorted(members), np.int64))
            elif above is not None:
                levels[depth - 1].setdefault(above, []).extend(members)
    return sorted(groups, key=lambda group: int(group[0]))


def _nearest(variable: Variable, label: str) -> SiblingNode | None:
    """Return the lowest place at which a category meets siblings: a parent stands among its children."""
    if variable.parents:
        if label in variable.parents.values():
            return label, ""
        return (variable.parents[label], "") if label in variable.parents else None
    if variable.kind is not Kind.CATEGORICAL or len(label) > LONGEST_CODE or not _has_digit(label):
        return None
    return _begun(label[:-1], _pattern(label))


def _above(variable: Variable, node: SiblingNode) -> SiblingNode | None:
    """Return the place one level up, None at the top."""
    name, pattern = node
    if variable.parents:
        return (variable.parents[name], "") if name in variable.parents else None
    return _begun(name[:-1], pattern)


def _begun(beginning: str, pattern: str) -> SiblingNode | None:
    """Return the place of codes that begin so; punctuation alone is no beginning."""
    return (beginning, pattern) if any(map(str.isalnum, beginning)) else None


def _depth(variable: Variable, node: SiblingNode) -> int:
    depth, above = 1, _above(variable, node)
    while above is not None:
        depth, above = depth + 1, _above(variable, above)
    return depth


def _has_digit(label: str) -> bool:
    return any(map(str.isdecimal, label))


def _pattern(label: str) -> str:
    """Return a code with its digits and letters made equal, so that it says how codes are written."""
    return "".join("9" if char.isdecimal() else "a" if char.isalpha() else char for char in label)
