"""A supplier's table as questions see it: prepared batches, and their codes once a codebook is agreed.

The workspace keeps nothing that could not be computed again from the table, the codebook and the splits so
far: it is a cache that makes many rounds cheap and may be lost at any time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Batch, PreparedTable
from syncline.data.codebook import Codebook, CodedBatch
from syncline.data.gap import with_gaps
from syncline.data.schema import Schema
from syncline.questions.cell_tally import CellTally
from syncline.questions.counts import Counts, Ints

CODED_BYTES = 64 * 1024 * 1024
"""Coded rows up to this size are kept where an answer only streams them."""


class Workspace:
    """Serve the batches of one prepared table, coded where asked, from a cache."""

    def __init__(self, table: PreparedTable) -> None:
        self._table = table
        self._codebook: Codebook | None = None
        self._coded: list[CodedBatch] = []
        self.has_persons = table.schema.person is not None
        self._places = {variable.name: place for place, variable in enumerate(table.schema.modelled)}
        self.nodes: dict[tuple[int, int], tuple[int, npt.NDArray[np.int32]]] = {}
        """Cache of tree routing: (batch, tree) to (number of levels applied, node of each training row)."""
        self.bins: dict[tuple[str, ...], list[npt.NDArray[np.int32]]] = {}
        """Cache of the training rows' predictor bins, laid side by side in one visit order."""

    @property
    def schema(self) -> Schema:
        """The schema that the table was prepared with."""
        return self._table.schema

    def place(self, name: str) -> int:
        """Return the place of a column in batches."""
        return self._places[name]

    def batches(self) -> Iterator[Batch]:
        """Stream the prepared batches, from the source or from the table's own cache."""
        return self._table.batches()

    def training(self) -> Iterator[Batch]:
        """Stream the prepared batches without the rows that are held out."""
        for batch in self._table.batches():
            yield batch.take(~batch.holdout) if batch.holdout.any() else batch

    def coded_stream(self, codebook: Codebook, *, holdout: bool) -> Iterator[CodedBatch]:
        """Stream the coded batches of one fold once, for an answer that needs no row twice.

        Training rows are kept for the rounds to come as long as they take no more than ``CODED_BYTES``.
        """
        if not holdout and (self._codebook is codebook or self._codebook == codebook):
            return iter(self._coded)
        return self._fresh_stream(codebook, holdout)

    def _fresh_stream(self, codebook: Codebook, holdout: bool) -> Iterator[CodedBatch]:
        kept: list[CodedBatch] = []
        size, fits = 0, not holdout
        for every in self._encoded(codebook):
            coded = _fold(every, holdout)
            size += coded.codes.nbytes
            fits = fits and size <= CODED_BYTES
            if fits:
                kept.append(coded)
            else:
                kept.clear()
            yield coded
        if fits:
            self._keep(codebook, kept)

    def _keep(self, codebook: Codebook, coded: list[CodedBatch]) -> None:
        self._codebook, self._coded = codebook, coded
        self.nodes.clear()
        self.bins.clear()

    def coded(self, codebook: Codebook, *, holdout: bool) -> list[CodedBatch]:
        """Return the coded batches of one fold, all in memory; training rows are kept for later rounds."""
        if holdout:
            return [_fold(coded, True) for coded in self._encoded(codebook)]
        if self._codebook is not codebook and self._codebook != codebook:
            self._keep(codebook, [_fold(coded, False) for coded in self._encoded(codebook)])
        return self._coded

    def _encoded(self, codebook: Codebook) -> Iterator[CodedBatch]:
        """Encode all batches, without the columns that the codebook leaves out."""
        gaps = {gap.name: i for i, gap in enumerate(codebook.gaps)}
        place = self._places
        places = [place[name] if name in place else len(place) + gaps[name] for name in codebook.names]
        batches = (with_gaps(batch, codebook.gaps, self.schema) for batch in self.batches())
        return codebook.encode_all(batch.only(places) for batch in batches)

    def bare(self, dense: Ints) -> Counts:
        """Return the counts of all cells, of any shape, of which none carries person buckets."""
        counts = Counts.of_dense(dense.ravel())
        if not self.has_persons:
            return counts
        return Counts(counts.size, counts.index, counts.value, np.zeros(0, np.uint64), 0)

    def count(
        self,
        parts: Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8] | None]],
        size: int,
        masked: int,
    ) -> Counts:
        """Count streams of cells, the leading ``masked`` ones with person buckets where these exist."""
        tally = self.tally(size, masked)
        for cells, buckets in parts:
            tally.add(cells, buckets)
        return tally.total()

    def tally(self, size: int, masked: int) -> CellTally:
        """Return an empty tally of ``size`` cells, the leading ``masked`` ones with person buckets if any."""
        return CellTally(size, masked, persons=self.has_persons)


def _fold(coded: CodedBatch, holdout: bool) -> CodedBatch:
    keep = coded.holdout == holdout
    owner = None if coded.owner is None else coded.owner[keep]
    return CodedBatch(np.asfortranarray(coded.codes[keep]), coded.holdout[keep], owner)
