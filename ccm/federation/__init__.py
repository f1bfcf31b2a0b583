"""Talking to other servers (RFC 6120 §§ 4 to 10, XEP-0178, XEP-0220): streams both ways, queues, who is let in."""

__all__: list[str] = []
