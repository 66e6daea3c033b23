"""The pieces of a page: every text is escaped here, and every table has a caption and scopes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

_LONG = re.compile(r"[^\s&;<>]{13,}")
_JOINTS = re.compile(r"[_.:/\-]+(?=\w)|(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: its name in links, its heading, and its content as markup; left out where empty."""

    name: str
    heading: str
    content: str


@dataclass(frozen=True, slots=True)
class Cell:
    """Markup of a cell, and its ``kind``: n for a number, or bar; else empty."""

    markup: str
    kind: str = ""


def words(text: str) -> str:
    """Return a text as markup in which long names may break between their parts, as after an underscore."""
    return _LONG.sub(lambda found: _JOINTS.sub(r"\g<0><wbr>", found[0]), escape(text))


def number(text: str) -> Cell:
    """Return a cell of a number."""
    return Cell(escape(text), "n")


def paragraphs(lines: Iterable[str]) -> str:
    """Return each sentence as a paragraph."""
    return "".join(f"<p>{words(line)}</p>" for line in lines)


def bullets(lines: Iterable[str]) -> str:
    """Return a list of sentences."""
    return f"<ul>{''.join(f'<li>{words(line)}</li>' for line in lines)}</ul>"


def titled(heading: str, content: str) -> str:
    """Return content under a heading of the third level."""
    return f"<h3>{words(heading)}</h3>{content}"


def beside(*parts: str) -> str:
    """Return parts beside each other where there is room, else one below the other."""
    return f"<div class=two>{''.join(f'<div>{part}</div>' for part in parts)}</div>"


def named_value(heading: str, small: str) -> Cell:
    """Return the head of a row, with what it means in small letters below."""
    return Cell(f"{_named(heading)}<small class=soft>{words(small)}</small>")


def _named(text: str) -> str:
    return f"<span class=name>{words(text)}</span>"


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str | Cell]]) -> str:
    """Return a table; the first cell of a row is its head. A wide one scrolls by itself, by keyboard too."""
    numbers = {place for row in rows for place, c in enumerate(row) if isinstance(c, Cell) and c.kind == "n"}
    ends = "".join(
        f"<th scope=col{' class=n' if place in numbers else ''}>{words(name)}</th>"
        for place, name in enumerate(head)
    )
    body = "".join(f"<tr>{_row(row)}</tr>" for row in rows)
    label = escape(caption, quote=True)
    return (
        f'<div class=wide role=group tabindex=0 aria-label="Table: {label}"><table>'
        f"<caption><span>{words(caption)}</span></caption>"
        f"<thead><tr>{ends}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[str | Cell]) -> str:
    parts = []
    for place, item in enumerate(cells):
        cell = item if isinstance(item, Cell) else Cell(_named(item) if place == 0 else words(item))
        kind = f" class={cell.kind}" if cell.kind else ""
        parts.append(f"<th scope=row>{cell.markup}</th>" if place == 0 else f"<td{kind}>{cell.markup}</td>")
    return "".join(parts)


def folded(summary: str, content: str) -> str:
    """Return content that is opened on demand, without a script."""
    return f"<details><summary>{words(summary)}</summary>{content}</details>"


def figure(plot: str, caption: str) -> str:
    """Return a plot with its caption."""
    return f"<figure>{plot}<figcaption>{words(caption)}</figcaption></figure>"
