"""Answers that nobody reads, on a real socket."""

import socket
from typing import Any

import pytest_twisted
from http_wires import Page
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from ccm.transports.http import FrontFactory
from ccm.transports.http_front import Front
from ccm.transports.http_options import HttpOptions
from ccm.transports.http_site import QuietSite

REQUESTS = 60


class Large(Page):
    """A megabyte each time."""

    def render_GET(self, request: Any) -> bytes:
        super().render_GET(request)
        return b"x" * 1_048_576


class Told(FrontFactory):
    """Tells when its connection is gone."""

    def closed(self, front: Front) -> None:
        super().closed(front)
        self.gone.callback(None)


@pytest_twisted.ensureDeferred
async def test_who_asks_for_more_and_more_and_reads_nothing_is_cut() -> None:
    page = Large()
    front = Told(reactor, HttpOptions(), QuietSite(page, reactor))  # type: ignore[arg-type]
    front.gone = Deferred()
    front.gone.addTimeout(10, reactor)
    port = reactor.listenTCP(0, front, interface="127.0.0.1")  # type: ignore[attr-defined]
    try:
        with socket.create_connection(("127.0.0.1", port.getHost().port)) as client:
            client.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n" * REQUESTS)
            await front.gone
    finally:
        await port.stopListening()
    assert len(page.seen) < REQUESTS / 2
