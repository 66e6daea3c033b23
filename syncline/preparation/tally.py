"""What a preparation did to a table in one pass: counts of rows and cells for each step, never a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from syncline.preparation.text_encoder import decoded, is_encoded


@dataclass(frozen=True, slots=True)
class StepTally:
    """Count what one step did; counts of passes over parts of a table add up.

    Attributes
    ----------
    step
        The step's place and word, as messages call it.
    rows_in, rows_out
        Rows before and behind it.
    changed, set_missing, filled
        Cells that got another text, lost theirs, or got one where there was none. New columns do not count.
    rejected
        Rows that were left out because a cell could not be read or lay outside its range.
    unlisted
        Cells that a list of codes or formats does not cover.
    """

    step: str
    rows_in: int = 0
    rows_out: int = 0
    changed: int = 0
    set_missing: int = 0
    filled: int = 0
    rejected: int = 0
    unlisted: int = 0

    def __add__(self, other: StepTally) -> StepTally:
        """Return the counts over both parts."""
        if self.step != other.step:
            raise ValueError("counts of different steps are not added")
        return StepTally(
            self.step,
            self.rows_in + other.rows_in,
            self.rows_out + other.rows_out,
            self.changed + other.changed,
            self.set_missing + other.set_missing,
            self.filled + other.filled,
            self.rejected + other.rejected,
            self.unlisted + other.unlisted,
        )


@dataclass(frozen=True, slots=True)
class PreparationTally:
    """The counts of all steps of one whole pass, in their order."""

    rows_in: int
    rows_out: int
    steps: tuple[StepTally, ...]


@dataclass(frozen=True, slots=True)
class CellCounts:
    """Cells that differ between two batches of the same rows."""

    changed: int = 0
    set_missing: int = 0
    filled: int = 0

    def __add__(self, other: CellCounts) -> CellCounts:
        """Return the counts over both columns."""
        return CellCounts(
            self.changed + other.changed, self.set_missing + other.set_missing, self.filled + other.filled
        )


class CellComparison:
    """Compare batches before and behind the steps of one pass.

    Columns that share their places in a dictionary are compared by their dictionaries: how often each entry
    occurs is counted once for all steps, and what differs is kept while the dictionaries stay the same.
    """

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], tuple[pa.Array, npt.NDArray[np.int64]]] = {}
        self._differing: dict[tuple[int, str], tuple[pa.Array, pa.Array, _Differing]] = {}

    def begin_batch(self) -> None:
        """Forget the batch before."""
        self._cells.clear()

    def compare(self, step: int, before: pa.RecordBatch, after: pa.RecordBatch) -> CellCounts:
        """Count the cells that differ in columns that stand in both; nothing where rows were left out."""
        total = CellCounts()
        names = set(after.schema.names) if before.num_rows == after.num_rows else set()
        for name in before.schema.names:
            if name in names:
                old, new = before.column(name), after.column(name)
                if not _is_same(old, new):
                    total += self._compare(step, name, old, new)
        return total

    def _compare(self, step: int, name: str, old: pa.Array, new: pa.Array) -> CellCounts:
        if is_encoded(old) and is_encoded(new) and _is_same(old.indices, new.indices):
            return self._of_dictionaries(step, name, old.dictionary, new.dictionary).count(self._counted(old))
        return _Differing.between(decoded(old), decoded(new)).count(None)

    def _of_dictionaries(self, step: int, name: str, old: pa.Array, new: pa.Array) -> _Differing:
        known = self._differing.get((step, name))
        if known is None or not (known[0].equals(old) and known[1].equals(new)):
            known = (old, new, _Differing.between(old, new))
            self._differing[step, name] = known
        return known[2]

    def _counted(self, column: pa.Array) -> npt.NDArray[np.int64]:
        """Count the cells of each entry; the indices are held, so that their address stays theirs."""
        indices = column.indices
        place = (indices.buffers()[1].address, indices.offset)
        if place not in self._cells:
            self._cells[place] = (indices, np.bincount(indices.to_numpy(), minlength=len(column.dictionary)))
        return self._cells[place][1]


@dataclass(frozen=True, slots=True)
class _Differing:
    """Where texts (n,) were changed, set missing and filled: places, as few as they are."""

    changed: npt.NDArray[np.int64]
    set_missing: npt.NDArray[np.int64]
    filled: npt.NDArray[np.int64]

    @classmethod
    def between(cls, old: pa.Array, new: pa.Array) -> _Differing:
        return cls(
            _places(pc.not_equal(old, new)),
            _places(pc.and_(old.is_valid(), new.is_null())),
            _places(pc.and_(old.is_null(), new.is_valid())),
        )

    def count(self, cells: npt.NDArray[np.int64] | None) -> CellCounts:
        """Return the counts, where each text stands for as many ``cells`` (n,), or for one."""
        kinds = (self.changed, self.set_missing, self.filled)
        return CellCounts(*(len(kind) if cells is None else int(cells[kind].sum()) for kind in kinds))


def _places(holds: pa.Array) -> npt.NDArray[np.int64]:
    return np.flatnonzero(holds.fill_null(False).to_numpy(zero_copy_only=False))


def _is_same(old: pa.Array, new: pa.Array) -> bool:
    """Tell at the cost of a look whether two columns stand in one place of memory."""
    if is_encoded(old) != is_encoded(new):
        return False
    if is_encoded(old) and not _is_same(old.dictionary, new.dictionary):
        return False
    return old.offset == new.offset and _addresses(old) == _addresses(new)


def _addresses(column: pa.Array) -> list[int | None]:
    return [None if buffer is None else buffer.address for buffer in column.buffers()]
