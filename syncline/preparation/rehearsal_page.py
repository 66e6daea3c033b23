"""A rehearsal as tables: the cells that a terminal and a page show, and the page itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from syncline.preparation.column_profile import ColumnProfile, TableProfile
from syncline.preparation.rehearsal import Rehearsal

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d8dee6;--paper:#fff;--warn:#fff4dc}
@media (prefers-color-scheme:dark){:root{--ink:#e7ecf3;--soft:#9aa6b5;--line:#323c49;--paper:#12171e;
--warn:#2a2416}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:70rem;margin:2rem auto;padding:0 1rem}
h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid var(--line)}
p.lead{color:var(--soft)}table{border-collapse:collapse;width:100%}
th,td{text-align:right;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}td{font-variant-numeric:tabular-nums}
ul.warnings{background:var(--warn);padding:.8rem 1rem .8rem 2rem}code{overflow-wrap:anywhere}
"""


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
        headers = ("column", "fits the schema", "missing", "out of range", "unknown category")
        tables.append(ShownTable("Against the schema", headers, fits))
    return tuple(tables)


def as_html(rehearsal: Rehearsal) -> str:
    """Return the rehearsal as one page that needs nothing else."""
    said = [*(f"a study would decline it: {why}" for why in rehearsal.declined), *rehearsal.warnings]
    warnings = "".join(f"<li>{escape(warning)}</li>" for warning in said)
    parts = [
        "<h1>Preparation, tried</h1>",
        f"<p class=lead>{escape(rehearsal.source)}<br>"
        f"preparation <code>{escape(rehearsal.preparation_sha256)}</code><br>"
        "These counts may be small: keep the page where the records are.</p>",
        f"<ul class=warnings>{warnings}</ul>" if warnings else "<p>Nothing to look at.</p>",
        *(_table(table) for table in shown_tables(rehearsal)),
    ]
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>Syncline: preparation, tried</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


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


def _table(table: ShownTable) -> str:
    head = "".join(f"<th>{escape(header)}</th>" for header in table.headers)
    return f"<h2>{escape(table.title)}</h2><table><tr>{head}</tr>{''.join(map(_row, table.rows))}</table>"


def _row(cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
