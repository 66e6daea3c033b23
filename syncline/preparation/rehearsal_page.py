"""A rehearsal as tables: the cells that a terminal and a page show, and the page itself."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from syncline.pages.layout import lay_out
from syncline.pages.parts import Cell, PageSection, bullets, number, paragraphs, table
from syncline.preparation.column_profile import ColumnProfile, TableProfile
from syncline.preparation.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table of a rehearsal: its title, the names of its columns, and its cells as text."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def shown_tables(rehearsal: Rehearsal) -> tuple[ShownTable, ...]:
    """Return what a person looks at: steps, columns before and behind, and how these fit the schema."""
    steps = tuple(
        (
            step.step,
            *_counts(step.rows_in, step.rows_out, step.changed, step.set_missing, step.filled),
            *_counts(step.rejected, step.unlisted),
        )
        for step in rehearsal.tally.steps
    )
    fits = tuple(
        (fit.name, *_counts(fit.valid, fit.missing, fit.out_of_range, fit.unknown)) for fit in rehearsal.fits
    )
    tables = [
        ShownTable(
            "What each step did",
            ("step", "rows in", "rows out", "changed", "set missing", "filled", "rejected", "unlisted"),
            steps,
        ),
        _profile("Before", rehearsal.before),
        _profile("After", rehearsal.after),
    ]
    if fits:
        headers = ("column", "fits the schema", "missing", "out of range", "unread, or no category")
        tables.append(ShownTable("Against the schema", headers, fits))
    return tuple(tables)


def as_html(rehearsal: Rehearsal) -> str:
    """Return the rehearsal as one page that needs nothing else."""
    said = [*(f"a study would decline it: {why}" for why in rehearsal.declined), *rehearsal.warnings]
    lead = [
        rehearsal.source,
        f"preparation {rehearsal.preparation_sha256}",
        "These counts may be small: keep the page where the records are.",
    ]
    found = PageSection("found", "To look at", bullets(said) if said else paragraphs(["Nothing to look at."]))
    shown = (
        PageSection(f"table-{place}", one.title, _table(one))
        for place, one in enumerate(shown_tables(rehearsal), 1)
    )
    return lay_out("Preparation, tried", lead, [found, *shown])


def _profile(title: str, profile: TableProfile) -> ShownTable:
    headers = ("column", "present", "missing", "distinct", "numbers", "days")
    rows = tuple(_column(column) for column in profile.columns)
    return ShownTable(f"{title}: {profile.rows:,} rows", headers, rows)


def _column(column: ColumnProfile) -> tuple[str, ...]:
    return (
        column.name,
        *_counts(column.present, column.missing),
        column.shown_distinct,
        *_counts(column.numbers, column.days),
    )


def _counts(*numbers: int) -> tuple[str, ...]:
    return tuple(f"{number:,}" for number in numbers)


def _table(shown: ShownTable) -> Markup:
    rows: list[list[str | Cell]] = [[name, *map(number, numbers)] for name, *numbers in shown.rows]
    return table(f"{shown.title}, in counts", shown.headers, rows)
