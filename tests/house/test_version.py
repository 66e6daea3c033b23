"""One version: the one of the changelog, wherever one is named."""

from __future__ import annotations

import re
import tomllib

import pytest

from syncline.version import ALGORITHM_VERSION, __version__
from tests.house.repository import ROOT

HEADING = re.compile(r"^## \[(.+?)\](?: - (\d{4}-\d{2}-\d{2}))?\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
NAMED = {
    "README.md": r"^This is version (\S+?)\. ",
    "docs/threat-model.md": r"^For version (\S+?), ",
    "deploy/README.md": r"-t syncline-\w+:(\S+)",
    "deploy/Containerfile": r"-t syncline-\w+:(\S+)",
    "deploy/compose.yaml": r"image: syncline-\w+:(\S+)",
}
"""Where people read which version they have, and how."""


def said(changelog: str) -> str:
    """Return the version that a changelog says: its newest, or the one that stands under Unreleased."""
    (first, _, content), *older = HEADING.findall(changelog)
    released = [name for name, _, _ in older]
    if first == "Unreleased":
        minor = int(released[0].split(".")[1]) + 1
        return f"0.{minor}.0.dev0" if content.strip() else released[0]
    return str(first)


def test_the_version_is_that_of_the_changelog() -> None:
    assert __version__ == said((ROOT / "CHANGELOG.md").read_text("utf-8"))


@pytest.mark.parametrize(
    ("changelog", "version"),
    [
        ("## [Unreleased]\n\n- More.\n\n## [0.2.0] - 2026-01-02\n\n- Old.\n", "0.3.0.dev0"),
        ("## [Unreleased]\n\n## [0.2.0] - 2026-01-02\n\n- Old.\n", "0.2.0"),
        ("## [0.3.0] - 2026-01-03\n\n- More.\n\n## [0.2.0] - 2026-01-02\n\n- Old.\n", "0.3.0"),
    ],
)
def test_a_changelog_says_one_version(changelog: str, version: str) -> None:
    assert said(changelog) == version


def test_versions_count_the_changes_of_released_bytes() -> None:
    assert __version__.startswith(f"0.{ALGORITHM_VERSION}.")


def test_releases_are_dated_and_fall() -> None:
    found = HEADING.findall((ROOT / "CHANGELOG.md").read_text("utf-8"))
    released = [(tuple(map(int, name.split("."))), date) for name, date, _ in found if name != "Unreleased"]
    assert all(date for _, date in released)
    assert released == sorted(released, reverse=True)
    assert len({number for number, _ in released}) == len(released)


def test_packages_take_it_from_its_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "version" not in project["project"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "syncline.version.__version__"}


@pytest.mark.parametrize("file", NAMED)
def test_pages_and_images_name_it(file: str) -> None:
    found = re.findall(NAMED[file], (ROOT / file).read_text("utf-8"), flags=re.MULTILINE)
    assert found
    assert set(found) == {__version__}
