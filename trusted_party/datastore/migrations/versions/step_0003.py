"""How often a declined task was offered again at its supplier's word."""

from alembic import op
from sqlalchemy import Column, text

from trusted_party.datastore.column_types import WHOLE

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """No task from before was offered again."""
    op.add_column("tasks", Column("reoffers", WHOLE, nullable=False, server_default=text("0")))
