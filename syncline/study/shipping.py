"""The supplier's one answer under a flow that sends rows."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.data.note import Note
from syncline.errors import ProtocolError
from syncline.preparation.fold import Fold
from syncline.sources.source import Source
from syncline.study.fitting import is_lenient, prepared_rows
from syncline.study.flow import DataFlow
from syncline.study.own_synthesis import synthesize_own
from syncline.study.person_numbers import numbers_of
from syncline.study.raw_rows import raw_rows
from syncline.study.shipment import ship_prepared, ship_raw
from syncline.study.spec import StudySpec
from syncline.synthesizers.streams import Seed


@dataclass(frozen=True, slots=True)
class Sent:
    """What leaves, and what a supplier alone is told of it: of synthetic rows, what they do not show."""

    content: bytes
    notes: tuple[Note, ...] = ()


def ship(spec: StudySpec, fold: Fold, flow: DataFlow, source: Source, seed: Seed) -> Sent:
    """Return the rows that leave a supplier under ``flow``; ``seed`` is its own, for synthetic ones.

    A preparation through which the source is seen runs here, but under ``raw``: then it goes with the rows,
    as far as the study's columns need it, less the steps at its head that only take rows or columns away.
    """
    match flow:
        case DataFlow.RAW:
            return Sent(ship_raw(spec, raw_rows(spec, source), _persons(spec, fold, source)))
        case DataFlow.PREPARED:
            return Sent(ship_prepared(spec, prepared_rows(spec, fold, source)))
        case DataFlow.SYNTHESIZED:
            own = synthesize_own(spec, fold, prepared_rows(spec, fold, source), seed)
            return Sent(ship_prepared(spec, own.table, flow), own.notes)
        case DataFlow.SUMMARIES:
            raise ProtocolError("a supplier of flow summaries sends no rows")


def _persons(spec: StudySpec, fold: Fold, source: Source) -> bytes:
    """Return the numbers of the source's persons, nothing where none are declared."""
    person = spec.schema.person
    return b"" if person is None else numbers_of(spec.schema, person, fold, source, lenient=is_lenient(spec))
