"""Which columns of a source the study's columns need, and what is left of a preparation that runs on these.

Each step is traced from what is wanted behind it to what it must read: the columns that it makes them of, and
whatever decides which rows stay. Steps that make nothing wanted are left out, so that the rest gives the
wanted columns, cell for cell, from fewer columns. A guard (``stop``) on a column that is not needed goes too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import assert_never

from syncline.preparation.preparation_document import FORM, Preparation
from syncline.preparation.steps.cleansing import Missing, Range, Trim, Unparsable
from syncline.preparation.steps.columns import Combine, Drop, Rename, Split
from syncline.preparation.steps.dates import Dates
from syncline.preparation.steps.derivation import Derive
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.numbers import Numbers
from syncline.preparation.steps.pseudonyms import Pseudonym
from syncline.preparation.steps.recoding import Recode
from syncline.preparation.steps.row_choice import Duplicates, ExcludePersons, Filter
from syncline.preparation.steps.scales import Bands, Reverse
from syncline.preparation.steps.spans import Spans
from syncline.preparation.steps.step import Outside
from syncline.preparation.steps.text_forms import Accents, Case, DecimalComma
from syncline.preparation.steps.units import Units
from syncline.preparation.steps.vocabulary import AnyStep

Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class ColumnLineage:
    """The columns to read, in the source's order, and the steps that make the wanted ones of them."""

    columns: tuple[str, ...]
    preparation: Preparation


def lineage(
    preparation: Preparation, first: ColumnLayout, wanted: Iterable[str], where: str
) -> ColumnLineage:
    """Trace ``wanted`` through ``preparation`` of a source of the layout ``first``, called ``where``."""
    layouts = [first]
    for step in preparation.steps:
        layouts.append(step.bind(layouts[-1], where).layout)
    behind = [frozenset(wanted)]
    for step, layout in zip(reversed(preparation.steps), reversed(layouts[:-1]), strict=True):
        behind.insert(0, _reads(step, behind[0], layout))
    read = tuple(name for name in first.columns if name in behind[0])
    return ColumnLineage(read, _left(preparation, read, behind[1:], where))


def origin(preparation: Preparation, column: str) -> str | None:
    """Return the source's column that ``column`` is by another name; None where it is made of others."""
    name = column
    for step in reversed(preparation.steps):
        made = _made(step)
        if made is not None and name in made[1]:
            return None
        name = _before(step, name) if isinstance(step, Rename) else name
    return name


def _left(preparation: Preparation, read: tuple[str, ...], behind: list[Names], where: str) -> Preparation:
    """Return the steps that run on the columns ``read``, each as far as it finds its columns."""
    layout, kept = ColumnLayout(read), []
    for step, wanted in zip(preparation.steps, behind, strict=True):
        if (rest := _narrowed(step, layout.columns, wanted)) is not None:
            kept.append(rest)
            layout = rest.bind(layout, where).layout
    return Preparation(syncline=FORM, steps=tuple(kept))


def _made(step: AnyStep) -> tuple[Names, Names] | None:
    """Return what a step reads and which new columns it makes of it; None where it makes none."""
    match step:
        case Split():
            return frozenset([step.column]), frozenset(step.into)
        case Combine():
            return frozenset(step.columns), frozenset([step.into])
        case Derive():
            return frozenset(step.sources), frozenset([step.into])
        case Bands() if step.into is not None:
            return frozenset([step.column]), frozenset([step.into])
        case _:
            return None


def _reads(step: AnyStep, wanted: Names, layout: ColumnLayout) -> Names:
    """Return the columns before ``step`` that decide the rows and the columns ``wanted`` behind it."""
    made = _made(step)
    if made is not None:
        return (wanted - made[1]) | made[0] if wanted & made[1] else wanted
    match step:
        case Rename():
            return frozenset(_before(step, name) for name in wanted)
        case Filter() | ExcludePersons():
            return wanted | {step.column}
        case Duplicates():
            return wanted | frozenset(layout.columns if step.by is None else step.by)
        case Range() if step.outside is Outside.REJECT:
            return wanted | frozenset(step.columns)
        case Unparsable() if step.then is Outside.REJECT:
            return wanted | frozenset(step.columns)
        case _:
            return wanted


def _before(step: Rename, name: str) -> str:
    return next((old for old, new in step.columns.items() if new == name), name)


def _narrowed(step: AnyStep, present: Collection[str], wanted: Names) -> AnyStep | None:
    """Return ``step`` for the columns that are ``present``, or None where it would do nothing wanted."""
    made = _made(step)
    if made is not None:
        return step if wanted & made[1] else None
    match step:
        case Filter() | ExcludePersons() | Duplicates():
            return step
        case Bands():
            return step if step.column in present else None
        case Rename():
            names = {old: new for old, new in step.columns.items() if old in present}
            return step.model_copy(update={"columns": names}) if names else None
        case Trim() | Missing():
            return step if step.columns is None else _on(step, step.columns, present)
        case (
            Range()
            | Unparsable()
            | Recode()
            | Units()
            | Dates()
            | Spans()
            | Case()
            | Accents()
            | DecimalComma()
            | Numbers()
            | Reverse()
            | Drop()
            | Pseudonym()
        ):
            return _on(step, step.columns, present)
        case Split() | Combine() | Derive():  # they make columns, see above
            return step
        case _:
            assert_never(step)


def _on(step: AnyStep, columns: tuple[str, ...], present: Collection[str]) -> AnyStep | None:
    names = tuple(name for name in columns if name in present)
    return step.model_copy(update={"columns": names}) if names else None
