"""One meaning a name: a class or a type is called so in one module, or means the same in all of them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.house.repository import ROOT, source_files

GENERIC = "TypeVar("
"""A type that stands for any other is named for what stands in its place."""

OPTION = ("typer.Option(", "typer.Argument(")
"""What a command takes is named for its option, in the module of the command."""

KNOWN = {
    "Json": "what is written may be of tuples, and what was read is of lists",
}
"""Names of two definitions that mean one thing, and why there are two."""


def definitions(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the classes and types of a module: name, and what it is."""
    for node in ast.parse(path.read_text("utf-8")).body:
        match node:
            case ast.ClassDef(name=name):
                yield name, f"the class of {path.relative_to(ROOT)}"
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, ast.unparse(value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, ast.unparse(value)


def is_type(name: str, meaning: str) -> bool:
    if name.startswith("_") or name.isupper() or not name[0].isupper():
        return False
    return not meaning.startswith(GENERIC) and not any(option in meaning for option in OPTION)


def meanings(paths: list[Path]) -> dict[str, set[str]]:
    """Return what each name of a type means, wherever it is defined."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        for name, meaning in definitions(path):
            if is_type(name, meaning):
                found[name].add(meaning)
    return found


def test_a_name_of_a_type_has_one_meaning() -> None:
    several = {name: sorted(what) for name, what in meanings(source_files()).items() if len(what) > 1}
    assert several.keys() == KNOWN.keys(), several


def test_a_second_meaning_would_be_seen() -> None:
    paths = [ROOT / "syncline" / "questions" / "counts.py", ROOT / "syncline" / "data" / "step.py"]
    assert all(len(what) == 1 for what in meanings(paths).values())
    found = dict(definitions(paths[0]))
    assert found["Counts"].startswith("the class of ")
    assert is_type("Counts", found["Counts"])
    assert is_type("Rows", "npt.NDArray[np.int64]")
    assert not is_type("State", "TypeVar('State')")
    assert not is_type("Home", "Annotated[Path, typer.Option('--home')]")
