"""Nothing outside a technique's folder imports or names it: the registry finds it, so it can be taken out."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import grimp
import pytest

from syncline.questions.table import QUESTIONS
from syncline.synthesizers.registry import FOLDERS, cards
from tests.house.repository import ROOT


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("syncline", "supplier_agent", "trusted_party", cache_dir=None)


def importers_of(graph: grimp.ImportGraph, folder: str) -> set[str]:
    """Return the modules outside of a folder that import anything in it."""
    inside = {folder, *graph.find_descendants(folder)}
    return {by for module in inside for by in graph.find_modules_that_directly_import(module)} - inside


@pytest.mark.parametrize("folder", FOLDERS)
def test_nobody_imports_a_technique(graph: grimp.ImportGraph, folder: str) -> None:
    assert importers_of(graph, folder) == set()


def test_an_import_would_be_seen(graph: grimp.ImportGraph) -> None:
    assert importers_of(graph, "syncline.synthesizers.phases") >= {"syncline.synthesizers.fit"}
    graph.add_import(importer="syncline.synthesizers.fit", imported=f"{FOLDERS[0]}.technique")
    assert importers_of(graph, FOLDERS[0]) == {"syncline.synthesizers.fit"}


def names_in(tree: ast.AST, names: set[str]) -> Iterator[ast.expr]:
    """Yield the texts of a module that are the name of a technique.

    Where it is the name of a question too, those that are compared with the method of a study.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in names.difference(QUESTIONS):
            yield node
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any("method" in ast.unparse(side) for side in sides):
                named = names.intersection(QUESTIONS)
                yield from (one for one in sides if isinstance(one, ast.Constant) and one.value in named)


def test_nobody_dispatches_on_the_name_of_a_technique() -> None:
    own = {ROOT / folder.replace(".", "/") for folder in FOLDERS}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in ("syncline", "supplier_agent", "trusted_party")
        for path in (ROOT / room).rglob("*.py")
        if not own.intersection(path.parents)
        for node in names_in(ast.parse(path.read_text()), set(cards()))
    ]
    assert found == []


def test_a_name_would_be_seen() -> None:
    assert len(list(names_in(ast.parse("RELATING = 'cart'"), {"cart"}))) == 1
    assert len(list(names_in(ast.parse("if method == 'marginals': pass"), {"marginals"}))) == 1
    assert not list(names_in(ast.parse("Entry('marginals')"), {"marginals"}))
