"""The disclosure gate on Adult: planted leaks, fresh rows, our own techniques, and sequential CART.

``SYNCLINE_BENCHMARK_REPEATS`` sets how often fresh rows are judged; 20 where left out, 200 for the goal.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.sequential_cart import synthesize
from benchmarks.shared_data import shared
from syncline.data.inference import infer_schema
from syncline.sources.registry import open_source
from syncline.synthesizers.synthesizer import Synthesizer, read_table
from syncline.validation.cell_table import CellTable, read_cells
from syncline.validation.disclosure.assess import DisclosureSettings, assess
from syncline.validation.disclosure.gate import GateResult

ROWS = 10_000
REPEATS = int(os.environ.get("SYNCLINE_BENCHMARK_REPEATS", "20"))
SPLITS = 5


def run() -> None:
    """Print how often the gate fails each kind of table."""
    everyone = _everyone()
    print(f"{'10,000 rows of Adult':<44} {'fails':>9} {'s each':>7}")
    leaks: dict[str, Callable[[CellTable, CellTable, np.random.Generator], CellTable]] = {
        "a copy of the rows that were used": lambda used, fresh, rng: used,
        "a bootstrap of them": lambda used, fresh, rng: used.take(rng.integers(0, ROWS, ROWS)),
        "5 % verbatim in fresh rows": lambda used, fresh, rng: _leak(used, fresh, 500, 0, rng),
        "5 % jittered, one cell": lambda used, fresh, rng: _leak(used, fresh, 500, 1, rng),
        "1 % verbatim": lambda used, fresh, rng: _leak(used, fresh, 100, 0, rng),
        "1 % jittered, one cell": lambda used, fresh, rng: _leak(used, fresh, 100, 1, rng),
        "1 % jittered, three cells": lambda used, fresh, rng: _leak(used, fresh, 100, 3, rng),
    }
    for name, leak in leaks.items():
        _print(name, [_judge(everyone, seed, leak) for seed in range(SPLITS)])
    _print(
        "fresh rows", [_judge(everyone, 1000 + seed, lambda _, fresh, __: fresh) for seed in range(REPEATS)]
    )
    _techniques()


def _everyone() -> CellTable:
    source = open_source(shared("data", "adult", "train.csv"))
    schema = infer_schema(read_table(source))
    halves = [
        read_cells(open_source(shared("data", "adult", f"{name}.csv")), schema)
        for name in ("train", "holdout")
    ]
    return _together(halves[0], halves[1])


def _together(first: CellTable, second: CellTable) -> CellTable:
    return CellTable(
        first.schema,
        tuple(np.concatenate(pair) for pair in zip(first.keys, second.keys, strict=True)),
        tuple(np.concatenate(pair) for pair in zip(first.status, second.status, strict=True)),
        np.arange(first.n_rows + second.n_rows),
    )


def _judge(
    everyone: CellTable, seed: int, leak: Callable[[CellTable, CellTable, np.random.Generator], CellTable]
) -> tuple[GateResult, float]:
    rng = np.random.default_rng(seed)
    order = rng.permutation(everyone.n_rows)
    used, held, fresh = (everyone.take(order[k * ROWS : (k + 1) * ROWS]) for k in range(3))
    made = leak(used, fresh, rng)
    began = time.perf_counter()
    gate = assess(used, made, held, DisclosureSettings()).gate
    return gate, time.perf_counter() - began


def _leak(
    used: CellTable, fresh: CellTable, leaked: int, changes: int, rng: np.random.Generator
) -> CellTable:
    """Return fresh rows of which the first are leaked ones, in each of which some cells are changed."""
    table = _together(used.take(np.arange(leaked)), fresh.take(np.arange(ROWS - leaked)))
    keys = [column.copy() for column in table.keys]
    for row in range(leaked):
        for _ in range(changes):
            column = rng.integers(len(keys))
            if table.schema.modelled[column].grid is not None:
                keys[column][row] += rng.choice([-1, 1])
            else:
                keys[column][row] = fresh.keys[column][rng.integers(ROWS)]
    return CellTable(table.schema, tuple(keys), table.status, table.owner)


def _techniques() -> None:
    train, holdout = shared("data", "adult", "train.csv"), shared("data", "adult", "holdout.csv")
    schema = infer_schema(read_table(open_source(train)))
    used, held = (read_cells(open_source(path), schema) for path in (train, holdout))
    with tempfile.TemporaryDirectory() as directory:
        made = Path(directory) / "made.csv"

        def judged(name: str, make: Callable[[int], object]) -> None:
            found = []
            for seed in (1, 2, 3):
                make(seed)
                began = time.perf_counter()
                gate = assess(used, read_cells(open_source(made), schema), held, DisclosureSettings()).gate
                found.append((gate, time.perf_counter() - began))
                made.unlink()
            _print(name, found)

        for method in ("cart", "marginals"):
            judged(
                f"Syncline {method}, defaults, train half",
                lambda seed, method=method: Synthesizer(method, seed=seed).fit(str(train)).write(made),  # type: ignore[misc]
            )
        for leaf in (20, 5):
            judged(
                f"scikit-learn sequential CART, leaf {leaf}",
                lambda seed, leaf=leaf: synthesize(train, made, seed, leaf),  # type: ignore[misc]
            )


def _print(name: str, found: list[tuple[GateResult, float]]) -> None:
    failed = sum(not gate.passed for gate, _ in found)
    seconds = float(np.mean([taken for _, taken in found]))
    print(f"{name:<44} {failed:>4} of {len(found):<3} {seconds:6.1f}", flush=True)
