"""Nothing is installed unpinned, and what is installed is what is pinned."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest

from tests.house.repository import ROOT

PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9.]+)$")
CONSTRAINTS = ("constraints.txt", "constraints-proto.txt")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(file: str) -> dict[str, str]:
    lines = [line for line in (ROOT / file).read_text("utf-8").splitlines() if not line.startswith("#")]
    matches = [PIN.match(line) for line in lines]
    assert [line for line, match in zip(lines, matches, strict=True) if match is None] == []
    return {normal(match[1]): match[2] for match in matches if match is not None}


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def requirements() -> list[str]:
    table = project()["project"]
    assert isinstance(table, dict)
    extras = table["optional-dependencies"].values()
    return [*table["dependencies"], *(line for extra in extras for line in extra)]


@pytest.mark.parametrize("file", CONSTRAINTS)
def test_constraints_are_names_and_versions_only(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    assert "://" not in text
    assert pins(file)


def test_every_requirement_is_pinned() -> None:
    pinned = pins("constraints.txt")
    names = [normal(re.split(r"[<>=!~ \[]", line, maxsplit=1)[0]) for line in requirements()]
    assert [name for name in names if name not in pinned] == []


def test_this_environment_follows_the_constraints() -> None:
    pinned = pins("constraints.txt")
    installed = {normal(d.name): d.version for d in metadata.distributions()}
    unpinned = installed.keys() - pinned.keys() - {"pip", "setuptools", "syncline"}
    differing = {
        name: installed[name] for name in installed.keys() & pinned if installed[name] != pinned[name]
    }
    assert (sorted(unpinned), differing) == ([], {})


def test_the_build_is_pinned() -> None:
    build = project()["build-system"]
    assert isinstance(build, dict)
    assert all(PIN.match(line) for line in build["requires"])
