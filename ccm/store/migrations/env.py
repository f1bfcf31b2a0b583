"""What Alembic runs: the revisions over the connection that :mod:`ccm.store.upgrade` hands it, in its transaction."""

from alembic import context

from ccm.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
