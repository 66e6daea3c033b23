"""Where a test lies says what it may do, and each kind builds on those below it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.repository import ROOT

TESTS = ROOT / "tests"
KINDS = ("unit", "studies", "conformance", "golden", "process", "faults", "security", "fuzz")
"""Each may import from those before it; ``tests.house.repository`` says where things lie, to all."""

OUT_OF_PROCESS = {"http", "multiprocessing", "psutil", "signal", "socket", "socketserver", "subprocess"}
OUT_OF_PROCESS_CALLS = {"create_subprocess_exec", "create_subprocess_shell", "start_server", "secure_channel"}
PATH = re.compile(r"\btests/[\w/]+(?:\.\w+)?")


def modules(kind: str) -> list[Path]:
    return sorted((TESTS / kind).rglob("*.py"))


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the modules that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def pauses(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that sleep for longer than a turn of the loop; those by a test's clock pass at once."""
    for node in ast.walk(tree):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and called.endswith(".sleep") and not called.endswith("clock.sleep"):
            brief = node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0
            if not brief:
                yield node.lineno


def test_every_test_is_of_a_kind() -> None:
    here = {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")}
    assert here == {*KINDS, "house"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_builds_on_those_below_it(kind: str) -> None:
    above = {f"tests.{name}" for name in KINDS[KINDS.index(kind) + 1 :]}
    for path in modules(kind):
        for name in imported(ast.parse(path.read_text("utf-8"))):
            assert ".".join(name.split(".")[:2]) not in above, f"{path.relative_to(ROOT)} imports {name}"


def test_unit_tests_name_nothing_outside_of_their_process() -> None:
    for path in modules("unit"):
        if path.stem in {"guard", "test_guard"}:
            continue  # which refuses at run time what is named nowhere
        tree = ast.parse(path.read_text("utf-8"))
        found = {name for name in imported(tree) if name.split(".")[0] in OUT_OF_PROCESS}
        found |= {
            node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
        } & OUT_OF_PROCESS_CALLS
        found |= {f"a pause in line {line}" for line in pauses(tree)}
        assert not found, f"{path.relative_to(ROOT)}: {', '.join(sorted(found))}: move it to tests/process"


def test_paths_of_tests_that_are_named_exist() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "scripts").iterdir()]
    for page in (*pages, ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / "pyproject.toml"):
        if page.is_file():
            for path in PATH.findall(page.read_text("utf-8")):
                assert (ROOT / path).exists() or path.endswith("NAME.py"), f"{page.relative_to(ROOT)}: {path}"
