"""Tables of few rows and many columns: what a column costs, as their number grows."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from benchmarks.measured import measured

COLUMNS = (50, 100, 200, 400, 800)
ROWS = 300
FACTORS = 6
BLOCK = 10
PERSON = "person"


def mixed_table(rows: int, columns: int, seed: int = 3) -> pa.Table:
    """Return a table of related columns: numbers, counts, categories, words, and numbers with gaps."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(rows, FACTORS))
    made = {}
    for place in range(columns):
        z = latent @ rng.normal(size=FACTORS) / 2 + rng.normal(size=rows)
        made[f"v{place}"] = (
            pa.array(np.round(z * 12 + 50, 1)),
            pa.array((np.abs(z) * 3).astype(np.int64)),
            pa.array([f"level {level}" for level in np.clip(z + 3, 0, 5).astype(int).tolist()]),
            pa.array(np.where(z > 0, "yes", "no")),
            pa.array(np.round(z * 3 + 100, 2), mask=rng.random(rows) < 0.1),
        )[place % 5]
    return pa.table(made)


def markers(rows: int, columns: int, seed: int = 7) -> pa.Table:
    """Return a table of markers that are 0 or 1, one in four 1."""
    held = np.random.default_rng(seed).random((columns, rows)) < 0.25
    return pa.table({f"g{place}": pa.array(own.astype(np.int64)) for place, own in enumerate(held)})


def decimals(rows: int, columns: int, seed: int = 11) -> pa.Table:
    """Return normal numbers of three decimals, in blocks of ten that share half of their variance."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(-(-columns // BLOCK), rows))
    own = rng.normal(size=(columns, rows))
    values = np.round((np.repeat(shared, BLOCK, axis=0)[:columns] + own) / np.sqrt(2), 3)
    return pa.table({f"x{place}": pa.array(values[place]) for place in range(columns)})


def persons_table(rows: int, columns: int) -> pa.Table:
    """Return the mixed table with a column of persons, each of whom has two to five rows."""
    several = np.random.default_rng(5).integers(2, 6, rows)
    persons = np.repeat(np.arange(rows), several)[:rows]
    return mixed_table(rows, columns).append_column(PERSON, pa.array([f"P{one}" for one in persons]))


def synthesize(source: str, out: str, person: str = "") -> int:
    """Read, fit, sample and write a table with the default settings, and the schema of its rows."""
    import warnings

    from syncline.data.schema import Schema
    from syncline.sources.registry import open_source
    from syncline.sources.source_inference import infer_source
    from syncline.synthesizers.synthesizer import Synthesizer

    warnings.simplefilter("ignore")
    if not person:
        return Synthesizer(seed=1).fit(Path(source)).write(Path(out))
    document = infer_source(open_source(source)).schema.without((person,)).to_document()
    document["variables"].append({"name": person, "kind": "identifier", "role": "person"})
    return Synthesizer(seed=1, schema=Schema.model_validate(document)).fit(Path(source)).write(Path(out))


def command(source: str, out: str) -> None:
    """Synthesize a file by the command, in this process."""
    from syncline.cli.app import app

    app(["synthesize", source, "--out", out, "--seed", "1", "--force"], standalone_mode=False)


def infer(source: str, out: str) -> None:
    """Infer the schema of a file by the command, in this process."""
    from syncline.cli.app import app

    with Path(out).open("w") as printed, contextlib.redirect_stdout(printed):
        app(["schema", "infer", source], standalone_mode=False)


_KINDS: dict[Callable[[int, int], pa.Table], str] = {
    markers: "markers",
    mixed_table: "mixed",
    decimals: "decimals",
    persons_table: "persons",
}
_SIZES = ((60, 1200), (300, 500), (1000, 300))


def run() -> None:
    """Print what each table costs, and each of its columns; ``SYNCLINE_BENCHMARK_WIDE=persons`` by person."""
    if os.environ.get("SYNCLINE_BENCHMARK_WIDE") == "persons":
        _print([(rows, 300, persons_table) for rows in (600, 1000, 4000)])
        return
    chosen = os.environ.get("SYNCLINE_BENCHMARK_COLUMNS")
    counts = COLUMNS if chosen is None else tuple(int(number) for number in chosen.split(","))
    kinds = mixed_table, decimals
    tables = [(ROWS, number, make) for make in kinds for number in counts]
    if chosen is None:
        tables += [(60, 1200, markers)] + [(*size, make) for make in kinds for size in _SIZES]
    _print(tables)
    if chosen is None:
        _print_commands([(*size, make) for make in kinds for size in _SIZES])


def _print(tables: Sequence[tuple[int, int, Callable[[int, int], pa.Table]]]) -> None:
    print(f"{'rows':>6} {'columns':>8} {'kind':>8} {'CPU s':>8} {'ms a column':>12} {'RSS MB':>8}")
    with tempfile.TemporaryDirectory() as directory:
        source, out = Path(directory, "real.parquet"), Path(directory, "synthetic.parquet")
        for rows, columns, make in tables:
            pq.write_table(make(rows, columns), source)
            person = PERSON if make is persons_table else ""
            found = measured(synthesize, str(source), str(out), person)
            kind = _KINDS[make]
            each = 1000 * found.cpu / columns
            print(
                f"{rows:6} {columns:8} {kind:>8} {found.cpu:8.1f} {each:12.1f} {found.rss_mb:8.0f}",
                flush=True,
            )


def _print_commands(tables: Sequence[tuple[int, int, Callable[[int, int], pa.Table]]]) -> None:
    """Print what the commands take for CSV files of the tables."""
    print(f"{'rows':>6} {'columns':>8} {'kind':>8} {'synthesize s, MB':>18} {'infer s, MB':>14}")
    with tempfile.TemporaryDirectory() as directory:
        source, out = Path(directory, "real.csv"), Path(directory, "synthetic.csv")
        for rows, columns, make in tables:
            pc.write_csv(make(rows, columns), source)
            made, inferred = (measured(work, str(source), str(out)) for work in (command, infer))
            print(
                f"{rows:6} {columns:8} {_KINDS[make]:>8} {made.cpu:11.1f} {made.rss_mb:6.0f}"
                f" {inferred.cpu:7.1f} {inferred.rss_mb:6.0f}",
                flush=True,
            )
