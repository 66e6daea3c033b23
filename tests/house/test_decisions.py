"""Decisions are numbered without gaps, have their three parts, and cover every dependency."""

from __future__ import annotations

import re

from tests.house.repository import ROOT
from tests.house.test_pins import normal, project

FOLDER = ROOT / "docs" / "decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
MAX_LINES = 60


def test_numbers_have_no_gap_and_titles_carry_them() -> None:
    assert [int(page.name[:4]) for page in PAGES] == list(range(1, len(PAGES) + 1))
    assert [p.name for p in PAGES if not p.read_text("utf-8").startswith(f"# {p.name[:4]} ")] == []


def test_each_page_has_its_three_parts_on_one_page() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"], page.name
        assert len(text.splitlines()) <= MAX_LINES, page.name


def test_the_index_lists_each_page() -> None:
    index = (FOLDER / "README.md").read_text("utf-8")
    assert re.findall(r"\]\((.+?\.md)\)", index) == [page.name for page in PAGES]


def test_every_dependency_has_a_page() -> None:
    table = project()["project"]
    assert isinstance(table, dict)
    lines = [*table["dependencies"], *table["optional-dependencies"]["demo"]]
    words = set().union(*(re.findall(r"[a-z0-9.]+", p.read_text("utf-8").lower()) for p in PAGES))
    names = [re.split(r"[<>=]", line, maxsplit=1)[0].lower() for line in lines]
    assert [name for name in names if name not in words and normal(name) not in words] == []
