"""Plots as inline SVG: no script, no font and no colour that the page's style does not name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH = 320
_HEIGHT = 120
_PAD = 28


def bars(
    label: str, synthetic: Sequence[float | None], real: Sequence[float | None], labels: Sequence[str]
) -> str:
    """Return bars of both tables' shares beside each other; a hidden real share is hatched at zero."""
    most = max([x for x in (*synthetic, *real) if x is not None] + [1e-9])
    step = WIDTH / max(len(labels), 1)
    parts = []
    for place, (made, own, name) in enumerate(zip(synthetic, real, labels, strict=True)):
        x = place * step
        said = f"{name}: synthetic {_share(made)}, real {_share(own)}"
        pair = "".join(
            f"<rect class={kind} x='{x + offset * step:.1f}' y='{_HEIGHT * (1 - (share or 0) / most):.1f}'"
            f" width='{max(step * 0.4, 0.8):.1f}' height='{_HEIGHT * (share or 0) / most:.1f}'/>"
            for kind, share, offset in (("made", made, 0.08), ("own", own, 0.5))
        )
        parts.append(f"<g><title>{escape(said)}</title>{pair}</g>")
    return _svg(f"Shares of {label}, synthetic beside real", WIDTH, _HEIGHT, "".join(parts))


def curve(label: str, points: Sequence[Sequence[float]]) -> str:
    """Return a receiver operating characteristic with the line of guessing."""
    size = 200

    def at(x: float, y: float) -> str:
        return f"{_PAD + x * size:.1f},{8 + (1 - y) * size:.1f}"

    line = " ".join(at(x, y) for x, y in points)
    axes = (
        f"<polyline class=guess points='{at(0, 0)} {at(1, 1)}'/>"
        f"<polyline class=axis points='{at(0, 1)} {at(0, 0)} {at(1, 0)}'/>"
        f"<text x='{_PAD}' y='{size + 24}'>others taken for used</text>"
        f"<text transform='translate(12 {size}) rotate(-90)'>used persons found</text>"
    )
    return _svg(label, size + _PAD + 8, size + 30, f"{axes}<polyline class=line points='{line}'/>")


def heat(label: str, names: Sequence[str], cells: Mapping[tuple[str, str], float]) -> str:
    """Return the upper triangle of a matrix of columns; darker is farther from the real table."""
    side = max(4, min(18, 560 // max(len(names), 1)))
    most = max([*cells.values(), 1e-9])
    parts = []
    place = {name: number for number, name in enumerate(names)}
    for (first, second), value in cells.items():
        x, y = place[second] * side, place[first] * side
        parts.append(
            f"<rect class=heat x={x} y={y} width={side - 1} height={side - 1}"
            f" fill-opacity='{0.05 + 0.95 * value / most:.3f}'>"
            f"<title>{escape(first)} and {escape(second)}: {value:.4f}</title></rect>"
        )
    return _svg(label, side * len(names), side * len(names), "".join(parts))


def limits(rungs: Sequence[Mapping[str, Any]]) -> str:
    """Return each rung's excess with its lower limit, beside what is tolerated."""
    most = max([abs(rung["excess"]) for rung in rungs] + [rung["tau"] for rung in rungs] + [0.005]) * 1.15
    row, left, scale = 20, 110, 300

    def x(value: float) -> float:
        return float(left + max(min(value / most, 1.0), -0.15) * scale)

    parts = []
    for number, rung in enumerate(rungs):
        y = number * row + 10
        kind = "fails" if rung["fails"] else "holds"
        said = (
            f"{rung['name']}: excess {rung['excess']:.2%}, at least {rung['lower']:.2%},"
            f" tolerated {rung['tau']:.2%}"
        )
        parts.append(
            f"<g><title>{escape(said)}</title><text x=0 y={y + 4}>{escape(rung['name'])}</text>"
            f"<line class={kind} x1='{x(rung['lower']):.1f}' x2='{x(rung['excess']):.1f}' y1={y} y2={y}/>"
            f"<circle class={kind} cx='{x(rung['excess']):.1f}' cy={y} r=3.5 />"
            f"<line class=tau x1='{x(rung['tau']):.1f}' x2='{x(rung['tau']):.1f}' y1={y - 8} y2={y + 8}/></g>"
        )
    return _svg(
        "Excess of recognised persons by rung of the gate",
        left + scale + 20,
        row * len(rungs),
        "".join(parts),
    )


def _svg(label: str, width: float, height: float, content: str) -> str:
    return (
        f"<svg role=img aria-label='{escape(label, quote=True)}' viewBox='0 0 {width:.0f} {height:.0f}'"
        f" width='{width:.0f}' height='{height:.0f}'>{content}</svg>"
    )


def _share(value: float | None) -> str:
    return "not shown, too few persons" if value is None else f"{value:.2%}"
