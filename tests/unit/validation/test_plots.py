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


def one_test(excess: float | None, lower: float | None) -> dict[str, Any]:
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
    svg = plots.limits([one_test(excess, lower)])
    labels = texts(svg)
    assert [text for text in labels if "gap" not in text] == ends
    if "0%" in ends[1:]:
        (zero,) = (one for tag, one, _ in drawn(svg) if tag == "line" and "stroke-dasharray" in one)
        assert labels["0%"]["x"] == zero["x1"]
