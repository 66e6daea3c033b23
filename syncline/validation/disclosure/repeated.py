"""Whether a synthetic table repeats a row that nothing else in it resembles: seen without any real row.

One person copied many times is one person in every comparison with real ones, so the series of the gate
cannot see it. Rows of common values stand in a table again and again too, but then there are others that
differ from them in a common value; a copied record has none. Where it is copied very often, its own values
become common, and so it is also looked for by a value that hardly any other row has, in tables whose rows
hardly ever repeat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.closeness import UNITS, Closeness
from syncline.validation.sampling import contents

LEAST_COPIES = 10
"""A row is looked at where it stands in the table so often."""

LEAST_GAP_BITS = 6
"""It is taken for a copied one where every other row is so much farther away."""

MOST_TWINS = 0.01
"""Share of the other rows that stand in the table more than once, up to which rows hardly ever repeat."""

MOST_OTHERS = 0.1
"""A value is a copied row's own where so few other rows have it, as a share of the copies."""

_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Repeated:
    """Rows that stand alone and often: how many different ones, and how often the most frequent one."""

    rows: int
    copies: int

    @property
    def words(self) -> str:
        """What is wrong, as a sentence."""
        which = "a row stands" if self.rows == 1 else f"{self.rows} different rows stand"
        return (
            f"repeated rows: {which} in the table {LEAST_COPIES} times or more (up to {self.copies}) while"
            f" nothing else in it is near; such a row may be one person's record"
        )


def repeated_rows(synthetic: CellTable) -> Repeated | None:
    """Return what is repeated without neighbours, None where nothing is."""
    content = list(contents(synthetic))
    often = {row: count for row, count in Counter(content).items() if count >= LEAST_COPIES}
    if not often:
        return None
    first = {row: place for place, row in reversed(list(enumerate(content))) if row in often}
    number = {row: n for n, row in enumerate(first)}
    which = np.fromiter((number.get(row, -1) for row in content), np.int64, len(content))
    places = np.array(list(first.values()))
    far = np.array(_gaps(synthetic, places, which)) >= LEAST_GAP_BITS * UNITS
    if _rarely_repeats(content, often):
        far |= _has_own_value(synthetic, places, np.array([often[row] for row in first]))
    copies = [often[row] for row, found in zip(first, far.tolist(), strict=True) if found]
    return Repeated(len(copies), max(copies)) if copies else None


def _rarely_repeats(content: Sequence[bytes], often: Mapping[bytes, int]) -> bool:
    """Tell whether hardly any row but those ``often`` found stands in the table more than once.

    Where most rows are among those, the table has few values, and nothing follows from its rows' repeating.
    """
    others = Counter(row for row in content if row not in often)
    if 2 * others.total() < len(content):
        return False
    twins = sum(count for count in others.values() if count > 1)
    return twins <= MOST_TWINS * max(others.total(), 1)


def _has_own_value(synthetic: CellTable, places: np.ndarray, copies: np.ndarray) -> np.ndarray:
    """Tell which rows (n,) have a value that hardly any row but their ``copies`` (n,) has."""
    found = np.zeros(len(places), np.bool_)
    for keys, status in zip(synthetic.keys, synthetic.status, strict=True):
        _, inverse, counts = np.unique(
            np.column_stack([keys, status]), axis=0, return_inverse=True, return_counts=True
        )
        others = counts[inverse.reshape(-1)[places]] - copies
        found |= others <= MOST_OTHERS * copies
    return found


def _gaps(synthetic: CellTable, rows: np.ndarray, which: np.ndarray) -> list[int]:
    """Return how many bits each row (n,) is closer to itself than to any row that is not equal."""
    closeness = Closeness(synthetic)
    places = closeness.places(synthetic.take(rows))
    own = closeness.own(places)
    gaps: list[int] = []
    for start in range(0, len(rows), _BLOCK):
        bits = closeness.bits(places[start : start + _BLOCK])
        for column in range(bits.shape[1]):
            others = np.where(which == start + column, 0, bits[:, column])
            gaps.append(int(own[start + column]) - int(others.max()))
    return gaps
