"""CCM, Conversational Content Management: what people talk through becomes a published document."""

__all__: list[str] = []
