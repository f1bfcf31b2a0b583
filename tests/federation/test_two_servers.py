"""Two servers on real sockets: who proves what to whom, and what passes."""

from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from fixtures.authority import Authority, srv_name, xmpp_address
from places import Made, Somebody, reactor
from twisted.internet.task import deferLater

from ccm.router.hooks import on


async def pair(place: Made, **options: Any) -> tuple[Any, Any, Any, Any]:
    one, two = await place("one.example", **options), await place("two.example", **options)
    return one, two, one.somebody("ann"), two.somebody("bob")


@pytest_twisted.ensureDeferred
async def test_a_message_goes_there_and_an_answer_comes_back(place: Made) -> None:
    one, two, ann, bob = await pair(place)
    one.send(ann, "message", bob.jid, b"<body xmlns='jabber:client'>hello</body>", id="m1", type="chat")
    heard = await bob.hears()
    assert (heard.from_, heard.to, heard.id) == (ann.jid, bob.jid, "m1")
    assert heard.child_text("body") == "hello"
    two.send(bob, "message", ann.jid, "<body>grüß dich</body>".encode(), type="chat")
    assert (await ann.hears()).child_text("body") == "grüß dich"
    assert one.federation.figures() == {
        "federation_streams_in": 1,
        "federation_streams_out": 1,
        "federation_waiting": 0,
    }


@pytest_twisted.ensureDeferred
async def test_order_holds_for_what_was_queued_and_what_came_after(place: Made) -> None:
    one, _, ann, bob = await pair(place)
    for number in range(20):
        one.send(ann, "message", bob.jid, b"<body>x</body>", id=str(number), type="chat")
    assert (await bob.hears()).id == "0"
    for number in range(20, 40):
        one.send(ann, "message", bob.jid, b"<body>x</body>", id=str(number), type="chat")
    assert [(await bob.hears()).id for _ in range(39)] == [str(number) for number in range(1, 40)]


@pytest_twisted.ensureDeferred
async def test_a_request_is_answered(place: Made) -> None:
    one, two, ann, bob = await pair(place)
    one.send(ann, "iq", bob.jid, b"<x xmlns='urn:x'/>", id="q1", type="get")
    asked = await bob.hears()
    two.router.route(asked.result(), bob)
    assert ((answer := await ann.hears()).type, answer.id, answer.from_) == ("result", "q1", bob.jid)


@pytest_twisted.ensureDeferred
async def test_a_certificate_of_somebody_else_is_refused(place: Made, authority: Authority) -> None:
    one = await place("one.example")
    two = await place("two.example", certificate=authority.certify("three.example"))
    ann, bob = one.somebody("ann"), two.somebody("bob")
    one.send(ann, "message", bob.jid, b"<body>hello</body>", type="chat", id="m1")
    refused = await ann.hears()
    assert (refused.type, refused.id, refused.from_) == ("error", "m1", bob.jid)
    assert refused.element.error.firstChildElement().name == "remote-server-not-found"
    assert "does not prove who it is" in str(refused.element.error.text)
    two.send(bob, "message", ann.jid, b"<body>hello</body>", type="chat")
    assert (await bob.hears()).type == "error"
    assert not ann.received[1:]
    assert len(bob.received) == 1


@pytest.mark.parametrize("name", ["Stranger", "Test Authority"])
@pytest_twisted.ensureDeferred
async def test_a_certificate_of_an_unknown_authority_is_refused(place: Made, tmp_path: Path, name: str) -> None:
    stranger = Authority(tmp_path, name)
    one = await place("one.example")
    two = await place("two.example", certificate=stranger.certify("two.example"))
    ann, bob = one.somebody("ann"), two.somebody("bob")
    one.send(ann, "message", bob.jid, b"<body>hello</body>", type="chat")
    assert "an authority" in str((await ann.hears()).element.error.text)
    two.send(bob, "message", ann.jid, b"<body>hello</body>", type="chat")
    assert "does not believe" in str((await bob.hears()).element.error.text)


@pytest_twisted.ensureDeferred
async def test_a_certificate_that_has_expired_is_refused(place: Made, authority: Authority) -> None:
    one = await place("one.example")
    two = await place("two.example", certificate=authority.certify("two.example", days=-1))
    ann, bob = one.somebody("ann"), two.somebody("bob")
    one.send(ann, "message", bob.jid, b"<body>hello</body>", type="chat")
    assert "it has expired" in str((await ann.hears()).element.error.text)


@pytest_twisted.ensureDeferred
async def test_names_of_xmpp_in_a_certificate_are_enough(place: Made, authority: Authority) -> None:
    by_address = authority.certify(xmpp_address("one.example"))
    by_service = authority.certify(srv_name("_xmpp-server.two.example"), "www.two.example")
    one = await place("one.example", certificate=by_address)
    two = await place("two.example", certificate=by_service)
    ann, bob = one.somebody("ann"), two.somebody("bob")
    one.send(ann, "message", bob.jid, b"<body>hello</body>", type="chat")
    assert (await bob.hears()).child_text("body") == "hello"


@pytest_twisted.ensureDeferred
async def test_without_certificates_dialback_is_enough_where_that_is_allowed(place: Made, tmp_path: Path) -> None:
    stranger = Authority(tmp_path)
    made = [
        await place(host, certificate=stranger.certify(host), require_certificates=False)
        for host in ("one.example", "two.example")
    ]
    ann, bob = made[0].somebody("ann"), made[1].somebody("bob")
    made[0].send(ann, "message", bob.jid, b"<body>hello</body>", type="chat")
    assert (await bob.hears()).child_text("body") == "hello"
    made[1].send(bob, "message", ann.jid, b"<body>hello</body>", type="chat")
    assert (await ann.hears()).child_text("body") == "hello"


@pytest_twisted.ensureDeferred
async def test_without_tls_dialback_works_where_that_is_allowed(place: Made) -> None:
    # both offer TLS all the same, so it is used
    one, _, ann, bob = await pair(place, require_certificates=False, require_tls=False)
    one.send(ann, "message", bob.jid, b"<body>hello</body>", type="chat")
    assert (await bob.hears()).child_text("body") == "hello"


@pytest_twisted.ensureDeferred
async def test_dialback_proves_nothing_where_it_is_off(place: Made, tmp_path: Path) -> None:
    stranger = Authority(tmp_path)
    one = await place("one.example", certificate=stranger.certify("one.example"), require_certificates=False)
    two = await place("two.example", require_certificates=False, dialback=False)
    ann, bob = one.somebody("ann"), two.somebody("bob")
    one.send(ann, "message", bob.jid, b"<body>hello</body>", type="chat")
    assert (await ann.hears()).type == "error"
    assert not bob.received


@pytest_twisted.ensureDeferred
async def test_tls_from_the_first_byte(place: Made) -> None:
    one = await place("one.example")
    two = await place("two.example", listen=(), direct_tls=("tcp:0:interface=127.0.0.1",))
    ann, bob = one.somebody("ann"), two.somebody("bob")
    one.federation.locator.add("two.example", f"tls://127.0.0.1:{two.port}")
    one.send(ann, "message", bob.jid, b"<body>hello</body>", type="chat")
    assert (await bob.hears()).child_text("body") == "hello"


@pytest_twisted.ensureDeferred
async def test_tls_from_the_first_byte_shows_the_certificate_that_is_asked_for(
    place: Made, authority: Authority
) -> None:
    one = await place("one.example")
    rooms = authority.certify("conference.two.example")
    two = await place(
        "two.example",
        listen=(),
        direct_tls=("tcp:0:interface=127.0.0.1",),
        certificates={"conference.two.example": rooms},
    )
    ann, bob, room = one.somebody("ann"), two.somebody("bob"), Somebody("conference.two.example")
    two.router.add_domain(room.jid, room)
    for domain in ("two.example", room.jid):
        one.federation.locator.add(domain, f"tls://127.0.0.1:{two.port}")
    for to in (bob, room):
        one.send(ann, "message", to.jid, b"<body>hello</body>", type="chat")
        assert (await to.hears()).child_text("body") == "hello"


@pytest_twisted.ensureDeferred
async def test_a_server_that_is_not_there_is_told_when_the_wait_is_over(place: Made) -> None:
    one, two, ann, bob = await pair(place, queue_seconds=1, retry_seconds=0.2)
    await two.stop()
    one.send(ann, "message", bob.jid, b"<body>hello</body>", type="chat", id="m1")
    refused = await ann.hears()
    assert (refused.type, refused.id) == ("error", "m1")
    assert refused.element.error.firstChildElement().name == "remote-server-timeout"
    assert refused.element.error["type"] == "wait"


@pytest_twisted.ensureDeferred
async def test_a_server_that_comes_back_in_time_gets_what_waited(place: Made) -> None:
    one, two, ann, bob = await pair(place, retry_seconds=0.1)
    await two.stop()
    one.send(ann, "message", bob.jid, b"<body>hello</body>", type="chat")
    await two.start()
    two.federation.locator.add("one.example", f"127.0.0.1:{one.port}")
    one.federation.locator.add("two.example", f"127.0.0.1:{two.port}")
    assert (await bob.hears()).child_text("body") == "hello"


@pytest_twisted.ensureDeferred
async def test_an_end_without_a_word_is_told_to_those_who_keep_others_places(place: Made) -> None:
    one, two, ann, bob = await pair(place)
    lost: list[str] = []

    class Hears:
        @on.event("domain-lost")
        def lost(self, domain: str) -> None:
            lost.append(domain)

    one.router.attach(Hears())
    one.send(ann, "message", bob.jid, b"<body>hello</body>", type="chat")
    await bob.hears()
    for stream in two.federation.incoming():
        stream.abort()
    while not lost:
        await deferLater(reactor, 0.01)
    assert lost == ["two.example"]
    one.send(ann, "message", bob.jid, b"<body>again</body>", type="chat")
    heard = [str((await bob.hears()).child_text("body"))]
    if heard == ["hello"]:  # it broke before its acknowledgement came
        heard.append(str((await bob.hears()).child_text("body")))
    assert heard[-1] == "again"
