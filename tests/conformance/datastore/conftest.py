from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.datastore.places import Place, postgresql_place, sqlite_place
from trusted_party.datastore.store import Store


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.network)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A database without tables, of each kind in turn."""
    if request.param == "sqlite":
        return sqlite_place(tmp_path)
    return postgresql_place(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """The place's store, with the newest tables."""
    with place.open() as opened:
        yield opened
