"""Files and functions stay short enough to be read in one go, and rooms say what they are for."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

from tests.house.repository import GENERATED, PACKAGES, ROOT, functions, source_files

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
MEDIAN_FUNCTION_LINES = 10
VAGUE_NAMES = {"common", "handler", "helper", "helpers", "manager", "misc", "util", "utils"}


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function's body, its docstring left out."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_file_is_too_long() -> None:
    lengths = {relative(p): len(p.read_text("utf-8").splitlines()) for p in source_files()}
    assert {name: n for name, n in lengths.items() if n > MAX_FILE_LINES} == {}


def test_no_function_is_too_long() -> None:
    lengths = {f"{relative(p)}:{f.lineno} {f.name}": length(f) for p in source_files() for f in functions(p)}
    assert {name: n for name, n in lengths.items() if n > MAX_FUNCTION_LINES} == {}
    assert statistics.median(lengths.values()) <= MEDIAN_FUNCTION_LINES


def test_no_file_has_a_vague_name() -> None:
    assert [relative(p) for p in source_files() if set(p.stem.split("_")) & VAGUE_NAMES] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_says_what_lives_there(package: str) -> None:
    silent = []
    for folder in {path.parent for path in source_files() if (ROOT / package) in path.parents}:
        room = folder / "__init__.py"
        if not room.exists() or not ast.get_docstring(ast.parse(room.read_text("utf-8"))):
            silent.append(relative(folder))
    assert silent == []


def test_generated_code_is_told_apart() -> None:
    assert GENERATED.is_dir()
    assert not any(GENERATED in path.parents for path in source_files())
