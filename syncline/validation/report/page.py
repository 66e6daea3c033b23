"""A report as one page that needs nothing else: no script, no network, light and dark, screen and paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from syncline.data.blob import Json
from syncline.pages import parts
from syncline.pages.layout import lay_out
from syncline.pages.parts import PageSection, beside, bullets, titled
from syncline.validation.report.evidence import evidence, measured
from syncline.validation.report.trust import doubted, trusted
from syncline.validation.report.words import answers


def as_page(document: Mapping[str, Json], title: str) -> str:
    """Return the report of a comparison as a page; ``document`` is that of ``report.json``."""
    d = cast("dict[str, Any]", document)  # Any: the report's own document, written one file away
    return lay_out(title, [sizes(d)], [*opening(d), *evidence(d), *measured(d)])


def opening(d: Mapping[str, Any]) -> list[PageSection]:
    """Return what a reader sees first: the verdict, then what to trust and what not."""
    lists = (titled("To trust", bullets(trusted(d))), titled("Not to trust", bullets(doubted(d))))
    return [
        PageSection("verdict", "Verdict", parts.answers(answers(d))),
        PageSection("trust", "What to trust, and what not", beside(*lists)),
    ]


def sizes(d: Mapping[str, Any]) -> str:
    """Return how many rows and people were compared, in one line."""
    words = {
        "synthetic": "synthetic rows",
        "real": "real rows used",
        "train": "real rows used",
        "holdout": "real rows held out",
    }
    rows = d.get("rows", {})
    said = [f"{rows[name]:,} {words[name]}" for name in words if name in rows]
    people = d.get("people") or {}
    if "train" in people:
        said.append(f"{people['train']:,} people used, {people.get('holdout') or 0:,} held out")
    return "; ".join(said)
