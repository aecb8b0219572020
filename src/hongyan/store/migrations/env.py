"""Run by Alembic: the migrations work on the connection that the caller put into the configuration."""

from alembic import context

from hongyan.store.schema import VERSION_TABLE
from hongyan.store.teamtalk import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
with context.begin_transaction():
    context.run_migrations()
