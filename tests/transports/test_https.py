"""HTTPS as browsers speak it: they offer protocols by ALPN."""

import socket
import ssl
from pathlib import Path

import pytest
import pytest_twisted
from http_wires import Page
from twisted.internet import reactor
from twisted.internet.threads import deferToThread
from twisted.protocols.tls import TLSMemoryBIOFactory

from ccm.transports.certificates import Certificates
from ccm.transports.http import FrontFactory
from ccm.transports.http_options import HttpOptions
from ccm.transports.http_site import QuietSite


def fetch(port: int, offered: list[str]) -> tuple[str | None, bytes]:
    """The protocol agreed on, and the answer to a request."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if offered:
        context.set_alpn_protocols(offered)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wire,
    ):
        wire.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while chunk := wire.recv(4096):
            answer += chunk
        return wire.selected_alpn_protocol(), answer


@pytest.mark.parametrize(
    ("offered", "agreed"), [(["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1"), (["h2"], None), ([], None)]
)
@pytest_twisted.ensureDeferred
async def test_a_browser_that_offers_protocols_is_answered_in_http_1_1(
    tmp_path: Path, offered: list[str], agreed: str | None
) -> None:
    front = FrontFactory(reactor, HttpOptions(), QuietSite(Page(), reactor))  # type: ignore[arg-type]
    tls = TLSMemoryBIOFactory(Certificates(tmp_path, ("localhost",)).for_http, False, front, reactor)  # type: ignore[arg-type]
    port = reactor.listenTCP(0, tls, interface="127.0.0.1")  # type: ignore[attr-defined]
    try:
        protocol, answer = await deferToThread(fetch, port.getHost().port, offered)
    finally:
        await port.stopListening()
    assert protocol == agreed
    assert answer.endswith(b"page /x")
