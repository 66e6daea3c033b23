"""Plots can be read: their scales stand beside them, and what is drawn follows the scale."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from syncline.validation.report import plots

Shape = dict[str, str]


def drawn(svg: str) -> list[tuple[str, Shape, str]]:
    """Return the tag, attributes and text of each shape; the page leaves quotes out, which XML needs."""
    quoted = re.sub(r"=([^\s\"'>]+)", r'="\1"', re.sub(r'aria-label="[^"]*"', "", svg))
    return [(one.tag, one.attrib, one.text or "") for one in ElementTree.fromstring(quoted).iter()]


def texts(svg: str) -> dict[str, Shape]:
    return {text: attributes for tag, attributes, text in drawn(svg) if tag == "text"}


def rects(svg: str, kind: str) -> list[Shape]:
    return [attributes for tag, attributes, _ in drawn(svg) if tag == "rect" and attributes["class"] == kind]


def bottom(bar: Shape) -> float:
    return float(bar["y"]) + float(bar["height"])


@pytest.mark.parametrize(
    ("made", "own", "top"),
    [
        ([0.02, 0.01], [0.01, 0.005], "2.00%"),
        ([0.6, 0.4], [0.5, None], "60.0%"),
        ([1.0, 0.0], [None, None], "100.0%"),
    ],
)
def test_bars_have_an_axis_from_nothing_to_the_greatest_share(
    made: list[float], own: list[float | None], top: str
) -> None:
    svg = plots.bars("ward", made, own, ["a", "b"])
    labels = texts(svg)
    assert set(labels) == {"0%", top}
    greatest = rects(svg, "made")[0]
    assert float(labels[top]["y"]) - 4 == pytest.approx(float(greatest["y"]), abs=0.1)
    assert float(labels["0%"]["y"]) - 4 == pytest.approx(bottom(greatest), abs=0.1)
    heights = [float(bar["height"]) for bar in rects(svg, "made")]
    assert heights[1] / heights[0] == pytest.approx(made[1] / made[0], abs=0.01)
    assert f"The axis ends at {top}." in svg


def test_bars_and_rings_stand_beside_the_axis_and_within_the_picture() -> None:
    svg = plots.bars("ward", [0.2] * 40, [None, *[0.1] * 39], [str(place) for place in range(40)])
    axis = float(texts(svg)["0%"]["x"])
    bars = [*rects(svg, "made"), *rects(svg, "own")]
    assert len(bars) == 79
    assert min(float(bar["x"]) for bar in bars) > axis
    assert max(float(bar["x"]) + float(bar["width"]) for bar in bars) <= plots.WIDTH
    (ring,) = (attributes for tag, attributes, _ in drawn(svg) if tag == "circle")
    assert float(ring["cx"]) > axis


@pytest.mark.parametrize("share", [None, 0.0])
def test_without_any_share_the_axis_is_that_of_all(share: float | None) -> None:
    svg = plots.bars("ward", [share], [None], ["a"])
    assert set(texts(svg)) == {"0%", "100.0%"}
    assert all(float(bar["height"]) == 0 for bar in rects(svg, "made"))


def rung(excess: float | None, lower: float | None) -> dict[str, Any]:
    return {"name": "gap 1 %", "excess": excess, "lower": lower, "tau": 0.0025, "fails": False}


@pytest.mark.parametrize(
    ("excess", "lower", "ends"),
    [
        (0.2, 0.1, ["0%", "20.0%"]),
        (None, None, ["0%", "0.50%"]),
        (0.02, -0.02, ["-2.00%", "2.00%", "0%"]),
        (0.02, -0.001, ["-0.10%", "2.00%"]),
    ],
)
def test_limits_of_the_gate_have_a_scale(excess: float | None, lower: float | None, ends: list[str]) -> None:
    svg = plots.limits([rung(excess, lower)])
    labels = texts(svg)
    assert [text for text in labels if "gap" not in text] == ends
    if "0%" in ends[1:]:
        (zero,) = (one for tag, one, _ in drawn(svg) if tag == "line" and "stroke-dasharray" in one)
        assert labels["0%"]["x"] == zero["x1"]
