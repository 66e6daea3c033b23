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
from syncline.data.schema import Schema
from syncline.questions.counts import Counts, count_cells, merge_counts, with_masks


class Workspace:
    """Serve the batches of one prepared table, coded where asked, from a cache."""

    def __init__(self, table: PreparedTable) -> None:
        self._table = table
        self._codebook: Codebook | None = None
        self._coded: list[CodedBatch] = []
        self.has_persons = table.schema.person is not None
        self.nodes: dict[tuple[int, int], tuple[int, npt.NDArray[np.int32]]] = {}
        """Cache of tree routing: (batch, tree) to (number of levels applied, node of each training row)."""
        self.bins: dict[tuple[str, ...], list[npt.NDArray[np.int32]]] = {}
        """Cache of the training rows' predictor bins, laid side by side in one visit order."""

    @property
    def schema(self) -> Schema:
        """The schema that the table was prepared with."""
        return self._table.schema

    def batches(self) -> Iterator[Batch]:
        """Stream the prepared batches, from the source or from the table's own cache."""
        return self._table.batches()

    def training(self) -> Iterator[Batch]:
        """Stream the prepared batches without the rows that are held out."""
        for batch in self._table.batches():
            yield batch.take(~batch.holdout) if batch.holdout.any() else batch

    def coded(self, codebook: Codebook, *, holdout: bool) -> list[CodedBatch]:
        """Return the coded batches of one fold; training rows are kept for the rounds to come."""
        if holdout:
            return [_fold(coded, True) for coded in self._encoded(codebook)]
        if self._codebook is not codebook and self._codebook != codebook:
            self._codebook = codebook
            self.nodes.clear()
            self.bins.clear()
            self._coded = [_fold(coded, False) for coded in self._encoded(codebook)]
        return self._coded

    def _encoded(self, codebook: Codebook) -> Iterator[CodedBatch]:
        """Encode all batches, without the columns that the codebook leaves out."""
        place = {variable.name: i for i, variable in enumerate(self.schema.modelled)}
        places = [place[name] for name in codebook.names]
        return codebook.encode_all(batch.only(places) for batch in self.batches())

    def count(
        self,
        parts: Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8] | None]],
        size: int,
        masked: int,
    ) -> Counts:
        """Count streams of cells, the leading ``masked`` ones with person buckets where these exist."""
        persons = self.has_persons
        counted = [Counts.empty(size, persons=persons, masked=masked)]
        for cells, buckets in parts:
            counts = count_cells(cells, size)
            if persons:
                assert buckets is not None
                counts = with_masks(counts, cells, buckets, masked)
            counted.append(counts)
            if len(counted) > 16:
                counted = [merge_counts(counted)]
        return merge_counts(counted)


def _fold(coded: CodedBatch, holdout: bool) -> CodedBatch:
    keep = coded.holdout == holdout
    person = None if coded.person is None else coded.person[keep]
    return CodedBatch(np.asfortranarray(coded.codes[keep]), coded.holdout[keep], person)
