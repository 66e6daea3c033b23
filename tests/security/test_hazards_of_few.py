"""A reader of the report's hazards: a sentence about a supplier's column is none about few of its people."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from syncline.questions import rank_counts
from syncline.questions.known import Filled
from syncline.sources.memory import TableSource
from syncline.study.simulated_study import fit_study, fold_of_run
from syncline.study.spec import StudySpec
from syncline.synthesizers.hazards import sizes
from syncline.synthesizers.phases import check
from syncline.wire.exchange import HOPS

STUDY = {
    "syncline": 1,
    "study": "hazards",
    "schema": {
        "variables": [
            {"name": "pid", "kind": "identifier", "role": "person"},
            {"name": "age", "kind": "integer", "range": ["0", "110"]},
            {"name": "hiv", "kind": "categorical", "categories": ["neg", "pos"]},
            {"name": "dose", "kind": "continuous", "decimals": 1},
        ]
    },
    "suppliers": [{"name": "north"}, {"name": "south"}],
    "synthesizer": {"method": "marginals"},
    "validation": "none",
    "release": {"gate": "none", "approvals": 0},
}


def table(people: int, visits: int, hiv: list[str | None], dose: float, first: int = 0) -> pa.Table:
    """Return the visits of some people, of whom each has one status."""
    rng = np.random.default_rng(people)
    owner = np.repeat(np.arange(people), visits)
    return pa.table(
        {
            "pid": [f"p{first + n}" for n in owner],
            "age": rng.integers(18, 95, len(owner)),
            "hiv": pa.array([hiv[n] for n in owner], pa.string()),
            "dose": np.round(dose * rng.gamma(9.0, 1.0, len(owner)), 1),
        }
    )


NORTH = table(200, 1, ["neg", "pos"] * 100, 1.0)


def said(south: pa.Table) -> list[str]:
    """Return what is said of columns of the supplier south."""
    spec = StudySpec.model_validate(STUDY)
    sources = {"north": TableSource(NORTH), "south": TableSource(south)}
    found = fit_study(spec, fold_of_run(spec, sources, b"hazards"), sources, hops=HOPS)
    return [hazard.words for hazard in found.hazards if hazard.column]


def counted_in_rows(patch: pytest.MonkeyPatch) -> None:
    """Take the defence out: every row is a person."""
    patch.setattr(rank_counts, "Filled", lambda valid, *rest: Filled(valid, *rest[:2], valid))


@pytest.mark.parametrize("people", [1, 4, 10])
def test_a_supplier_of_few_people_with_many_rows_is_not_told_apart(people: int, monkeypatch) -> None:
    """Its people have forty visits each: all positive, and of a dose in other units."""
    south = table(people, 40, ["pos"] * people, 1000.0, first=900)
    assert said(south) == []
    counted_in_rows(monkeypatch)
    told = said(south)
    assert any("'hiv' holds one value in all rows of supplier 'south'" in words for words in told)
    assert any("'dose' of supplier" in words for words in told)


def test_a_person_who_lacks_a_value_is_not_told(monkeypatch) -> None:
    has, lacks = (table(1, 1, [status], 1.0, first=900) for status in ("pos", None))
    assert said(has) == said(lacks) == []
    monkeypatch.setattr(check, "Crowd", lambda rows, people: sizes.Crowd(rows, 10**6))
    assert said(has) == []
    assert any("'hiv' is missing in all or nearly all cells of supplier 'south'" in w for w in said(lacks))


def test_nobody_and_few_who_have_a_value_are_told_alike(monkeypatch) -> None:
    """Of three hundred people nobody, or one, was tested; the reader knows all others."""
    tested = [table(300, 1, ["pos"] * n + [None] * (300 - n), 1.0, first=900) for n in (0, 1, 10)]
    none, one, ten = map(said, tested)
    assert none == one == ten
    assert len(none) == 1
    monkeypatch.setattr(sizes, "few", lambda number, least: False)
    assert said(tested[0]) != said(tested[1])
