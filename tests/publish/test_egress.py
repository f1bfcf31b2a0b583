"""Requests that leave: bounds of time and size, no way to another host, what each failure means."""

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.web.client import Agent, HTTPConnectionPool

from ccm.errors import Rejected, Unavailable
from ccm.publish.egress import Egress, Refusal


class Scripted(Protocol):
    """Answers the first bytes with what its factory says, and may hang up."""

    def dataReceived(self, data):
        if self.factory.said is not None:
            self.transport.write(self.factory.said)
        if self.factory.hang_up:
            self.transport.loseConnection()

    def connectionLost(self, reason):
        if not self.factory.lost.called:
            self.factory.lost.callback(None)


@pytest_twisted.async_yield_fixture
async def raw():
    factory = Factory.forProtocol(Scripted)
    factory.said, factory.hang_up, factory.noisy, factory.lost = None, False, False, Deferred()
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    factory.url = f"http://127.0.0.1:{port.getHost().port}/"
    yield factory
    await port.stopListening()


async def failure(egress, url, kind=Unavailable):
    with pytest.raises(kind) as caught:
        await egress.request("GET", url)
    return caught.value


@pytest_twisted.ensureDeferred
async def test_only_the_configured_host_is_asked(listening):
    egress = Egress(reactor, f"{listening.url}base")
    port = listening.url.rpartition(":")[2].rstrip("/")
    for url in (f"http://localhost:{port}/", f"https://127.0.0.1:{port}/", "http://127.0.0.1:1/", "file:///etc/passwd"):
        await failure(egress, url, Rejected)
    assert listening.requests == []
    assert (await egress.request("GET", listening.url)).status == 200


@pytest_twisted.ensureDeferred
async def test_a_redirect_is_not_followed(listening):
    listening.instead = [(302, {"Location": "http://169.254.1.1/"}, b"")]
    refusal = await failure(Egress(reactor, listening.url), listening.url, Refusal)
    assert refusal.answer.status == 302
    assert len(listening.requests) == 1


@pytest_twisted.ensureDeferred
async def test_a_long_answer_is_cut_off(listening, raw):
    listening.instead = [(200, {}, b"x" * 2001)]
    error = await failure(Egress(reactor, listening.url, max_bytes=2000), listening.url)
    assert error.ambiguous
    raw.said = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3000  # and never an end
    await failure(Egress(reactor, raw.url, max_bytes=2000), raw.url)
    listening.instead = [(200, {}, b"x" * 2000)]
    assert len((await Egress(reactor, listening.url, max_bytes=2000).request("GET", listening.url)).body) == 2000


@pytest_twisted.ensureDeferred
async def test_who_does_not_answer_is_left_after_the_time_limit(raw):
    error = await failure(Egress(reactor, raw.url, seconds=0.05), raw.url)
    assert error.ambiguous
    assert "did not answer within 0.05 s" in str(error)


@pytest_twisted.ensureDeferred
async def test_the_time_limit_holds_for_the_body_too(raw):
    raw.said = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
    assert (await failure(Egress(reactor, raw.url, seconds=0.1), raw.url)).ambiguous


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"rubbish\r\n\r\n"]
)
@pytest_twisted.ensureDeferred
async def test_a_connection_that_breaks_is_ambiguous(raw, said):
    raw.said, raw.hang_up = said, True
    error = await failure(Egress(reactor, raw.url, seconds=5), raw.url)
    assert error.ambiguous
    assert "127.0.0.1" in str(error)


@pytest_twisted.ensureDeferred
async def test_nobody_there_is_unavailable_and_not_ambiguous(listening):
    await listening.close()
    error = await failure(Egress(reactor, listening.url), listening.url)
    assert not error.ambiguous
    assert "cannot be reached" in str(error)


@pytest_twisted.ensureDeferred
async def test_refusals_are_final_and_failures_may_pass(listening):
    egress = Egress(reactor, listening.url)
    for status in (400, 401, 403, 404, 409, 422):
        listening.instead = [(status, {}, b'{"message": "Because"}')]
        assert f"answered {status}: Because" in str(await failure(egress, listening.url, Refusal))
    for status in (408, 425, 429, 500, 502, 503):
        listening.instead = [(status, {"Retry-After": "7"}, b"<html>")]
        assert (await failure(egress, listening.url)).retry_after == 7.0


@pytest_twisted.ensureDeferred
async def test_a_date_to_retry_after_is_understood(listening):
    clock = Clock()
    clock.advance(1_800_000_000)
    listening.instead = [(503, {"Retry-After": "Fri, 15 Jan 2027 08:01:00 GMT"}, b"")]
    egress = Egress(clock, listening.url, agent=Agent(reactor, pool=HTTPConnectionPool(reactor, persistent=False)))
    assert (await failure(egress, listening.url)).retry_after == 60.0
    for odd in ("soon", b"\xb2"):
        listening.instead = [(503, {"Retry-After": odd}, b"")]
        assert (await failure(Egress(reactor, listening.url), listening.url)).retry_after is None


@pytest_twisted.ensureDeferred
async def test_an_answer_that_is_no_json_says_how_it_begins(listening):
    listening.instead = [(200, {}, b"<!doctype html>"), (200, {}, b"")]
    egress = Egress(reactor, listening.url)
    with pytest.raises(Unavailable, match="without JSON: <!doctype html>"):
        (await egress.request("GET", listening.url)).json()
    with pytest.raises(Unavailable, match="an empty body"):
        (await egress.request("GET", listening.url)).json()


@pytest_twisted.ensureDeferred
async def test_a_request_given_up_ends_its_connection(raw):
    await failure(Egress(reactor, raw.url, seconds=0.05), raw.url)
    await raw.lost
