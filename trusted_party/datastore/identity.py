"""Whose records a database holds: the hub's signing key, which its home has and the database names.

A database that is reached by an address could be named by mistake in another hub's home, or in a new one:
that hub would sign on in a chain that is not its own.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import insert, select

from syncline.errors import UsageError
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.tables import hub

_OWNER: Final = select(hub)
_ADD: Final = insert(hub)


def owner(transaction: Transaction) -> bytes | None:
    """Return the public signing key of the hub whose records these are; None where nobody's are."""
    row = transaction.first(_OWNER)
    return None if row is None else bytes(row["signing_key"])


def require_owner(store: Store, signing_key: bytes) -> None:
    """Let the first hub that comes have the database; refuse every other one."""

    def claim(transaction: Transaction) -> bytes:
        found = owner(transaction)
        if found is None:
            transaction.run(_ADD, {"signing_key": signing_key})
        return found or signing_key

    if (store.read_now(owner) or store.write_now(claim)) != signing_key:
        raise UsageError(
            f"database {store.name} holds the records of another hub: "
            "use the home of that hub, or name another database"
        )
