"""Try steps on what a column holds, and count how its cells fit the schema then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.labels import normal_label
from syncline.data.variable import Variable
from syncline.preparation.column_reader import reader_of
from syncline.preparation.distinct_texts import DistinctTexts
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.step import Step, StepCounts, Unlisted

_ROWS_NAMED = 10
"""Rows that are named at most."""


@dataclass(frozen=True, slots=True)
class CellFit:
    """Count the cells of a column by how they fit its variable; ``violations`` are the texts that do not."""

    valid: int
    missing: int
    outside: int
    unread: int
    violations: tuple[str, ...]

    @property
    def wrong(self) -> int:
        """The cells for which a study would decline the table."""
        return self.outside + self.unread


@dataclass(frozen=True, slots=True)
class ColumnTrial:
    """A column's distinct texts, and the variable that they are meant for."""

    column: DistinctTexts
    variable: Variable

    @property
    def texts(self) -> list[str]:
        """The distinct texts."""
        return list(self.column.texts)

    def fit(self, steps: Sequence[Step] = ()) -> CellFit:
        """Return how the cells fit behind ``steps``; what a step does not read stays as it is."""
        status = self._status(steps)
        cells = np.array([held.cells for held in self.column.texts.values()], np.int64)
        wrong = (status == Status.OUT_OF_RANGE) | (status == Status.UNKNOWN)
        counts = {kind: int(cells[status == kind].sum()) for kind in Status}
        texts = self.texts
        return CellFit(
            counts[Status.VALID],
            counts[Status.MISSING] + self.column.missing,
            counts[Status.OUT_OF_RANGE],
            counts[Status.UNKNOWN],
            tuple(texts[place] for place in np.flatnonzero(wrong)),
        )

    def unread(self, steps: Sequence[Step] = ()) -> list[str]:
        """Return the texts that hold no value of the variable's kind behind ``steps``."""
        return self._with_status(steps, Status.UNKNOWN)

    def outside(self, steps: Sequence[Step] = ()) -> list[str]:
        """Return the texts whose values lie outside of the schema's range behind ``steps``."""
        return self._with_status(steps, Status.OUT_OF_RANGE)

    def behind(self, steps: Sequence[Step]) -> dict[str, str]:
        """Return the text that each text becomes, those left out that become missing."""
        after = self._run(steps).to_pylist()
        pairs = zip(self.texts, after, strict=True)
        return {text: label for text, cell in pairs if cell is not None and (label := normal_label(cell))}

    def held(self, steps: Sequence[Step]) -> dict[str, int]:
        """Return the labels behind ``steps`` that hold a value of the variable's kind, with their cells."""
        cells: Counter[str] = Counter()
        status, after = self._status(steps), self.behind(steps)
        for text, state in zip(self.texts, status.tolist(), strict=True):
            if state in (Status.VALID, Status.OUT_OF_RANGE) and text in after:
                cells[after[text]] += self.column.texts[text].cells
        return dict(cells)

    def rows(self, texts: Iterable[str]) -> str:
        """Return in words where texts stand, as rows of the source."""
        texts = list(texts)
        rows = ", ".join(map(str, self.column.rows(texts, _ROWS_NAMED)))
        more = ", ..." if len(texts) > _ROWS_NAMED or self.column.cells(texts) > len(texts) else ""
        return f"row{'' if self.column.cells(texts) == 1 else 's'} {rows}{more}"

    def _with_status(self, steps: Sequence[Step], kind: Status) -> list[str]:
        texts = self.texts
        return [texts[place] for place in np.flatnonzero(self._status(steps) == kind)]

    def _status(self, steps: Sequence[Step]) -> npt.NDArray[np.uint8]:
        return reader_of(self.variable).read(self._run(steps), self.variable.name).status

    def _run(self, steps: Sequence[Step]) -> pa.Array:
        name = self.variable.name
        rows = pa.record_batch({name: pa.array(self.texts, pa.string())})
        counts = StepCounts(np.arange(1, rows.num_rows + 1))
        for step in steps:
            kept = step.model_copy(update={"unlisted": Unlisted.KEEP}) if hasattr(step, "unlisted") else step
            rows = kept.bind(ColumnLayout((name,)), name).run(rows, counts)
        return rows.column(name)
