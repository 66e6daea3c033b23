"""The sections of a page that show what a comparison found: plots first, each beside its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from syncline.pages.parts import (
    NOTHING,
    Cell,
    PageSection,
    beside,
    bullets,
    figure,
    folded,
    named_value,
    number,
    paragraphs,
    table,
    titled,
)
from syncline.pages.parts import plots as beside_each_other
from syncline.validation.report import plots
from syncline.validation.report.breakdown import (
    KEY_OF_FLOOR,
    bars_head,
    by_subgroup,
    by_supplier,
    models,
    value_beside_floor,
)
from syncline.validation.report.column_plots import column_key, column_plot, hidden_share
from syncline.validation.report.names import (
    RISKS,
    bounded,
    count,
    goal_words,
    interval,
    joined,
    percent,
    plain_name,
    rate,
    shown,
    stem,
)
from syncline.validation.report.words import NOT_REQUIRED, is_required

_LEAST_P = 1e-12
_MOST_MAPPED = 36
_RATES = (0.001, 0.01, 0.1, 0.5)
_OTHERS = "people who were not used"
_NOTHING_TO_READ = (
    "The classifier gives nearly everybody the same score, or those whom it tells apart are too few to be"
    " shown: there is nothing to read off the curve."
)


def evidence(d: Mapping[str, Any]) -> list[PageSection]:
    """Return the sections of all that was compared; what a document lacks is left out."""
    metrics = d["metrics"]
    return [
        PageSection("columns", "Columns: synthetic beside real", _distributions(d.get("distributions", ()))),
        PageSection("pairs", "Pairs of columns, and sets of three", _pairs(metrics, _column_names(d))),
        PageSection("gate", "The disclosure gate", _gate(d["gate"])),
        PageSection("membership", "Recognised as used or not", _membership(metrics.get("membership"))),
        PageSection("risks", "Disclosure risks", _risks(metrics)),
        PageSection("models", "Declared models", models(metrics)),
        PageSection("by-supplier", "By supplier", by_supplier(d.get("by_supplier", ()))),
        PageSection("by-subgroup", "By subgroup", by_subgroup(d.get("subgroups", ()))),
        PageSection("figures", "All figures", _figures(metrics)),
    ]


def measured(d: Mapping[str, Any]) -> list[PageSection]:
    """Return how it was measured, and which columns no comparison saw."""
    lines = [*d.get("how_measured", ())]
    digest = d.get("candidate_sha256")
    if digest:
        lines.append(
            f"The cells of the table that was compared, packed for the suppliers, have the SHA-256 {digest}."
            " The digests of the released files are others: they stand in the manifest."
        )
    lines += [
        f"{name} is left out of all comparisons: not all tables and the schema have it."
        for name in d.get("left_out", ())
    ]
    return [PageSection("measured", "How this was measured", bullets(lines) if lines else NOTHING)]


def _distributions(columns: Sequence[Mapping[str, Any]]) -> Markup:
    if not columns:
        return NOTHING
    return column_key() + beside_each_other(map(_distribution, columns))


def _distribution(column: Mapping[str, Any]) -> Markup:
    name = column["column"]
    groups = zip(column["labels"], column["synthetic"], column["real"], strict=True)
    rows = [(label, number(hidden_share(a)), number(hidden_share(b))) for label, a, b in groups]
    shares = table(
        f"Shares of {name}", ("Group" if column["numeric"] else "Value", "Synthetic", "Real"), rows
    )
    plot = column_plot(column)
    return titled(name, figure(plot.svg, plot.caption) + folded(f"Figures of {name}", shares))


def _column_names(d: Mapping[str, Any]) -> list[str]:
    return [column["column"] for column in d.get("distributions", ())]


def _pairs(metrics: Mapping[str, Any], columns: Sequence[str]) -> Markup:
    detail = (metrics.get("tv_2way") or {}).get("detail")
    if not detail:
        return NOTHING
    cells = {(row["columns"][0], row["columns"][1]): row["value"] for row in detail.get("all", ())}
    farthest = _farthest(f"The pairs farthest from the real table, of {detail['sets']:,}", "Pair", detail)
    triples = (metrics.get("tv_3way") or {}).get("detail")
    more = NOTHING
    if triples:
        caption = f"The sets of three farthest from the real table, of {triples['sets']:,}"
        more = folded("Sets of three columns", _farthest(caption, "Columns", triples))
    hidden = len(detail.get("not_shown", ()))
    text = (
        "The distance of a pair is the share of rows that would have to change for the two tables to agree in"
        " it: 0% is equal, 100% has nothing in common. In small letters stands the combination whose share is"
        " most wrong."
    )
    if hidden:
        text += f" Of {hidden:,} pairs nothing is shown: too few people stand behind their combinations."
    map_ = _map(cells, columns, detail["sets"]) if cells else NOTHING
    return paragraphs([text]) + plots.key("synthetic", KEY_OF_FLOOR) + beside(farthest, map_) + more


def _farthest(caption: str, kind: str, detail: Mapping[str, Any]) -> Markup:
    """Return the sets of columns that are farthest from the real table, each with its worst cell."""
    most = max([row["value"] for row in detail["worst"]] + [row["floor"] or 0 for row in detail["worst"]])
    rows = [
        (
            named_value(joined(row["columns"]), _cell(row.get("cell"))),
            *value_beside_floor(row["value"], row["floor"], most),
        )
        for row in detail["worst"]
    ]
    return table(caption, (kind, "Synthetic", "Floor", bars_head(most)), rows)


def _cell(cell: Mapping[str, Any] | None) -> str:
    """Return in words which combination of values is most wrong; nothing where none may be named."""
    if not cell:
        return ""
    real = "less in the real rows (not shown)" if cell["real"] is None else f"real {percent(cell['real'])}"
    return f"{', '.join(cell['values'])}: synthetic {percent(cell['synthetic'])}, {real}"


def _map(cells: Mapping[tuple[str, str], float], columns: Sequence[str], sets: int) -> Markup:
    """Return the map of all pairs; of many columns, of the means of pairs between blocks of neighbours."""
    names = list(dict.fromkeys((*columns, *(name for pair in cells for name in pair))))
    size = -(-len(names) // _MOST_MAPPED)
    part = "Every pair" if len(cells) == sets else f"The first {len(cells):,} of {sets:,} pairs"
    if size > 1:
        part += f", as means over blocks of {size} neighbouring columns, numbered in the order above"
        names, cells = _in_blocks(names, cells, size)
    label = (
        f"Map of the distances of pairs of columns, from {percent(min(cells.values()))} to"
        f" {percent(max(cells.values()))}; the farthest are listed in the table."
    )
    caption = f"{part}; the stronger the colour, the farther from the real table."
    return figure(plots.heat(label, names, cells), caption)


def _in_blocks(
    names: Sequence[str], cells: Mapping[tuple[str, str], float], size: int
) -> tuple[list[str], dict[tuple[str, str], float]]:
    """Return blocks of ``size`` columns, each called by its columns' numbers, and the mean of each two."""
    starts = range(0, len(names), size)
    blocks = [f"{start + 1}–{min(start + size, len(names))}" for start in starts]
    block = {name: blocks[place // size] for place, name in enumerate(names)}
    found: dict[tuple[str, str], list[float]] = {}
    for (a, b), value in cells.items():
        found.setdefault((block[a], block[b]), []).append(value)
    return blocks, {pair: sum(values) / len(values) for pair, values in found.items()}


def _gate(gate: Mapping[str, Any]) -> Markup:
    return NOTHING + ("" if is_required(gate) else paragraphs([NOT_REQUIRED])) + _tests(gate)


def _tests(gate: Mapping[str, Any]) -> Markup:
    tests = gate.get("rungs") or ()
    named = tuple(f"{test['name']}:" for test in tests)
    others = [failure for failure in gate["failures"] if not failure.startswith(named)]
    failures = bullets(others) if others else NOTHING
    if not tests:
        return failures
    text = (
        "Of the people whom the table resembles most, how many more were used than were not? Had nobody been"
        " used, both kinds would be found alike often. A dot is the share of the used people who are found"
        " beyond that, its line goes down to the lower limit, and the upright bar is what is tolerated. A"
        " test fails where even the lower limit lies beyond the bar and p, the probability of so many by"
        f" chance, is below {_level(gate)}. A count of too few people, or one that differs from another"
        " by too few, is not shown, nor is what would tell it.",
        "xgap asks for people of whom a whole row stands in the table, gap for people whom one row resembles"
        " far more than all others do, mia for people whom a classifier takes for used ones.",
        "Each test sees a leak from so many of the people used on, verbatim copies of them, as stands in the"
        " last column. A test is blind where it would not even see a large one: everybody is alike to it, or"
        " it asks for too few people. That it does not fail then says nothing.",
        *gate.get("words", ()),
    )
    rows = [
        (
            test["name"],
            "fails" if test["fails"] else "BLIND" if test.get("blind") else "holds",
            *(number(count(test[kind])) for kind in ("train", "holdout")),
            *(number(percent(test[kind])) for kind in ("excess", "lower", "tau")),
            number(_probability(test["p"])),
            number(percent(test.get("smallest_leak"))),
        )
        for test in tests
    ]
    head = ("Test", "Result", "Used", "Not used", "Excess", "At least", "Tolerated", "p", "Sees from")
    drawn = figure(plots.limits(tests), "Excess of recognised people, test by test")
    return failures + paragraphs(text) + drawn + table("The tests of the gate", head, rows)


def _level(gate: Mapping[str, Any]) -> str:
    """Return the level of a single test, which Bonferroni takes from that of the whole gate."""
    return f"{gate['rungs'][0]['alpha']:.1e}"


def _probability(p: float | None) -> str:
    if p is None:
        return "–"
    return f"{p:.3f}" if p >= 0.001 else f"{p:.0e}" if p >= _LEAST_P else f"< {_LEAST_P:.0e}"


def _membership(metric: Mapping[str, Any] | None) -> Markup:
    detail = metric and metric.get("detail")
    if not detail:
        return NOTHING
    roc = detail["roc"]
    said = f"area under the curve {detail['auc']:.3f}, where 0.5 is guessing"
    text = (
        "An attacker lists the people who look most as if they had been used. The curve shows how many of"
        " the used are on the list, by how many of the others are on it too. The dashed line is guessing: the"
        " floor. On logarithmic axes the few who are recognised for sure are seen.",
    )
    alarms, found = zip(*roc, strict=True)
    least = min((x for x in alarms if x > 0), default=1.0)
    rates = [
        (percent(allowed), number(percent(float(np.interp(allowed, alarms, found)))))
        for allowed in _RATES
        if allowed >= least
    ]
    figures = (
        table("The curve in figures", ("Others on the list", "Used people on it"), rates)
        if rates
        else paragraphs([_NOTHING_TO_READ])
    )
    both = (
        figure(plots.curve(f"Receiver operating characteristic, {said}.", roc), f"Linear axes; {said}"),
        figure(
            plots.curve(f"The same curve on logarithmic axes, {said}.", roc, logarithmic=True),
            "Logarithmic axes",
        ),
    )
    return paragraphs(text) + beside_each_other([*both, figures])


def _risks(metrics: Mapping[str, Any]) -> Markup:
    known = [
        (name, metric)
        for risk in RISKS
        for name, metric in metrics.items()
        if stem(name) == risk and metric["value"] is not None
    ]
    if not known:
        return NOTHING
    most = max(max(m["value"], m["floor"] or 0, m["threshold"] or 0) for _, m in known)
    rows = [
        (
            named_value(plain_name(name), metric["words"]),
            number(rate(metric)),
            number(rate(metric, "floor")),
            number(percent(metric["threshold"])),
            Cell(plots.share_bars(metric["value"], metric["floor"], most, metric["threshold"]), "bar"),
        )
        for name, metric in known
    ]
    text = (
        "A risk is what an attack gains from people who were used beyond what it gains from people who were"
        " not: what can be said of people who are not in the data is knowledge about the world, not a leak.",
    )
    head = ("Risk", "Used", "Not used", "Threshold", bars_head(most))
    return (
        paragraphs(text)
        + plots.key("people who were used", _OTHERS, "threshold, where there is one")
        + table("Risks of disclosure", head, rows)
    )


def _figures(metrics: Mapping[str, Any]) -> Markup:
    if not metrics:
        return NOTHING
    rows = [
        (
            named_value(plain_name(name), f"{metric['words']} ({name}; {goal_words(metric)})"),
            number(bounded(metric, "value")),
            number(interval(metric["interval"])),
            number(bounded(metric, "floor")),
            number(shown(metric["threshold"])),
        )
        for name, metric in metrics.items()
    ]
    head = ("Figure", "Value", "95 % interval", "Real against real", "Threshold")
    return table("Every figure, as in report.json", head, rows)
