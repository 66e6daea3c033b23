"""A report as one page that needs nothing else: no script, no network, light and dark, screen and paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, cast

from syncline.data.blob import Json
from syncline.validation.report.evidence import evidence, measured
from syncline.validation.report.markup import Section, beside, bullets, paragraphs, titled
from syncline.validation.report.style import STYLE
from syncline.validation.report.trust import doubted, trusted
from syncline.validation.report.words import Answer, answers


def as_page(document: Mapping[str, Json], title: str) -> str:
    """Return the report of a comparison as a page; ``document`` is that of ``report.json``."""
    d = cast("dict[str, Any]", document)  # Any: the report's own document, written one file away
    return lay_out(title, [sizes(d)], [*opening(d), *evidence(d), *measured(d)])


def opening(d: Mapping[str, Any]) -> list[Section]:
    """Return what a reader sees first: the verdict, then what to trust and what not."""
    said = "".join(_answer(answer) for answer in answers(d))
    lists = (titled("To trust", bullets(trusted(d))), titled("Not to trust", bullets(doubted(d))))
    return [
        Section("verdict", "Verdict", f"<div class=answers>{said}</div>"),
        Section("trust", "What to trust, and what not", beside(*lists)),
    ]


POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may do for the page: nothing but style it, should a text ever get past its escaping."""


def lay_out(title: str, lead: Sequence[str], sections: Sequence[Section]) -> str:
    """Return a whole page: its head, links to its sections, and the sections that have any content."""
    shown = [section for section in sections if section.content]
    links = "".join(f"<li><a href='#{s.name}'>{escape(s.heading)}</a></li>" for s in shown)
    body = "".join(
        f"<section id={s.name} aria-labelledby={s.name}-head>"
        f"<h2 id={s.name}-head>{escape(s.heading)}</h2>{s.content}</section>"
        for s in shown
    )
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f'<meta http-equiv=Content-Security-Policy content="{POLICY}">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<a class=skip href='#{shown[0].name}'>Skip to the verdict</a>"
        f"<header><h1>{escape(title)}</h1><div class=soft>{paragraphs(lead)}</div></header>"
        f"<nav aria-label='Sections of this page'><ul>{links}</ul></nav>"
        f"<main>{body}</main></body></html>\n"
    )


def sizes(d: Mapping[str, Any]) -> str:
    """Return how many rows and people were compared, in one line."""
    words = {
        "synthetic": "synthetic rows",
        "real": "real rows used",
        "train": "real rows used",
        "holdout": "real rows held out",
    }
    rows = d.get("rows", {})
    parts = [f"{rows[name]:,} {words[name]}" for name in words if name in rows]
    people = d.get("people") or {}
    if "train" in people:
        parts.append(f"{people['train']:,} people used, {people.get('holdout') or 0:,} held out")
    return "; ".join(parts)


def _answer(answer: Answer) -> str:
    """Return one question of the verdict; the kind is told by words too, never by colour alone."""
    return f"<div class='answer {answer.kind}'>{titled(answer.question, _lines(answer))}</div>"


def _lines(answer: Answer) -> str:
    if answer.listed:
        return bullets(answer.lines)
    return f"<p><strong>{escape(answer.lines[0])}</strong></p>{paragraphs(answer.lines[1:])}"
