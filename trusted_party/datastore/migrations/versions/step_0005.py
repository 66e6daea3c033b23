"""Invitations are numbered, and the database says whose it is.

SQLite numbers rows by itself and PostgreSQL does not. A database that is reached by an address could be
reached from another hub's home by mistake: the signing key's public half tells.
"""

from alembic import op
from sqlalchemy import Column, text

from trusted_party.datastore.column_types import BYTES, WHOLE

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Count what there is in the order in which it came; the hub names itself when it next opens."""
    op.add_column("invitations", Column("number", WHOLE, nullable=False, server_default=text("0")))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE invitations SET number = rowid")
    op.create_table("hub", Column("signing_key", BYTES, primary_key=True), sqlite_strict=True)
