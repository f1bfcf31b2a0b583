"""Two domains in one process: what two servers can do they can, and each has options of its own."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neighbours
import pytest
import pytest_twisted
from cryptography import x509
from fixtures.authority import Authority
from fixtures.ports import free_ports
from neighbours import PASSWORD, Person, acquaint, codes, names
from test_neighbours import (
    test_a_component_is_reached_from_elsewhere,
    test_a_room_has_people_of_both,
    test_people_talk_across,
    test_presence_is_subscribed_to_and_probed_for_across,
    test_requests_are_answered_across,
    two,
)
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread

from ccm.testing.clients import SignInFailed, connect, sign_in

__all__ = [
    "test_a_component_is_reached_from_elsewhere",
    "test_a_room_has_people_of_both",
    "test_people_talk_across",
    "test_presence_is_subscribed_to_and_probed_for_across",
    "test_requests_are_answered_across",
    "two",
]
pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

INFO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
MUC = "http://jabber.org/protocol/muc"
Two = tuple[Any, Any]


class Hosted:
    """The second domain of a server."""

    def __init__(self, server: Any, domain: str) -> None:
        self.domain, self.c2s, self.s2s = domain, server.c2s, server.s2s
        self.start, self.end, self.log = server.start, server.end, server.log


async def house(folder: Path, authority: Authority) -> Two:
    """*async* One process with ``one.example`` and ``two.example``, which is not started yet."""
    certificate, key = authority.certify(*names("two.example"))
    one = await neighbours.ccm(folder, "one.example", authority)
    (direct,) = free_ports(1)
    one.configure(
        {
            "listen": {"direct_tls": [f"tcp:{direct}:interface=127.0.0.1"]},
            "modules": {"enabled": ["register"]},
            'hosts."two.example".tls': {"certificate": str(certificate), "key": str(key)},
            'hosts."two.example".modules': {"enabled": [], "disabled": ["version"]},
            'hosts."two.example".muc': {"history_messages": 0},
            'hosts."two.example".session': {"language": "de"},
        }
    )
    one.direct = direct
    hosted = Hosted(one, "two.example")
    await one.add_people("two.example")
    return one, hosted


@pytest.fixture(scope="module")
def both(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """The two domains, served."""
    made = house(tmp_path_factory.mktemp("house"), authority)
    one, hosted = pytest_twisted.blockon(Deferred.fromCoroutine(made))
    one.start()
    yield one, hosted
    one.end()


@pytest.mark.parametrize("transport", ["tcp", "bosh", "websocket"])
@pytest_twisted.ensureDeferred
async def test_people_sign_in_at_their_own_domain_by_every_transport(both: Two, transport: str) -> None:
    for server in both:
        port = server.c2s if transport == "tcp" else both[0].http
        client = await sign_in(
            reactor, transport, port=port, domain=server.domain, name="ann", password=PASSWORD, timeout_seconds=30
        )
        assert client.jid.startswith(f"ann@{server.domain}/")
        await client.sign_out()


@pytest_twisted.ensureDeferred
async def test_nobody_signs_in_at_another_domain_than_their_own(both: Two) -> None:
    with pytest.raises(SignInFailed, match="not-authorized"):
        await sign_in(reactor, "tcp", port=both[0].c2s, domain="two.example", name="zoe", password=PASSWORD)
    with pytest.raises(SignInFailed, match="not-authorized"):
        await sign_in(reactor, "tcp", port=both[0].c2s, domain="two.example", name="ann@one.example", password=PASSWORD)
    link = await connect(reactor, "tcp", host="127.0.0.1", port=both[0].c2s, domain="three.example")
    await link.open()
    while (element := await link.inbox.take()) is not None and element.name != "error":
        pass
    assert element is not None and element.firstChildElement().name == "host-unknown"


@pytest_twisted.ensureDeferred
async def test_each_domain_has_its_own_modules_and_rooms(both: Two) -> None:
    one, hosted = both
    for server, version in ((one, "result"), (hosted, "error")):
        ann = await Person.come(server, "ann")
        ann.send(f"<iq type='get' id='v1' to='{server.domain}'><query xmlns='jabber:iq:version'/></iq>")
        assert (await ann.hears("iq", id="v1"))["type"] == version
        ann.send(f"<iq type='get' id='i1' to='{server.domain}'>{INFO}</iq>")
        info = await ann.hears("iq", id="i1")
        features = {each["var"] for each in info.query.elements() if each.name == "feature"}
        assert ("jabber:iq:register" in features) == (server is one)
        ann.send(f"<iq type='get' id='i2' to='{server.domain}'>{INFO.replace('#info', '#items')}</iq>")
        items = {each["jid"] for each in (await ann.hears("iq", id="i2")).query.elements()}
        assert f"conference.{server.domain}" in items
        assert not any(jid.endswith(".two.example" if server is one else ".one.example") for jid in items)
        await ann.leave()


def certificate_of(port: int, name: str | None) -> set[str]:
    """Whom the certificate names that a client is shown, who greets that name."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", port), 20)
    with context.wrap_socket(plain, server_hostname=name) as secure:
        shown = x509.load_der_x509_certificate(secure.getpeercert(True) or b"")
    names_ = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return set(names_.get_values_for_type(x509.DNSName))


@pytest.mark.parametrize(
    ("greeted", "shown"),
    [
        ("one.example", "one.example"),
        ("two.example", "two.example"),
        ("conference.two.example", "two.example"),
        ("TWO.example", "two.example"),
        ("elsewhere.example", "one.example"),
        (None, "one.example"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_each_domain_shows_its_own_certificate(both: Two, greeted: str | None, shown: str) -> None:
    assert shown in await deferToThread(certificate_of, both[0].direct, greeted)


@pytest_twisted.ensureDeferred
async def test_rooms_and_people_of_both_are_back_after_a_kill(authority: Authority, tmp_path: Path) -> None:
    one, hosted = await house(tmp_path / "one", authority)
    await deferToThread(one.start)
    try:
        ann, bob = await Person.come(one, "ann"), await Person.come(hosted, "bob")
        room = "talk@conference.two.example"
        bob.send(f"<presence to='{room}/Bob'><x xmlns='{MUC}'/></presence>")
        await bob.hears("presence", from_=f"{room}/Bob")
        form = (
            "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
            f"{MUC}#roomconfig</value></field><field var='muc#roomconfig_persistentroom'><value>1</value></field></x>"
        )
        bob.send(f"<iq type='set' id='c1' to='{room}'><query xmlns='{MUC}#owner'>{form}</query></iq>")
        assert (await bob.hears("iq", id="c1"))["type"] == "result"
        ann.send(f"<presence to='{room}/Ann'><x xmlns='{MUC}'/></presence>")
        assert "110" in codes(await ann.hears("presence", from_=f"{room}/Ann"))
        ann.send(f"<message to='{room}' type='groupchat'><body>kept</body></message>")
        while str((await bob.hears("message", type="groupchat")).body) != "kept":
            pass
        await deferToThread(one.kill)
        await deferToThread(one.start)
        ann = await Person.come(one, "ann")
        for person in (ann, await Person.come(hosted, "bob")):
            person.send(f"<iq type='set' id='q1' to='{room}'><query xmlns='urn:xmpp:mam:2'/></iq>")
            assert "kept" in (await person.hears("message", from_=room)).toXml()
    finally:
        one.end()


@pytest_twisted.ensureDeferred
async def test_other_servers_reach_every_domain(authority: Authority, tmp_path: Path) -> None:
    one, hosted = await house(tmp_path / "one", authority)
    far = await neighbours.ccm(tmp_path / "far", "three.example", authority)
    acquaint(one, far)
    far.route({each: one.s2s for domain in ("one", "two") for each in (f"{domain}.example",)})
    for server in (one, far):
        await deferToThread(server.start)
    try:
        lea, bob = await Person.come(far, "lea"), await Person.come(hosted, "bob")
        lea.send(f"<message to='{bob.jid}' type='chat'><body>from afar</body></message>")
        assert str((await bob.hears("message", from_=lea.jid)).body) == "from afar"
        bob.send(f"<message to='{lea.jid}' type='chat'><body>and back</body></message>")
        assert str((await lea.hears("message", from_=bob.jid)).body) == "and back"
    finally:
        one.end()
        far.end()
