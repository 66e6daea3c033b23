"""A study's report as a page: what the comparison found, then how the table was made and protected."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from markupsafe import Markup

from syncline.compute.frames import Json
from syncline.errors import StorageError
from syncline.pages import parts
from syncline.pages.layout import lay_out
from syncline.pages.parts import PageSection, beside, bullets, paragraphs, table, titled
from syncline.validation.report.evidence import evidence, measured
from syncline.validation.report.page import opening, sizes
from syncline.validation.report.words import is_failed, is_required

_LABEL = "Every row of this table is synthetic: it was drawn from a model, and is no record of a person."
_LEAKS = (
    "Every row of this table is synthetic: it was drawn from a model. Yet the disclosure gate fails: rows may"
    " equal records of people, or nearly."
)
_WOULD_LEAK = (
    "Every row of this table is synthetic: it was drawn from a model. Yet tests that no gate asked for fail:"
    " rows may equal records of people, or nearly."
)


def as_json(document: Mapping[str, Json]) -> str:
    """Return the report as JSON text, keys in the document's order: read back, it makes the same page."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def page_of(text: str | bytes) -> str:
    """Return the page of a report.json, whoever wrote it; raise StorageError where it is no report."""
    try:
        document = json.loads(text)
        return as_html(document)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError):
        raise StorageError(
            "report.json does not read as a report of this version: install the hub's version of Syncline"
        ) from None


def as_html(document: Mapping[str, Json]) -> str:
    """Return the report as one self-contained page."""
    d = cast("dict[str, Any]", document)  # Any: the report's own document, written one file away
    study = d["study"]
    purpose = study["purpose"]
    lead = [
        _label(d["gate"]),
        f"It was made for this purpose: {purpose}" if purpose else "No purpose was stated for it.",
        f"It is meant for this use: {use}" if (use := study["intended_use"]) else "No use was stated for it.",
        sizes(d) or f"{study['rows']:,} synthetic rows",
    ]
    sections = [*opening(d), *evidence(d), *_origin(d), *measured(d), _provenance(d["provenance"], study)]
    return lay_out(f"Synthetic data: {study['name']}", lead, sections)


def _label(gate: Mapping[str, Any]) -> str:
    if not is_failed(gate):
        return _LABEL
    return _LEAKS if is_required(gate) else _WOULD_LEAK


def _origin(d: Mapping[str, Any]) -> list[PageSection]:
    """Return how the table was made: from whom, under which protections, and who approved it."""
    return [
        PageSection("suppliers", "Suppliers, and what left them", _suppliers(d)),
        PageSection("hazards", "Hazards in the suppliers' data", _hazards(d["hazards"])),
        PageSection("formulas", "Formulas", bullets(_formulas(d["formulas"]))),
        PageSection("made", "How columns were made", bullets(_columns(d["columns"]))),
        PageSection("privacy", "Protections, and what they cost", _privacy(d["privacy"])),
        PageSection("approvals", "Approvals", _approvals(d)),
    ]


def _suppliers(d: Mapping[str, Any]) -> Markup:
    rows = [(entry["name"], entry["flow_asked"], entry["flow"]) for entry in d["suppliers"]]
    named = table("The suppliers and their flows", ("Supplier", "Flow asked for", "Flow answered"), rows)
    return named + bullets(d["flows"])


def _hazards(hazards: Sequence[Mapping[str, Any]]) -> Markup:
    """Return what was noticed of suppliers beside each other, the severe ones first."""
    if not hazards:
        return paragraphs(["None was found."])
    ordered = sorted(hazards, key=lambda hazard: not hazard["severe"])
    lead = paragraphs(["Seen before anything was learnt; the study went on with them."])
    return lead + parts.hazards(ordered)


def _formulas(formulas: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not formulas:
        yield "None was declared, and none was found."
    for row in formulas:
        verb = "at most" if row["formula"] == "at_most" else f"{row['formula']} of"
        if row["formula"] == "linear":
            verb = f"{row['offset']:.10g} + {row['factor']:.10g} times"
        source = "declared" if row["declared"] else "found in the data"
        fate = "recomputed, so that it never contradicts" if row["recomputed"] else "kept"
        yield f"{row['column']} is {verb} {', '.join(row['from'])}: {source}, {fate}."


def _columns(columns: Mapping[str, Any]) -> Iterator[str]:
    for words in columns["narrowed"]:
        yield f"{words}."
    for row in columns["determined"]:
        yield f"{row['column']} follows from {row['by']}."
    for name, n in columns["merged_categories"].items():
        share = columns["other_shares"].get(name)
        now = "" if share is None else f' "(other)" is {share:.1%} of the rows.'
        yield f"{name}: categories of few people, or of nobody, that were merged: {n}.{now}"
    for name, found in columns["sibling_groups"].items():
        yield (
            f"{name}: {found['categories']} categories of few people, or of nobody, are {found['groups']}"
            " groups of siblings; a row shows any category of its group."
        )
    for name in columns["left_out"]:
        yield f"{name} is left out: free text and identifiers are not synthesized."
    for name in columns["excluded"]:
        yield f"{name} is excluded: suppliers lack it."
    for name in columns["surrogate_numbers"]:
        yield f"{name} holds fresh numbers, one a row: they stand for nobody."
    order = columns["visit_order"]
    yield (
        f"Columns were drawn in this order: {', '.join(order)}."
        if order
        else ("No order of columns is known: the suppliers' tables were pooled as they came.")
    )


def _privacy(privacy: Mapping[str, Any]) -> Markup:
    """Return the four protections, each with its setting, what that means and what it costs."""
    protections = [
        titled(f"{p['name']}: {p['setting']}", paragraphs([p["does"], f"Cost: {p['costs']}"]))
        for p in privacy["protections"]
    ]
    return beside(*protections) + titled("What the hub saw", bullets(privacy["words"]))


def _approvals(d: Mapping[str, Any]) -> Markup:
    needed, given = d["approvals_needed"], d["approvals"]
    if not needed and not given:
        return paragraphs(["The specification asks for nobody's approval of the release."])
    lines = [
        f"The specification asks for {needed} approval{'s' if needed != 1 else ''} of the release. Approvers"
        " read this page first, so their signed decisions stand in manifest.json, and syncline verify checks"
        " them."
    ]
    if not given:
        return paragraphs(lines)
    rows = [(a["approver"], a["decision"], a.get("reason") or "", a.get("at") or "") for a in given]
    return paragraphs(lines) + table(
        "Decisions about this release", ("Approver", "Decision", "Reason", "At"), rows
    )


def _provenance(provenance: Mapping[str, Any], study: Mapping[str, Any]) -> PageSection:
    known = {"rows": study["rows"], "method": study.get("learnt", study["method"]), **provenance}
    rows = [(name.replace("_", " "), parts.code(_shown(value))) for name, value in known.items()]
    return PageSection(
        "provenance", "Where it comes from", table("Origin of this release", ("What", "Value"), rows)
    )


def _shown(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"{len(value)}: " + ", ".join(dict.fromkeys(str(v.get("stage", "")) for v in value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {item}" for name, item in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
