"""Bytes to stanzas and back, without I/O: the slicer, the stanza, and the framings of the three transports."""

__all__: list[str] = []
