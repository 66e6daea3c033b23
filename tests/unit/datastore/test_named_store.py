from __future__ import annotations

import sys

import pytest

from syncline.errors import UsageError
from trusted_party.datastore.database_address import DatabaseAddress
from trusted_party.datastore.named_store import open_named_store


def test_a_missing_driver_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trusted_party.datastore.postgres_store", None)
    with pytest.raises(
        UsageError, match=r"needs psycopg, which is not installed; pip install syncline\[postgres\]"
    ):
        open_named_store(DatabaseAddress("postgresql://hub@db/syncline"))


def test_a_secret_that_is_not_there_is_named_without_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_SECRET", raising=False)
    with pytest.raises(
        UsageError, match=r"postgresql://hub:\*\*\*@db/syncline: the environment variable NO_SUCH_SECRET"
    ):
        open_named_store(DatabaseAddress("postgresql://hub:${NO_SUCH_SECRET}@db/syncline"))
