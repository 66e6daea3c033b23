"""A source seen through a preparation: the study's columns as text, streamed, the same on every pass."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.data.cell_text import plain_text
from syncline.data.note import Note
from syncline.data.record_batches import in_batches_of
from syncline.preparation.growth import require_columns_bounded, require_rows_bounded
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.step import BatchStep, Bound, StepCounts
from syncline.preparation.tally import CellComparison, CellCounts, PreparationTally, StepTally
from syncline.preparation.text_encoder import TextEncoder, decoded, without_empty
from syncline.sources.container import container_notes
from syncline.sources.source import Source, as_kept, require_columns

Rows = npt.NDArray[np.int64]


def prepared_view(source: Source, preparation: Preparation) -> PreparedView:
    """Return ``source`` as ``preparation`` makes it; every name is checked, and no row is read yet."""
    return PreparedView(source, preparation)


class PreparedView:
    """A source whose rows went through the steps of a preparation; all columns are text, null for missing.

    It reads one batch at a time and keeps nothing of a row but, where duplicates are looked for, a hash.
    """

    def __init__(self, source: Source, preparation: Preparation) -> None:
        self._source = source
        self._preparation = preparation
        self._tally: PreparationTally | None = None
        bounds = self._bind()
        self._layout = bounds[-1].layout if bounds else ColumnLayout.of(source)

    @property
    def name(self) -> str:
        """What the source is called in messages."""
        return self._source.name

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns behind the last step, in their order."""
        return self._layout.columns

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the source says of its container."""
        return container_notes(self._source)

    @property
    def unread(self) -> Mapping[str, str]:
        """What columns of the source hold that no step could read, by the names that are free for them."""
        return {name: why for name, why in self._layout.unread.items() if name not in self.columns}

    @property
    def source(self) -> Source:
        """The source as it is."""
        return self._source

    @property
    def preparation(self) -> Preparation:
        """The preparation that the source is seen through."""
        return self._preparation

    @property
    def tally(self) -> PreparationTally | None:
        """What the steps did in the last pass that came to the end of the rows."""
        return self._tally

    def person_column(self, name: str) -> str:
        """Return the column that the fold is computed from: ``name``, or what its pseudonyms hide."""
        return self._layout.originals.get(name, name)

    def as_kept(self) -> PreparedView:
        """Return the same view with its rows as the source keeps them."""
        return PreparedView(as_kept(self._source), self._preparation)

    def batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the prepared rows in the source's order, at most ``batch_rows`` at a time."""
        encoded = self.encoded_batches(columns, batch_rows)
        return in_batches_of(batch_rows, (_as_decoded(batch) for batch in encoded))

    def encoded_batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the same rows, where columns of few texts are dictionary arrays without null indices.

        Batches are as short as the steps leave them, and a column may be encoded in one and not in the next.
        """
        hidden = self._layout.originals.values()
        known = [name for name in columns or () if name not in hidden]
        require_columns(known, self.columns, self.name)
        wanted = list(self.columns if columns is None else columns)
        return (batch.select(wanted) for batch in self._pass(batch_rows) if batch.num_rows)

    def digest(self) -> str:
        """Return a digest of the source, the preparation, and the files and keys that its steps name."""
        parts = [self._source.digest(), self._preparation.digest]
        for step in self._preparation.steps:
            parts += step.digests()
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def describe(self) -> str:
        """Return what is read and by how many steps it is prepared."""
        return f"{self._source.describe()}, prepared by {len(self._preparation.steps)} steps"

    def _bind(self) -> list[Bound]:
        layout, bounds = ColumnLayout.of(self._source), []
        for number, step in enumerate(self._preparation.steps):
            bounds.append(step.bind(layout, self._place(number)))
            layout = bounds[-1].layout
            require_columns_bounded(layout, self._place(number))
        return bounds

    def _place(self, number: int) -> str:
        return f"{self.name}: {self._preparation.place(number)}"

    def _pass(self, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Run the steps over all rows once, and keep the counts where the end is reached."""
        runs = [bound.run for bound in self._bind()]
        tallies = [StepTally(self._preparation.place(number)) for number in range(len(runs))]
        encoders, comparison = defaultdict[str, TextEncoder](TextEncoder), CellComparison()
        rows_in = rows_out = 0
        for rows in self._source.batches(None, batch_rows):
            batch = _encoded(rows, self._source, encoders)
            comparison.begin_batch()
            places = np.arange(rows_in + 1, rows_in + batch.num_rows + 1)
            rows_in += batch.num_rows
            for number, run in enumerate(runs):
                batch, places, counted = self._run(number, run, batch, places, comparison)
                tallies[number] += counted
            rows_out += batch.num_rows
            yield batch
        self._tally = PreparationTally(rows_in, rows_out, tuple(tallies))

    def _run(
        self, number: int, run: BatchStep, batch: pa.RecordBatch, places: Rows, comparison: CellComparison
    ) -> tuple[pa.RecordBatch, Rows, StepTally]:
        """Run one step; return its rows, their numbers (n,) in the source, and what it counted."""
        counts = StepCounts(places)
        after = run(batch, counts)
        require_rows_bounded(after, self._place(number))
        moves = self._preparation.steps[number].moves_columns
        cells = CellCounts() if moves else comparison.compare(number, batch, after)
        tally = StepTally(
            self._preparation.place(number),
            batch.num_rows,
            after.num_rows,
            cells.changed,
            cells.set_missing,
            cells.filled,
            counts.rejected,
            counts.unlisted,
        )
        return after, counts.rows, tally


def as_text(rows: pa.RecordBatch, source: Source) -> pa.RecordBatch:
    """Return ``rows`` with each cell as the text that it would have in a file, null for an empty one."""
    columns = {}
    for name, column in zip(rows.schema.names, rows.columns, strict=True):
        columns[name] = without_empty(plain_text(column, f"{source.name}: column {name!r}"))
    return pa.record_batch(columns)


def _encoded(rows: pa.RecordBatch, source: Source, encoders: Mapping[str, TextEncoder]) -> pa.RecordBatch:
    columns = {}
    for name, column in zip(rows.schema.names, rows.columns, strict=True):
        columns[name] = encoders[name].encode(plain_text(column, f"{source.name}: column {name!r}"))
    return pa.record_batch(columns)


def _as_decoded(rows: pa.RecordBatch) -> pa.RecordBatch:
    columns = zip(rows.schema.names, rows.columns, strict=True)
    return pa.record_batch({name: decoded(column) for name, column in columns})
