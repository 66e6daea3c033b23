"""Real tables are prepared whole, alike from text and from types."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from syncline.data.batch import Batch, Status
from syncline.data.schema import Schema
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.sources.registry import open_source
from tests.unit.preparation.real_files import packaged_file, shared_file

FOLD = Fold(b"salt", "0.2")


def described(path: Path, missing: str = "", **kinds: dict[str, object]) -> Schema:
    """Return a schema of the file: each column is of the first kind that all its cells have."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(newline="") as file:
        header, *records = csv.reader(file)
    columns = zip(header, zip(*records, strict=True), strict=True)
    variables = []
    for name, cells in columns:
        values = set(cells) - {"", missing}
        field = kinds.get(name) or {"kind": kind_of(values)}
        if field["kind"] == "categorical":
            field = {**field, "categories": sorted(values)}
        variables.append({"name": name, "missing": [missing] if missing else [], **field})
    return Schema.model_validate({"variables": variables})


def kind_of(values: set[str]) -> str:
    for kind, read in (("integer", int), ("continuous", float)):
        try:
            list(map(read, values))
        except ValueError:
            continue
        return kind
    return "categorical"


def same(one: list[Batch], other: list[Batch]) -> bool:
    return all(
        (a == b).all()
        for x, y in zip(one, other, strict=True)
        for a, b in zip([*x.keys, *x.status, x.holdout], [*y.keys, *y.status, y.holdout], strict=True)
    )


def valid_cells(batches: list[Batch]) -> float:
    cells = [status for batch in batches for status in batch.status]
    assert not any((status == Status.UNKNOWN).any() for status in cells)
    return sum(int((status == Status.VALID).sum()) for status in cells)


def test_adult_from_text_types_and_parquet(tmp_path: Path) -> None:
    path = shared_file("adult/train.csv")
    schema = described(path)
    text = list(prepare(open_source(path), schema, FOLD).batches())
    frame = pd.read_csv(path)
    frame["age"] = frame["age"].astype(float)
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "t.parquet")
    assert same(text, list(prepare(open_source(frame), schema, FOLD).batches()))
    assert same(text, list(prepare(open_source(tmp_path / "t.parquet"), schema, FOLD).batches()))
    assert sum(batch.n_rows for batch in text) == 24_421
    assert text[0].keys[0][:2].tolist() == [63, 30]
    held = sum(int(batch.holdout.sum()) for batch in text) / 24_421
    assert abs(held - 0.2) < 5 * (0.16 / 24_421) ** 0.5


def test_rand_hie_by_person(tmp_path: Path) -> None:
    path = packaged_file("statsmodels", "datasets/randhie/src/randhie.csv")
    schema = described(path, zper={"kind": "identifier", "role": "person"}, site={"kind": "identifier"})
    text = list(prepare(open_source(path), schema, FOLD).batches())
    assert sum(batch.n_rows for batch in text) == 20_190
    assert all(len(batch.keys) == 43 and batch.owner is not None for batch in text)
    assert valid_cells(text) > 0.9 * 20_190 * 43
    frame = pd.read_csv(path)
    assert same(text, list(prepare(open_source(frame), schema, FOLD).batches()))


def test_penguins_with_their_missing_cells() -> None:
    path = packaged_file("palmerpenguins", "data/penguins.csv")
    schema = described(path, missing="NA")
    (text,) = prepare(open_source(path), schema, FOLD).batches()
    (typed,) = prepare(open_source(pd.read_csv(path)), schema, FOLD).batches()
    assert same([text], [typed])
    assert text.n_rows == 344
    missing = {
        variable.name: int((status == Status.MISSING).sum())
        for variable, status in zip(schema.modelled, text.status, strict=True)
    }
    assert missing["sex"] == 11
    assert missing["body_mass_g"] == 2
    assert missing["species"] == 0


def test_a_hundred_thousand_visits_are_prepared() -> None:
    path = shared_file("diabetes130/diabetic_data.csv.gz")
    person = {"kind": "integer", "role": "person"}
    schema = described(path, missing="?", encounter_id={"kind": "identifier"}, patient_nbr=person)
    source = open_source(path)
    batches = list(prepare(source, schema, FOLD).batches())
    assert sum(batch.n_rows for batch in batches) == 101_766
    assert valid_cells(batches) == 101_766 * 48 - 192_849
