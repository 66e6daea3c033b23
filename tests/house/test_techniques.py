"""Nothing outside a technique's folder imports it: the registry finds it by name, so it can be taken out."""

from __future__ import annotations

import grimp
import pytest

from syncline.synthesizers.registry import FOLDERS


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
