"""How the HTTP listener behaves (``[http]``)."""

from ccm.config import Section


class HttpOptions(Section):
    """
    The front of everything that speaks HTTP.

    *Paths* of the two transports; everything else belongs to the site. *Origins*: pages of other hosts that may use
    BOSH and WebSocket, each like ``https://chat.example.org``; the own host always may. *Proxies*: addresses whose
    ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed. *Sizes*: a request's head; its body. *Times*: an idle
    kept-alive connection; a request's head; its body; an answer of the site, at least a minute more than
    ``[bosh] wait_seconds``. *Connections* from one address that is no proxy (0: no limit); ``[visitors]`` limits
    clients' sessions, and the connections of all listeners. *Compression* of BOSH answers above that size, if the
    client accepts gzip (0: never).
    """

    bosh_path: str = "/http-bind"
    websocket_path: str = "/xmpp-websocket"
    origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    max_head_bytes: int = 16_384
    max_body_bytes: int = 262_144
    idle_seconds: int = 75
    head_seconds: int = 10
    body_seconds: int = 30
    answer_seconds: int = 300
    connections_per_address: int = 256
    compress_above_bytes: int = 1_024
