"""A supplier may be asked what is for it alone: such requests stand beside that of the round."""

from alembic import op
from sqlalchemy import Column, ForeignKey

from trusted_party.datastore.column_types import TEXT, WHOLE

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table; no study that is under way has any."""
    op.create_table(
        "own_requests",
        Column("study_id", TEXT, ForeignKey("studies.id"), primary_key=True),
        Column("round", WHOLE, primary_key=True),
        Column("supplier", TEXT, primary_key=True),
        Column("sha256", TEXT, nullable=False),
        Column("size", WHOLE, nullable=False),
        sqlite_strict=True,
    )
