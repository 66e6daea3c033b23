"""One server of PostgreSQL for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sources.postgresql_server import running_server


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The URL of a server, without a table."""
    with running_server() as url:
        yield url
