"""Write the files of a release: tables, what describes them, and the report.

Nothing in the tables and in the files that describe them depends on the study's name, its roster or the time;
these stand in the report and the manifest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from syncline.compute.frames import Json
from syncline.data.batch import Status
from syncline.data.content_digest import content_sha256
from syncline.data.release_table import LABEL, Columns, write_release_tables
from syncline.data.spreadsheet import side_file
from syncline.durable.storage_fault import storage_error_from_os
from syncline.study.comparing import released_schema, rows_of_release
from syncline.study.description.data_dictionary import data_dictionary
from syncline.study.description.data_package import TableFile, data_package
from syncline.study.description.sdv_metadata import sdv_metadata
from syncline.study.manifest import RosterEntry
from syncline.study.report import report_document, report_page
from syncline.study.sections import Format
from syncline.study.spec import StudySpec
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.streams import PARTITION_ROWS, Seed
from syncline.validation.cell_table import CellTable

TABLE_NAME = "synthetic.parquet"
CSV_NAME = "synthetic.csv"


@dataclass(frozen=True, slots=True)
class WrittenRelease:
    """What was written: file names, and content digests of tables."""

    files: tuple[str, ...]
    content_sha256: Mapping[str, str]


def write_release(
    directory: Path,
    spec: StudySpec,
    result: Fitted,
    seed: Seed,
    roster: Sequence[RosterEntry],
    provenance: Mapping[str, Json],
    assessment: Mapping[str, Json] | None,
    drawn: CellTable | None = None,
) -> WrittenRelease:
    """Draw the rows, and write all files of a release but the manifest into ``directory``.

    ``assessment`` is what comparing this very table with the suppliers' rows found, None where nothing was.
    Rows are drawn once; where they were ``drawn`` to be compared, not again.
    """
    schema = released_schema(spec, result)
    rows = rows_of_release(spec, result)
    tables = [TABLE_NAME, *([CSV_NAME] if Format.CSV in spec.release.formats else [])]
    columns = (
        result.model.sample(rows, seed, schema) if drawn is None or drawn.n_rows != rows else _parts(drawn)
    )
    write_release_tables([directory / name for name in tables], schema, columns)
    digest = content_sha256(directory / TABLE_NAME)
    origin = {**provenance, "content_sha256": digest}
    document = report_document(spec, result, rows, assessment, roster, origin)
    texts = {
        "schema.yaml": f"# {LABEL}\n{schema.to_yaml()}",
        "dictionary.csv": data_dictionary(schema),
        "datapackage.json": data_package(schema, [TableFile.of(directory / name) for name in tables]),
        "metadata.json": sdv_metadata(schema),
        "report.json": report_page.as_json(document),
        "report.html": report_page.as_html(document),
    }
    for name, text in texts.items():
        _write(directory / name, text)
    sides = [side_file(directory / CSV_NAME).name] if CSV_NAME in tables else []
    return WrittenRelease(tuple(sorted([*tables, *sides, *texts])), {TABLE_NAME: digest})


def seed_commitment(seed: Seed) -> str:
    """Return the digest that commits to a seed without telling it."""
    return hashlib.sha256(seed.secret).hexdigest()


def _parts(drawn: CellTable) -> Iterator[Columns]:
    """Yield the rows of a table that was drawn."""
    names = [variable.name for variable in drawn.schema.modelled]
    for start in range(0, drawn.n_rows, PARTITION_ROWS):
        part = slice(start, start + PARTITION_ROWS)
        cells = zip(names, drawn.keys, drawn.status, strict=True)
        yield {name: (keys[part], status[part] != Status.VALID) for name, keys, status in cells}


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as fault:
        raise storage_error_from_os(path, fault) from fault
