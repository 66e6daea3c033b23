"""What leaves a supplier under the flow ``raw``: which of its source's columns, and which steps with them."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.errors import DataError, PolicyRefusal
from syncline.preparation.column_lineage import lineage, origin
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import PreparedView, prepared_view
from syncline.preparation.steps.layout import ColumnLayout
from syncline.sources.source import Source
from syncline.study.fitting import read_columns
from syncline.study.policy import Policy, Refusal
from syncline.study.spec import StudySpec


@dataclass(frozen=True, slots=True)
class RawRows:
    """Rows that are to leave.

    Attributes
    ----------
    source
        What they are read from: the supplier's source, less what the first steps take away there.
    columns
        The source's columns that leave: those that the study's columns need, and no others.
    preparation
        The steps that the hub runs on them; None where there is no preparation.
    person
        The column among them that tells persons apart; None where there is none, or it is made of others.
    """

    source: Source
    columns: tuple[str, ...]
    preparation: Preparation | None = None
    person: str | None = None

    def refusals(self, policy: Policy, *, registered: bool) -> tuple[Refusal, ...]:
        """Return every reason against a column; a ``registered`` person column need not be listed."""
        found = []
        for column in self.columns:
            known = registered and column == self.person
            refusal = policy.permits_sending(column, listed=known)
            found += [] if refusal is None else [refusal]
        return tuple(found)

    def require(self, policy: Policy, *, registered: bool) -> None:
        """Raise what the policy says against the columns, naming each to the supplier alone."""
        refusals = self.refusals(policy, registered=registered)
        if refusals:
            raise PolicyRefusal(
                f"this supplier's policy refuses the rows: {'; '.join(map(str, refusals))}",
                public="this supplier's policy does not permit a column of its source that flow raw sends",
            )


def raw_rows(spec: StudySpec, source: Source) -> RawRows:
    """Return what would leave of ``source``, which may be seen through a preparation; no row is read."""
    read = read_columns(spec, source)
    person = None if spec.schema.person is None else spec.schema.person.name
    if not isinstance(source, PreparedView):
        return RawRows(source, tuple(read.values()), None, person)
    here, there = source.preparation.parted()
    rows = prepared_view(source.source, here) if here.steps else source.source
    found = lineage(there, ColumnLayout.of(rows), read, source.name)
    found.preparation.require_portable()
    if not found.columns:
        raise DataError(
            f"{source.name}: the study reads no column of it; let this supplier take the flow prepared"
        )
    known = None if person is None else origin(there, person)
    return RawRows(rows, found.columns, found.preparation, known)
