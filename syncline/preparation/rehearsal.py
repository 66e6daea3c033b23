"""A preparation tried on its table: what it did, what came of it, and what a person should look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from syncline.data.schema import Schema
from syncline.data.section import nearest, shown
from syncline.preparation.column_profile import ColumnFit, TableProfile, fit_schema, profile_table
from syncline.preparation.hazards import find_hazards
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import PreparedView, prepared_view
from syncline.preparation.tally import PreparationTally
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

    def to_document(self) -> dict[str, Any]:  # Any: the plain form of the counts above
        """Return the rehearsal as plain mappings and lists."""
        return asdict(self)


def rehearse(source: Source, preparation: Preparation, schema: Schema | None = None) -> Rehearsal:
    """Run ``preparation`` over ``source``, keep nothing but counts, and hold them against ``schema``."""
    view = prepared_view(source, preparation)
    before, after = profile_table(source), profile_table(view)
    tally = view.tally or PreparationTally(0, 0, ())
    return Rehearsal(
        source=source.name,
        preparation_sha256=preparation.digest,
        before=before,
        after=after,
        tally=tally,
        fits=() if schema is None else fit_schema(view, schema),
        warnings=(
            *preparation.warnings,
            *_of_steps(tally),
            *_of_schema(view, schema),
            *(() if schema is None else find_hazards(view, schema)),
        ),
    )


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
        if name not in view.columns:
            hint = nearest(name, view.columns)
            yield f"the schema's column {shown(name)!r} is not produced; {hint}"
    ignored = [shown(name) for name in view.columns if name not in schema.names]
    if ignored:
        yield f"columns that the schema does not name are not used: {', '.join(ignored[:12])}" + (
            f" and {len(ignored) - 12} more" if len(ignored) > 12 else ""
        )
