"""What Alembic runs for every command: it works on the connection, and in the transaction, that the store hands it."""

from alembic import context

from engine.store.models import RunRow

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=RunRow.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
