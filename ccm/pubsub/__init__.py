"""Publish-subscribe (XEP-0060): nodes, items, who may do what, and the requests, for accounts and for services."""

__all__: list[str] = []
