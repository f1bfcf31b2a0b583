"""One XEP, or one concern of the server, a file."""

__all__: list[str] = []
