"""Where things lie in this repository."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
PACKAGES = ("syncline", "supplier_agent", "trusted_party")
GENERATED = ROOT / "syncline" / "wire" / "gen"


def source_files() -> list[Path]:
    """Return the modules that people wrote."""
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in found if GENERATED not in path.parents)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module, nested ones included."""
    tree = ast.parse(path.read_text("utf-8"))
    yield from (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
