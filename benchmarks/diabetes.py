"""diabetes130, 101,766 rows x 48 columns, hundreds of levels: fit and sample in one process."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measured import HEADER, measured
from benchmarks.shared_data import shared

DROPPED = ("encounter_id", "patient_nbr")


def run() -> None:
    """Print the costs of reading, fitting, sampling and writing."""
    source = shared("data", "diabetes130", "diabetic_data.csv.gz")
    print(f"{'read, fit, sample, write':<42} {HEADER}")
    with tempfile.TemporaryDirectory() as directory:
        for method in ("marginals", "cart"):
            cost = measured(ours, source, Path(directory) / "synthetic.parquet", method)
            print(f"{'syncline ' + method + ', defaults':<42} {cost.row()}")


def ours(source: Path, target: Path, method: str) -> None:
    """Fit and sample with Syncline's Python API."""
    import pyarrow as pa
    import pyarrow.csv as csv

    import syncline

    names = csv.read_csv(source, read_options=csv.ReadOptions(block_size=1 << 24)).column_names
    options = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
    table = csv.read_csv(source, convert_options=options).drop_columns(list(DROPPED))
    syncline.Synthesizer(method, seed=1).fit(table).write(target)
