"""Where documents go: publishers over treq, and the outbox that sends them."""

__all__: list[str] = []
