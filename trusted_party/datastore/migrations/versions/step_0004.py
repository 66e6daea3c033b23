"""How many rounds a study is expected to have."""

from alembic import op
from sqlalchemy import Column, text

from trusted_party.datastore.column_types import WHOLE

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing is said of the rounds of studies from before: 0."""
    op.add_column("studies", Column("rounds_expected", WHOLE, nullable=False, server_default=text("0")))
