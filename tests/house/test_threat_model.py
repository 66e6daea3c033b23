"""Each row of the threat model names its module of attacks, and no module is without a row."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.repository import ROOT
from tests.house.test_docs import prose

PAGE = ROOT / "docs" / "threat-model.md"
ATTACKS = ROOT / "tests" / "security"
HEADER = ["attack", "what stops it", "what remains", "test"]
MOST_WORDS = 1800
LINK = re.compile(r"^\[[^\]]+\]\(\.\./tests/security/(test_\w+\.py)\)$")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def tables() -> dict[str, list[list[str]]]:
    """Return the rows of each table, by the heading above it."""
    found: dict[str, list[list[str]]] = {}
    heading = ""
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("|"):
            found.setdefault(heading, []).append(cells(line))
    return found


ROWS = [row for table in tables().values() for row in table[2:]]


def first_words(module: str) -> str:
    """Return what a module's docstring says before its first colon, on one line."""
    text = ast.get_docstring(ast.parse((ATTACKS / module).read_text("utf-8"))) or ""
    return " ".join(text.split(":")[0].split())


@pytest.mark.parametrize("heading", tables())
def test_a_table_has_the_four_columns(heading: str) -> None:
    assert tables()[heading][0] == HEADER
    assert all(len(row) == len(HEADER) for row in tables()[heading])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_says_what_stops_it_what_remains_and_which_test_shows_it(row: list[str]) -> None:
    attack, stops, remains, test = row
    assert attack, "a row without an attack"
    assert stops, f"{attack}: nothing is said to stop it"
    assert remains, f"{attack}: nothing is said to remain; where nothing does, say nothing known"
    link = LINK.match(test)
    assert link, f"{attack}: name its test as [words](../tests/security/test_NAME.py)"
    assert first_words(link[1]) == attack, f"{link[1]}: its docstring begins with the attack's name"


def test_no_attack_is_without_a_row() -> None:
    named = [LINK.match(row[3])[1] for row in ROWS if LINK.match(row[3])]
    modules = {path.name for path in ATTACKS.glob("test_*.py")} - {"test_harness.py"}
    assert sorted(named) == sorted(modules)


def test_every_actor_has_a_table() -> None:
    actors = re.findall(r"^### (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    assert len(actors) >= 6
    assert [actor for actor in actors if actor in tables()] == actors[: len(tables())]


def test_the_page_is_short_enough_to_be_read() -> None:
    assert len(prose(PAGE).split()) <= MOST_WORDS
