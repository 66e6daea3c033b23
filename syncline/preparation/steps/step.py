"""What every step is: a section of the document that is bound to columns and then run over batches."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import AfterValidator

from syncline.data.section import Section, sha256_hex, shown
from syncline.data.variable import ColumnName, Labels
from syncline.errors import DataError
from syncline.preparation.steps.layout import ColumnLayout


@dataclass(slots=True)
class StepCounts:
    """Count while a step runs what only the step itself can see, and know which rows of the source it sees.

    ``rows`` (n,) are the numbers of a batch's rows in the source, from 1; a step that leaves rows out leaves
    their numbers out too.
    """

    rows: npt.NDArray[np.int64]
    rejected: int = 0
    unlisted: int = 0

    def kept(self, batch: pa.RecordBatch, keep: npt.NDArray[np.bool_]) -> pa.RecordBatch:
        """Return the rows of ``batch`` for which ``keep`` (n,) holds, the very same batch where all do."""
        if keep.all():
            return batch
        self.rows = self.rows[keep]
        return batch.filter(pa.array(keep))

    def first(self, found: npt.NDArray[np.bool_]) -> int:
        """Return the number, in the source, of the first row for which ``found`` (n,) holds."""
        return int(self.rows[int(np.argmax(found))])


BatchStep: TypeAlias = Callable[[pa.RecordBatch, StepCounts], pa.RecordBatch]
"""Turn a batch of text columns into what the step makes of it."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A step that fits the columns before it: how to run it, and the columns behind it."""

    layout: ColumnLayout
    run: BatchStep


class Step(Section):
    """One step of a preparation; ``step`` says which."""

    moves_columns: ClassVar[bool] = False
    """Whether names change their columns, so that comparing a column with its namesake says nothing."""

    takes_away: ClassVar[bool] = False
    """Whether it only takes rows or columns away, so that it runs before rows leave a supplier at all."""

    needs_supplier: ClassVar[bool] = False
    """Whether it reads a file or a key that stays at the supplier."""

    step: str

    @abstractmethod
    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the step against the columns before it; ``where`` names file and step in messages.

        A step with a memory (rows seen) begins anew with each call, so a pass over the rows binds first.
        """

    def warnings(self) -> tuple[str, ...]:
        """Say what a person may not have meant, though it is allowed."""
        return ()

    def digests(self) -> tuple[str, ...]:
        """Return a digest for each file or key outside the document that the step depends on."""
        return ()


class Outside(StrEnum):
    """Say what becomes of a value that must not be there."""

    MISSING = "missing"
    STOP = "stop"
    REJECT = "reject"


class Unlisted(StrEnum):
    """Say what becomes of a value that a step does not know."""

    KEEP = "keep"
    MISSING = "missing"
    STOP = "stop"


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("must name at least one column")
    return names


NamedColumns = Annotated[Labels, AfterValidator(_some)]
"""At least one column, each named once."""

NewColumns = Annotated[tuple[ColumnName, ...], AfterValidator(_some)]
"""Names of columns that a step makes."""


def chosen(columns: Sequence[str] | None, layout: ColumnLayout, where: str) -> tuple[str, ...]:
    """Return the columns that a step works on: those named, or all."""
    if columns is None:
        return layout.columns
    layout.require(columns, where)
    return tuple(columns)


def stopped(where: str, row: int, column: str, found: str, remedy: str) -> DataError:
    """Return the error of a step that must stop at a row of the source, which never quotes the value."""
    return DataError(f"{where}: row {row}, column {shown(column)!r} holds {found}; {remedy}")


def hidden_name(where: str, column: str) -> str:
    """Return a name that no column of a source has."""
    return f"\0{sha256_hex(where.encode())[:8]} {column}"
