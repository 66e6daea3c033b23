"""``copula`` beside ``cart`` on tables that differ in kind: the ruler, the gate, and seconds.

The ruler is ``quality.py`` beside the shared data. ``SYNCLINE_BENCHMARK_REPEATS`` sets how many seeds are
averaged, and how many splits the gate judges; 2 where left out.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np
import pandas as pd

from benchmarks.gate import people
from benchmarks.gate.people import People
from benchmarks.gate.verdicts import HEADER, made, repeats, show
from benchmarks.shared_data import shared
from syncline.data.schema import Schema
from syncline.synthesizers.synthesizer import Synthesizer

METHODS = ("copula", "cart")
FIGURES = ("tv2", "auc_holdout", "tstr", "dcr_share")
FLOORS = {"tv2": "tv2_floor", "auc_holdout": "auc_floor", "tstr": "trtr"}


@dataclass(frozen=True)
class Halves:
    """A table in two halves: of one a table is made, the other is the floor."""

    place: Path
    title: str
    train: Path
    holdout: Path
    target: str | None
    schema: Schema | None = None
    person: str | None = None

    def ruled(self, method: str, seed: int) -> tuple[dict[str, float], float]:
        """Return the ruler's figures of a table that is made by a seed, and the CPU seconds that took."""
        release = self.place / "made.csv"
        began = time.process_time()
        Synthesizer(method, seed=seed, schema=self.schema).fit(str(self.train)).write(release)
        spent = time.process_time() - began
        files = [str(self._without_person(path)) for path in (self.train, self.holdout, release)]
        line = [sys.executable, str(shared("quality.py")), *files, *([self.target] if self.target else [])]
        done = subprocess.run(line, capture_output=True, text=True, check=True)
        return dict(json.loads(done.stdout)), spent

    def _without_person(self, path: Path) -> Path:
        if self.person is None:
            return path
        plain = self.place / f"plain_{path.name}"
        pd.read_csv(path, dtype=str, keep_default_na=False).drop(columns=self.person).to_csv(
            plain, index=False
        )
        return plain


def run() -> None:
    """Print figures of each table, then how often the gate fails."""
    warnings.simplefilter("ignore")
    print(f"{'table, rows learnt':<28} {'method':<10} {'CPU s':>7} " + " ".join(f"{f:>12}" for f in FIGURES))
    with tempfile.TemporaryDirectory() as directory:
        for table in halves(Path(directory)):
            for method in METHODS:
                found = [table.ruled(method, seed) for seed in range(1, repeats(2) + 1)]
                spent = mean(seconds for _, seconds in found)
                line(table.title, method, f"{spent:.1f}", [figures for figures, _ in found])
            floor = {name: found[0][0].get(own, float("nan")) for name, own in FLOORS.items()}
            line(table.title, "the floor", "", [floor])
    print(HEADER)
    for everyone in (people.heart(), people.rand_hie(), people.adult()):
        half = everyone.cells.n_persons // 2
        verdicts = made(
            everyone, [half, half], lambda *told, of=everyone: _release(of, *told), range(repeats(2))
        )
        show(f"{everyone.title}, {half:,} used: {METHODS[0]}, defaults", verdicts)


def line(title: str, method: str, seconds: str, found: list[dict[str, float]]) -> None:
    """Print the mean figures of some releases."""
    figures = [mean(one.get(name, float("nan")) for one in found) for name in FIGURES]
    print(f"{title:<28} {method:<10} {seconds:>7} " + " ".join(f"{own:12.4f}" for own in figures), flush=True)


def halves(place: Path) -> Iterator[Halves]:
    """Yield the tables: Adult as it is shared, people by person, and scikit-learn's own by rows."""
    import sklearn.datasets as bundled

    yield Halves(
        place, "Adult", shared("data", "adult", "train.csv"), shared("data", "adult", "holdout.csv"), "income"
    )
    for everyone, target, person in ((people.heart(), "num", None), (people.rand_hie(), None, "zper")):
        half = everyone.cells.n_persons // 2
        files = [place / f"{everyone.title}.{part}.csv".replace(" ", "_") for part in ("train", "hold")]
        for path, rows in zip(files, everyone.parts([half] * 2, np.random.default_rng(1)), strict=True):
            everyone.write(rows, path)
        yield Halves(place, everyone.title, files[0], files[1], target, everyone.schema, person)
    for name, target in (("diabetes", None), ("wine", "target"), ("breast_cancer", "target")):
        frame = getattr(bundled, f"load_{name}")(as_frame=True).frame
        rows = np.random.default_rng(1).permutation(len(frame))
        files = [place / f"{name}.{part}.csv" for part in ("train", "hold")]
        for path, own in zip(files, np.array_split(rows, 2), strict=True):
            frame.iloc[own].to_csv(path, index=False)
        yield Halves(place, name, files[0], files[1], target)


def _release(everyone: People, used: Path, out: Path, seed: int) -> None:
    Synthesizer(METHODS[0], seed=seed, schema=everyone.schema).fit(used).write(out)
