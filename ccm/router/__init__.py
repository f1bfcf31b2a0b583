"""Addresses, hooks, delivery: who gets a stanza. Synchronous and without I/O."""

__all__: list[str] = []
