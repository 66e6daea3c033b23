"""The report as a page that needs nothing else: no script, no network, readable in light and dark."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, cast

from syncline.compute.frames import Json

_STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#d8dee6;--paper:#fff;
--bar:#3769a8;--floor:#c98a1b;--warn:#fff4dc;--warnline:#c98a1b}
@media (prefers-color-scheme:dark){:root{--ink:#e7ecf3;--soft:#9aa6b5;--line:#323c49;--paper:#12171e;
--bar:#6ea3e0;--floor:#e0ad4e;--warn:#2a2416}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin-bottom:0}
h2{font-size:1.15rem;margin-top:2.2rem;border-bottom:1px solid var(--line)}
p.lead,small,caption,.soft{color:var(--soft)}
table{border-collapse:collapse;width:100%}caption{text-align:left}
th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.verdict{background:var(--warn);border-left:4px solid var(--warnline);padding:.8rem 1rem;margin:1.2rem 0}
code{overflow-wrap:anywhere}svg{display:block}@media print{body{margin:0;max-width:none}}
"""


def as_json(document: Mapping[str, Json]) -> str:
    """Return the report as JSON text."""
    return json.dumps(document, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def as_html(document: Mapping[str, Json]) -> str:
    """Return the report as one self-contained page."""
    d = cast("dict[str, Any]", document)  # Any: the report's own document, written one file away
    study = d["study"]
    parts = [
        f"<h1>Synthetic data: {escape(study['name'])}</h1>",
        f"<p class=lead>{escape(study['purpose'] or 'No purpose was stated.')}</p>",
        _verdict(d),
        _hazards(d["hazards"]),
        _list("Suppliers and what left them", d["flows"]),
        _formulas(d["formulas"]),
        _columns(d["columns"]),
        _list("Privacy", d["privacy"]["words"]),
        _provenance(d["provenance"], study),
    ]
    title = escape(f"Syncline report: {study['name']}")
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _verdict(d: Mapping[str, Any]) -> str:
    words = [
        "<strong>Every row of this table is synthetic; none is a record of a person.</strong>",
        f"Its disclosure risk was not judged: {escape('; '.join(d['gate']['failures']) or 'the gate passed')}."
        " Share it only as the suppliers agreed.",
    ]
    metric = d["metrics"].get("tv_2way")
    if metric is not None:
        floor = metric["floor"]
        beside = "" if floor is None else f"; two real samples of these sizes differ by {floor:.4f}"
        words.append(
            f"Pairs of columns differ from the real table by {metric['value']:.4f} on average{beside}."
        )
    return f"<div class=verdict role=note>{' '.join(f'<p>{w}</p>' for w in words)}</div>"


def _hazards(hazards: Sequence[Mapping[str, Any]]) -> str:
    """Return what was noticed of suppliers beside each other, the severe ones first and in bold."""
    heading = "<h2>Hazards in the suppliers' data</h2>"
    if not hazards:
        return f"{heading}<p>None was found.</p>"
    items = "".join(
        f"<li>{'<strong>' if hazard['severe'] else ''}{escape(hazard['words'])}"
        f"{'</strong>' if hazard['severe'] else ''}</li>"
        for hazard in sorted(hazards, key=lambda hazard: not hazard["severe"])
    )
    return f"{heading}<p>Seen before anything was learnt; the study went on with them.</p><ul>{items}</ul>"


def _formulas(formulas: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for row in formulas:
        verb = "at most" if row["formula"] == "at_most" else f"{row['formula']} of"
        source = "declared" if row["declared"] else "found in the data"
        fate = "recomputed, so that it never contradicts" if row["recomputed"] else "kept"
        if not row["kept"]:
            fate = "not kept: the method marginals draws each column on its own"
        lines.append(f"{row['column']} is {verb} {', '.join(row['from'])}: {source}, {fate}.")
    return _list("Formulas", lines or ["None was declared, and none was found."])


def _columns(columns: Mapping[str, Any]) -> str:
    lines = [f"{row['column']} follows from {row['by']}." for row in columns["determined"]]
    lines += [f"{name}: {n} rare categories were merged." for name, n in columns["merged_categories"].items()]
    lines += [
        f"{name} is left out: free text and identifiers are not synthesized." for name in columns["left_out"]
    ]
    lines += [f"{name} is excluded: suppliers lack it." for name in columns["excluded"]]
    lines += [f"{name} holds fresh numbers, one a row." for name in columns["surrogate_numbers"]]
    return _list("Columns", lines) if lines else ""


def _list(heading: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h2>{escape(heading)}</h2><ul>{items}</ul>"


def _provenance(provenance: Mapping[str, Any], study: Mapping[str, Any]) -> str:
    rows = {"rows": study["rows"], "method": study["method"], **provenance}
    body = "".join(
        f"<tr><th scope=row>{escape(key.replace('_', ' '))}</th>"
        f"<td><code>{escape(_shown(value))}</code></td></tr>"
        for key, value in rows.items()
    )
    return f"<h2>Where it comes from</h2><table>{body}</table>"


def _shown(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"{len(value)}: " + ", ".join(dict.fromkeys(str(v.get("stage", "")) for v in value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
