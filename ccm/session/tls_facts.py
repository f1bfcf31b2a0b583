"""
What TLS has shown of a connection, for signing in: channel bindings (RFC 9266, RFC 5929) and the client's certificate.

A connection that knows it (:class:`ccm.interfaces.IConnection`) has it as ``tls``; one behind a proxy or HTTP does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """
    :ivar bindings: data by the name of the channel binding, the strongest first; empty without TLS.
    :ivar addresses: bare JIDs that the client's certificate is for (XEP-0178), if an authority of ours vouches for it.
    :ivar mails: mail addresses that it is for, likewise.
    """

    bindings: Mapping[str, bytes] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()


NOTHING = TlsFacts()
