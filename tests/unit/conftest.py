"""Unit tests stay in their process and wait for nothing: what breaks that law fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.guard import Guard


@pytest.fixture(autouse=True)
def guard() -> Iterator[Guard]:
    """Refuse sockets, processes and sleep to the test."""
    with pytest.MonkeyPatch.context() as patch:
        guard = Guard(patch)
        guard.raise_()
        yield guard
    if guard.refused:
        pytest.fail(guard.refused[0])
