"""Rows that break an order are drawn again without reckoning a column's spans again."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from syncline.data.note import TableWarning
from syncline.synthesizers.drawn_spans import DrawnSpans
from syncline.synthesizers.row_drawing import Streams
from syncline.synthesizers.synthesizer import Synthesizer


def test_spans_are_weighed_once_a_column_however_often_rows_are_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(4)
    first = rng.integers(0, 400, 2000)
    second = first + rng.integers(0, 400, 2000)
    latest = np.maximum(second, rng.integers(0, 900, 2000)) + rng.geometric(0.2, 2000)
    frame = pd.DataFrame({"first": first, "second": second, "latest": latest})
    bounds = [
        {"formula": "at_most", "of": a, "from": [b]} for a, b in (("first", "latest"), ("second", "latest"))
    ]
    variables = [{"name": name, "kind": "integer", "range": [0, 2000]} for name in frame]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TableWarning)
        model = Synthesizer("marginals", seed=2, schema={"variables": variables, "constraints": bounds}).fit(
            frame
        )
    weighed, drawn = [], []
    weigh, draw = DrawnSpans.weighted, Streams.words
    monkeypatch.setattr(DrawnSpans, "weighted", lambda *given: weighed.append(1) or weigh(*given))
    monkeypatch.setattr(Streams, "words", lambda *given: drawn.append(1) or draw(*given))
    released = model.sample(2000)
    assert (released["second"] <= released["latest"]).all()
    assert (released["first"] <= released["latest"]).all()
    assert len(drawn) > 2 * (len(variables) + len(bounds))
    assert len(weighed) <= len(variables) + len(bounds)
