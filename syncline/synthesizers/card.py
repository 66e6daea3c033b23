"""What a technique is to everybody but itself: its name and settings, what it asks, and words for people.

A card is free of NumPy, for the daemons read it: a supplier approves a technique by its card, and a study's
specification takes its keys and bounds from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """A whole number that a study may set for one technique, ``least`` to ``most``.

    Attributes
    ----------
    meaning : what it is, in a sentence
    unit : of what it is a number, in words
    by_size : what 0 stands for, where that follows from the size of the table, in words; else empty
    """

    name: str
    least: int
    most: int
    default: int
    meaning: str
    unit: str = ""
    by_size: str = ""

    def in_words(self, value: int) -> str:
        """Return a value with its unit."""
        return self.by_size if self.by_size and not value else f"{value} {self.unit}".rstrip()


MIN_LEAF = Setting(
    "min_leaf",
    0,
    1_000_000,
    0,
    "The fewest rows of a tree's leaf; 0 or `auto` takes 20 to 150 by the size of the table, with"
    " persons twice as many.",
    unit="rows",
    by_size="20 to 150 rows, by the size of the table, with persons twice as many",
)
"""The setting of every technique that draws from the leaves of trees."""


@dataclass(frozen=True, slots=True)
class Card:
    """A technique as others see it.

    Attributes
    ----------
    name : the word of ``synthesizer.method``
    summary : what it learns, in half a sentence
    relates : whether it learns relations between columns; orders, formulas and dependencies are searched then
    order : how many columns it counts together at most, where the schema has no constraint
    questions : kinds of the questions that it asks once the codebook is agreed and relations are known
    asks : how many rounds that takes at most, for people
    settings : what a study may set
    learning : what it learns under these settings, for who approves; fields are the names of settings
    most_rows : rows of all suppliers beyond which it is not exact; None without such a limit
    most_columns : modelled columns that it learns at most; None without such a limit
    order_by : the setting that says how many columns it counts together at most; empty where it is ``order``
    """

    name: str
    summary: str
    relates: bool
    order: int
    questions: tuple[str, ...]
    asks: str
    settings: tuple[Setting, ...] = ()
    learning: str = ""
    most_rows: int | None = None
    most_columns: int | None = None
    order_by: str = ""

    def order_under(self, given: Mapping[str, int]) -> int:
        """Return how many columns it counts together at most, under the settings that are given."""
        return {**self.defaults, **given}[self.order_by] if self.order_by else self.order

    @property
    def defaults(self) -> dict[str, int]:
        """Return the value of each setting where a study leaves it out."""
        return {setting.name: setting.default for setting in self.settings}

    def refusal(self, columns: int) -> str | None:
        """Say why a table of so many modelled columns is not learnt; None where it is."""
        if self.most_columns is None or columns <= self.most_columns:
            return None
        return (
            f"{self.name} learns at most {self.most_columns} columns, and the schema has {columns}:"
            " take columns out, or choose another method"
        )

    def in_words(self, given: Mapping[str, int]) -> str:
        """Say what is learnt under the settings that are given, and the technique's own for others."""
        words = {one.name: one.in_words(given.get(one.name, one.default)) for one in self.settings}
        return f"{self.name}: {(self.learning or self.summary).format(**words)}"

    def rounds_in_words(self, given: Mapping[str, int]) -> str:
        """Say how many rounds its own questions take."""
        return self.asks.format(**{**self.defaults, **given})
