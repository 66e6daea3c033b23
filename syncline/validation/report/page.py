"""The report of a comparison as one page that needs nothing else: no script, no network, light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, cast

from syncline.data.blob import Json
from syncline.validation.report import plots
from syncline.validation.report.words import doubted, trusted, verdict

STYLE = """
:root{color-scheme:light dark;--ink:#1c2430;--soft:#566172;--line:#d8dee6;--paper:#fff;
--made:#2f63a6;--own:#b5741a;--good:#e7f3ea;--goodline:#2d7d46;--warn:#fdeceb;--warnline:#b3261e}
@media (prefers-color-scheme:dark){:root{--ink:#e7ecf3;--soft:#9aa6b5;--line:#323c49;--paper:#12171e;
--made:#7fb0ea;--own:#e0ad4e;--good:#16281c;--goodline:#5fbf7f;--warn:#2d1917;--warnline:#f2736a}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);
max-width:64rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin-bottom:.2rem}
h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:.8rem 0 .2rem;overflow-wrap:anywhere}
p.lead,caption,.soft{color:var(--soft);font-weight:normal}
table{border-collapse:collapse;width:100%}caption{text-align:left}
th,td{text-align:left;padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.verdict{border-left:5px solid;padding:.6rem 1rem;margin:1.2rem 0}
.passes{background:var(--good);border-color:var(--goodline)}
.stops{background:var(--warn);border-color:var(--warnline)}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(19rem,1fr));gap:0 2rem}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:.4rem 1.5rem}
svg{display:block;max-width:100%;height:auto}svg text{font-size:12px;fill:var(--ink)}
.made{fill:var(--made)}.own{fill:var(--own)}.heat{fill:var(--made)}
.line,.guess,.axis{fill:none;stroke:var(--made);stroke-width:2}.guess{stroke:var(--soft);stroke-dasharray:4 4;
stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}.tau{stroke:var(--own);stroke-width:3}
.holds{stroke:var(--goodline);fill:var(--goodline);stroke-width:3}
.fails{stroke:var(--warnline);fill:var(--warnline);stroke-width:3}
.key::before{content:'';display:inline-block;width:.8em;height:.8em;margin-right:.4em;background:var(--made)}
.key.real::before{background:var(--own)}
@media print{body{margin:0;max-width:none}.plots{break-inside:avoid}}
"""


def as_page(document: Mapping[str, Json], title: str) -> str:
    """Return the report as a page; ``document`` is that of ``report.json``."""
    d = cast("dict[str, Any]", document)  # Any: the report's own document, written one file away
    kind = "passes" if d["gate"]["passed"] else "stops"
    said = "".join(f"<p>{escape(line)}</p>" for line in verdict(d))
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p class=lead>{escape(_sizes(d))}</p>",
        f"<div class='verdict {kind}' role=note>{said}</div>",
        f"<div class=two>{_list('What to trust', trusted(d))}{_list('What not to trust', doubted(d))}</div>",
        _distributions(d["distributions"]),
        _pairs(d["metrics"]),
        _gate(d["gate"]),
        _membership(d["metrics"].get("membership")),
        _figures(d),
        _list("Left out", [f"{name}: not all tables have it" for name in d["left_out"]])
        if d["left_out"]
        else "",
    ]
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main>"
        "</body></html>\n"
    )


def _sizes(d: Mapping[str, Any]) -> str:
    words = {"real": "real rows used", "holdout": "held out", "synthetic": "synthetic rows"}
    return ", ".join(f"{d['rows'][name]:,} {words[name]}" for name in words if name in d["rows"])


def _figures(d: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th scope=row>{escape(name)}<br><span class=soft>{escape(metric['words'])}</span></th>"
        f"<td class=n>{_number(metric['value'])}</td><td class=n>{_interval(metric['interval'])}</td>"
        f"<td class=n>{_number(metric['floor'])}</td><td class=n>{_number(metric['threshold'])}</td></tr>"
        for name, metric in d["metrics"].items()
    )
    head = "".join(
        f"<th scope=col{'' if place == 0 else ' class=n'}>{name}</th>"
        for place, name in enumerate(("Figure", "Value", "95 % interval", "Real against real", "Threshold"))
    )
    return f"<h2>All figures</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _distributions(columns: Sequence[Mapping[str, Any]]) -> str:
    drawn = "".join(
        f"<figure style='margin:0'><h3>{escape(column['column'])}</h3>"
        f"{plots.bars(column['column'], column['synthetic'], column['real'], column['labels'])}"
        f"<figcaption class=soft>{escape(_ends(column))}</figcaption></figure>"
        for column in columns
    )
    key = "<p><span class=key>synthetic</span> &nbsp; <span class='key real'>real</span></p>"
    return f"<h2>Columns</h2>{key}<div class=plots>{drawn}</div>"


def _ends(column: Mapping[str, Any]) -> str:
    labels = column["labels"]
    if column["numeric"] and len(labels) > 3:
        return f"from {labels[1]} to {labels[-3]}; the last bar is missing values"
    shown = ", ".join(labels[:6])
    return shown if len(labels) <= 6 else f"{shown}, and {len(labels) - 6} more"


def _pairs(metrics: Mapping[str, Any]) -> str:
    found = metrics["tv_2way"]["detail"]
    if not found:
        return ""
    cells = {(row["columns"][0], row["columns"][1]): row["value"] for row in found["all"]}
    names = list(dict.fromkeys(name for pair in cells for name in pair))
    rows = "".join(
        f"<tr><td>{escape(' × '.join(row['columns']))}</td><td class=n>{row['value']:.4f}</td>"
        f"<td class=n>{_number(row['floor'])}</td></tr>"
        for row in found["worst"]
    )
    table = (
        "<table><caption>The pairs that are farthest from the real table</caption><thead><tr>"
        "<th scope=col>Pair</th>"
        "<th scope=col class=n>Synthetic</th><th scope=col class=n>Real against real</th>"
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )
    map_ = plots.heat("Distance of every pair of columns; darker is farther", names, cells)
    return f"<h2>Pairs of columns</h2><div class=two>{table}{map_}</div>"


def _gate(gate: Mapping[str, Any]) -> str:
    if not gate["rungs"]:
        return _list("The disclosure gate", gate["failures"])
    text = (
        "<p>Of the persons whom the table resembles most, how many more were used than held out? A dot is"
        " the share of the used persons that is recognised beyond chance, the line goes down to its lower"
        " limit, and the bar across is what is tolerated. A rung fails where even the lower limit lies beyond"
        " the bar.</p>"
    )
    rows = "".join(
        f"<tr><th scope=row>{escape(rung['name'])}</th><td class=n>{rung['train']}</td>"
        f"<td class=n>{rung['holdout']}</td><td class=n>{rung['excess']:.2%}</td>"
        f"<td class=n>{rung['lower']:.2%}</td><td class=n>{rung['tau']:.2%}</td>"
        f"<td class=n>{rung['p']:.1e}</td>"
        f"<td>{'fails' if rung['fails'] else 'holds'}</td></tr>"
        for rung in gate["rungs"]
    )
    names = ("Rung", "Used", "Held out", "Excess", "At least", "Tolerated", "p", "")
    head = "".join(f"<th scope=col{'' if not k else ' class=n'}>{name}</th>" for k, name in enumerate(names))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    failures = _list("Failures", gate["failures"]) if gate["failures"] else ""
    return f"<h2>The disclosure gate</h2>{text}{plots.limits(gate['rungs'])}{table}{failures}"


def _membership(metric: Mapping[str, Any] | None) -> str:
    if not metric or not metric["detail"]:
        return ""
    label = f"Membership inference, area {metric['detail']['auc']:.3f}"
    return f"<h2>{label}</h2>{plots.curve(label, metric['detail']['roc'])}"


def _list(heading: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<section><h2>{escape(heading)}</h2><ul>{items}</ul></section>"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def _interval(limits: Sequence[float] | None) -> str:
    return "–" if limits is None else f"{limits[0]:.4f} to {limits[1]:.4f}"
