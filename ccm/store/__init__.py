"""What lasts (SQL) and what could be rebuilt (session state), one noun a file."""

__all__: list[str] = []
