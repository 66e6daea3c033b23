"""The store that a URL names; its driver is loaded here, and only where there is a URL."""

from __future__ import annotations

from syncline.errors import UsageError
from trusted_party.datastore.database_address import DatabaseAddress
from trusted_party.datastore.identity import owner
from trusted_party.datastore.store import Store


def open_named_store(url: DatabaseAddress, *, sole: bool = False) -> Store:
    """Open the database with its newest tables; ``sole`` where a hub is to serve from it."""
    try:
        from trusted_party.datastore.postgres_store import open_postgres_store
    except ImportError:
        raise UsageError(
            f"database {url.name}: needs psycopg, which is not installed; pip install syncline[postgres]"
        ) from None
    return open_postgres_store(url, sole=sole)


def require_unowned(url: DatabaseAddress) -> None:
    """Raise where a database holds the records of a hub: a new one would have other keys."""
    with open_named_store(url) as store:
        if store.read_now(owner) is not None:
            raise UsageError(
                f"database {store.name} holds the records of a hub: "
                "copy the home of that hub to this host, or name another database"
            )
