"""Tables of few rows and many columns: what a column costs, as their number grows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measured import measured

COLUMNS = (50, 100, 200, 400, 800)
ROWS = 300
FACTORS = 6
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


_KINDS = {markers: "markers", mixed_table: "mixed", persons_table: "persons"}


def run() -> None:
    """Print what each table costs, and each of its columns; ``SYNCLINE_BENCHMARK_WIDE=persons`` by person."""
    if os.environ.get("SYNCLINE_BENCHMARK_WIDE") == "persons":
        _print([(rows, 300, persons_table) for rows in (600, 1000, 4000)])
        return
    chosen = os.environ.get("SYNCLINE_BENCHMARK_COLUMNS")
    counts = COLUMNS if chosen is None else tuple(int(number) for number in chosen.split(","))
    tables = [(ROWS, number, mixed_table) for number in counts]
    if chosen is None:
        tables += [(60, 1200, markers), (300, 500, mixed_table), (1000, 300, mixed_table)]
    _print(tables)


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
