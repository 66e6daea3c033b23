"""Spans such as 37:21: a draft tries both forms or asks, and the step makes their grid seen and kept."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from syncline import Synthesizer
from syncline.data.inference import infer
from syncline.data.kinds import Kind
from syncline.data.schema import Schema
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.preparation.suggestion import suggest_preparation
from syncline.sources.memory import TableSource


def stays(quarters: int = 240) -> list[str]:
    draw = random.Random(4)
    minutes = [15 * draw.randrange(quarters) for _ in range(600)]
    return [f"{size // 60:02d}:{size % 60:02d}" for size in minutes]


def source(cells: list[str]) -> TableSource:
    return TableSource(pa.table({"stay": cells}))


def test_inference_leaves_them_out_by_a_remedy_that_there_is() -> None:
    found = infer(pa.table({"stay": stays()}))
    assert found.schema.variables[0].kind is Kind.TEXT
    (note,) = found.notes
    assert "a step 'spans'" in note.remedy
    assert "37:21:00" in note.remedy


@pytest.mark.parametrize(
    ("span", "form"), [("[PT2H, PT60H]", "h:mm"), ("[PT0S, PT60H]", None), ("[PT0S, PT1H]", "m:ss")]
)
def test_a_draft_proposes_the_form_that_the_range_proves_or_asks(span: str, form: str | None) -> None:
    schema = Schema.from_yaml(f"variables:\n- {{name: stay, kind: duration, range: {span}}}\n")
    draft = suggest_preparation(source(stays()), schema)
    proposed = [line for line in draft.splitlines() if line.startswith("  - ")]
    assert "FACTOR" not in draft
    assert proposed == ([] if form is None else [f'  - {{step: spans, columns: [stay], form: "{form}"}}'])
    assert ("nothing says whether they are hours" in draft) == (form is None)


@pytest.mark.parametrize(("form", "step", "size"), [("h:mm", "15min", 900), ("m:ss", "15s", 15)])
def test_their_step_is_inferred_and_kept_in_a_release(form: str, step: str, size: int) -> None:
    preparation = Preparation.from_yaml(
        f"syncline: 1\nsteps:\n- {{step: spans, columns: [stay], form: '{form}'}}\n"
    )
    prepared = pa.Table.from_batches(prepared_view(source(stays()), preparation).batches(None, 100))
    schema = infer(prepared).schema
    assert schema.variables[0].kind is Kind.DURATION
    assert schema.variables[0].step == step
    drawn = Synthesizer("marginals", seed=3, schema=schema).fit(prepared).sample(500)
    seconds = np.asarray(pd.to_timedelta(drawn["stay"]).dt.total_seconds())
    assert (seconds % size == 0).all()
    assert len(set(seconds.tolist())) > 50
