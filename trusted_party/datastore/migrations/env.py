"""What alembic runs: the steps, on the connection that it is given, inside the transaction of its caller."""

from alembic import context

from trusted_party.datastore.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
