"""What the salt of a study is drawn from, and what each supplier's approval commits it to."""

from alembic import op
from sqlalchemy import Column

from trusted_party.datastore.column_types import TEXT

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Studies from before say nothing of a draw."""
    op.add_column("parties", Column("commitment", TEXT))
    op.add_column("studies", Column("draw_sha256", TEXT))
    op.add_column("studies", Column("drawn", TEXT))
