"""The gate against CART as R's synthpop has it, by R and rpart (Debian: r-base-core, r-cran-rpart)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from benchmarks.gate import people
from benchmarks.gate.verdicts import HEADER, Maker, made, show

SCRIPT = Path(__file__).with_name("synthpop_cart.R")
SPLITS = 8


def run() -> None:
    """Print how often the gate fails it; say so where R is absent."""
    if shutil.which("Rscript") is None:
        print("skipped: R is not installed (Debian: r-base-core and r-cran-rpart)")
        return
    print(HEADER)
    for everyone, used, held in ((people.heart(), 460, 460), (people.adult(), 10_000, 10_000)):
        for minbucket, splits in ((5, SPLITS), (20, 3)):
            verdicts = made(everyone, [used, held], _maker(minbucket), range(splits))
            show(f"{everyone.title}, {used:,} used: rpart as synthpop, minbucket {minbucket}", verdicts)


def _maker(minbucket: int) -> Maker:
    def make(used: Path, out: Path, seed: int) -> None:
        command = ["Rscript", "--vanilla", SCRIPT, used, out, str(seed), str(minbucket)]
        subprocess.run(command, check=True, timeout=900)

    return make
