"""What a preparation did to a table in one pass: counts of rows and cells for each step, never a value."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


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


def compare_cells(before: pa.RecordBatch, after: pa.RecordBatch) -> CellCounts:
    """Count the cells that differ in columns that stand in both; nothing where rows were left out."""
    changed = set_missing = filled = 0
    names = set(after.schema.names) if before.num_rows == after.num_rows else set()
    for name in before.schema.names:
        if name not in names or before.column(name).equals(after.column(name)):
            continue
        old, new = before.column(name), after.column(name)
        changed += pc.sum(pc.not_equal(old, new)).as_py() or 0
        set_missing += pc.sum(pc.and_(old.is_valid(), new.is_null())).as_py() or 0
        filled += pc.sum(pc.and_(old.is_null(), new.is_valid())).as_py() or 0
    return CellCounts(changed, set_missing, filled)
