"""The gate on few people: RAND HIE, several rows a person, and the heart patients of four hospitals.

``SYNCLINE_BENCHMARK_REPEATS`` sets how often fresh people are judged; 100 where left out.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.gate import people
from benchmarks.gate.leaks import bootstrap, copy, fresh, jittered, some
from benchmarks.gate.people import People
from benchmarks.gate.verdicts import HEADER, Maker, made, planted, repeats, show
from syncline.synthesizers.synthesizer import Synthesizer

SPLITS = 8
LEAK_PERSONS, FRESH_PERSONS = 1200, 600
"""Persons of each kind at most where leaks are planted and where fresh ones are judged again and again."""

LEAKS = {
    "a copy of the rows that were used": copy,
    "a bootstrap of them": bootstrap,
    "5 % of the persons verbatim": some(0.05),
    "5 % jittered, one cell a row": some(0.05, jittered(1)),
    "1 % verbatim": some(0.01),
    "1 % jittered, one cell a row": some(0.01, jittered(1)),
}


def run() -> None:
    """Print how often the gate fails each kind of table."""
    print(HEADER)
    for everyone in (people.heart(), people.rand_hie()):
        third = everyone.cells.n_persons // 3
        few, fewer = min(third, LEAK_PERSONS), min(third, FRESH_PERSONS)
        for name, leak in LEAKS.items():
            verdicts = planted(everyone, [few] * 3, leak, range(SPLITS))
            show(f"{everyone.title}, {few:,} used: {name}", verdicts)
        verdicts = planted(everyone, [fewer] * 3, fresh, range(1000, 1000 + repeats(100)))
        show(f"{everyone.title}, {fewer:,} used: fresh people", verdicts)
        for share in (0.5, 0.2):
            techniques(everyone, share)


def techniques(everyone: People, share: float, splits: int = SPLITS) -> None:
    """Print how often the gate fails our own techniques at their defaults, a share of persons held out."""
    held = round(everyone.cells.n_persons * share)
    sizes = [everyone.cells.n_persons - held, held]
    for method in ("cart", "marginals"):
        verdicts = made(everyone, sizes, _maker(everyone, method), range(splits))
        show(f"{everyone.title}, {sizes[0]:,} used, {held:,} held out: {method}, defaults", verdicts)


def _maker(everyone: People, method: str) -> Maker:
    def make(used: Path, out: Path, seed: int) -> None:
        Synthesizer(method, seed=seed, schema=everyone.schema).fit(used).write(out)

    return make
