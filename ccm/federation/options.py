"""The section ``[federation]``: whether, with whom, how surely, and how much of it."""

from ccm.config import Section


class FederationOptions(Section):
    """
    Talking to other servers; off unless ``enabled``.

    ``listen`` and ``direct_tls`` (XEP-0368) are Twisted endpoint descriptions. ``routes`` says where domains are
    (``host:port``, or ``tls://host:port`` for TLS from the first byte) without asking the DNS; ``nameservers``
    (``address`` or ``address:port``) are asked in the place of the system's.

    ``allow`` and ``deny`` name domains, or ``*.domain`` for all below one; with any in ``allow``, only those are talked
    to. ``closed`` are own domains, or names of own components, that other servers cannot reach.

    ``require_certificates``: a server shows a certificate for its domain by an authority of this system, or of
    ``ca_file``; without, its word by dialback (XEP-0220) is enough. ``dialback`` is also how we are asked to prove
    ourselves by servers that want no certificate of ours.
    """

    enabled: bool = False
    listen: tuple[str, ...] = ("tcp:5269:backlog=1024",)
    direct_tls: tuple[str, ...] = ()
    routes: dict[str, str] = {}
    nameservers: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    closed: tuple[str, ...] = ("accounts", "invitations")

    require_tls: bool = True
    require_certificates: bool = True
    dialback: bool = True
    ca_file: str = ""

    #: One stanza; one stanza before its server has proved who it is; what a domain (before: an address) may send in a
    #: second, at once.
    max_stanza_bytes: int = 262_144
    max_stanza_bytes_before_proof: int = 10_000
    bytes_per_second: int = 524_288
    burst_bytes: int = 2_097_152

    #: Connections from others, all and of one address; pairs of domains on one; pairs that we keep a stream for.
    connections: int = 1000
    connections_per_address: int = 32
    pairs_per_connection: int = 64
    streams: int = 1000

    #: What waits for one pair of domains, for all, and how long; what one that does not read leaves unsent.
    queue_stanzas: int = 1000
    queue_bytes: int = 4_194_304
    queue_bytes_all: int = 67_108_864
    queue_seconds: int = 60
    outgoing_bytes: int = 1_048_576

    #: Until a connection is made, and until its server has proved who it is.
    connect_seconds: int = 20
    handshake_seconds: int = 40

    #: Between attempts to reach a server, at first and at most; between signs of life; until an idle stream is closed.
    retry_seconds: float = 2.0
    retry_seconds_most: float = 300.0
    keepalive_seconds: int = 60
    idle_seconds: int = 1800
