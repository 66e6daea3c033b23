"""A reader who knows all people but one: in which rare category is that one?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from syncline.sources.memory import TableSource
from syncline.study.simulated_study import fold_of_run, release_study, run_study
from syncline.study.spec import StudySpec
from syncline.study.whole_study import StudyOutcome
from syncline.synthesizers import category_coding
from syncline.synthesizers.outer_ends import Run
from syncline.synthesizers.streams import Seed
from syncline.wire.exchange import HOPS
from tests.unit.study.simulated import fit_study

WORDS = ("common", "red", "green", "blue")
CODES = ("common", "r1", "r2", "r3")
"""Labels of which the rare ones are siblings, as they begin alike."""
STUDY = {
    "syncline": 1,
    "study": "rare",
    "schema": {
        "variables": [
            {"name": "pid", "kind": "identifier", "role": "person"},
            {"name": "ward", "kind": "categorical", "categories": [*WORDS, *CODES[1:]]},
            {"name": "age", "kind": "integer", "range": ["0", "110"]},
        ]
    },
    "suppliers": [{"name": "north"}],
    "synthesizer": {"method": "marginals", "rows": 1000, "seed": 5},
    "validation": {"holdout": 0.5},
    "release": {"gate": "none", "approvals": 0},
}
SPEC = StudySpec.model_validate(STUDY)
PEOPLE = 400


def report(rare: tuple[int, int, int], out: Path, labels: tuple[str, ...] = WORDS) -> dict[str, Any]:
    """Return the report of people of whom so many used ones, and one held-out one, are in each rare ward."""
    ages = np.random.default_rng(1).integers(18, 95, PEOPLE)
    names = [f"p{n}" for n in range(PEOPLE)]
    source = TableSource(pa.table({"pid": names, "ward": ["common"] * PEOPLE, "age": ages}))
    fold = fold_of_run(SPEC, {"north": source}, b"rare")
    held = fold.holds_out([name.encode() for name in names])
    ward = np.full(PEOPLE, "common", object)
    ward[np.flatnonzero(~held)[: sum(rare)]] = np.repeat(labels[1:], rare)
    ward[np.flatnonzero(held)[:3]] = labels[1:]
    sources = {"north": TableSource(pa.table({"pid": names, "ward": ward.tolist(), "age": ages}))}
    seed = Seed.of_number(5)
    outcome = run_study(SPEC, fold, sources, seed, hops=HOPS)
    out.mkdir()
    release_study(SPEC, fold, sources, outcome, seed, [], out)
    return json.loads((out / "report.json").read_text("utf-8"))  # type: ignore[no-any-return]


@pytest.mark.parametrize(("one", "other"), [((9, 0, 8), (8, 1, 8)), ((5, 0, 2), (4, 1, 2))])
def test_the_report_does_not_tell_which_rare_categories_are_empty(one, other, tmp_path, monkeypatch):
    """One used person is in another rare ward, in which otherwise nobody is."""
    assert report(one, tmp_path / "one") == report(other, tmp_path / "other")
    monkeypatch.setattr(
        category_coding, "_merged", lambda rows, held, least: np.flatnonzero((held < least) & (rows > 0))
    )
    told = [
        report(rare, tmp_path / f"told{n}")["columns"]["merged_categories"]["ward"]
        for n, rare in enumerate((one, other))
    ]
    assert told == [2, 3]


@pytest.mark.parametrize(("one", "other"), [((9, 0, 8), (8, 1, 8)), ((5, 0, 2), (4, 1, 2))])
def test_a_group_of_siblings_does_not_tell_which_of_them_is_empty(one, other, tmp_path, monkeypatch):
    """Neither the table nor the report does; siblings are drawn alike, and compared as one."""
    assert report(one, tmp_path / "one", CODES) == report(other, tmp_path / "other", CODES)
    tables = [pq.read_table(tmp_path / name / "synthetic.parquet") for name in ("one", "other")]
    assert tables[0] == tables[1]
    shown = set(tables[0]["ward"].to_pylist())
    assert shown == ({*CODES} if sum(one) >= 11 else {"common"})
    monkeypatch.setattr(
        category_coding, "_merged", lambda rows, held, least: np.flatnonzero((held < least) & (rows > 0))
    )
    report(one, tmp_path / "told", CODES)
    held = set(pq.read_table(tmp_path / "told" / "synthetic.parquet")["ward"].to_pylist())
    assert sum(one) < 11 or "r2" not in held


ENDS = {
    "syncline": 1,
    "study": "ends",
    "schema": {
        "variables": [
            {"name": "stay", "kind": "integer", "range": ["0", "100000"]},
            {"name": "dose", "kind": "continuous", "decimals": 2},
            {"name": "seen", "kind": "date", "range": ["1990-01-01", "2029-12-31"]},
        ]
    },
    "suppliers": [{"name": "north"}, {"name": "south"}],
    "synthesizer": {"method": "cart", "rows": 2000, "seed": 5},
    "validation": "none",
    "release": {"gate": "none", "approvals": 0},
}


def ended(n: int, beyond: int) -> dict[str, TableSource]:
    """Return people whose five outermost values, on both sides of every column, lie so far beyond others."""
    rng = np.random.default_rng(n)
    stay = np.sort(np.concatenate([np.full(n // 3, 2000), rng.integers(2300, 2700, n - n // 3)]))
    seen, far = np.sort(rng.integers(9000, 12000, n)), np.arange(5) * beyond
    stay[-5:], seen[-5:] = 2700 + far, 12000 + far
    stay[n // 3 : n // 3 + 5], seen[:5] = 2300 - far[::-1], 9000 - far[::-1]
    mixed = rng.permutation(n)
    table = pa.table({"stay": stay, "dose": np.round(stay / 7, 2), "seen": seen.astype("datetime64[D]")})
    table = table.take(pa.array(mixed))
    return {"north": TableSource(table.slice(0, n // 2)), "south": TableSource(table.slice(n // 2))}


@pytest.mark.parametrize("n", [60, 1000])
def test_neither_end_of_a_column_is_one_person_s_value(n, tmp_path, monkeypatch):
    """Nor the values beside one that many share; all but five people at either end are known."""
    spec = StudySpec.model_validate(ENDS)

    def released(beyond: int, name: str) -> pa.Table:
        sources, seed = ended(n, beyond), Seed.of_number(5)
        fold = fold_of_run(spec, sources, b"ends")
        outcome = StudyOutcome("fitted", fit_study(spec, fold, sources))
        (tmp_path / name).mkdir()
        release_study(spec, fold, sources, outcome, seed, [], tmp_path / name)
        return pq.read_table(tmp_path / name / "synthetic.parquet")

    assert released(11, "one") == released(13, "other")
    monkeypatch.setattr(Run, "ends", lambda run, *_: (int(run.low[0]), int(run.high[-1])))
    one, other = released(11, "told"), released(13, "told too")
    assert max(one["seen"].to_pylist()) < max(other["seen"].to_pylist())
    assert one["stay"] != other["stay"]
