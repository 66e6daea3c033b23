"""What holds for all tests: examples are few and repeatable, and no example fails for being slow."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import one_loop
from tests.postgresql_server import running_server

settings.register_profile(
    "house",
    max_examples=50,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Give each test the logging that it found: a daemon that a test starts in this process redirects it."""
    core = logging.getLogger("syncline")
    handlers, propagate, level = list(core.handlers), core.propagate, core.level
    yield
    core.handlers, core.propagate = handlers, propagate
    core.setLevel(level)


@pytest.fixture(autouse=True)
def loop_that_stays() -> Iterator[None]:
    """Let ``asyncio.run`` run on the one loop of this process.

    Not by the fixture ``monkeypatch``, which would then outlive what all fixtures of a kind of tests patch,
    and put their patches back.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "run", one_loop.run)
        yield


def pytest_collection_finish() -> None:
    """Leave what was collected, hundreds of thousands of objects, out of later collections of garbage."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Close the loop."""
    one_loop.close()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The URL of a server of PostgreSQL, without a table: one for all tests of a process."""
    with running_server() as url:
        yield url
