"""A preparation tried on its table: what it did, what came of it, and what a person should look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from syncline.data.schema import Schema
from syncline.data.section import nearest, shown
from syncline.data.variable import Variable
from syncline.errors import DataError, public_words
from syncline.preparation.column_profile import ColumnFit, TableProfile, fit_schema, profile_table
from syncline.preparation.hazards import find_hazards
from syncline.preparation.persons import read_persons
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_source import BATCH_ROWS
from syncline.preparation.prepared_view import PreparedView, prepared_view
from syncline.preparation.tally import PreparationTally
from syncline.sources.container import unread_notes, unread_words
from syncline.sources.source import Source


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Hold the counts before, during and behind a preparation; small ones too, so it stays with the supplier.

    ``fits`` is empty where no schema was given.
    """

    source: str
    preparation_sha256: str
    before: TableProfile
    after: TableProfile
    tally: PreparationTally
    fits: tuple[ColumnFit, ...]
    warnings: tuple[str, ...]
    declined: tuple[str, ...] = ()
    """Why a study with this schema would decline the table as it is prepared; empty where it would not."""

    def to_document(self) -> dict[str, Any]:  # Any: the plain form of the counts above
        """Return the rehearsal as plain mappings and lists."""
        return asdict(self)


def rehearse(source: Source, preparation: Preparation, schema: Schema | None = None) -> Rehearsal:
    """Run ``preparation`` over ``source``, keep nothing but counts, and hold them against ``schema``."""
    view = prepared_view(source, preparation)
    before, after = profile_table(source), profile_table(view)
    tally = view.tally or PreparationTally(0, 0, ())
    fits = () if schema is None else fit_schema(view, schema)
    return Rehearsal(
        source=source.name,
        preparation_sha256=preparation.digest,
        before=before,
        after=after,
        tally=tally,
        fits=fits,
        warnings=(
            *preparation.warnings,
            *map(str, unread_notes(view, before.rows)),
            *_of_steps(tally),
            *_of_schema(view, schema),
            *(() if schema is None else find_hazards(view, schema)),
        ),
        declined=() if schema is None else tuple(_declined(view, schema, after.rows, fits)),
    )


def _declined(view: PreparedView, schema: Schema, rows: int, fits: Sequence[ColumnFit]) -> Iterator[str]:
    """Say why a study would decline the table: what its check asks of it, and what its reader needs."""
    if not rows:
        yield "no row is left: look at the steps that leave rows out"
    wanted = [*schema.modelled, *([schema.person] if schema.person else [])]
    read = {variable.name for variable in wanted}
    yield from (words for name, words in unread_words(view).items() if name in read)
    known = {*view.columns, *view.unread}
    absent = [repr(shown(variable.name)) for variable in wanted if variable.name not in known]
    if absent:
        listed = ", ".join(absent[:12]) + (" and more" if len(absent) > 12 else "")
        remedy = "rename or derive it, or ask for a study that counts absent columns as missing"
        yield f"it has no column {listed}: {remedy}"
    if schema.person is not None and schema.person.name in view.columns:
        yield from _of_persons(view, schema.person)
    for fit in fits:
        cells = [
            f"{count} cells {what}"
            for count, what in (
                (fit.out_of_range, "outside of its range"),
                (fit.unknown, "that it cannot read"),
            )
            if count
        ]
        if cells:
            remedy = "correct them, prepare them, or take them for missing"
            yield f"column {shown(fit.name)!r} has {' and '.join(cells)}: {remedy}"


def _of_persons(view: PreparedView, person: Variable) -> Iterator[str]:
    try:
        for batch in view.encoded_batches([view.person_column(person.name)], BATCH_ROWS):
            read_persons(batch.column(0), person, view.name)
    except DataError as error:
        yield public_words(error)


def _of_steps(tally: PreparationTally) -> Iterator[str]:
    for step in tally.steps:
        if step.unlisted:
            yield f"{step.step}: {step.unlisted} cells are covered by no entry of its list"
        if step.rejected:
            yield f"{step.step}: {step.rejected} rows were rejected"
    if tally.rows_in and not tally.rows_out:
        yield "no row is left"


def _of_schema(view: PreparedView, schema: Schema | None) -> Iterator[str]:
    if schema is None:
        return
    wanted = [*schema.modelled, *([schema.person] if schema.person else [])]
    for name in (variable.name for variable in wanted):
        if name not in view.columns and name not in view.unread:
            hint = nearest(name, view.columns)
            yield f"the schema's column {shown(name)!r} is not produced; {hint}"
    ignored = [shown(name) for name in view.columns if name not in schema.names]
    if ignored:
        yield f"columns that the schema does not name are not used: {', '.join(ignored[:12])}" + (
            f" and {len(ignored) - 12} more" if len(ignored) > 12 else ""
        )
