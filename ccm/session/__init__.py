"""One client's life without I/O: negotiation, SASL, binding, resumption (XEP-0198) and the BOSH window."""

__all__: list[str] = []
