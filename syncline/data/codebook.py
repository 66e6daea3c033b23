"""The codebook: how each variable's keys become a small integer code, the same at every supplier.

A numeric variable's line of keys is cut into *segments*; each belongs to a code. A value that many rows
share has a code of its own, the values between are binned. A categorical variable's codes are its kept
categories and, where rare ones were merged, "(other)". Missing is a code of its own, the last, where it is
kept.

Three coarser codings are read off the codes by lookup: ``bins`` (a column as predictor), ``classes`` (a
column as target of a split) and ``cells`` (for comparing tables).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Batch
from syncline.data.buckets import Buckets, Owners, Scope, buckets_of
from syncline.data.equality import equal_fields
from syncline.data.gap import Gap

Codes: TypeAlias = npt.NDArray[np.uint16]
Lookup: TypeAlias = npt.NDArray[np.uint16]
Ints: TypeAlias = npt.NDArray[np.int64]


class Coding(StrEnum):
    """The granularity at which a column is counted."""

    FINE = "fine"
    BINS = "bins"
    CLASSES = "classes"
    CELLS = "cells"


@dataclass(frozen=True, slots=True, eq=False)
class ColumnCodes:
    """The codes of one variable.

    Attributes
    ----------
    name : the variable
    numeric : whether keys are cut into segments; else ``segment_code`` maps category index to code
    segment_low : lowest key of each segment (s,), increasing; the first segment also takes all lower keys
    segment_code : code of each segment, or of each category (s,)
    n_codes : number of codes, the one for missing included
    missing : the code of missing values (where they are not kept: the code that they are counted as)
    keeps_missing : whether the last code means missing
    bins, classes, cells : coarser codings, each a lookup (n_codes,)
    gap : where the codes are not those of a variable but of the gap between two
    """

    name: str
    numeric: bool
    segment_low: Ints
    segment_code: Lookup
    n_codes: int
    missing: int
    keeps_missing: bool
    bins: Lookup
    classes: Lookup
    cells: Lookup
    gap: Gap | None = None
    _levels: dict[Coding, int] = field(default_factory=dict, init=False, repr=False, compare=False)
    """How many values each coding has, once it was asked for: tables of pairs ask a thousand times."""

    def __eq__(self, other: object) -> bool:
        return equal_fields(self, other)

    def __post_init__(self) -> None:
        where = f"codebook, column {self.name!r}"
        if not 1 <= self.n_codes <= 65_535 or not 0 <= self.missing < self.n_codes:
            raise ValueError(f"{where}: the number of codes is out of bounds")
        if self.keeps_missing and self.missing != self.n_codes - 1:
            raise ValueError(f"{where}: missing must be the last code")
        if self.numeric and len(self.segment_low) != len(self.segment_code):
            raise ValueError(f"{where}: every segment needs one code")
        if len(self.segment_code) and int(self.segment_code.max()) >= self.n_codes:
            raise ValueError(f"{where}: a segment names an unknown code")
        if self.numeric and (self.segment_low[1:] <= self.segment_low[:-1]).any():
            raise ValueError(f"{where}: segments must increase")
        for lookup in (self.bins, self.classes, self.cells):
            if len(lookup) != self.n_codes:
                raise ValueError(f"{where}: a coarser coding has the wrong length")

    def encode(self, keys: Ints, valid: npt.NDArray[np.bool_]) -> Codes:
        """Return the codes (n,) of keys (n,); cells that are not valid get the code for missing."""
        if len(self.segment_code) == 0:
            return np.full(len(keys), self.missing, np.uint16)
        if self.numeric:
            place = np.searchsorted(self.segment_low, keys, side="right") - 1
            codes = self.segment_code[np.maximum(place, 0)]
        else:
            codes = self.segment_code[np.where(valid, keys, 0)]
        return np.where(valid, codes, np.uint16(self.missing)).astype(np.uint16)

    def lookup(self, coding: Coding) -> Lookup:
        """Return the lookup (n_codes,) from codes to the given coding."""
        if coding is Coding.FINE:
            return np.arange(self.n_codes, dtype=np.uint16)
        return {Coding.BINS: self.bins, Coding.CLASSES: self.classes, Coding.CELLS: self.cells}[coding]

    def levels(self, coding: Coding) -> int:
        """Return the number of values of the given coding."""
        if coding not in self._levels:
            self._levels[coding] = int(self.lookup(coding).max()) + 1
        return self._levels[coding]


@dataclass(frozen=True, slots=True)
class CodedBatch:
    """A prepared batch as codes (n_rows, n_columns), with fold and, where declared, each row's person."""

    codes: Codes
    holdout: npt.NDArray[np.bool_]
    owner: Owners | None

    def buckets(self, scope: Scope) -> Buckets | None:
        """Return the bucket (n_rows,) of each row's person in a scope; None without a person column."""
        return None if self.owner is None else buckets_of(self.owner, scope)


@dataclass(frozen=True, slots=True)
class Codebook:
    """The codes of every modelled variable, in schema order, and behind them those of gaps."""

    columns: tuple[ColumnCodes, ...]
    _places: dict[str, int] = field(init=False, repr=False, compare=False)
    _gaps: tuple[Gap, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {column.name: i for i, column in enumerate(self.columns)})
        gaps = tuple(column.gap for column in self.columns if column.gap is not None)
        object.__setattr__(self, "_gaps", gaps)
        if len(self._places) != len(self.columns):
            raise ValueError("codebook: a column stands in it twice")

    def place(self, name: str) -> int:
        """Return the position of a column; raise KeyError where the codebook does not name it."""
        return self._places[name]

    def column(self, name: str) -> ColumnCodes:
        """Return the codes of one column."""
        return self.columns[self.place(name)]

    def encode(self, batch: Batch) -> CodedBatch:
        """Return the codes of a prepared batch whose columns are those of the codebook, gaps included."""
        codes = np.empty((batch.n_rows, len(self.columns)), np.uint16)
        for position, column in enumerate(self.columns):
            codes[:, position] = column.encode(batch.keys[position], batch.status[position] == 0)
        return CodedBatch(codes, batch.holdout, batch.owner)

    def encode_all(self, batches: Iterator[Batch]) -> Iterator[CodedBatch]:
        """Encode a stream of batches one by one."""
        return (self.encode(batch) for batch in batches)

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The gaps that are coded, in order."""
        return self._gaps

    def sources(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the variables that some columns are read from: both of a gap, each once."""
        gaps = {gap.name: (gap.of, gap.base) for gap in self.gaps}
        return tuple(dict.fromkeys(source for name in names for source in gaps.get(name, (name,))))

    @property
    def names(self) -> Sequence[str]:
        """The columns' names in order."""
        return tuple(c.name for c in self.columns)
