"""A whole page: its head, links to its sections, and the sections."""

from __future__ import annotations

from collections.abc import Sequence

from syncline.pages.parts import PageSection
from syncline.pages.style import STYLE
from syncline.pages.templating import render, trusted

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may do for the page: nothing but style it, should a text ever get past its escaping."""


def lay_out(title: str, lead: Sequence[str], sections: Sequence[PageSection]) -> str:
    """Return a page of the sections that have any content, the first of which can be skipped to."""
    shown = [section for section in sections if section.content]
    page = render(
        "page.html", title=title, lead=lead, sections=shown, policy=trusted(POLICY), style=trusted(STYLE)
    )
    return page + "\n"
