"""Stand-ins, contract suites and conversation scripts for those who test CCM or what extends it; no product code."""

__all__: list[str] = []
