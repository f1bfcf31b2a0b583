"""Optional writers of narrative text, as plug-ins; none is on unless the configuration says so."""

__all__ = ["openai"]
