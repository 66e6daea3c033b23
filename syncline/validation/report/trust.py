"""What a table can be used for by its figures, and what not without a look at the real one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncline.validation.report.names import percent, plain_name, stem
from syncline.validation.report.words import (
    FAR,
    MOST_SHOWN,
    NEAR,
    beside_floor,
    hidden_figures,
    is_failed,
    measured,
)

AS_GOOD = 0.02
"""A model that learns from synthetic rows is as good within so much area under the curve: our choice."""

WORSE_BY = 0.05
"""An area under the curve that is so much less than its floor is worth a word: our choice."""


def trusted(d: Mapping[str, Any]) -> list[str]:
    """Return what the table can be used for, by its figures."""
    metrics = d["metrics"]
    found = [
        f"{what}: {percent(metrics[name]['value'])} from the real table, {beside_floor(metrics[name])}."
        for name, what in (
            ("tv_1way", "Shares in single columns"),
            ("tv_2way", "Relations of two columns"),
            ("tv_3way", "Relations of three columns"),
        )
        if _is_near(metrics.get(name))
    ]
    tstr = metrics.get("tstr")
    if tstr and tstr["value"] is not None and tstr["floor"] and tstr["value"] > tstr["floor"] - AS_GOOD:
        found.append("Developing prediction models, to be fitted to real data before they are used.")
    found.append("Its form: columns, types, codes and ranges are those of the schema; programs can be tried.")
    if len(found) == 1:
        found.append("Nothing more: no figure shows it as near to the real table as another real sample.")
    return found


def doubted(d: Mapping[str, Any]) -> list[str]:
    """Return what the table should not be used for without a look at the real one."""
    metrics = d["metrics"]
    whose = "its rows may be records of real people" if is_failed(d["gate"]) else "its rows are nobody's"
    found = [f"Anything about single people or small groups: {whose}."]
    for name, what in (
        ("tv_1way", "single columns"),
        ("tv_2way", "pairs of columns"),
        ("tv_3way", "sets of three columns"),
    ):
        metric = metrics.get(name)
        if metric and metric["value"] is not None and not _is_near(metric):
            worst = ", ".join(" and ".join(row["columns"]) for row in _worst(metric)[:MOST_SHOWN])
            found.append(
                f"Details of {what}: {percent(metric['value'])} from the real table, {beside_floor(metric)}"
                + (f". Farthest: {worst}." if worst else ".")
            )
    if not metrics:
        found.append("Any figure from it: nothing says how near it is to the real table.")
    for name, what in (
        ("association", "The strength of relations: Cramer's V"),
        ("correlation", "Correlations of numbers: Spearman's coefficient"),
    ):
        relation = measured(metrics, name)
        if relation and not _is_near(relation):
            beside = (
                "" if relation["floor"] is None else f", between two real samples {relation['floor']:.3f}"
            )
            found.append(f"{what} is {relation['value']:.3f} off on average{beside}.")
    rare = metrics.get("rare_categories")
    if rare and rare["value"] is not None and rare["value"] < 1:
        found.append(f"Rare categories: {1 - rare['value']:.0%} of them are missing.")
    hidden = hidden_figures(metrics)
    if hidden:
        named = ", ".join(plain_name(name) for name in hidden)
        found.append(f"What would rest on too few people and is not shown, which is no agreement: {named}.")
    return [*found, *_lost_effects(metrics), *_uneven(d)]


def _lost_effects(metrics: Mapping[str, Any]) -> Iterator[str]:
    """Name the coefficients of declared models of which the table says something else than the real rows."""
    for name, metric in metrics.items():
        if stem(name) != "regression" or metric["value"] is None:
            continue
        coefficients = (metric["detail"] or {}).get("coefficients", ())
        apart = [each["name"] for each in coefficients if each["overlap"] == 0]
        more = len(apart) - MOST_SHOWN
        rest = f" and {more} more" if more > 0 else ""
        where = f"Effects in {name.partition(':')[2]}"
        if apart:
            yield f"{where}: those of {', '.join(apart[:MOST_SHOWN])}{rest} lie outside what real rows say."
        elif metric["floor"] and metric["value"] < metric["floor"] / NEAR:
            yield (
                f"{where}: intervals overlap by {percent(metric['value'])}, between two real samples"
                f" {percent(metric['floor'])}."
            )


def _uneven(d: Mapping[str, Any]) -> Iterator[str]:
    """Say of which suppliers and subgroups the table is a worse picture than of the whole."""
    far = [row for row in d.get("subgroups", ()) if row["floor"] and row["value"] > FAR * row["floor"]]
    far.sort(key=lambda row: row["floor"] / row["value"])
    if far:
        named = ", ".join(f"{row['column']} = {row['subgroup']}" for row in far[:MOST_SHOWN])
        yield f"Comparisons between subgroups: much farther from the real rows than their floors are {named}."
    yield from _unlike_predictions(d.get("subgroups", ()))
    whole = d["metrics"].get("tv_2way") or {}
    distances = [
        (row["metrics"]["tv_2way"]["value"], row["name"], row["metrics"]["tv_2way"]["floor"])
        for row in d.get("by_supplier", ())
        if "tv_2way" in row["metrics"] and row["metrics"]["tv_2way"]["value"] is not None
    ]
    if len(distances) > 1 and whole.get("value") is not None:
        value, name, floor = max(distances, key=lambda row: row[:2])
        beside = "" if floor is None else f", held-out rows of its own {percent(floor)}"
        yield (
            f"Statements about one supplier: the table describes all of them together. Farthest from it are"
            f" the rows of {name} ({percent(value)} in pairs{beside}; all together"
            f" {percent(whole['value'])})."
        )


def _unlike_predictions(subgroups: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say about which subgroups synthetic rows surely teach less than real ones."""
    worse = []
    for row in subgroups:
        metric = measured(row.get("metrics") or {}, "tstr")
        if metric and metric["floor"] and metric["interval"]:
            lost = metric["floor"] - metric["value"]
            if lost > WORSE_BY and metric["interval"][1] < metric["floor"]:
                worse.append((lost, f"{row['column']} = {row['subgroup']}"))
    if worse:
        named = ", ".join(name for _, name in sorted(worse, reverse=True)[:MOST_SHOWN])
        yield f"Predictions for some subgroups: synthetic rows teach less than real ones about {named}."


def _worst(metric: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((metric.get("detail") or {}).get("worst", ()))


def _is_near(metric: Mapping[str, Any] | None) -> bool:
    if not metric or metric["value"] is None or not metric["floor"]:
        return False
    return bool(metric["value"] <= NEAR * metric["floor"])
