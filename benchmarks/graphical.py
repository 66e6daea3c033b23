"""``graphical`` beside ``cart``: how near, how fast, and what four suppliers send.

Half of the rows, or of the persons, is learnt. The ruler is ``quality.py`` beside the shared data.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.gate import people
from benchmarks.gate.verdicts import Maker, made, show
from benchmarks.shared_data import shared
from syncline.data.inference import infer_schema
from syncline.data.schema import Schema
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.protocols.asking import Memory
from syncline.protocols.in_process import Traffic
from syncline.protocols.in_process import run as run_fit
from syncline.protocols.party import party_with
from syncline.protocols.transition import PartyId
from syncline.questions.workspace import Workspace
from syncline.sources.registry import open_source
from syncline.sources.source_inference import read_table
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.synthesizer import Synthesizer
from syncline.wire.exchange import HOPS

METHODS = ("cart", "graphical")
SUPPLIERS = 4
EVERYBODY = 50_000
"""Rows of people of either kind who are scored at most: all of these tables."""
FIGURES = ("tv2", "auc_holdout", "tstr", "dcr_share", "copies_train")


@dataclass(frozen=True)
class Halves:
    """A table that is learnt by half: all rows as text, which are learnt, and the column to be predicted."""

    title: str
    text: pd.DataFrame
    learnt: np.ndarray
    target: str
    schema: Schema | None = None


def run() -> None:
    """Print figures of each table, then how often the gate fails with everybody scored."""
    print(f"{'':<38}" + " ".join(f"{name:>12}" for name in (*FIGURES, "seconds", "rounds", "kB a supplier")))
    for table in tables():
        for method in METHODS:
            print(f"{table.title:<26} {method:<11}" + " ".join(_figures(table, method)), flush=True)
    for everyone, splits in ((people.adult(), 3), (people.heart(), 8), (people.rand_hie(), 3)):
        half = everyone.cells.n_persons // 2
        sizes = [everyone.cells.n_persons - half, half]
        for method in METHODS:
            verdicts = made(everyone, sizes, _maker(method, everyone.schema), range(splits), EVERYBODY)
            show(f"{everyone.title}, {sizes[0]:,} used: {method}", verdicts)


def _maker(method: str, schema: Schema | None) -> Maker:
    def make(used: Path, out: Path, seed: int) -> None:
        Synthesizer(method, seed=seed, schema=schema).fit(used).write(out)

    return make


def tables() -> Iterator[Halves]:
    """Yield tables that differ in kind."""
    import sklearn.datasets as bundled

    parts = [
        pd.read_csv(shared("data", "adult", f"{half}.csv"), dtype=str, keep_default_na=False)
        for half in ("train", "holdout")
    ]
    yield Halves(
        "Adult", pd.concat(parts), np.arange(len(parts[0]) + len(parts[1])) < len(parts[0]), "income"
    )
    heart = people.heart().text.replace("?", "")  # as missing numbers are written
    yield Halves("heart", heart, _half(len(heart)), "num")
    hie = people.rand_hie()
    yield Halves(
        "RAND HIE, by person", hie.text, _half(hie.cells.n_persons)[hie.cells.owner], "hlthp", hie.schema
    )
    for name in ("wine", "breast_cancer"):
        frame = getattr(bundled, f"load_{name}")(as_frame=True).frame
        frame.columns = [column.replace(" ", "_").replace("/", "_") for column in frame.columns]
        yield Halves(name, frame, _half(len(frame)), "target")


def _half(n: int) -> np.ndarray:
    return np.random.default_rng(1).permutation(n) < n // 2


def _figures(table: Halves, method: str) -> list[str]:
    with tempfile.TemporaryDirectory() as directory:
        files = [Path(directory) / f"{name}.csv" for name in ("learnt", "held", "made")]
        table.text[table.learnt].to_csv(files[0], index=False)
        table.text[~table.learnt].to_csv(files[1], index=False)
        began = time.perf_counter()
        Synthesizer(method, seed=1, schema=table.schema).fit(files[0]).write(files[2])
        seconds = time.perf_counter() - began
        if table.schema is not None and table.schema.person is not None:
            for path in files:  # whose rows they are is nothing to be told apart by
                pd.read_csv(path, dtype=str, keep_default_na=False).drop(
                    columns=table.schema.person.name
                ).to_csv(path, index=False)
        line = [sys.executable, str(shared("quality.py")), *map(str, files), table.target]
        found = json.loads(subprocess.run(line, capture_output=True, text=True, check=True).stdout)
        rounds, sent = _traffic(table, method)
    return [
        *(f"{found[name]:12.4f}" for name in FIGURES),
        f"{seconds:12.1f}",
        f"{rounds:12}",
        f"{sent:12,.0f}",
    ]


def _traffic(table: Halves, method: str) -> tuple[int, float]:
    """Return the rounds of a fit with four suppliers, and the mean of kilobytes that each sends in all."""
    text = table.text[table.learnt].reset_index(drop=True)
    schema = table.schema or infer_schema(read_table(open_source(text)))
    heard = list[Traffic]()
    parties = {
        PartyId(f"s{k}"): party_with(
            Workspace(prepare(open_source(text.iloc[k::SUPPLIERS]), schema, Fold(b"benchmark", "0")))
        )
        for k in range(SUPPLIERS)
    }
    run_fit(Fit(FitSettings(schema, method=method)), parties, Memory(), hops=HOPS, listen=heard.append)
    return len(heard), sum(one.received for one in heard) / SUPPLIERS / 1000
