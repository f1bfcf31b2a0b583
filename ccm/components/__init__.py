"""Component handlers (topics, invitations, reporter) and what hosts them in-process or elsewhere."""

__all__: list[str] = []
