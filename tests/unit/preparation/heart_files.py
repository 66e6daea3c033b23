"""The heart patients of four hospitals, as they circulate, each made a file that a source can open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from syncline.data.schema import Schema
from syncline.preparation.fold import Fold
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_source import prepare
from syncline.preparation.prepared_view import PreparedView, prepared_view
from syncline.sources.registry import open_source
from syncline.sources.source import Source
from tests.unit.preparation.real_files import shared_file

HEART = Path(__file__).parent / "heart"
SCHEMA = Schema.from_yaml(HEART / "schema.yaml")
HEADER = "age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,num"
HOSPITALS = ("cleveland", "hungarian", "switzerland", "va")
RAW_NAMES = {"hungarian": "hungarian", "switzerland": "switzerland", "va": "long-beach-va"}

Row = tuple[object, ...]


def clean(hospital: str, folder: Path) -> Source:
    """Return the truth: UCI's file with the outcome in two words, written without any preparation."""
    lines = shared_file(f"heart_disease_uci/processed.{hospital}.data").read_text().split()
    rows = (line.split(",") for line in lines)
    cells = ([*("" if cell == "?" else cell for cell in row[:-1]), outcome(row[-1])] for row in rows)
    return written(folder / f"clean_{hospital}.csv", HEADER.replace("num", "disease"), map(",".join, cells))


def outcome(grade: str) -> str:
    return "healthy" if grade == "0" else "ill"


def messy(variant: str, hospital: str, folder: Path) -> PreparedView:
    """Return one coding of a hospital's patients as its preparation makes it."""
    return prepared_view(MAKERS[variant](hospital, folder), Preparation.from_yaml(HEART / f"{variant}.yaml"))


def _clean(hospital: str, folder: Path) -> Source:
    text = shared_file(f"heart_disease_uci/processed.{hospital}.data").read_text()
    return written(folder / f"uci_{hospital}.csv", HEADER, text.splitlines())


def _crlf(hospital: str, folder: Path) -> Source:
    path = folder / "crlf.csv"
    content = shared_file(f"heart_messy/processed.{hospital}.crlf.data").read_bytes()
    path.write_bytes(HEADER.encode() + b"\r\n" + content)
    return open_source(path)


def _qmark(hospital: str, _: Path) -> Source:
    return open_source(shared_file(f"heart_messy/{hospital}_header_qmark.csv"))


def _minus9(hospital: str, _: Path) -> Source:
    return open_source(shared_file(f"heart_messy/{hospital}_X1_X14_minus9.csv"))


def _kaggle(_: str, __: Path) -> Source:
    return open_source(shared_file("heart_messy/cleveland_kaggle_recoded_bom.csv"))


def _reprocessed(hospital: str, folder: Path) -> Source:
    text = shared_file(f"heart_messy/reprocessed.{hospital}.data").read_text()
    return written(folder / "reprocessed.csv", "record", text.splitlines())


def _symbolic(_: str, folder: Path) -> Source:
    lines = shared_file("heart_messy/cleve.mod").read_text().splitlines()
    return written(folder / "mod.csv", "record", [line for line in lines if line and line[0] != "%"])


def _raw76(hospital: str, folder: Path) -> Source:
    if hospital == "cleveland":
        pytest.skip("raw76_cleveland.data is UCI's corrupted file: it ends in binary bytes")
    text = shared_file(f"heart_messy/raw76_{RAW_NAMES[hospital]}.data").read_text()
    records = (" ".join(record.split()) for record in text.split("name") if record.strip())
    return written(folder / f"raw76_{hospital}.csv", "record", [f"{record} name" for record in records])


MAKERS = {
    "clean": _clean,
    "crlf": _crlf,
    "qmark": _qmark,
    "minus9": _minus9,
    "kaggle": _kaggle,
    "reprocessed": _reprocessed,
    "symbolic": _symbolic,
    "raw76": _raw76,
}


def written(path: Path, header: str, lines: Iterable[str]) -> Source:
    path.write_text("\n".join([header, *lines]) + "\n")
    return open_source(path)


def rows_of(source: Source, names: Sequence[str] = SCHEMA.names) -> list[Row]:
    """Return every row as keys and statuses of the study's columns, read by the one parser there is."""
    rows: list[Row] = []
    for batch in prepare(source, SCHEMA, Fold(b"", 0), batch_rows=64).batches():
        places = [SCHEMA.names.index(name) for name in names]
        cells = [
            list(zip(batch.keys[place].tolist(), batch.status[place].tolist(), strict=True))
            for place in places
        ]
        rows += zip(*cells, strict=True)
    return rows


def difference(one: Iterable[Row], other: Iterable[Row]) -> int:
    """Count the rows of ``one`` that have no partner in ``other``."""
    return (Counter(one) - Counter(other)).total()
