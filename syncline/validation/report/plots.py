"""Plots as inline SVG: no script, no font and no colour that the page's style does not name.

Each plot has a text alternative that says what it shows, and stands beside a table of its figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

from markupsafe import Markup, escape

from syncline.pages.templating import trusted
from syncline.validation.report.column_plots import shortened
from syncline.validation.report.names import joined, percent

_PAD = 44
_SIDE = 200
_LEAST_RATE = 1e-3
_LABEL_WIDTH = 60
_LABEL_ROOM = 108


def curve(label: str, points: Sequence[Sequence[float]], *, logarithmic: bool = False) -> Markup:
    """Return a receiver operating characteristic with the line of guessing, which is its floor.

    On logarithmic axes, from 0.1 % on, the few who are recognised for sure are seen (Carlini et al. 2022,
    doi:10.1109/SP46214.2022.9833649).
    """

    def scaled(rate: float) -> float:
        return 1 + log10(max(rate, _LEAST_RATE)) / -log10(_LEAST_RATE) if logarithmic else rate

    def at(x: float, y: float) -> str:
        return f"{_PAD + scaled(x) * _SIDE:.1f},{8 + (1 - scaled(y)) * _SIDE:.1f}"

    ends = (f"{_LEAST_RATE:.1%}" if logarithmic else "0%", "100%")
    line = " ".join(at(x, y) for x, y in points)
    axes = (
        f"<polyline class=guess points='{at(0, 0)} {at(1, 1)}'/>"
        f"<polyline class=axis points='{at(0, 1)} {at(0, 0)} {at(1, 0)}'/>"
        f"<text x={_PAD - 3} y=16 text-anchor=end>{ends[1]}</text>"
        f"<text x={_PAD - 3} y={_SIDE + 8} text-anchor=end>{ends[0]}</text>"
        f"<text x={_PAD} y={_SIDE + 24}>{ends[0]}</text>"
        f"<text x={_PAD + _SIDE} y={_SIDE + 24} text-anchor=end>{ends[1]}</text>"
        f"<text x={_PAD + _SIDE / 2:.0f} y={_SIDE + 40} text-anchor=middle>others on the list</text>"
        f"<text transform='translate(14 {_SIDE / 2 + 8:.0f}) rotate(-90)' text-anchor=middle>"
        "used people on the list</text>"
    )
    return _svg(label, _SIDE + _PAD + 8, _SIDE + 46, f"{axes}<polyline class=line points='{line}'/>")


def heat(label: str, names: Sequence[str], cells: Mapping[tuple[str, str], float]) -> Markup:
    """Return the upper triangle of a matrix of columns, or of blocks of columns, which have a diagonal.

    A stronger colour is farther from the real table.
    """
    side = max(12, min(22, 560 // max(len(names), 1)))
    most = max([*cells.values(), 1e-9])
    room = _LABEL_ROOM
    place = {name: number for number, name in enumerate(names)}
    parts = [_heat_labels(names, side, room, diagonal=any(a == b for a, b in cells))]
    for (first, second), value in cells.items():
        parts.append(
            f"<rect class=made x={room + place[second] * side} y={room + place[first] * side}"
            f" width={side - 1} height={side - 1} fill-opacity={0.05 + 0.95 * value / most:.2f}>"
            f"<title>{escape(joined((first, second)))}: {value:.4f}</title></rect>"
        )
    extent = room + side * len(names)
    return _svg(label, extent, extent, "".join(parts))


def _heat_labels(names: Sequence[str], side: int, room: int, *, diagonal: bool) -> str:
    """Return the names above the columns and, before the diagonal, those of the rows."""
    parts = []
    for number, name in enumerate(names):
        short = escape(shortened(name, _LABEL_ROOM - 14))
        middle = room + number * side + side / 2
        parts.append(
            f"<text transform='translate({middle + 4:.1f} {room - 4}) rotate(-90)'>{short}</text>"
            if number or diagonal
            else ""
        )
        if number < len(names) - 1 or diagonal:
            end = room + (number + (not diagonal)) * side - 5
            parts.append(f"<text x={end} y={middle + 4:.1f} text-anchor=end>{short}</text>")
    return "".join(parts)


def limits(tests: Sequence[Mapping[str, Any]]) -> Markup:
    """Return each test's excess with its lower limit, unless hidden, beside what is tolerated."""
    known = [test for test in tests if test["excess"] is not None]
    most = max([test["excess"] for test in known] + [test["tau"] for test in tests] + [0.005])
    least = min([test["lower"] for test in known] + [0.0])
    row, left, scale = 22, 128, 200

    def x(value: float) -> str:
        return f"{left + (value - least) / (most - least) * scale:.1f}"

    bottom = row * len(tests)
    parts = [
        f"<line class=axis x1={x(0)} x2={x(0)} y1=0 y2={bottom} stroke-dasharray='2 4' />",
        f"<line class=axis x1={left} x2={left + scale} y1={bottom} y2={bottom} />",
        _limits_scale(least, most, left, scale, bottom + 15),
    ]
    for number, test in enumerate(tests):
        y = number * row + 12
        kind = "fails" if test["fails"] else "holds"
        dot = (
            ""
            if test["excess"] is None
            else (
                f"<line class={kind} x1={x(test['lower'])} x2={x(test['excess'])} y1={y} y2={y} />"
                f"<circle class={kind} cx={x(test['excess'])} cy={y} r=4 />"
            )
        )
        parts.append(
            f"<g><text x=0 y={y + 4}>{escape(test['name'])}: {kind}</text>{dot}"
            f"<line class=limit x1={x(test['tau'])} x2={x(test['tau'])} y1={y - 8} y2={y + 8} /></g>"
        )
    failed = sum(bool(test["fails"]) for test in tests)
    label = (
        f"Excess of recognised people in {len(tests)} tests of the gate, each with its lower limit and what"
        f" is tolerated; {failed} fail. The table below has the figures."
    )
    return _svg(label, left + scale + 20, bottom + 20, "".join(parts))


def _limits_scale(least: float, most: float, left: int, scale: int, y: int) -> str:
    """Return the ends of the scale as text, and 0 % where it is no end and has room between them."""
    ends = f"<text x={left} y={y}>{percent(least) if least else '0%'}</text>"
    ends += f"<text x={left + scale} y={y} text-anchor=end>{percent(most)}</text>"
    zero = -least / (most - least) * scale
    if not _LABEL_WIDTH <= zero <= scale - _LABEL_WIDTH:
        return ends
    return f"{ends}<text x={left + zero:.1f} y={y} text-anchor=middle>0%</text>"


def share_bars(
    value: float | None, floor: float | None, most: float, threshold: float | None = None
) -> Markup:
    """Return two bars, a figure above and its floor below, with a line at the threshold.

    The numbers stand in the cells beside it, so it is hidden from who cannot see it.
    """
    upper = "" if value is None else f"<rect class=made y=1 width={_scaled(value, most)} height=7 />"
    lower = "" if floor is None else f"<rect class=own y=10 width={_scaled(floor, most)} height=7 />"
    at = "" if threshold is None else _scaled(threshold, most)
    line = f"<line class=limit x1={at} x2={at} y1=0 y2=18 vector-effect=non-scaling-stroke />" if at else ""
    return trusted(
        f"<svg class=stretch aria-hidden=true viewBox='0 0 100 18' preserveAspectRatio=none>"
        f"{upper}{lower}{line}</svg>"
    )


def key(made: str, own: str, limit: str | None = None) -> Markup:
    """Return what the colours mean."""
    square = "<svg aria-hidden=true viewBox='0 0 10 10'><rect class={} width=10 height=10 /></svg>{}"
    parts = [square.format("made", escape(made)), square.format("own", escape(own))]
    if limit is not None:
        line = "<line class=limit x1=5 x2=5 y1=0 y2=10 />"
        parts.append(f"<svg aria-hidden=true viewBox='0 0 10 10'>{line}</svg>{escape(limit)}")
    return trusted(f"<p>{''.join(f'<span class=key>{part}</span>' for part in parts)}</p>")


def _scaled(value: float, most: float) -> str:
    return f"{100 * min(max(value / max(most, 1e-9), 0.0), 1.0):.1f}"


def _svg(label: str, width: float, height: float, content: str) -> Markup:
    return trusted(
        f'<svg role=img aria-label="{escape(label)}" viewBox="0 0 {width:.0f} {height:.0f}"'
        f" width={width:.0f} height={height:.0f}>{content}</svg>"
    )
