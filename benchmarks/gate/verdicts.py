"""Judge tables of one kind again and again and print how many fail, and by which series."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.gate.leaks import Leak, Sides
from benchmarks.gate.people import People
from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.candidate import MOST_SCORED
from syncline.validation.comparison.pooled import everything, workspace_of
from syncline.validation.comparison.rows import ComparableRows
from syncline.validation.disclosure.gate import GateResult, PriorFindings, judge, strata
from syncline.validation.disclosure.membership import MembershipAttack
from syncline.validation.disclosure.repeated import repeated_rows
from syncline.validation.disclosure.score_places import ScorePlaces
from syncline.validation.disclosure.scores import Scorer

HEADER = f"{'':<58} {'fails':>10}  {'xgap':>4} {'gap':>4} {'mia':>4} {'rep.':>4} {'s each':>7}"


Maker = Callable[[Path, Path, int], object]
"""Read the file of those who were used, write a synthetic one, by a seed."""


def repeats(default: int) -> int:
    """Return how often chance is tried: ``SYNCLINE_BENCHMARK_REPEATS``, or the default."""
    return int(os.environ.get("SYNCLINE_BENCHMARK_REPEATS", default))


@dataclass(frozen=True)
class Verdict:
    """What the gate said, after how many seconds."""

    gate: GateResult
    seconds: float


def judged(used: CellTable, made: CellTable, held: CellTable, most: int = MOST_SCORED) -> Verdict:
    """Run the gate over persons of either kind with about ``most`` rows, as a comparison takes them."""
    began = time.perf_counter()
    membership, repeated = MembershipAttack.learnt(made, b"benchmark"), repeated_rows(made)
    scorer, places = Scorer(made, membership), ScorePlaces(membership)
    people = ComparableRows(workspace_of(used, held), everything(used.schema)).sampled_people(
        b"benchmark", most, (used.n_rows, held.n_rows)
    )
    used_people, others = (places.rounded(scorer.scores(part)) for part in people[:2])
    scores = strata([(used_people, others)], places.rounded(scorer.copies()))
    gate = judge(scores, PriorFindings(() if repeated is None else (repeated.words,)))
    return Verdict(gate, time.perf_counter() - began)


def planted(people: People, sizes: Sequence[int], leak: Leak, seeds: Sequence[int]) -> list[Verdict]:
    """Plant a leak in fresh rows, in a split of its own for each seed; used, held out, fresh ``sizes``."""
    found = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        sides = Sides(*(people.cells.take(rows) for rows in people.parts(sizes, rng)))
        found.append(judged(sides.used, leak(sides, rng), sides.held))
    return found


def made(
    people: People, sizes: Sequence[int], make: Maker, seeds: Sequence[int], most: int = MOST_SCORED
) -> list[Verdict]:
    """Make a table from the used persons' file, in a split of its own for every seed; used and held out."""
    found = []
    for seed in seeds:
        with TemporaryDirectory() as directory:
            files = [Path(directory) / f"{name}.csv" for name in ("used", "made", "held")]
            used, held = people.parts(sizes, np.random.default_rng(seed))
            people.write(used, files[0])
            people.write(held, files[2])
            make(files[0], files[1], seed)
            found.append(judged(*people.compared(*files), most))
    return found


def show(name: str, verdicts: Sequence[Verdict]) -> None:
    """Print one line."""
    failed = sum(not verdict.gate.passed for verdict in verdicts)
    counts = [
        sum(any(words.startswith(kind) for words in verdict.gate.failures) for verdict in verdicts)
        for kind in ("xgap", "gap", "mia", "repeated")
    ]
    seconds = float(np.mean([verdict.seconds for verdict in verdicts]))
    by_kind = " ".join(f"{count or '-':>4}" for count in counts)
    print(f"{name:<58} {failed:>3} of {len(verdicts):<3}  {by_kind} {seconds:7.1f}", flush=True)
