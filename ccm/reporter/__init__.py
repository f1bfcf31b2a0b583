"""The chat reporter as pure functions: transcript to templates, outcomes, interview, document."""

__all__: list[str] = []
