"""Plots of single columns: numbers as overlaid steps on an axis, categories as paired bars, a row each.

The height of a step is the share of rows divided by the width of its bin, so that an area is a share, however
wide bins are. What is hidden is drawn as hidden: the real line ends there and a band says so, and of rows of
bars a bracket. Synthetic is a solid line or a filled bar, real a dashed line or a hollow bar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from markupsafe import Markup, escape

from syncline.pages.templating import trusted
from syncline.validation.report.axes import PlotAxis, axis_through, extent, number_text, round_step
from syncline.validation.report.names import percent
from syncline.validation.utility.distributions import OR_MISSING

WIDTH = 320
_LEFT = 40
_RIGHT = 14
_TOP = 17
_TALL = 112
_LINE = 15
_ROW = 20
_MOST_LABEL = 150
_MOST_ROWS = 12
_BAR = 7
_NARROW = 0.05
_UNSEEN = 0.004
_SPIKE = 2.5
_MOST_SPIKES = 6
_HIDDEN_ROOM = 60
_NOTHING = "Nothing of the real rows is shown: too few people would stand behind each group."

Shares = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class ColumnPlot:
    """A plot as markup, and in one sentence how it is to be read."""

    svg: Markup
    caption: str


def column_plot(column: Mapping[str, Any]) -> ColumnPlot:
    """Return the plot of one column of ``distributions`` in ``report.json``."""
    rows = list(zip(column["labels"], column["synthetic"], column["real"], strict=True))
    axis = column.get("axis")
    if axis is None:
        return _bars_of(column["column"], rows)
    return _steps_of(column["column"], rows, axis)


def column_key() -> Markup:
    """Return what lines and bars mean, told apart by their form as well as by their colours."""
    shapes = (
        ("<path class=line d='M0,5H22'/><rect class=made x=30 y=1 width=20 height=8 />", "synthetic"),
        (
            "<path class='line dashed' d='M0,5H22'/><rect class='own hollow' x=31 y=2 width=18 height=6 />",
            "real",
        ),
    )
    shown = "".join(
        f"<span class='key broad'><svg aria-hidden=true viewBox='0 0 50 10'>{shape}</svg>{word}</span>"
        for shape, word in shapes
    )
    return trusted(f"<p>{shown}</p>")


def hidden_share(value: float | None) -> str:
    """Return a share, or that it is not shown because it is of too few persons."""
    return "not shown, too few persons" if value is None else percent(value)


Row = tuple[str, float | None, float | None]


def _bars_of(name: str, rows: Sequence[Row]) -> ColumnPlot:
    shown = _largest(rows)
    content, height = _rows(shown, 0)
    hidden = sum(real is None for _, _, real in rows)
    caption = "Share of rows."
    if len(shown) < len(rows):
        caption = f"Share of rows, in the {len(shown)} largest of {len(rows)} groups."
    if hidden == len(rows):
        caption = _NOTHING
    elif hidden:
        caption += f" {hidden} real {'share is' if hidden == 1 else 'shares are'} hidden: too few people."
    return ColumnPlot(_svg(_said("Bar chart", name, rows), height, content), caption)


def _largest(rows: Sequence[Row]) -> list[Row]:
    """Return the largest groups, as many as a plot has, in their own order."""
    order = sorted(range(len(rows)), key=lambda place: -max(rows[place][1] or 0, rows[place][2] or 0))
    return [rows[place] for place in sorted(order[:_MOST_ROWS])]


def _rows(rows: Sequence[Row], top: float) -> tuple[str, float]:
    """Return a row of two bars for each group below ``top``, their axis, and where that ends."""
    hidden = [real is None for _, _, real in rows]
    labels = [shortened(label.removesuffix(OR_MISSING), _MOST_LABEL) for label, *_ in rows]
    left = min(max(map(extent, labels)) + 8, _MOST_LABEL + 8)
    room = WIDTH - left - (_HIDDEN_ROOM if any(hidden) else _RIGHT)
    most = max((share for _, *both in rows for share in both if share is not None), default=0) or 1.0
    parts = []
    for number, ((label, made, real), shown) in enumerate(zip(rows, labels, strict=True)):
        y = top + number * _ROW
        said = f"{label}: synthetic {hidden_share(made)}, real {hidden_share(real)}"
        bars = "".join(
            f"<rect class='{kind}' x={left:.1f} y={y + offset}"
            f" width={room * share / most:.1f} height={_BAR} />"
            for kind, share, offset in (("made", made, 2), ("own hollow", real, 2 + _BAR + 1))
            if share is not None
        )
        name = f"<text x={left - 5:.1f} y={y + 13} text-anchor=end>{escape(shown)}</text>"
        parts.append(f"<g><title>{escape(said)}</title>{name}{bars}</g>")
    bottom = top + len(rows) * _ROW
    parts.append(f"<line class=axis x1={left:.1f} x2={left:.1f} y1={top} y2={bottom} />")
    axis = axis_through((0.0, 100 * most), "percent", "", room, beside=WIDTH - left - room)
    parts.append(_marks(axis, left, room, bottom))
    return "".join([*parts, *_brackets(hidden, top)]), bottom + _LINE + 4


def _brackets(hidden: Sequence[bool], top: float) -> Iterator[str]:
    """Yield a bracket beside each run of rows of which the real share is hidden."""
    for start, end in _runs(hidden):
        x, y = WIDTH - _HIDDEN_ROOM + 6, top + start * _ROW + 2
        tall = (end - start) * _ROW - 4
        yield (
            f"<g class=hidden><path d='M{x},{y}h4v{tall}h-4'/></g>"
            f"<text x={x + 8} y={y + tall / 2 + 4:.1f}>hidden</text>"
        )


def _runs(hidden: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield where each run of hidden places begins and ends."""
    for is_hidden, run in groupby(range(len(hidden)), key=lambda place: hidden[place]):
        places = list(run)
        if is_hidden:
            yield places[0], places[-1] + 1


def _steps_of(name: str, rows: Sequence[Row], described: Mapping[str, Any]) -> ColumnPlot:
    edges = [float(edge) for edge in described["edges"]]
    bins, others = rows[: len(edges) - 1], list(rows[len(edges) - 1 :])
    first, last = _held(bins)
    is_open = (described["open"][0] and first == 0, described["open"][1] and last == len(bins))
    bins, edges = bins[first:last], edges[first : last + 1]
    room = WIDTH - _LEFT - _RIGHT
    axis = axis_through(edges, described["scale"], described["unit"], room, described["step"], beside=_RIGHT)
    spikes = _spikes(bins, edges, axis)
    steps = _Steps(axis, edges, bins, frozenset(spikes), is_open)
    content, bottom = steps.drawn(room)
    apart = [bins[place] for place in spikes] + others
    if apart:
        more, bottom = _rows(apart, bottom + 4)
        content += more
    svg = _svg(_said("Step plot", name, rows), bottom, content)
    return ColumnPlot(svg, steps.caption(len(spikes)))


def _held(bins: Sequence[Row]) -> tuple[int, int]:
    """Return where the bins begin and end that somebody is in, or may be: all of them where nobody is."""
    held = [place for place, (_, made, real) in enumerate(bins) if made or real is None or real > 0]
    return (held[0], held[-1] + 1) if held else (0, len(bins))


def _spikes(bins: Sequence[Row], edges: Sequence[float], axis: PlotAxis) -> list[int]:
    """Return the bins that cannot be drawn as steps: too narrow to be seen, or needles above all others.

    Needles are the highest bins, if they are narrow and far above the next lower one: values that many share.
    """
    widths = [axis.at(b) - axis.at(a) for a, b in pairwise(edges)]
    shares = [max(made or 0, real or 0) for _, made, real in bins]
    heights = [share / max(width, 1e-12) for share, width in zip(shares, widths, strict=True)]
    order = sorted(range(len(bins)), key=lambda place: -heights[place])
    needles: list[int] = []
    for number, place in enumerate(order[:_MOST_SPIKES]):
        below = order[number + 1 :]
        if widths[place] >= _NARROW or not below:
            break
        if heights[place] > _SPIKE * heights[below[0]]:
            needles = order[: number + 1]
    unseen = [place for place, width in enumerate(widths) if width < _UNSEEN and place not in needles]
    unseen.sort(key=lambda place: -shares[place])
    return sorted([*needles, *unseen][:_MOST_SPIKES])


@dataclass(frozen=True, slots=True)
class _Steps:
    """The bins of a line, those at ``spikes`` excepted, as densities along an axis."""

    axis: PlotAxis
    edges: Sequence[float]
    bins: Sequence[Row]
    spikes: frozenset[int]
    open: tuple[bool, ...]

    def density(self, place: int, share: float | None) -> float | None:
        """Return the share of a bin in each measure of the axis; None of what is hidden or no step."""
        length = self.axis.length(self.edges[place], self.edges[place + 1])
        return None if share is None or place in self.spikes else share / max(length, 1e-9)

    def drawn(self, room: float) -> tuple[str, float]:
        """Return both lines, the hidden parts and the axes, and where these end below."""
        made = [self.density(place, row[1]) for place, row in enumerate(self.bins)]
        real = [self.density(place, row[2]) for place, row in enumerate(self.bins)]
        most = max((d for d in (*made, *real) if d is not None), default=0) or 1.0
        mark = round_step(100 * most / 2.6)
        top = max(mark * 2, 100 * most) / 100
        base = _TOP + _TALL

        def height(density: float) -> float:
            return base - _TALL * density / top

        x = [_LEFT + room * self.axis.at(edge) for edge in self.edges]
        parts = list(self._hidden(x, base))
        for share in (mark, 2 * mark):
            y = height(share / 100)
            parts.append(
                f"<line class=grid x1={_LEFT} x2={WIDTH - _RIGHT} y1={y:.1f} y2={y:.1f} />"
                f"<text x={_LEFT - 4} y={y + 4:.1f} text-anchor=end>{number_text(share, mark)}%</text>"
            )
        parts.append(f"<text x={_LEFT - 4} y={base + 4} text-anchor=end>0%</text>")
        parts.append(f"<path class=line d='{self._line(made, x, base, height)}'/>")
        parts.append(f"<path class='line dashed' d='{self._line(real, x, base, height)}'/>")
        parts.append(_marks(self.axis, _LEFT, room, base))
        bottom = base + _LINE + 4
        if self.axis.unit:
            at = f"x={_LEFT + room / 2:.0f} y={bottom + 10}"
            parts.append(f"<text {at} text-anchor=middle>{escape(self.axis.unit)}</text>")
            bottom += _LINE
        return "".join(parts), bottom

    def _line(self, densities: Sequence[float | None], x: Sequence[float], base: float, height: Any) -> str:
        """Return the path of the steps: broken where none is drawn, upright where the line ends."""
        parts: list[str] = []
        before: float | None = None
        last = len(densities) - 1
        for place, density in enumerate(densities):
            if density is None:
                before = None
                continue
            y = height(density)
            if before is None:
                closed = place == 0 and not self.open[0]
                parts.append(f"M{x[place]:.1f},{base if closed else y:.1f}")
            parts.append(f"V{y:.1f}H{x[place + 1]:.1f}")
            if place == last and not self.open[1]:
                parts.append(f"V{base:.1f}")
            before = y
        return "".join(parts)

    def _hidden(self, x: Sequence[float], base: float) -> Iterator[str]:
        """Yield a band over each run of bins of which the real share is hidden."""
        hidden = [row[2] is None and place not in self.spikes for place, row in enumerate(self.bins)]
        for start, end in _runs(hidden):
            left, right = x[start], x[end]
            yield f"<rect class=band x={left:.1f} y=0 width={right - left:.1f} height={base} />"
            if right - left > extent("hidden"):
                yield f"<text x={(left + right) / 2:.1f} y=12 text-anchor=middle>hidden</text>"

    def caption(self, spikes: int) -> str:
        """Return in one sentence what height means, and what is open, apart or hidden."""
        hidden = [real is None for _, _, real in self.bins]
        if all(hidden):
            return _NOTHING
        said = f"Share of rows per {self.axis.per}"
        if any(self.open):
            which = (
                "outer groups are" if all(self.open) else f"{'first' if self.open[0] else 'last'} group is"
            )
            said += f"; the {which} open"
        if spikes:
            said += "; narrow groups are bars"
        return f"{said}. Grey is hidden: too few people." if any(hidden) else f"{said}."


def _marks(axis: PlotAxis, left: float, room: float, base: float) -> str:
    """Return the line of an axis at the height ``base``, and its marks below."""
    parts = [f"<line class=axis x1={left:.1f} x2={left + room:.1f} y1={base} y2={base} />"]
    for value, text in axis.marks:
        x = left + room * axis.at(value)
        half = extent(text) / 2
        at = min(max(x, half), WIDTH - half)
        parts.append(
            f"<line class=axis x1={x:.1f} x2={x:.1f} y1={base} y2={base + 4} />"
            f"<text x={at:.1f} y={base + _LINE} text-anchor=middle>{escape(text)}</text>"
        )
    return "".join(parts)


def shortened(text: str, room: float) -> str:
    """Return a text that fits into ``room``, with an ellipsis in its middle where it is longer.

    Both ends are kept: names that differ do so at their end as often as at their beginning.
    """
    if extent(text) <= room:
        return text
    kept = list(text)
    while kept and extent("".join(kept)) + extent("…") > room:
        del kept[len(kept) * 3 // 5]
    place = -(-len(kept) * 3 // 5)
    return "".join(kept[:place]).rstrip() + "…" + "".join(kept[place:]).lstrip()


def _said(kind: str, name: str, rows: Sequence[Row]) -> str:
    """Return what a plot shows, in words."""
    said = f"{kind} of {name}: shares in {len(rows)} groups, synthetic beside real."
    known = [
        (abs(made - real), label, made, real)
        for label, made, real in rows
        if made is not None and real is not None
    ]
    if not known:
        return f"{said} Nothing of the real rows is shown."
    off, label, made, real = max(known, key=lambda row: row[0])
    where = "" if len(known) == len(rows) else " where they are shown"
    if not off:
        return f"{said} They agree{where}."
    return f"{said} They differ most{where} at {label}: synthetic {percent(made)}, real {percent(real)}."


def _svg(label: str, height: float, content: str) -> Markup:
    return trusted(
        f'<svg role=img aria-label="{escape(label)}" viewBox="0 0 {WIDTH} {height:.0f}"'
        f" width={WIDTH} height={height:.0f}>{content}</svg>"
    )
