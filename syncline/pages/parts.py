"""The parts of a page, as functions over the macros of ``templates/parts.html``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from syncline.pages.templating import macro, words

NOTHING = Markup()


@dataclass(frozen=True, slots=True)
class PageSection:
    """A part of a page: its name in links, its heading, and its content; left out where that is empty."""

    name: str
    heading: str
    content: Markup


@dataclass(frozen=True, slots=True)
class Cell:
    """The content of a cell, and its ``kind``: n for a number, or bar; else empty."""

    content: Markup
    kind: str = ""


def number(text: str) -> Cell:
    """Return a cell of a number."""
    return Cell(escape(text), "n")


def code(text: str) -> Cell:
    """Return a cell of what is written for machines, such as a digest."""
    return Cell(macro("code")(text))


def named_value(heading: str, small: str) -> Cell:
    """Return the head of a row, with what it means in small letters below."""
    return Cell(macro("named_value")(heading, small))


def paragraphs(lines: Iterable[str]) -> Markup:
    """Return each sentence as a paragraph."""
    return macro("paragraphs")(list(lines))


def bullets(lines: Iterable[str]) -> Markup:
    """Return a list of sentences."""
    return macro("bullets")(list(lines))


def titled(heading: str, content: Markup) -> Markup:
    """Return content under a heading of the third level."""
    return macro("titled")(heading, content)


def beside(*parts: Markup) -> Markup:
    """Return parts beside each other where there is room, else one below the other."""
    return macro("beside")(parts)


def plots(parts: Iterable[Markup]) -> Markup:
    """Return plots, as many beside each other as there is room for."""
    return macro("plots")(list(parts))


def folded(summary: str, content: Markup) -> Markup:
    """Return content that is opened on demand, without a script."""
    return macro("folded")(summary, content)


def figure(plot: Markup, caption: str) -> Markup:
    """Return a plot with its caption."""
    return macro("figure")(plot, caption)


def answers(found: Iterable[object]) -> Markup:
    """Return the questions of a verdict, each with ``kind``, ``question``, ``lines`` and ``listed``."""
    return macro("answers")(list(found))


def hazards(found: Iterable[Mapping[str, Any]]) -> Markup:
    """Return what was noticed of suppliers, the ``severe`` kind named as such."""
    return macro("hazards")(list(found))


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str | Cell]]) -> Markup:
    """Return a table; the first cell of a row is its head. A wide one scrolls by itself, by keyboard too."""
    cells = [[_cell(item, is_head=place == 0) for place, item in enumerate(row)] for row in rows]
    numbers = {place for row in cells for place, cell in enumerate(row) if cell.kind == "n"}
    ends = [(name, "n" if place in numbers else "") for place, name in enumerate(head)]
    return macro("table")(caption, ends, cells)


def _cell(item: str | Cell, *, is_head: bool) -> Cell:
    if isinstance(item, Cell):
        return item
    return Cell(macro("named")(item) if is_head else words(item))
