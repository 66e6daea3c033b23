"""What is said of each declared model, of each supplier and of each subgroup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from syncline.pages.parts import NOTHING, Cell, named_value, number, paragraphs, table
from syncline.validation.intervals import Z
from syncline.validation.report import plots
from syncline.validation.report.names import count, percent, stem

KEY_OF_FLOOR = "floor: the same between two real samples"
_MORE = {
    "association": "Relations",
    "correlation": "Correlations",
    "tails": "Extremes",
    "rare_categories": "Rare kept",
    "auc_holdout": "Told apart",
    "tstr": "Prediction",
}
"""Figures of a part that the page shows beside its distance, declared models too; report.json has all."""


def models(metrics: Mapping[str, Any]) -> Markup:
    """Return the coefficients of every declared model, in the real rows beside the synthetic ones."""
    known = {
        name: metric
        for name, metric in metrics.items()
        if stem(name) == "regression" and metric["value"] is not None
    }
    if not known:
        return NOTHING
    text = (
        "A coefficient is repeated where its two intervals overlap: 100% is the same interval, 0% means that"
        " the table gives another answer than the real rows. Numbers are in standard deviations from the mean"
        " of the synthetic table, and a category is compared with the one that is most frequent there.",
    )
    return paragraphs(text) + NOTHING.join(_model(name, metric) for name, metric in known.items())


def _model(name: str, metric: Mapping[str, Any]) -> Markup:
    floor = "" if metric["floor"] is None else f", real against real {percent(metric['floor'])}"
    title = f"{name.partition(':')[2]}: mean overlap {percent(metric['value'])}{floor}"
    if not metric["detail"]:
        return paragraphs([f"{title}. Its coefficients are not shown: they would tell of very few people."])
    rows = [
        (
            each["name"],
            *(number(_estimate(each, kind)) for kind in ("real", "synthetic")),
            number(percent(each["overlap"])),
        )
        for each in metric["detail"]["coefficients"]
    ]
    return table(title, ("Coefficient", "Real", "Synthetic", "Overlap"), rows)


def _estimate(coefficient: Mapping[str, Any], kind: str) -> str:
    """Return an estimate with its interval at 95 %."""
    estimate, error = coefficient[kind], coefficient[f"{kind}_error"]
    if estimate is None or error is None:
        return "–"
    return f"{estimate:.4g} ({estimate - Z * error:.4g} to {estimate + Z * error:.4g})"


def by_supplier(suppliers: Sequence[Mapping[str, Any]]) -> Markup:
    """Return how far the table is from the rows of each supplier alone."""
    if not suppliers:
        return NOTHING
    pairs = [row["metrics"].get("tv_2way") or {} for row in suppliers]
    most = max([max(m.get("value") or 0, m.get("floor") or 0) for m in pairs] + [0.0])
    rows = [
        (
            named_value(row["name"], row.get("words") or ""),
            number(count(row["rows"])),
            number(percent((row["metrics"].get("tv_1way") or {}).get("value"))),
            *value_beside_floor(pair.get("value"), pair.get("floor"), most),
        )
        for row, pair in zip(suppliers, pairs, strict=True)
    ]
    text = (
        "How far the table is from the rows of each supplier alone. It is made from all of them together, so"
        " a supplier whose people differ from the others' is farther from it than the whole.",
    )
    head = ("Supplier", "Rows, held-out too", "Single columns", "Pairs", "Floor", bars_head(most))
    return (
        paragraphs(text)
        + plots.key("distance in pairs", KEY_OF_FLOOR)
        + table("Distance by supplier", head, rows)
        + _more("Supplier", [(row["name"], row["metrics"]) for row in suppliers])
    )


def by_subgroup(subgroups: Sequence[Mapping[str, Any]]) -> Markup:
    """Return how far the table is from the real rows within each subgroup."""
    if not subgroups:
        return NOTHING
    most = max([max(row["value"] or 0, row["floor"] or 0) for row in subgroups])
    rows = [
        (
            _subgroup(row),
            number(count(row["rows"])),
            *value_beside_floor(row["value"], row["floor"], most),
        )
        for row in subgroups
    ]
    text = (
        "How far the table is from the real rows within each subgroup. A table that is near on the whole can"
        " be far for a small group: results about that group are then biased.",
    )
    head = ("Subgroup", "Rows used", "Distance", "Floor", bars_head(most))
    return (
        paragraphs(text)
        + plots.key("distance", KEY_OF_FLOOR)
        + table("Distance by subgroup", head, rows)
        + _more("Subgroup", [(_subgroup(row), row.get("metrics") or {}) for row in subgroups])
    )


def _subgroup(row: Mapping[str, Any]) -> str:
    return f"{row['column']}: {row['subgroup']}"


def _more(kind: str, parts: Sequence[tuple[str, Mapping[str, Any]]]) -> Markup:
    """Return the other figures of each part, floors in brackets; nothing where there are none."""
    known = dict.fromkeys(name for _, metrics in parts for name in metrics if _has(metrics, name))
    models = [name for name in known if stem(name) == "regression"]
    named = {name: _MORE[name] for name in _MORE if name in known}
    named |= {name: f"Model {number}" for number, name in enumerate(models, 1)}
    if not named:
        return NOTHING
    rows: list[tuple[str | Cell, ...]] = [
        (name, *(number(_with_floor(metrics.get(figure) or {})) for figure in named))
        for name, metrics in parts
    ]
    text = [
        "The figures of the whole table, each of the rows of one line alone. In brackets is the floor: what"
        " the held-out rows of that line give in the place of the synthetic ones; near it is good. Told"
        " apart is an area under a curve: 0.5 is guessing, and small samples lie on either side of it."
        " Intervals and further figures stand in report.json.",
        *(f"{named[name]} is the overlap of {name.partition(':')[2]}." for name in models),
    ]
    return paragraphs(text) + table(f"Further figures by {kind.lower()}", (kind, *named.values()), rows)


def _has(metrics: Mapping[str, Any], name: str) -> bool:
    return (metrics.get(name) or {}).get("value") is not None


def _with_floor(metric: Mapping[str, Any]) -> str:
    floor = "" if metric.get("floor") is None else f" ({metric['floor']:.3f})"
    return "–" if metric.get("value") is None else f"{metric['value']:.3f}{floor}"


def bars_head(most: float) -> str:
    """Return the head of a column of bars, with the scale that they share."""
    return f"Beside each other, 0% to {percent(most)}"


def value_beside_floor(
    value: float | None, floor: float | None, most: float, threshold: float | None = None
) -> tuple[Cell, Cell, Cell]:
    """Return the cells of a figure, of its floor, and of both as bars."""
    bars = Cell(plots.share_bars(value, floor, most, threshold), "bar")
    return number(percent(value)), number(percent(floor)), bars
