"""Plots of columns: areas are shares, axes are read, and what is hidden is seen to be hidden."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.validation.report.axes import PlotAxis, axis_through, extent
from syncline.validation.report.column_plots import WIDTH, column_plot, shortened

Shape = dict[str, str]


def numbers(
    edges: list[float],
    synthetic: list[float],
    real: list[float | None],
    *,
    scale: str = "number",
    step: float = 0.0,
    open_ends: tuple[bool, bool] = (False, False),
) -> dict[str, Any]:
    labels = [f"{a} to {b}" for a, b in pairwise(edges)]
    labels += ["missing"] * (len(synthetic) - len(labels))
    axis = {"scale": scale, "unit": "", "step": step, "edges": edges, "open": list(open_ends)}
    return {
        "column": "age",
        "numeric": True,
        "labels": labels,
        "synthetic": synthetic,
        "real": real,
        "axis": axis,
    }


def categories(synthetic: list[float], real: list[float | None]) -> dict[str, Any]:
    labels = [f"ward {place}" for place in range(len(synthetic))]
    return {
        "column": "ward",
        "numeric": False,
        "labels": labels,
        "synthetic": synthetic,
        "real": real,
        "axis": None,
    }


def drawn(svg: str) -> list[tuple[str, Shape, str]]:
    """Return the tag, attributes and text of each shape; the page leaves quotes out, which XML needs."""
    quoted = re.sub(r"=([^\s\"'>]+)", r'="\1"', re.sub(r'aria-label="[^"]*"', "", svg))
    return [(one.tag, one.attrib, one.text or "") for one in ElementTree.fromstring(quoted).iter()]


def texts(svg: str) -> list[str]:
    return [text for tag, _, text in drawn(svg) if tag == "text"]


def shapes(svg: str, kind: str) -> list[Shape]:
    return [attributes for _, attributes, _ in drawn(svg) if attributes.get("class") == kind]


def steps(path: str) -> list[tuple[float, float, float]]:
    """Return the level parts of a path: from, to, height."""
    found, x, y = [], 0.0, 0.0
    for command, text in re.findall(r"([MLHV])([-\d.,]+)", path):
        values = [float(value) for value in text.split(",")]
        if command == "H":
            found.append((x, values[0], y))
            x = values[0]
        elif command == "V":
            y = values[0]
        else:
            x, y = values
    return found


def areas(svg: str, kind: str) -> list[float]:
    """Return the area below each step, down to the axis, as parts of all of them."""
    (line,) = shapes(svg, kind)
    base = max(float(axis["y1"]) for axis in shapes(svg, "axis") if axis["y1"] == axis["y2"])
    found = [(right - left) * (base - y) for left, right, y in steps(line["d"])]
    return [area / sum(found) for area in found]


def test_areas_are_shares_however_wide_bins_are() -> None:
    made, real = [0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]
    svg = column_plot(numbers([0, 10, 15, 50, 100], made, [*real])).svg
    assert areas(svg, "line") == pytest.approx(made, abs=0.01)
    assert areas(svg, "line dashed") == pytest.approx(real, abs=0.01)


def test_on_a_bent_axis_areas_are_shares_as_well() -> None:
    edges = [10.0**power for power in range(9)]
    made = [0.05, 0.05, 0.1, 0.3, 0.3, 0.1, 0.05, 0.05]
    plot = column_plot(numbers(edges, made, [*made]))
    assert areas(plot.svg, "line") == pytest.approx(made, abs=0.01)
    assert "per tenfold step" in plot.caption
    assert {"1000"} <= set(texts(plot.svg))


def test_the_real_line_is_broken_where_it_is_hidden_and_one_band_covers_each_run() -> None:
    real = [None, 0.2, None, None, 0.2, 0.2]
    plot = column_plot(numbers([0, 10, 20, 30, 40, 50, 60], [1 / 6] * 6, real))
    (line,) = shapes(plot.svg, "line dashed")
    parts = steps(line["d"])
    bands = [(float(b["x"]), float(b["x"]) + float(b["width"])) for b in shapes(plot.svg, "band")]
    assert len(parts) == 3
    assert len(bands) == 2, "neighbours that are hidden are one band"
    assert all(right <= a + 0.2 or left >= b - 0.2 for left, right, _ in parts for a, b in bands)
    assert line["d"].count("M") == 2
    assert plot.caption.endswith("Grey is hidden: too few people.")


def test_where_all_is_hidden_there_is_no_real_line_and_the_caption_says_why() -> None:
    for column in (numbers([0, 1, 2], [0.5, 0.5], [None, None]), categories([0.5, 0.5], [None, None])):
        plot = column_plot(column)
        assert [one["d"] for one in shapes(plot.svg, "line dashed")] in ([], [""])
        assert not shapes(plot.svg, "own hollow")
        assert plot.caption.startswith("Nothing of the real rows is shown")
        assert "Nothing of the real rows is shown" in plot.svg
        assert "agree" not in plot.svg
        assert "hidden" in texts(plot.svg)


def test_an_open_end_has_no_upright_line_and_a_closed_one_has() -> None:
    for open_ends, said in (
        ((False, False), "per 5."),
        ((True, False), "the first group is open"),
        ((True, True), "the outer groups are open"),
    ):
        plot = column_plot(numbers([0, 10, 20, 30], [0.3, 0.3, 0.4], [0.3, 0.3, 0.4], open_ends=open_ends))
        path = shapes(plot.svg, "line")[0]["d"]
        base = next(float(a["y1"]) for a in shapes(plot.svg, "axis") if a["y1"] == a["y2"])
        first = float(path.split("V")[0].split(",")[1])
        assert (first == base) == (not open_ends[0])
        assert path.endswith(f"V{base:.1f}") == (not open_ends[1])
        assert said in plot.caption


def test_a_value_that_many_share_and_missing_ones_are_bars_below_the_steps() -> None:
    edges = [0.0, 0.01, 100, 200, 300]
    plot = column_plot(numbers(edges, [0.5, 0.1, 0.1, 0.1, 0.2], [0.4, 0.2, 0.1, 0.1, 0.2]))
    assert {"0.0 to 0.01", "missing"} <= set(texts(plot.svg))
    assert len(shapes(plot.svg, "made")) == 2
    assert areas(plot.svg, "line") == pytest.approx([1 / 3] * 3, abs=0.01)
    assert "narrow groups are bars" in plot.caption


def test_many_narrow_bins_are_a_line_and_no_bars() -> None:
    edges = [0.0, 30.0, *(float(n) for n in range(31, 56)), 100.0]
    shares = [0.01, *([0.039] * 25), 0.015]
    plot = column_plot(numbers(edges, shares, [*shares]))
    assert not shapes(plot.svg, "made")
    assert areas(plot.svg, "line") == pytest.approx(shares, abs=0.01)


def test_bars_have_the_length_of_shares_and_a_bracket_beside_each_hidden_run() -> None:
    plot = column_plot(categories([0.4, 0.3, 0.2, 0.1], [0.5, None, None, 0.25]))
    made = [float(bar["width"]) for bar in shapes(plot.svg, "made")]
    own = [float(bar["width"]) for bar in shapes(plot.svg, "own hollow")]
    assert [width / made[0] for width in made] == pytest.approx([1, 0.75, 0.5, 0.25], abs=0.01)
    assert [width / made[0] for width in own] == pytest.approx([1.25, 0.625], abs=0.01)
    assert texts(plot.svg).count("hidden") == 1
    assert "2 real shares are hidden" in plot.caption
    marks = [text for text in texts(plot.svg) if text.endswith("%")]
    assert marks[0] == "0%"
    assert len(marks) >= 3


def test_of_many_categories_the_largest_are_drawn_in_their_order() -> None:
    shares = [place / 1770 for place in range(60)]
    plot = column_plot(categories(shares, [*shares]))
    named = [text for text in texts(plot.svg) if text.startswith("ward")]
    assert named == [f"ward {place}" for place in range(48, 60)]
    assert plot.caption == "Share of rows, in the 12 largest of 60 groups."


@given(
    st.lists(
        st.floats(-1e300, 1e300, allow_nan=False).map(lambda value: float(f"{value:.6g}")),
        min_size=2,
        max_size=32,
        unique=True,
    ),
    st.sampled_from(["number", "date", "clock", "duration"]),
    st.sampled_from([0.0, 1.0]),
)
def test_any_edges_make_an_axis_in_order_with_texts_that_do_not_meet(
    found: list[float], scale: str, least: float
) -> None:
    if scale != "number":
        found = [float(int(value) % 4_000_000_000) for value in found]
    edges = sorted(set(found))
    if len(edges) < 2:
        return
    axis = axis_through(edges, scale, "", 260, least if scale == "number" else 0.0)
    places = [axis.at(edge) for edge in edges]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, pytest.approx(1))
    assert axis.measure > 0
    marks = [axis.at(value) * 260 for value, _ in axis.marks]
    widths = [extent(text) for _, text in axis.marks]
    assert marks == sorted(marks)
    assert all(-1e-6 <= mark <= 260.001 for mark in marks)
    if len(marks) > 1:
        gaps = [b - a - (u + v) / 2 for (a, b), (u, v) in zip(pairwise(marks), pairwise(widths), strict=True)]
        assert min(gaps) > 0
    assert len({text for _, text in axis.marks}) == len(marks)
    assert (
        "nan"
        not in column_plot(
            numbers(edges, [1 / (len(edges) - 1)] * (len(edges) - 1), [None] * (len(edges) - 1), scale=scale)
        ).svg
    )


@pytest.mark.parametrize(
    ("edges", "scale", "marks"),
    [
        ([18, 40, 60, 92], "number", ["20", "40", "60", "80"]),
        ([-0.5, 0.5, 1.5], "number", ["0", "1"]),
        ([1990, 2000, 2020], "number", ["1990", "1995", "2000", "2005", "2010", "2015", "2020"]),
        ([0, 5e11, 1e12], "number", ["0", "200", "400", "600", "800", "1000"]),
        ([0, 43_200, 86_400], "clock", ["00:00", "06:00", "12:00", "18:00", "24:00"]),
        ([0, 86_400 * 200, 86_400 * 3650], "date", ["1970", "1972", "1974", "1976", "1978"]),
        ([1.6e9, 1.6e9 + 86_400 * 80], "date", ["2020-10", "2020-11", "2020-12"]),
    ],
)
def test_marks_are_round(edges: list[float], scale: str, marks: list[str]) -> None:
    axis = axis_through([float(edge) for edge in edges], scale, "", 266, 1.0 if scale == "number" else 0.0)
    assert [text for _, text in axis.marks] == marks


def test_a_long_tail_bends_the_axis_and_an_even_column_does_not() -> None:
    def of(edges: list[float]) -> PlotAxis:
        return axis_through(edges, "number", "", 266)

    assert of([float(n) for n in range(0, 310, 10)]).knee == 0
    tail = of([0, 8, 18, 31, 53, 82, 115, 174, 268, 400, 651, 1110, 2036, 760_000])
    assert tail.knee > 0
    assert tail.at(115) > 0.2
    assert of([-760_000, -651, -115, -31, 0, 18, 82, 400]).knee > 0


@pytest.mark.parametrize(
    ("edges", "scale"),
    [
        ((1_195_862_400, 1_226_016_000, 1_226_620_800, 1_262_304_000), "date"),
        ((0, 30, 60, 100_000), "number"),
        ((0, 43_200, 86_400), "clock"),
    ],
)
def test_a_text_that_is_moved_into_the_picture_meets_no_other(edges: tuple[int, ...], scale: str) -> None:
    """As ``2009-072010-01`` did, whose axis ends at a mark."""
    share = 1 / (len(edges) - 1)
    column = numbers([float(edge) for edge in edges], [share] * (len(edges) - 1), [None] * (len(edges) - 1))
    column["axis"]["scale"] = scale
    lines: dict[str, list[tuple[float, float]]] = {}
    for tag, shape, text in drawn(column_plot(column).svg):
        if tag == "text" and shape.get("text-anchor") == "middle":
            lines.setdefault(shape["y"], []).append((float(shape["x"]), extent(text) / 2))
    assert any(len(words) > 1 for words in lines.values())
    for words in lines.values():
        assert all(a + u < b - v for (a, u), (b, v) in pairwise(words))
        assert max(at + half for at, half in words) <= WIDTH + 0.1


@given(st.text(min_size=1, max_size=60), st.integers(20, 200))
def test_a_text_is_shortened_to_its_room_and_keeps_both_ends(text: str, room: int) -> None:
    short = shortened(text, room)
    assert short == text or extent(short) <= room + 1e-9
    if short != text and extent(text[0]) + extent(text[-1]) + extent("…") < room / 2:
        assert "…" in short


def test_all_texts_stay_within_the_picture() -> None:
    names = [
        "ein sehr langer Name einer Kategorie mit vielen Wörtern",
        "患者の年齢と体重の比率に関する長い列名",
        "x",
    ]
    column = {**categories([0.2, 0.3, 0.5], [0.2, None, 0.5]), "labels": names}
    for tag, attributes, text in drawn(column_plot(column).svg):
        if tag != "text":
            continue
        x, wide = float(attributes["x"]), extent(text)
        anchor = attributes.get("text-anchor", "start")
        start = x - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        assert start >= -0.5
        assert start + wide <= WIDTH + 0.5


@pytest.mark.parametrize("hidden", [False, True])
def test_an_end_group_that_holds_nobody_is_not_drawn(hidden: bool) -> None:
    """Behind the values of a column with named states lies a group for what is beyond them, mostly empty."""
    edges = [0, 10, 20, 30, 30.5]
    real: list[float | None] = [0.3, 0.3, 0.3, None if hidden else 0.0, 0.1]
    plot = column_plot(numbers(edges, [0.3, 0.3, 0.3, 0.0, 0.1], real, open_ends=(True, True)))
    assert bool(shapes(plot.svg, "band")) == hidden
    assert "30 to 30.5" not in plot.svg
    assert ("the outer groups are open" in plot.caption) == hidden
    assert ("the first group is open" in plot.caption) != hidden
    assert "missing" in texts(plot.svg)


def test_groups_within_are_drawn_though_nobody_is_in_them() -> None:
    plot = column_plot(numbers([0, 10, 20, 30], [0.5, 0.0, 0.5], [0.5, 0.0, 0.5]))
    assert areas(plot.svg, "line") == pytest.approx([0.5, 0.0, 0.5], abs=0.01)
