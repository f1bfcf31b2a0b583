"""How the HTTP listener behaves (``[http]``)."""

from ccm.bounds import Count, CountOr0
from ccm.config import Section
from ccm.errors import ConfigError
from ccm.networks import literal
from ccm.transports.http_origins import Origins


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
    max_head_bytes: Count = 16_384
    max_body_bytes: Count = 262_144
    idle_seconds: Count = 75
    head_seconds: Count = 10
    body_seconds: Count = 30
    answer_seconds: Count = 300
    connections_per_address: CountOr0 = 256
    compress_above_bytes: CountOr0 = 1_024

    def check(self) -> None:
        """
        :raises ConfigError: for a path, an origin or an address that is none, or two paths that are the same.
        """
        for key, path in (("bosh_path", self.bosh_path), ("websocket_path", self.websocket_path)):
            if not path.startswith("/") or path == "/" or not path.isprintable() or " " in path or "?" in path:
                raise ConfigError(f"http.{key}: {path!r} is no path. Write it like /http-bind.")
        Origins(self.origins)
        for name in self.trusted_proxies:
            if literal(name) is None:
                raise ConfigError(f"http.trusted_proxies: {name!r} is no IP address. Write it like 192.0.2.7.")
        if self.bosh_path == self.websocket_path:
            raise ConfigError(f"http.bosh_path and http.websocket_path are both {self.bosh_path}: change one of them.")
