"""
Which web pages may use BOSH and WebSocket (Fetch standard, CORS protocol; RFC 6454).

Pages of the own host may; others only if they are listed. A request without ``Origin`` comes from no page. Never
reflects an origin that is not allowed, and never allows credentials.
"""

from collections.abc import Iterable

from ccm.errors import ConfigError

XML_TYPES = (b"text/xml", b"application/xml")


class Origins:
    """
    The allowed origins.

    :param listed: like ``https://chat.example.org``, without a path.
    :raises ConfigError: if one is not of that form.
    """

    def __init__(self, listed: Iterable[str] = ()) -> None:
        self._listed = frozenset(origin.lower().encode() for origin in listed)
        for origin in self._listed:
            scheme, mark, host = origin.partition(b"://")
            if scheme not in (b"http", b"https") or not mark or not host or b"/" in host or b"*" in host:
                raise ConfigError(f"http.origins: {origin.decode()!r}: write it like https://chat.example.org.")

    def allowed(self, fields: dict[bytes, bytes]) -> bool:
        """Whether a request with these header fields may be served."""
        origin = fields.get(b"origin")
        if origin is None:
            # a browser that hides the origin still says that another site asks
            return fields.get(b"sec-fetch-site", b"none") != b"cross-site"
        return self._own(origin, fields) or origin.lower() in self._listed

    def headers(self, fields: dict[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
        """The CORS header fields of an answer, also of an error; none for the own host and for strangers."""
        origin = fields.get(b"origin")
        if origin is None or origin.lower() not in self._listed:
            return ()
        return ((b"Access-Control-Allow-Origin", origin), (b"Vary", b"Origin"))

    def preflight(self, fields: dict[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
        """The fields that answer an ``OPTIONS`` request of an allowed page."""
        return (
            *self.headers(fields),
            (b"Access-Control-Allow-Methods", b"POST, OPTIONS"),
            (b"Access-Control-Allow-Headers", b"Content-Type"),
            (b"Access-Control-Max-Age", b"7200"),
        )

    @staticmethod
    def _own(origin: bytes, fields: dict[bytes, bytes]) -> bool:
        scheme, _, host = origin.lower().partition(b"://")
        own = fields.get(b"host", b"").lower()
        if scheme not in (b"http", b"https") or not own:
            return False
        return own in (host, host.removesuffix(b":443" if scheme == b"https" else b":80"))


def loopback(peer: str) -> bool:
    """Whether a client is on this machine, so that nobody can listen between."""
    return peer.startswith("127.") or peer == "::1"


def xml_declared(fields: dict[bytes, bytes]) -> bool:
    """Whether the body is labelled as XML, which no page can do across origins without asking first."""
    return fields.get(b"content-type", b"").partition(b";")[0].strip().lower() in XML_TYPES


def refusal(fields: dict[bytes, bytes], origins: Origins) -> tuple[int, str] | None:
    """Why a BOSH request may not be served for its header fields: status and text; ``None`` if it may."""
    if not origins.allowed(fields):
        return 403, "Pages of this origin may not sign in here. Add it to http.origins."
    if b"origin" in fields and not xml_declared(fields):
        return 415, "Label the request as text/xml or application/xml."
    return None
