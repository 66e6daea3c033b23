"""An order that is kept by drawing again does not lean on the columns that it does not concern.

A patient is followed up: platelets, an adverse event and a relapse each have a time, and say whether they
came before the end of observation. Times differ by years where nothing came, and by days where something
did, so that trees with few rows often draw an end before one of the events.
"""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from syncline.data.note import TableWarning
from syncline.synthesizers import row_drawing, tabular_model
from syncline.synthesizers.synthesizer import Synthesizer

ROWS, DRAWN = 2300, 9200
EVENTS = ["platelets_seen", "adverse_seen", "relapse_seen", "died"]
MOST = 4.0
"""Standard errors of a share: one in 15,000 is further off by chance."""


def followed(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    end = np.round(np.exp(rng.normal(6.5, 1.6, ROWS))).astype(np.int64) + 1
    columns: dict[str, object] = {}
    for name, share, days in (("platelets", 0.55, 22.0), ("adverse", 0.5, 30.0), ("relapse", 0.16, 300.0)):
        at = np.round(rng.lognormal(np.log(days), 0.7, ROWS)).astype(np.int64)
        seen = (at < end) & (rng.random(ROWS) < share)
        columns[name], columns[f"{name}_seen"] = np.where(seen, at, end), seen.astype(np.int64)
    columns["first"] = np.maximum(columns["platelets"], columns["adverse"])  # type: ignore[type-var]
    return pd.DataFrame({**columns, "end": end, "died": (rng.random(ROWS) < 0.36).astype(np.int64)})


def worst(seed: int) -> float:
    """Return by how many standard errors the share of an event is off, at most."""
    frame = followed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TableWarning)
        drawn = Synthesizer(seed=seed).fit(frame).sample(DRAWN)
    for name in ("platelets", "adverse", "relapse"):
        assert (drawn[name] <= drawn["end"]).all()
    off = []
    for name in EVENTS:
        real, made = frame[name].mean(), drawn[name].mean()
        off.append(abs(real - made) / np.sqrt(real * (1 - real) * (1 / ROWS + 1 / DRAWN)))
    return float(max(off))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shares_of_events_are_those_of_the_source(seed: int) -> None:
    assert worst(seed) < MOST


def test_drawing_whole_rows_again_leans_on_every_column(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other half: where whole rows are drawn again, events are too many or too few."""
    monkeypatch.setattr(row_drawing, "COLUMN_DRAWS", 1)
    monkeypatch.setattr(tabular_model, "PART_DRAWS", 1)
    assert worst(1) > 2 * MOST
