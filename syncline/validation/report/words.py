"""What the figures say, in sentences for somebody who decides and does not compute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NEAR = 1.25
"""A figure up to so many times its floor is as good as another real sample."""

_AUC_TOLD_APART = 0.6


def verdict(document: Mapping[str, Any]) -> list[str]:
    """Return the verdict: whether the gate lets the table pass, and how like the real one it is."""
    gate, metrics = document["gate"], document["metrics"]
    if gate["passed"]:
        most = max(rung["excess"] for rung in gate["rungs"])
        words = [
            "The disclosure gate passes: no more people who were used are surely recognised in this table"
            " than is tolerated. Among people of this number it notices copies of"
            f" {gate['smallest_leak']:.2%} of them or more; fewer it may not see.",
            "Passing does not mean that nobody is recognised: the largest excess over people who were not"
            f" used is {max(most, 0.0):.2%}.",
        ]
    elif not gate["rungs"]:
        words = [f"The disclosure gate does not pass: {gate['failures'][0]}."]
    else:
        words = ["The disclosure gate FAILS: do not share this table.", *gate["failures"][:3]]
    return [*words, _likeness(metrics)]


def trusted(document: Mapping[str, Any]) -> list[str]:
    """Return what the table can be used for, by its figures."""
    metrics = document["metrics"]
    found = [
        f"{what}: {metrics[name]['value']:.4f} from the real table, {_beside(metrics[name])}."
        for name, what in (("tv_1way", "Shares in single columns"), ("tv_2way", "Relations of two columns"))
        if _is_near(metrics.get(name))
    ]
    tstr = metrics.get("tstr")
    if tstr and tstr["value"] is not None and tstr["floor"] and tstr["value"] > tstr["floor"] - 0.02:
        found.append(
            f"Developing prediction models: one that learns from it reaches an area of {tstr['value']:.3f} on"
            f" real people, one that learns from real rows {tstr['floor']:.3f}."
        )
    return found or ["No figure is as good as that of another real sample: use it for trying programs only."]


def doubted(document: Mapping[str, Any]) -> list[str]:
    """Return what the table should not be used for without a look at the real one."""
    metrics = document["metrics"]
    found = ["Conclusions about any single person, or about groups of a few: there are no persons in it."]
    for name, what in (
        ("tv_1way", "single columns"),
        ("tv_2way", "pairs"),
        ("tv_3way", "sets of three columns"),
    ):
        metric = metrics.get(name)
        if metric and metric["value"] is not None and not _is_near(metric):
            worst = ", ".join(" and ".join(row["columns"]) for row in metric["detail"]["worst"][:3])
            found.append(f"Fine relations among {what}: {_beside(metric)}; farthest are {worst}.")
    rare = metrics.get("rare_categories")
    if rare and rare["value"] is not None and rare["value"] < 1:
        found.append(f"Rare categories: {1 - rare['value']:.0%} of them are missing.")
    return found


def _likeness(metrics: Mapping[str, Any]) -> str:
    auc, pairs = metrics["auc_holdout"], metrics["tv_2way"]
    telling = "can hardly tell" if auc["value"] < _AUC_TOLD_APART else "can tell"
    words = f"A classifier {telling} its rows from real ones (area {auc['value']:.3f}; 0.5 is guessing)."
    if pairs["value"] is not None:
        words += f" Pairs of columns are {pairs['value']:.4f} from the real table, {_beside(pairs)}."
    return words


def _beside(metric: Mapping[str, Any]) -> str:
    if metric["floor"] is None:
        return "with no second real sample to compare with"
    return f"two real samples are {metric['floor']:.4f} apart"


def _is_near(metric: Mapping[str, Any] | None) -> bool:
    if not metric or metric["value"] is None or not metric["floor"]:
        return False
    return bool(metric["value"] <= _NEAR * metric["floor"])
