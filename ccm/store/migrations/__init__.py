"""Alembic migrations of the schema, run by :mod:`ccm.store.upgrade` when the store opens."""

__all__: list[str] = []
