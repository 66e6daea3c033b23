"""Tables with columns of many codes: rare codes as "(other)", beside rare codes with their siblings.

The ruler is ``quality.py`` beside the shared data. ``(other)`` is the share of the rows, of all columns with
codes together, that show the label; the gate looks at every category as it is released.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.gate.verdicts import judged
from benchmarks.shared_data import shared
from syncline.data.kinds import Kind
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.sources.registry import open_source
from syncline.sources.source_inference import infer_source
from syncline.synthesizers import category_coding
from syncline.synthesizers.synthesizer import Synthesizer
from syncline.validation.cell_table import CellTable
from syncline.validation.reading import read_compared

SEEDS = (1, 2, 3)
FIGURES = ("tv1", "tv2", "auc_holdout", "dcr_share", "copies_train")
ROWS = 5000


@dataclass(frozen=True)
class Coded:
    """A table of 2 x ``ROWS`` rows, its columns of codes, and the parents that a schema may declare."""

    name: str
    table: pd.DataFrame
    codes: tuple[str, ...]
    parents: dict[str, dict[str, str]]


def run() -> None:
    """Print figures of each table without groups, with those by beginnings, and with declared parents."""
    print(f"{'table':<12} {'rare codes':<18} {'(other)':>8} {'gate fails':>10} " + _head())
    with tempfile.TemporaryDirectory() as directory:
        for coded in tables():
            train, holdout = (Path(directory) / f"{half}.csv" for half in ("train", "holdout"))
            coded.table.iloc[:ROWS].to_csv(train, index=False)
            coded.table.iloc[ROWS:].to_csv(holdout, index=False)
            schema = _schema(coded, {})
            _show(coded, "(other)", schema, train, holdout, alone)
            _show(coded, "siblings", schema, train, holdout, nullcontext)
            if coded.parents:
                _show(coded, "declared parents", _schema(coded, coded.parents), train, holdout, nullcontext)
            _line(coded, "the other half", "", [_floor(train, holdout)])


def alone() -> AbstractContextManager[object]:
    """Merge rare categories into "(other)" at once, as all releases did before."""
    return patch.object(category_coding, "groups_of_siblings", lambda *_: [])


def _head() -> str:
    return " ".join(f"{figure:>12}" for figure in FIGURES)


def _show(
    coded: Coded,
    how: str,
    schema: Schema,
    train: Path,
    holdout: Path,
    within: Callable[[], AbstractContextManager[object]],
) -> None:
    made, found, failed = train.with_name("made.csv"), list[dict[str, float]](), 0
    for seed in SEEDS:
        with within(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Synthesizer("cart", seed=seed, schema=schema).fit(str(train)).write(made)
        found.append(_ruled(train, holdout, made) | {"other": _other(made, coded.codes)})
        real, synthetic, held = _cells(train, made, holdout, schema)
        failed += not judged(real, synthetic, held).gate.passed
    _line(coded, how, f"{failed} of {len(SEEDS)}", found)


def _line(coded: Coded, how: str, failed: str, found: Sequence[dict[str, float]]) -> None:
    figures = " ".join(f"{mean(one[figure] for one in found):12.4f}" for figure in FIGURES)
    other = mean(one["other"] for one in found)
    print(f"{coded.name:<12} {how:<18} {other:>8.1%} {failed:>10} {figures}", flush=True)


def _cells(train: Path, made: Path, holdout: Path, schema: Schema) -> tuple[CellTable, CellTable, CellTable]:
    tables = read_compared(open_source(train), open_source(made), open_source(holdout), schema)
    assert tables.holdout is not None
    return tables.real, tables.synthetic, tables.holdout


def _ruled(train: Path, holdout: Path, made: Path) -> dict[str, float]:
    line = [sys.executable, str(shared("quality.py")), str(train), str(holdout), str(made)]
    return dict(json.loads(subprocess.run(line, capture_output=True, text=True, check=True).stdout))


def _floor(train: Path, holdout: Path) -> dict[str, float]:
    """Return what real rows have that were not learnt: the least that can be asked."""
    found = _ruled(train, holdout, holdout)
    floors = {
        "tv1": "tv1_floor",
        "tv2": "tv2_floor",
        "auc_holdout": "auc_floor",
        "copies_train": "copies_floor",
    }
    return {figure: found[floor] for figure, floor in floors.items()} | {"dcr_share": 0.5, "other": 0.0}


def _other(made: Path, codes: Sequence[str]) -> float:
    table = pd.read_csv(made, dtype=str, keep_default_na=False)
    return float(np.mean([(table[column] == "(other)").mean() for column in codes]))


def _schema(coded: Coded, parents: dict[str, dict[str, str]]) -> Schema:
    """Return the schema as a study would declare it: the codes of both halves, which are a public list."""
    rest = infer_source(open_source(coded.table.drop(columns=list(coded.codes)).astype(str))).schema
    columns = {variable.name: variable for variable in rest.variables}
    for name in coded.codes:
        categories = tuple(sorted(set(coded.table[name]) - {"?"}))
        above = {code: parent for code, parent in parents.get(name, {}).items() if code in categories}
        columns[name] = Variable(
            name=name, kind=Kind.CATEGORICAL, categories=categories, missing=("?",), parents=above
        )
    return Schema(variables=tuple(columns[name] for name in coded.table.columns))


def tables() -> Iterator[Coded]:
    """Yield the tables: a census extract that is drawn, and stays in hospital with their diagnoses."""
    yield census(2 * ROWS)
    names = ["age", "gender", "diag_1", "diag_2", "diag_3", "medical_specialty", "time_in_hospital"]
    names += ["num_lab_procedures", "num_medications", "number_diagnoses", "readmitted"]
    stays = pd.read_csv(
        shared("data", "diabetes130", "diabetic_data.csv.gz"), dtype=str, keep_default_na=False
    )
    stays = stays.drop_duplicates("patient_nbr").sample(2 * ROWS, random_state=1)[names]
    yield Coded("diabetes130", stays, ("diag_1", "diag_2", "diag_3", "medical_specialty"), {})


def census(n: int) -> Coded:
    """Return people at work: an industry and its sector, an occupation, where they live, and an income."""
    rng = np.random.default_rng(11)
    industries = np.array([f"{division:02}{rank:02}" for division in range(10, 34) for rank in range(1, 11)])
    sectors = dict(zip(range(10, 34), np.repeat(list("ABCDEFGHIJKL"), 2), strict=True))
    industry = _codes(industries, n, rng)
    sector = pd.Series(industry).str[:2].astype(int).map(sectors).to_numpy()
    level = pd.Series(sector).map({name: at for at, name in enumerate("ABCDEFGHIJKL")}).to_numpy()
    education = np.clip(np.rint(rng.normal(1 + level / 4, 1.0)), 0, 4).astype(int)
    major = np.clip(np.rint(9 - 1.6 * education + rng.normal(0, 1.2, n)), 1, 9).astype(int)
    within = _codes(np.array([f"{code:03}" for code in range(111, 131)]), n, rng)
    occupation = np.char.add(major.astype(str), within)
    postcode = _codes(
        np.array(
            [
                f"{area}{rest // 10}-{rest % 10}{end}0"
                for area in range(9)
                for rest in range(20, 40)
                for end in (1, 4)
            ]
        ),
        n,
        rng,
    )
    age = rng.integers(18, 68, n)
    region = pd.Series(postcode).str[0].astype(int).to_numpy()
    worth = 7.4 + 0.15 * education + 0.012 * (age - 18) + 0.03 * level + 0.04 * region
    income = np.exp(worth + rng.normal(0, 0.35, n))
    unit = rng.choice([1, 10, 100, 500, 1000], n, p=[0.1, 0.1, 0.45, 0.15, 0.2])
    table = pd.DataFrame(
        {
            "age": age,
            "sex": rng.choice(["f", "m"], n),
            "education": education.astype(str),
            "industry": industry,
            "sector": sector,
            "occupation": occupation,
            "postcode": postcode,
            "income": (np.rint(income / unit) * unit).astype(int),
        }
    )
    above = {code: f"section {sectors[int(code[:2])]}" for code in industries}
    return Coded("census", table, ("industry", "occupation", "postcode"), {"industry": above})


def _codes(codes: npt.NDArray[np.str_], n: int, rng: np.random.Generator) -> npt.NDArray[np.str_]:
    """Draw n codes of which the second has half as many people as the first, the third a third, and so on."""
    share = 1 / np.arange(1, len(codes) + 1)
    return rng.permutation(codes)[rng.choice(len(codes), n, p=share / share.sum())]
