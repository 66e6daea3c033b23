"""Columns that a model computes are named, with the cells that break the rule and leave no trace."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from syncline.data.note import Deed, TableWarning
from syncline.synthesizers.synthesizer import Synthesizer

ROWS = 3000
Frame = pd.DataFrame


def summed(rng: np.random.Generator) -> tuple[Frame, str]:
    frame = Frame({"a": rng.integers(0, 500, ROWS), "b": rng.integers(0, 90, ROWS)})
    frame["total"] = frame.a + frame.b
    return frame, "total"


def taxed(rng: np.random.Generator) -> tuple[Frame, str]:
    net = rng.integers(1, 90_000, ROWS)
    return Frame({"net": net, "gross": np.round(net * 1.19, 2), "z": rng.integers(0, 4, ROWS)}), "gross"


def copied(rng: np.random.Generator) -> tuple[Frame, str]:
    first = rng.integers(0, 5000, ROWS)
    return Frame({"first": first, "second": first, "z": rng.integers(0, 4, ROWS)}), "second"


def later(rng: np.random.Generator) -> tuple[Frame, str]:
    begin = rng.integers(0, 5000, ROWS)
    return Frame({"begin": begin, "end": begin + rng.geometric(0.2, ROWS)}), "end"


TABLES = [summed, taxed, copied, later]


def fitted(frame: Frame) -> Synthesizer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TableWarning)
        return Synthesizer(seed=3).fit(frame)


@pytest.mark.parametrize("broken", [0, 1])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_each_computed_column_is_named_once_with_what_breaks_its_rule(table: object, broken: int) -> None:
    assert callable(table)
    frame, name = table(np.random.default_rng(7))
    if broken:
        frame.loc[100, name] = frame[frame.columns[0]][100] - 3
    model = fitted(frame)
    computed = [note for note in model.notes if note.deed is Deed.COMPUTED]
    assert len({note.column for note in computed}) == len(computed) >= 1
    for note in computed:
        assert note.cells == ROWS
        assert ("one of which breaks the rule" in note.what) == bool(broken)
        assert note.remedy
        assert note.to_json()["deed"] == "computed"
    assert not {n.column for n in computed} & {n.column for n in model.notes if n.deed is Deed.CLIPPED}


def test_columns_that_are_drawn_are_not_said_to_be_computed() -> None:
    rng = np.random.default_rng(8)
    model = fitted(Frame({"a": rng.integers(0, 500, ROWS), "b": rng.integers(0, 90, ROWS)}))
    assert not [note for note in model.notes if note.deed is Deed.COMPUTED]


def test_fit_warns_of_what_is_computed(tmp_path: Path) -> None:
    frame, _ = summed(np.random.default_rng(7))
    frame.to_csv(tmp_path / "t.csv", index=False)
    with pytest.warns(TableWarning, match="computed: all 3,000 cells"):
        Synthesizer(seed=3).fit(tmp_path / "t.csv")
