"""Refine a model of trees by what it draws itself: factors of pairs, and lines within leaves.

The model draws rows of its own, column by column, from a fixed seed. Each column is compared with what was
counted before the next one is drawn, so that what is refined later stands on what was refined before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from syncline.synthesizers.cart.lines import Lines
from syncline.synthesizers.cart.pair_tables import PairTable
from syncline.synthesizers.cart.raking import Raking
from syncline.synthesizers.drawers import Drawers
from syncline.synthesizers.draws import ColumnDraw
from syncline.synthesizers.row_drawing import RowDrawing, Streams, orders_among_drawn
from syncline.synthesizers.second_moments import SecondMoments
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.tabular_model import TabularModel

LEAST_ROWS, MOST_ROWS = 1 << 12, 1 << 14
"""Rows that the model draws to be compared, at least and at most."""


def refined_model(
    model: TabularModel, pairs: Sequence[PairTable], spread: SecondMoments | None
) -> TabularModel:
    """Return the model with factors for the tables ``pairs``, and lines for the covariances ``spread``."""
    by_name = {column.codes.name: column for column in (*model.columns, *model.gaps)}
    orders = orders_among_drawn(model.bounds, model.recomputed, by_name)
    rows = min(max(model.n_rows, LEAST_ROWS), MOST_ROWS)
    bins = np.zeros((rows, len(model.order)), np.uint8)
    normals = np.zeros((0, len(bins)), np.float32)
    drawing = RowDrawing(
        Drawers(by_name, orders, systematic=True), Streams(Seed(b"refining"), 0), bins, normals
    )
    lines = None if spread is None else Lines(drawing, spread, model.n_rows)
    of_target = dict[int, dict[str, PairTable]]()
    for pair in pairs:
        of_target.setdefault(pair.target, {})[model.order[pair.place]] = pair
    draws = list[ColumnDraw]()
    for place, (name, draw) in enumerate(zip(model.order, model.draws, strict=True)):
        own = of_target.get(place, {})
        if own:
            raking = Raking.of(draw, by_name[name].codes.classes, drawing, model.n_rows)
            draw = replace(draw, factors=raking.factors(list(own.values())))
        states = drawing.states(draw)
        drawing.add(name, draw)
        if lines is not None:
            measured = lines.measured(name)
            follows = draw.gap is not None or draw.determinant is not None
            line = None if follows else lines.line(measured, states, own)
            if line is not None:
                draw = replace(draw, reordering=line)
                drawing.reorder(name, line, states)
                measured = lines.measured(name)
            lines.settle(measured)
        draws.append(draw)
    return replace(model, draws=tuple(draws))
