"""CCM beside another server, each in a process of its own: another CCM, and Debian's Prosody, in both directions."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import neighbours
import pytest
import pytest_twisted
from fixtures.authority import Authority
from fixtures.prosody import BINARY
from neighbours import Neighbour, Person, acquaint, codes, condition
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.words.xish.domish import Element

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

MUC = "http://jabber.org/protocol/muc"
KINDS = ["ccm", pytest.param("prosody", marks=pytest.mark.skipif(BINARY is None, reason="Prosody is not installed"))]
Two = tuple[Any, Any]


@pytest.fixture(scope="module", params=KINDS)
def both(
    request: pytest.FixtureRequest, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Two]:
    """CCM at ``one.example`` and another server at ``two.example``."""
    folder = tmp_path_factory.mktemp("both")

    async def make() -> Two:
        one = await neighbours.ccm(folder / "one", "one.example", authority)
        two = await getattr(neighbours, request.param)(folder / "two", "two.example", authority)
        return one, two

    servers = pytest_twisted.blockon(Deferred.fromCoroutine(make()))
    acquaint(*servers)
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.end()


@pytest.fixture(params=["out", "in"])
def two(both: Two, request: pytest.FixtureRequest) -> tuple[Neighbour, Neighbour]:
    """The same two in both directions: who begins, and who is begun with."""
    return both if request.param == "out" else (both[1], both[0])


@pytest_twisted.ensureDeferred
async def test_people_talk_across(two: Two) -> None:
    ann, bob = await Person.come(two[0], "ann"), await Person.come(two[1], "bob")
    ann.send(f"<message to='{bob.jid}' type='chat' id='m1'><body>grüß dich</body></message>")
    heard = await bob.hears("message", from_=ann.jid)
    assert str(heard.body) == "grüß dich"
    bob.send(f"<message to='{ann.bare}' type='chat'><body>and you</body></message>")
    assert str((await ann.hears("message", from_=bob.jid)).body) == "and you"
    await ann.leave()
    await bob.leave()


@pytest_twisted.ensureDeferred
async def test_requests_are_answered_across(two: Two) -> None:
    ann, bob = await Person.come(two[0], "ann"), await Person.come(two[1], "bob")
    there = two[1].domain
    for jid in (there, f"conference.{there}"):
        ann.send(f"<iq type='get' id='d-{jid}' to='{jid}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>")
        answer = await ann.hears("iq", from_=jid)
        assert answer["type"] == "result", answer.toXml()
    ann.send(f"<iq type='get' id='p1' to='{bob.jid}'><ping xmlns='urn:xmpp:ping'/></iq>")
    asked = await bob.hears("iq", from_=ann.jid)
    bob.send(f"<iq type='result' id='{asked['id']}' to='{ann.jid}'/>")
    assert (await ann.hears("iq", from_=bob.jid))["type"] == "result"
    ann.send(f"<iq type='get' id='p2' to='nobody@{there}/x'><ping xmlns='urn:xmpp:ping'/></iq>")
    assert condition(await ann.hears("iq", from_=f"nobody@{there}/x")) == "service-unavailable"
    await ann.leave()
    await bob.leave()


@pytest_twisted.ensureDeferred
async def test_presence_is_subscribed_to_and_probed_for_across(two: Two) -> None:
    ann, bob = await Person.come(two[0], "kim"), await Person.come(two[1], "lea")
    ann.send(f"<presence to='{bob.bare}' type='subscribe'/>")
    await bob.hears("presence", from_=ann.bare, type="subscribe")
    bob.send(f"<presence to='{ann.bare}' type='subscribed'/>")
    await ann.hears("presence", from_=bob.bare, type="subscribed")
    await ann.hears("presence", from_=bob.jid, type="")
    bob.send(f"<presence to='{ann.bare}' type='subscribe'/>")
    await ann.hears("presence", from_=bob.bare, type="subscribe")
    ann.send(f"<presence to='{bob.bare}' type='subscribed'/>")
    await bob.hears("presence", from_=ann.jid, type="")
    ann.send("<presence><show>away</show></presence>")
    assert str((await bob.hears("presence", from_=ann.jid, type="")).show) == "away"
    await ann.leave()
    await bob.hears("presence", from_=ann.jid, type="unavailable")
    again = await Person.come(two[0], "kim")  # the probe finds who is there
    await again.hears("presence", from_=bob.jid, type="")
    await bob.leave()
    await again.hears("presence", from_=bob.jid, type="unavailable")
    again.send(f"<presence to='{bob.bare}' type='unsubscribe'/><presence to='{bob.bare}' type='unsubscribed'/>")
    await again.leave()


@pytest_twisted.ensureDeferred
async def test_a_room_has_people_of_both(two: Two) -> None:
    ann, bob = await Person.come(two[0], "ann"), await Person.come(two[1], "bob")
    room = f"talk-{two[0].domain.partition('.')[0]}@conference.{two[0].domain}"
    ann.send(f"<presence to='{room}/Ann'><x xmlns='{MUC}'/></presence>")
    assert "110" in codes(await ann.hears("presence", from_=f"{room}/Ann"))
    ann.send(
        f"<iq type='set' id='c1' to='{room}'><query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'/>"
        "</query></iq>"
    )
    await ann.hears("iq", id="c1", type="result")
    bob.send(f"<presence to='{room}/Bob'><x xmlns='{MUC}'/></presence>")
    await bob.hears("presence", from_=f"{room}/Ann")
    assert "110" in codes(await bob.hears("presence", from_=f"{room}/Bob"))
    await ann.hears("presence", from_=f"{room}/Bob")
    for speaker, listener, words in ((ann, bob, "one"), (bob, ann, "two")):
        speaker.send(f"<message to='{room}' type='groupchat'><body>{words}</body></message>")
        for hearer in (speaker, listener):
            while str((await hearer.hears("message", type="groupchat")).body) != words:
                pass
    bob.send(f"<message to='{room}/Ann' type='chat'><body>psst</body></message>")
    assert str((await ann.hears("message", from_=f"{room}/Bob", type="chat")).body) == "psst"
    bob.send(f"<iq type='get' id='s1' to='{room}/Bob'><ping xmlns='urn:xmpp:ping'/></iq>")  # XEP-0410
    answer = await bob.hears("iq", from_=f"{room}/Bob")
    assert answer["type"] == "result", answer.toXml()
    await bob.leave()  # the server says it for the client
    await ann.hears("presence", from_=f"{room}/Bob", type="unavailable")
    await ann.leave()


@pytest_twisted.ensureDeferred
async def test_a_component_is_reached_from_elsewhere(both: Two) -> None:
    one, two = both
    bob = await Person.come(two, "bob")
    bob.send(
        f"<iq type='get' id='t' to='topics.{one.domain}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>"
    )
    assert (await bob.hears("iq", from_=f"topics.{one.domain}"))["type"] == "result"
    await bob.leave()


Make = Callable[..., Any]


@pytest.fixture
def pair(authority: Authority, tmp_path: Path) -> Iterator[Make]:
    """Makes two servers for one test: ``await pair(kind, certified="other.example")``, CCM being the first."""
    made: list[Any] = []

    async def make(kind: str, **options: Any) -> Two:
        mine = options.pop("mine", {})
        one = await neighbours.ccm(tmp_path / "one", "one.example", authority, **mine)
        two = await getattr(neighbours, kind)(tmp_path / "two", "two.example", authority, **options)
        acquaint(one, two)
        made.extend((one, two))
        for server in made:
            await deferToThread(server.start)
        return one, two

    yield make
    for server in made:
        server.end()


@pytest.mark.parametrize("kind", KINDS)
@pytest_twisted.ensureDeferred
async def test_a_server_with_a_certificate_of_somebody_else_is_refused(pair: Make, kind: str) -> None:
    one, two = await pair(kind, certified="three.example")
    ann, bob = await Person.come(one, "ann"), await Person.come(two, "bob")
    ann.send(f"<message to='{bob.jid}' type='chat' id='m1'><body>hello</body></message>")
    assert condition(await ann.hears("message", from_=bob.jid, type="error")) == "remote-server-not-found"
    bob.send(f"<message to='{ann.jid}' type='chat' id='m2'><body>hello</body></message>")
    refused = await bob.hears("message", from_=ann.jid, type="error")
    assert condition(refused).startswith("remote-server-")


@pytest.mark.parametrize("kind", KINDS)
@pytest_twisted.ensureDeferred
async def test_our_certificate_of_somebody_else_is_refused(pair: Make, kind: str) -> None:
    one, two = await pair(kind, mine={"certified": "three.example"})
    ann, bob = await Person.come(one, "ann"), await Person.come(two, "bob")
    bob.send(f"<message to='{ann.jid}' type='chat' id='m2'><body>hello</body></message>")
    assert condition(await bob.hears("message", from_=ann.jid, type="error")).startswith("remote-server-")
    ann.send(f"<message to='{bob.jid}' type='chat' id='m1'><body>hello</body></message>")
    assert condition(await ann.hears("message", from_=bob.jid, type="error")).startswith("remote-server-")


@pytest.mark.parametrize("kind", KINDS)
@pytest_twisted.ensureDeferred
async def test_where_certificates_are_not_asked_for_dialback_proves_both(pair: Make, kind: str) -> None:
    mine = {"certified": "three.example", "strict": False}
    one, two = await pair(kind, certified="four.example", strict=False, mine=mine)
    ann, bob = await Person.come(one, "ann"), await Person.come(two, "bob")
    ann.send(f"<message to='{bob.jid}' type='chat'><body>hello</body></message>")
    assert str((await bob.hears("message", from_=ann.jid)).body) == "hello"
    bob.send(f"<message to='{ann.jid}' type='chat'><body>and you</body></message>")
    assert str((await ann.hears("message", from_=bob.jid)).body) == "and you"
    assert b"by dialback" in one.log.read_bytes()


async def room_of_both(ann: Person, bob: Person) -> str:
    """*async* A room at the first one's server with both inside."""
    room = f"talk@conference.{ann.bare.partition('@')[2]}"
    ann.send(f"<presence to='{room}/Ann'><x xmlns='{MUC}'/></presence>")
    await ann.hears("presence", from_=f"{room}/Ann")
    form = "<x xmlns='jabber:x:data' type='submit'/>"
    ann.send(f"<iq type='set' id='c1' to='{room}'><query xmlns='{MUC}#owner'>{form}</query></iq>")
    await ann.hears("iq", id="c1", type="result")
    bob.send(f"<presence to='{room}/Bob'><x xmlns='{MUC}'/></presence>")
    await bob.hears("message", from_=room, type="groupchat")  # the subject ends the entry
    return room


@pytest.mark.parametrize("kind", KINDS)
@pytest_twisted.ensureDeferred
async def test_who_is_from_a_server_that_died_leaves_the_room(pair: Make, kind: str) -> None:
    one, two = await pair(kind)
    ann, bob = await Person.come(one, "ann"), await Person.come(two, "bob")
    room = await room_of_both(ann, bob)
    await deferToThread(two.kill)
    gone = await ann.hears("presence", from_=f"{room}/Bob", type="unavailable")
    assert "333" in codes(gone)


async def hears_of_leaving(person: Person, room: str, nick: str, *, own: str) -> Element | None:
    """*async* The presence with which *nick* leaves; ``None`` if it had before *person* came in as *own*."""
    inside = False
    while True:
        presence = await person.hears("presence", from_=room)
        who = presence["from"].rpartition("/")[2]
        if who == nick and presence.getAttribute("type") == "unavailable":
            return presence
        inside = inside or who == nick
        if who == own and not inside:
            return None


@pytest.mark.parametrize("kind", KINDS)
@pytest_twisted.ensureDeferred
async def test_who_left_while_our_server_was_down_leaves_the_room_after_its_start(pair: Make, kind: str) -> None:
    one, two = await pair(kind, mine={"muc": {"sweep_seconds": 20}})
    ann, bob, kim = [await Person.come(one, "ann"), await Person.come(two, "bob"), await Person.come(two, "kim")]
    room = await room_of_both(ann, bob)
    kim.send(f"<presence to='{room}/Kim'><x xmlns='{MUC}'/></presence>")
    await kim.hears("message", from_=room, type="groupchat")
    await deferToThread(one.stop)
    await bob.leave()
    await deferToThread(one.start)
    again = await Person.come(one, "ann")
    again.send(f"<presence to='{room}/Anna'><x xmlns='{MUC}'/></presence>")
    gone = await hears_of_leaving(again, room, "Bob", own="Anna")
    # Prosody forgets what it could not deliver, so the room has to ask; CCM keeps it, so Bob's own word may come first.
    assert kind == "ccm" or (gone is not None and "333" in codes(gone))
    again.send(f"<message to='{room}' type='groupchat'><body>still here?</body></message>")
    heard = await kim.hears("message", from_=f"{room}/Anna")
    assert str(heard.body) == "still here?"
