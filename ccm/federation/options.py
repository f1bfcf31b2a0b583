"""The section ``[federation]``: whether, with whom, how surely, and how much of it."""

from ccm.bounds import Amount, Count, CountOr0, check_domains
from ccm.config import Section
from ccm.errors import ConfigError


class FederationOptions(Section):
    """
    Talking to other servers; off unless ``enabled``.

    ``listen`` and ``direct_tls`` (XEP-0368) are Twisted endpoint descriptions. ``routes`` says where domains are
    (``host:port``, or ``tls://host:port`` for TLS from the first byte) without asking the DNS; ``nameservers``
    (``address`` or ``address:port``) are asked in the place of the system's. ``private``: what the DNS says may lead to
    this machine and to private networks.

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
    private: bool = False
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    closed: tuple[str, ...] = ("accounts", "invitations")

    require_tls: bool = True
    require_certificates: bool = True
    dialback: bool = True
    ca_file: str = ""

    #: One stanza; one stanza before its server has proved who it is; what a domain (before: an address) may send in a
    #: second, at once.
    max_stanza_bytes: Count = 262_144
    max_stanza_bytes_before_proof: Count = 10_000
    bytes_per_second: CountOr0 = 524_288
    burst_bytes: CountOr0 = 2_097_152

    #: Connections from others, all and of one address; pairs of domains on one; pairs that we keep a stream for.
    connections: Count = 1000
    connections_per_address: CountOr0 = 32
    pairs_per_connection: Count = 64
    streams: Count = 1000

    #: What waits for one pair of domains, for all, and how long; what one that does not read leaves unsent.
    queue_stanzas: Count = 1000
    queue_bytes: Count = 4_194_304
    queue_bytes_all: Count = 67_108_864
    queue_seconds: Count = 60
    outgoing_bytes: Count = 1_048_576

    #: Until a connection is made, and until its server has proved who it is.
    connect_seconds: Count = 20
    handshake_seconds: Count = 40

    #: Between attempts to reach a server, at first and at most; between signs of life (0: none); until an idle stream
    #: is closed.
    retry_seconds: Amount = 2.0
    retry_seconds_most: Amount = 300.0
    keepalive_seconds: CountOr0 = 60
    idle_seconds: Count = 1800

    def check(self) -> None:
        """:raises ConfigError: for a name that is no domain, or proofs that exclude each other."""
        for key in ("routes", "allow", "deny"):
            check_domains(f"federation.{key}", getattr(self, key), below=True)
        if self.require_certificates and not self.require_tls:
            raise ConfigError(
                "federation.require_certificates needs federation.require_tls: switch both off, or leave both on."
            )
        if not self.require_certificates and not self.dialback:
            raise ConfigError(
                "federation.dialback and federation.require_certificates are both off: nobody could prove who it is. "
                "Leave one of them on."
            )
