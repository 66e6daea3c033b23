"""A large messy CSV file through a preparation and ``Marginals``: what each stage costs, and the peak memory.

Every line is a process of its own that reads the whole file. ``SYNCLINE_BENCHMARK_MB`` sets the size of the
file in millions of bytes; 500 where it is left out, 5000 for the figure of the goal.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measured import HEADER, Measured, measured
from benchmarks.messy_table import PREPARATION, SCHEMA, write_messy
from benchmarks.shared_data import shared
from syncline.compute.launch import Absent
from syncline.questions.asked import Asked
from syncline.questions.question import Context

if TYPE_CHECKING:
    import pyarrow as pa

    from syncline.preparation.prepared_source import PreparedSource
    from syncline.preparation.prepared_view import PreparedView

MEGABYTES = int(os.environ.get("SYNCLINE_BENCHMARK_MB", "500"))
CODEBOOK_MEGABYTES = 5
PAIRED = ("age", "work", "education", "marital", "sex", "chol", "income")


def run() -> None:
    """Print the costs of the stages, and preparation beside decoding."""
    with tempfile.TemporaryDirectory() as directory:
        table, sample = Path(directory) / "messy.csv", Path(directory) / "sample.csv"
        adult = shared("data", "adult", "train.csv")
        rows = measured(write_messy, adult, table, MEGABYTES * 10**6).result
        measured(write_messy, adult, sample, CODEBOOK_MEGABYTES * 10**6)
        print(
            f"{table.stat().st_size / 1e9:.2f} GB, {rows:,} rows x 15 columns, load {os.getloadavg()[0]:.1f}"
        )
        print(f"{'the whole file, each line a process':<62} {HEADER} {'ns/cell':>8}")
        costs = {}
        for name, (work, arguments) in _stages(table, sample).items():
            costs[name] = measured(as_a_child, work, *arguments)
            print(f"{name:<62} {costs[name].row()} {costs[name].cpu / rows / 15 * 1e9:8.1f}", flush=True)
        _print_ratios(costs)


def _stages(table: Path, sample: Path) -> dict[str, tuple[Callable[..., int], tuple[object, ...]]]:
    steps = PREPARATION.count("{step:")
    return {
        "a: pyarrow's CSV reader, text": (decode_by_pyarrow, (table,)),
        "b: the source, text": (decode, (table,)),
        "c: b and typed by the schema, no steps": (prepare_rows, (table, _renamed_only())),
        f"d: b and {steps} steps, text": (prepare_text, (table, PREPARATION)),
        f"e: b, {steps} steps and typed by the schema": (prepare_rows, (table, PREPARATION)),
        "f: e and Marginals, all 1-way sets and 21 2-way sets": (count, (table, sample)),
        "g: d and duplicates over all columns": (
            prepare_text,
            (table, PREPARATION + "  - {step: duplicates}\n"),
        ),
    }


def as_a_child(work: Callable[..., int], *arguments: object) -> int:
    """Call ``work`` without pandas, as the process does that an agent computes in."""
    sys.meta_path.insert(0, Absent("pandas"))
    return work(*arguments)


def _print_ratios(costs: dict[str, Measured]) -> None:
    a, b, c, d, e, f, _ = (cost.cpu for cost in costs.values())
    print(f"steps / decoding, CPU: text (d-b)/b {(d - b) / b:.2f}, typed (e-c)/c {(e - c) / c:.2f}")
    print(f"steps and typing / pyarrow's reader, CPU: (e-a)/a {(e - a) / a:.2f}; Marginals: {f - e:.1f} s")


def _renamed_only() -> str:
    lines = PREPARATION.splitlines(keepends=True)
    return "".join(line for line in lines if "{step:" not in line or "step: rename" in line)


def decode_by_pyarrow(table: Path) -> int:
    """Read the file as text by pyarrow's own reader, in blocks of 1 MiB."""
    import pyarrow as pa
    from pyarrow import csv

    names = table.open(encoding="utf-8").readline().strip().split(";")
    options = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    with csv.open_csv(table, None, csv.ParseOptions(delimiter=";"), options) as reader:
        return sum(batch.num_rows for batch in reader)


def decode(table: Path) -> int:
    """Read the file as text by its source."""
    from syncline.preparation.prepared_source import BATCH_ROWS
    from syncline.sources.registry import open_source

    return _rows(open_source(table).batches(None, BATCH_ROWS))


def prepare_text(table: Path, preparation: str) -> int:
    """Read the file through the steps, as text."""
    from syncline.preparation.prepared_source import BATCH_ROWS

    return _rows(_view(table, preparation).batches(None, BATCH_ROWS))


def prepare_rows(table: Path, preparation: str) -> int:
    """Read the file through the steps and the schema."""
    return sum(batch.n_rows for batch in _prepared(table, preparation).batches())


def count(table: Path, sample: Path) -> int:
    """Count all columns and some pairs of them, with the codebook of a small file of the same kind."""
    from syncline.data.codebook import Codebook, Coding
    from syncline.questions.marginals import Axis, Marginals
    from syncline.questions.workspace import Workspace
    from syncline.synthesizers.alone import fit_alone
    from syncline.synthesizers.settings import FitSettings

    few = _prepared(sample, PREPARATION)
    model = fit_alone(FitSettings(schema=few.schema, method="marginals"), Workspace(few)).model
    codebook = Codebook(tuple(column.codes for column in model.columns))
    sets = [(Axis(name, Coding.FINE),) for name in codebook.names]
    sets += [tuple(Axis(name, Coding.FINE) for name in pair) for pair in combinations(PAIRED, 2)]
    rows = Workspace(_prepared(table, PREPARATION))
    counts = Marginals(tuple(sets), holdout=False).answer(rows, Context(Asked(codebook)))
    return counts.total // len(sets)


def _view(table: Path, preparation: str) -> PreparedView:
    from syncline.preparation.preparation_document import Preparation
    from syncline.preparation.prepared_view import prepared_view
    from syncline.sources.registry import open_source

    return prepared_view(open_source(table), Preparation.from_yaml(preparation))


def _prepared(table: Path, preparation: str) -> PreparedSource:
    from syncline.data.schema import Schema
    from syncline.preparation.fold import Fold
    from syncline.preparation.prepared_source import prepare

    return prepare(_view(table, preparation), Schema.from_yaml(SCHEMA), Fold(b"", 0))


def _rows(batches: Iterable[pa.RecordBatch]) -> int:
    return sum(batch.num_rows for batch in batches)
