"""The room service (XEP-0045), one concern a file, without I/O."""

__all__: list[str] = []
