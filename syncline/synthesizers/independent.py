"""``marginals``: each column on its own, from its histogram."""

from __future__ import annotations

import numpy as np

from syncline.synthesizers.draws import Draw, weights_of
from syncline.synthesizers.structure import Book
from syncline.synthesizers.tabular_model import TabularModel


def independent_model(book: Book) -> TabularModel:
    """Return the model that draws every column from the histogram of its codes; no cell of it is small."""
    draws = []
    for column in book.columns:
        rows = column.values.rows.astype(np.float64)
        draws.append(Draw(column.codes.name, weights_of((rows / max(rows.sum(), 1.0))[None, :])))
    order = tuple(column.codes.name for column in book.columns)
    return TabularModel("marginals", book.columns, order, tuple(draws), (), (), book.n_train)
