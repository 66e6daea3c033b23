"""Compare a synthetic table with the real one and with people who were not used: what ``validate`` does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from syncline.data.blob import Json
from syncline.data.note import Deed, Note
from syncline.data.schema import Schema
from syncline.data.section import shown
from syncline.durable.storage_fault import storage_error_from_os
from syncline.errors import StudyFailed, UsageError
from syncline.privacy.people_rule import require_enough
from syncline.protocols.transition import unheard
from syncline.sources.registry import Locator, open_source
from syncline.validation.comparison.assessment import Criteria
from syncline.validation.comparison.candidate import Aims
from syncline.validation.comparison.pooled import assess_pooled
from syncline.validation.disclosure.gate import GateResult
from syncline.validation.metric import Metric
from syncline.validation.reading import ComparedTables, read_compared, require_compared
from syncline.validation.report.page import as_page
from syncline.validation.report.words import gate_lines
from syncline.validation.soundness import known_of
from syncline.validation.utility.regression import RegressionModel
from syncline.version import __version__

TITLE = "A synthetic table beside the real one"


@dataclass(frozen=True, slots=True)
class Validation:
    """The figures of a comparison by name, and what the gate says; ``validation["tv_2way"].value``."""

    metrics: Mapping[str, Metric]
    gate: GateResult
    distributions: tuple[Json, ...]
    left_out: tuple[str, ...]
    rows: Mapping[str, int]
    subgroups: tuple[Json, ...] = ()
    people: Mapping[str, int] | None = None
    how_measured: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    """What was guessed, merged or not compared, for the owner of the tables: it stands in no report."""

    def __getitem__(self, name: str) -> Metric:
        return self.metrics[name]

    def document(self) -> dict[str, Json]:
        """Return the content of ``report.json``."""
        return {
            "gate": self.gate.to_json(),
            "metrics": {name: metric.to_json() for name, metric in self.metrics.items()},
            "distributions": list(self.distributions),
            "left_out": list(self.left_out),
            "rows": dict(self.rows),
            "subgroups": list(self.subgroups),
            "people": None if self.people is None else dict(self.people),
            "how_measured": list(self.how_measured),
        }

    def to_json(self, path: Path | str) -> None:
        """Write ``report.json``."""
        _write(Path(path), json.dumps(self.document(), indent=1, ensure_ascii=False) + "\n")

    def to_html(self, path: Path | str) -> None:
        """Write the report as one self-contained page."""
        _write(Path(path), self._repr_html_())

    def __str__(self) -> str:
        """Return the figures beside their floors and what the gate says, a line each."""
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """Yield the lines of a table for a terminal."""
        yield f"{'':<40} {'synthetic':>10} {'real against real':>18}"
        for metric in self.metrics.values():
            value, floor = _shown(metric.value, metric.at_most), _shown(metric.floor, metric.floor_at_most)
            said = f"   {metric.words}" if metric.value is None else ""
            yield f"{metric.name[:40]:<40} {value:>10} {floor:>18}{said}"
        yield from gate_lines(self.gate.to_json())

    def _repr_html_(self) -> str:
        """Return the page, as which a notebook shows the result."""
        return as_page(self.document(), TITLE)


def column_names(given: Sequence[str] | str) -> tuple[str, ...]:
    """Return names of columns, which may be given as one text with commas between them."""
    if not isinstance(given, str):
        return tuple(given)
    return tuple(name.strip() for name in given.split(",") if name.strip())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a comparison, as :func:`syncline.study.table_validation.validate` documents it."""

    schema: Schema | Path | str | None
    person: str | None
    target: str | None
    aims: Aims
    min_cell: int

    def known(self) -> Schema | None:
        """Return the schema that was given; None where it is to be inferred."""
        return Schema.from_yaml(self.schema) if isinstance(self.schema, str | Path) else self.schema


def compare(
    real: Locator,
    synthetic: Locator,
    holdout: Locator | None,
    wanted: Wanted,
    listen: Callable[[str], None] = unheard,
) -> Validation:
    """Compare ``synthetic`` with the ``real`` rows that it was made from, and with a ``holdout``.

    Raises
    ------
    DataError, UsageError
        Where a table cannot be read, or what is wanted names no column.
    """
    listen("read")
    aims, min_cell = wanted.aims, wanted.min_cell
    sources = (open_source(real), open_source(synthetic), None if holdout is None else open_source(holdout))
    compared = read_compared(*sources, wanted.known(), wanted.person)
    _require_enough(compared, min_cell)
    _require_aims(compared, aims, wanted.target)
    judgement = Criteria(min_cell, target=wanted.target or "", known=known_of(compared, *sources, min_cell))
    found = assess_pooled(compared, aims, judgement, listen)
    return Validation(
        found.metrics,
        found.gate,
        found.distributions,
        compared.left_out,
        compared.rows,
        found.subgroups,
        found.people,
        (*_measured_from(compared, (real, synthetic, holdout), wanted), *found.words),
        (*compared.notes, *_idle(aims)),
    )


def _idle(aims: Aims) -> Iterator[Note]:
    """Yield the notes on arguments that have no effect beside the others."""
    if aims.sensitive and not aims.keys:
        what = f"sensitive columns {', '.join(map(shown, aims.sensitive))} are not attacked"
        yield Note(
            "", Deed.LEFT_OUT, what, "an attacker finds a person by keys, and none is named", "name keys"
        )


def _require_aims(compared: ComparedTables, aims: Aims, target: str | None) -> None:
    """Raise UsageError where an aim names a column that is not compared, or a model that cannot be."""
    require_compared(aims.keys, compared.schema, "keys")
    require_compared(aims.sensitive, compared.schema, "sensitive")
    require_compared([target] if target is not None else [], compared.schema, "target")
    for model in aims.models:
        RegressionModel.of(model, compared.synthetic)


def _require_enough(compared: ComparedTables, min_cell: int) -> None:
    """Raise UsageError where too few people are in a real table; how few is told to nobody."""
    held = None if compared.holdout is None else compared.holdout.n_persons
    try:
        require_enough("the real tables have", compared.real.n_persons, held, min_cell)
    except StudyFailed:
        raise UsageError(
            f"the real table or the holdout is of fewer than {min_cell} people, of whom nothing is told: give"
            " more rows, leave the holdout out, or lower --min-cell"
        ) from None


def _measured_from(
    compared: ComparedTables,
    locators: Sequence[Locator | None],
    wanted: Wanted,
) -> Iterator[str]:
    """Say which tables were compared, so that the report can be held against them."""
    tables = (compared.real, compared.synthetic, compared.holdout)
    for name, table, locator in zip(("Real", "Synthetic", "Held out"), tables, locators, strict=True):
        if table is not None:
            people = "" if table.n_persons == table.n_rows else f" of {table.n_persons:,} people"
            yield f"{name}: {_called(locator)}, {table.n_rows:,} rows{people}."
    said = "inferred from all tables together" if wanted.schema is None else "given"
    if isinstance(wanted.schema, Path | str):
        said = f"read from {_called(wanted.schema)}"
    person = compared.schema.person
    whose = "every row is a person" if person is None else f"{person.name!r} tells persons apart"
    yield (
        f"The schema was {said}; {whose}; {len(compared.schema.modelled)} columns were compared, and counts"
        f" of fewer than {wanted.min_cell} people are not shown. Syncline {__version__}."
    )


def _called(locator: object) -> str:
    """Return what a table is called; of a file its SHA-256 as well."""
    if not isinstance(locator, Path | str):
        return "a table in memory"
    path = Path(locator)
    if not path.is_file():
        return str(locator).partition("://")[0] + " source" if "://" in str(locator) else path.name
    with path.open("rb") as file:
        return f"{path.name} (SHA-256 {hashlib.file_digest(file, 'sha256').hexdigest()})"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as fault:
        raise storage_error_from_os(path, fault) from fault


def _shown(value: float | None, at_most: bool) -> str:
    return "-" if value is None else f"{'< ' if at_most else ''}{value:.4f}"
