"""Homes that were enrolled once, for all fault tests of a session."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.kills import Range
from tests.faults.world import World, found


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A hub with two suppliers and a researcher, enrolled and stopped."""
    return asyncio.run(found(tmp_path_factory.mktemp("faults") / "template"))


@pytest.fixture(scope="session")
def shooting(template: World, tmp_path_factory: pytest.TempPathFactory) -> Range:
    """Where trials are run, each in a copy of the template."""
    return Range(template, tmp_path_factory.mktemp("trials"))


@pytest.fixture
def world(template: World, tmp_path: Path) -> World:
    """A copy of the template for one test."""
    return template.copy(tmp_path / "world")
