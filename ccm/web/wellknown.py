"""
Where the XMPP endpoints are, for clients that know only the domain (XEP-0156 1.4.0): host-meta as XRD and as JSON.

Answered with ``Access-Control-Allow-Origin: *`` as the XEP asks, since it is public.
"""

import json
from xml.sax.saxutils import quoteattr

from klein import Klein
from twisted.web.http import Request

_RELATIONS = {"bosh": "urn:xmpp:alt-connections:xbosh", "websocket": "urn:xmpp:alt-connections:websocket"}


class HostMeta:
    """``/.well-known/host-meta`` and ``/.well-known/host-meta.json``. :param urls: ``bosh`` and ``websocket``."""

    app = Klein()

    def __init__(self, urls: dict[str, str]) -> None:
        self._links = [(_RELATIONS[name], urls[name]) for name in _RELATIONS if name in urls]

    @app.route("/host-meta", methods=["GET"])
    def xrd(self, request: Request) -> bytes:
        """As XRD."""
        links = "".join(f"<Link rel={quoteattr(rel)} href={quoteattr(href)}/>" for rel, href in self._links)
        self._public(request, "application/xrd+xml; charset=utf-8")
        return f"<?xml version='1.0'?><XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>{links}</XRD>".encode()

    @app.route("/host-meta.json", methods=["GET"])
    def jrd(self, request: Request) -> bytes:
        """As JSON."""
        self._public(request, "application/json")
        return json.dumps({"links": [{"rel": rel, "href": href} for rel, href in self._links]}).encode()

    def _public(self, request: Request, content_type: str) -> None:
        request.setHeader("Content-Type", content_type)
        request.setHeader("Access-Control-Allow-Origin", "*")
        request.setHeader("Cache-Control", "public, max-age=3600")
