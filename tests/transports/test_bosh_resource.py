"""BOSH mounted in a plain twisted.web site, over real sockets."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_twisted
import treq
from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import Site

from ccm.session.bosh_options import BoshOptions
from ccm.transports.bosh import BoshSessions
from ccm.transports.bosh_resource import BOSHResource
from ccm.transports.http_origins import Origins
from ccm.wire.framing import StreamOpened
from ccm.wire.parsers import ParserPool

NS = "http://jabber.org/protocol/httpbind"
CREATE = f"<body rid='1' to='localhost' wait='5' hold='1' ver='1.6' xmlns='{NS}'/>".encode()


class Stream:
    stream_id = "id"
    state_name = "bound"

    def __init__(self, connection: Any, framing: Any) -> None:
        self.connection = connection

    def received(self, events: Any) -> None:
        if any(isinstance(event, StreamOpened) for event in events):
            self.connection.write(b"<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>")

    def disconnected(self, unacked: Any = ()) -> None:
        pass


@pytest_twisted.async_yield_fixture
async def url() -> AsyncIterator[str]:
    sessions = BoshSessions(
        Stream,
        ParserPool(),
        BoshOptions(),
        reactor,
        lambda: None,
        secrets.token_urlsafe,  # type: ignore[arg-type]
    )
    root = Resource()
    root.putChild(b"bosh", BOSHResource(sessions, Origins(("https://friend.example",))))
    port = reactor.listenTCP(0, Site(root), interface="127.0.0.1")  # type: ignore[attr-defined]
    yield f"http://127.0.0.1:{port.getHost().port}/bosh"
    sessions.stop()
    await port.stopListening()


@pytest_twisted.ensureDeferred
async def test_a_session_is_created_in_any_site(url: str) -> None:
    answer = await treq.post(url, CREATE, headers={"Content-Type": "text/xml"}, persistent=False)
    assert answer.code == 200
    assert answer.headers.getRawHeaders("Content-Type") == ["text/xml; charset=utf-8"]
    body = await answer.content()
    assert b"sid='" in body and b"<stream:features" in body


@pytest_twisted.ensureDeferred
async def test_get_is_a_page_for_people(url: str) -> None:
    answer = await treq.get(url, persistent=False)
    assert answer.code == 200 and b"chat programs" in await answer.content()


@pytest_twisted.ensureDeferred
async def test_origins_are_checked_here_too(url: str) -> None:
    headers = {"Content-Type": "text/xml", "Origin": "https://evil.example"}
    refused = await treq.post(url, CREATE, headers=headers, persistent=False)
    await refused.content()
    assert refused.code == 403
    assert refused.headers.getRawHeaders("Access-Control-Allow-Origin") is None
    preflight = await treq.request("OPTIONS", url, headers={"Origin": "https://friend.example"}, persistent=False)
    await preflight.content()
    assert preflight.code == 204
    assert preflight.headers.getRawHeaders("Access-Control-Allow-Origin") == ["https://friend.example"]


@pytest.mark.parametrize("size", [262_145, 400_000])
@pytest_twisted.ensureDeferred
async def test_a_body_over_the_limit_is_refused(url: str, size: int) -> None:
    answer = await treq.post(url, b"x" * size, headers={"Content-Type": "text/xml"}, persistent=False)
    await answer.content()
    assert answer.code == 413
