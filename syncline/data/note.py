"""A note: what was guessed, left out or changed in a column, how many cells it concerns, why, and the remedy.

Whoever decides something about a table says so by notes: the inference of a schema, and what merges, clips or
moves values later on. A note is about single cells and may name a value, so it is for the owner of the table;
none is sent anywhere. That there is one says already that some value is rare, so nobody else hears of that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from syncline.compute.frames import Json
from syncline.data.section import shown


class Deed(StrEnum):
    """Say what was done to a column or to some of its cells."""

    GUESSED = "guessed"
    LEFT_OUT = "left out"
    MERGED = "merged"
    CLIPPED = "clipped"
    MOVED = "moved"
    NAMED = "named"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Note:
    """Say what happened to a column.

    Attributes
    ----------
    column : the column, as its table names it; empty where it is about the table as a whole
    deed : what was done
    what : what it was done to, as in ``3 cells hold 'abc'``
    why : the reason
    remedy : what to do where it is wrong
    cells : how many cells it concerns, None where that is not counted
    """

    column: str
    deed: Deed
    what: str
    why: str
    remedy: str
    cells: int | None = None

    @property
    def words(self) -> str:
        """The note without its column, as one line."""
        return f"{self.deed}: {self.what}: {self.why}; {self.remedy}"

    def __str__(self) -> str:
        where = f"column {shown(self.column)!r}" if self.column else "the table"
        return f"{where}: {self.words}"

    def at(self, place: str) -> Note:
        """Return the note as one about the rows of ``place``, where there are others."""
        return replace(self, what=f"at {place}, {self.what}")

    def to_json(self) -> dict[str, Json]:
        """Return the note as a mapping that fits into JSON."""
        return {
            "column": self.column,
            "deed": str(self.deed),
            "cells": self.cells,
            "what": self.what,
            "why": self.why,
            "remedy": self.remedy,
        }


def counted(cells: int) -> str:
    """Return a number of cells in words."""
    return "1 cell" if cells == 1 else f"{cells:,} cells"


class TableWarning(UserWarning):
    """What a table's owner should know of what was made of it: the notes, in words."""
