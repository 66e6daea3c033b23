"""Write the files of a release: tables, schema and report, the same for the same model and seed.

Nothing in ``synthetic.parquet`` depends on the study's name, its roster or the time; these stand in the
report and the manifest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from syncline.compute.frames import Json
from syncline.data.codebook import Codebook
from syncline.data.content_digest import content_sha256
from syncline.data.release_table import Columns, write_release_csv, write_release_parquet
from syncline.data.schema import Schema
from syncline.durable.storage_fault import storage_error_from_os
from syncline.study.manifest import RosterEntry
from syncline.study.pooled import Pooled
from syncline.study.report import report_document, report_page
from syncline.study.sections import Format
from syncline.study.spec import StudySpec
from syncline.synthesizers.phases.compare import compared_pairs
from syncline.synthesizers.phases.phase import Fitted
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.tabular_model import TabularModel
from syncline.validation.agreement import Agreement, agreement, count_synthetic

TABLE_NAME = "synthetic.parquet"


@dataclass(frozen=True, slots=True)
class WrittenRelease:
    """What was written: file names, content digests of tables, and the mean distances to the real table."""

    files: tuple[str, ...]
    content_sha256: Mapping[str, str]
    agreement: Mapping[str, Json]


def write_release(
    directory: Path,
    spec: StudySpec,
    result: Fitted | Pooled,
    seed: Seed,
    roster: Sequence[RosterEntry],
    provenance: Mapping[str, Json],
) -> WrittenRelease:
    """Sample, compare and write all files of a release but the manifest into ``directory``."""
    if isinstance(result, Pooled):
        schema = result.schema
    else:
        schema = released_schema(spec.schema.without(result.excluded), result.model)
    model = result if isinstance(result, Pooled) else result.model
    rows = rows_of_release(spec, result)
    write_release_parquet(directory / TABLE_NAME, schema, _sample(model, rows, seed))
    files = [TABLE_NAME, "schema.yaml", "report.json", "report.html"]
    if Format.CSV in spec.release.formats:
        write_release_csv(directory / "synthetic.csv", schema, _sample(model, rows, seed))
        _write(directory / "synthetic.csv.README.txt", _CSV_LABEL)
        files += ["synthetic.csv", "synthetic.csv.README.txt"]
    compared = None if isinstance(result, Pooled) else compare(result, rows, seed)
    digest = content_sha256(directory / TABLE_NAME)
    document = report_document(spec, result, rows, compared, roster, {**provenance, "content_sha256": digest})
    _write(directory / "schema.yaml", schema.to_yaml())
    _write(directory / "report.json", report_page.as_json(document))
    _write(directory / "report.html", report_page.as_html(document))
    return WrittenRelease(tuple(sorted(files)), {TABLE_NAME: digest}, document["agreement"])  # type: ignore[arg-type]


def rows_of_release(spec: StudySpec, result: Fitted | Pooled) -> int:
    """Return how many rows are released: those asked for, else as many as the suppliers have together."""
    learnt = result.n_rows if isinstance(result, Pooled) else result.n_train + result.n_holdout
    return spec.synthesizer.rows or learnt


def compare(fitted: Fitted, rows: int, seed: Seed) -> Agreement | None:
    """Return how the synthetic marginals agree with the suppliers', or None where these were not asked."""
    if fitted.train is None:
        return None
    codebook = Codebook(tuple(column.codes for column in fitted.model.columns))
    question = compared_pairs(fitted.model, holdout=False)
    made = count_synthetic(question, codebook, _sample(fitted.model, rows, seed))
    return agreement(question, codebook, made, fitted.train, fitted.holdout)


def released_schema(schema: Schema, model: TabularModel) -> Schema:
    """Return the schema of the released table: categories as released, "(other)" among them."""
    changed = {column.codes.name: column.values.variable for column in model.columns}
    variables = tuple(changed.get(variable.name, variable) for variable in schema.variables)
    return schema.model_copy(update={"variables": variables})


def seed_commitment(seed: Seed) -> str:
    """Return the digest that commits to a seed without telling it."""
    return hashlib.sha256(seed.secret).hexdigest()


_CSV_LABEL = (
    "synthetic.csv holds synthetic data: no row is a record of a person.\n"
    "See report.html for what the data may and may not be used for.\n"
)


def _sample(model: TabularModel | Pooled, rows: int, seed: Seed) -> Iterator[Columns]:
    yield from model.sample(rows, seed)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise storage_error_from_os(path, fault) from fault
