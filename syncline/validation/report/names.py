"""What figures are called for people, and how a value is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncline.privacy.people_rule import TOO_FEW

_NAMES = {
    "tv_1way": "Single columns",
    "tv_2way": "Pairs of columns",
    "tv_3way": "Sets of three columns",
    "association": "Strength of relations",
    "correlation": "Correlation of numbers",
    "rare_categories": "Rare categories that are kept",
    "tails": "Extreme values",
    "beyond_range": "Beyond all synthetic values",
    "auc_holdout": "Told apart from real rows",
    "pmse": "Told apart, mean squared error",
    "tstr": "Learning to predict",
    "subgroup_gap": "Gap between subgroups",
    "exact_matches": "Whole rows found again",
    "nearer_to_train": "Nearer to people who were used",
    "membership": "Recognised as used",
    "identity_unique": "Found by keys, alone in both tables",
    "attribute_cap": "Guessed from keys",
    "attribute_disclosive": "Given away by keys",
    "inferential": "Guessed better than for others",
    "meaningful_identity": "Matched, and something learnt",
    "singling_out": "Singled out",
    "regression": "Regression",
}

RISKS = (
    "exact_matches",
    "membership",
    "singling_out",
    "identity_unique",
    "attribute_disclosive",
    "attribute_cap",
    "inferential",
    "meaningful_identity",
)
"""Figures that say how many people are at risk, as a share: the part of a name before the colon."""

_GOALS = {"minimize": "low is good", "maximize": "high is good", "floor": "near the floor is good"}


def stem(name: str) -> str:
    """Return the part of a figure's name that says what it measures."""
    return name.partition(":")[0]


def plain_name(name: str) -> str:
    """Return what a figure is called; of an unknown one its own name."""
    what, colon, column = name.partition(":")
    known = _NAMES.get(what, what.replace("_", " ").capitalize())
    return f"{known}: {column}" if colon else known


def goal_words(metric: Mapping[str, Any]) -> str:
    """Return which values of a figure are good ones; nothing of one that was not computed."""
    goal = str(metric.get("goal"))
    if metric.get("value") is None:
        return "not shown" if metric.get("reason") == TOO_FEW else "not computed"
    if goal == "maximize" and metric.get("floor") is not None:
        return "near the floor or above is good"
    return _GOALS.get(goal, "")


def shown(value: float | None, digits: int = 4) -> str:
    """Return a number, or a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def bounded(metric: Mapping[str, Any], which: str) -> str:
    """Return a figure's value or floor as a number, and that it is an upper bound where it is one."""
    at_most = metric.get("at_most" if which == "value" else "floor_at_most")
    return f"under {shown(metric[which])}" if at_most else shown(metric[which])


def percent(value: float | None) -> str:
    """Return a share in per cent, or a dash; two digits after the point where it is small."""
    if value is None:
        return "–"
    return f"{value:.1%}" if abs(value) >= 0.1 else f"{value:.2%}"


def rate(metric: Mapping[str, Any], which: str = "value") -> str:
    """Return a figure's value or floor in per cent, and that it is an upper bound where it is one."""
    at_most = metric.get("at_most" if which == "value" else "floor_at_most")
    return f"under {percent(metric[which])}" if at_most else percent(metric[which])


def interval(limits: Sequence[float] | None) -> str:
    """Return the limits of an interval, or a dash."""
    return "–" if limits is None else f"{limits[0]:.4f} to {limits[1]:.4f}"


def count(value: object) -> str:
    """Return a number of people or rows; a dash where it is hidden because it is small."""
    return f"{value:,}" if isinstance(value, int) else "–" if value is None else str(value)


def joined(columns: Sequence[str]) -> str:
    """Return the names of a set of columns."""
    return " × ".join(columns)
