"""A figure of a report: its value, its interval, what two real samples would give, and what is aimed at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from syncline.data.blob import Json


class Goal(StrEnum):
    """Say which values of a metric are good ones."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"
    FLOOR = "floor"
    """As near to the floor as possible, from either side."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure.

    Attributes
    ----------
    name : the key in ``report.json``
    value : the figure, None where it could not be computed; ``words`` says why
    interval : lower and upper limit at 95 %, None where none is computed
    floor : the same figure between two real samples, None where no rows were held out
    goal : which values are good
    threshold : the limit that the gate or the study sets, if any
    words : one sentence for people: what the figure says
    detail : further figures, such as the worst columns
    at_most, floor_at_most : whether the value, and the floor, are only known to be at most so great, because
        fewer persons are concerned than may be counted
    reason : in one word why there is no value; empty where there is one
    """

    name: str
    value: float | None
    interval: tuple[float, float] | None = None
    floor: float | None = None
    goal: Goal = Goal.MINIMIZE
    threshold: float | None = None
    words: str = ""
    detail: Json = None
    at_most: bool = False
    floor_at_most: bool = False
    reason: str = ""

    def to_json(self) -> dict[str, Json]:
        """Return the figure as in ``report.json``, rounded to six decimals."""
        limits = None if self.interval is None else [_rounded(limit) for limit in self.interval]
        return {
            "value": _rounded(self.value),
            "interval": limits,  # type: ignore[dict-item]  # a list of numbers is JSON
            "floor": _rounded(self.floor),
            "goal": str(self.goal),
            "threshold": _rounded(self.threshold),
            "words": self.words,
            "detail": self.detail,
            "at_most": self.at_most,
            "floor_at_most": self.floor_at_most,
            "reason": self.reason or ("not_computed" if self.value is None else ""),
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 6)
