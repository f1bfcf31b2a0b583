"""Thin shells around sessions: TCP, the HTTP front with BOSH and WebSocket, the component listener."""

__all__: list[str] = []
