"""The ``ccm`` command."""

__all__: list[str] = []
