"""The few classic web pages (registration, links, archive), host-meta, health, metrics; and mail."""

__all__: list[str] = []
