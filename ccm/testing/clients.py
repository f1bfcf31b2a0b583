"""
Small XMPP clients over TCP, BOSH and WebSocket with one face: for tests, and for demonstrations on one's own server.

A *link* moves elements over one transport; :func:`sign_in` does what every transport has in common. They trust any
certificate, so they are for servers that one has started oneself. They leave out reconnecting and resumption.
"""

from base64 import b64decode, b64encode
from typing import Any, Protocol

from scramp import ScramClient
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.testing.inbox import Inbox
from ccm.testing.matching import elements_of
from ccm.wire.stanza import Stanza, attribute

_MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN")


class Link(Protocol):
    """One connection, below stanzas."""

    inbox: Inbox

    async def open(self) -> None:
        """Begin a stream: at first, and again after authentication."""

    async def secure(self) -> None:
        """Begin TLS, after the server said ``<proceed/>``."""

    def write(self, xml: bytes) -> None:
        """Send one element that declares its namespace, or on TCP any bytes."""

    async def close(self) -> None:
        """End the stream."""

    async def drop(self) -> None:
        """Break the connection."""


class SignInFailed(Exception):
    """The server did not let us in; the text is what it said."""


class Client:
    """A client that is signed in."""

    def __init__(self, link: Link, jid: str) -> None:
        self._link = link
        self.jid = jid

    def send(self, xml: str) -> None:
        """Send stanzas, those without a namespace in ``jabber:client``, and other elements as they are."""
        for element in elements_of(xml):
            is_stanza = element.uri in (None, ns.CLIENT)
            data = Stanza.from_element(element).to_bytes(declared=True) if is_stanza else element.toXml().encode()
            self._link.write(data)

    async def receive(self) -> Element | None:
        """The next stanza; ``None`` once the stream has ended. :raises TimeoutError: if nothing comes."""
        return await self._link.inbox.take()

    async def secure(self) -> None:
        """Begin TLS; signing in has done that where it was offered first."""
        await self._link.secure()

    async def sign_out(self) -> None:
        """Close the stream."""
        await self._link.close()

    async def drop(self) -> None:
        """Break the connection without a word."""
        await self._link.drop()


class BareClient:
    """A connection on which a script says everything itself."""

    jid = ""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.receive = link.inbox.take
        self.secure = link.secure
        self.sign_out = link.close
        self.drop = link.drop

    def send(self, xml: str) -> None:
        """Send exactly these characters."""
        self._link.write(xml.encode())


async def connect(
    reactor: Any, transport: str, *, host: str, port: int, domain: str, timeout_seconds: float = 10
) -> Link:
    """A link over ``tcp``, ``bosh`` or ``websocket`` on which no stream is open yet."""
    from ccm.testing.link_bosh import BoshLink
    from ccm.testing.link_tcp import TcpLink
    from ccm.testing.link_websocket import WebSocketLink

    links: dict[str, Any] = {"tcp": TcpLink, "bosh": BoshLink, "websocket": WebSocketLink}
    link: Link = await links[transport].connect(reactor, host, port, domain, Inbox(reactor, timeout_seconds))
    return link


async def sign_in(
    reactor: Any,
    transport: str,
    *,
    host: str = "127.0.0.1",
    port: int,
    domain: str,
    name: str,
    password: str,
    resource: str | None = None,
    timeout_seconds: float = 10,
) -> Client:
    """
    A client that has a resource and has sent no presence.

    :param name: the localpart of the account.
    :raises SignInFailed: with what the server said.
    """
    link = await connect(reactor, transport, host=host, port=port, domain=domain, timeout_seconds=timeout_seconds)
    await authenticate(link, name, password)
    return Client(link, await bind(link, resource))


async def authenticate(link: Link, name: str, password: str) -> None:
    """
    *async* Sign in on a fresh link, by TLS where that is needed; nothing is bound then.

    :raises SignInFailed: with what the server said.
    """
    await link.open()
    features = await _expect(link, "features")
    offered = _mechanisms(features)
    if not offered and any(child.uri == ns.TLS for child in features.elements()):
        link.write(f"<starttls xmlns='{ns.TLS}'/>".encode())
        await _expect(link, "proceed")
        await link.secure()
        await link.open()
        offered = _mechanisms(await _expect(link, "features"))
    await _authenticate(link, offered, name, password)
    await link.open()
    await _expect(link, "features")


async def bind(link: Link, resource: str | None = None) -> str:
    """*async* Bind a resource, one of the server's choice for ``None``; answers the full JID. :raises SignInFailed:"""
    wish = f"<resource>{attribute(resource)}</resource>" if resource else ""
    link.write(f"<iq xmlns='{ns.CLIENT}' type='set' id='bind'><bind xmlns='{ns.BIND}'>{wish}</bind></iq>".encode())
    bound = await _expect(link, "iq")
    jid = next((str(j) for b in bound.elements() for j in b.elements() if j.name == "jid"), None)
    if jid is None:
        raise SignInFailed(bound.toXml())
    return jid


async def _authenticate(link: Link, offered: list[str], name: str, password: str) -> None:
    mechanism = next((m for m in _MECHANISMS if m in offered), None)
    if mechanism is None:
        raise SignInFailed(f"The server offers {offered}, this client knows {list(_MECHANISMS)}.")
    if mechanism == "PLAIN":
        _auth(link, mechanism, f"\0{name}\0{password}")
        await _expect(link, "success")
        return
    scram = ScramClient([mechanism], name, password)
    _auth(link, mechanism, scram.get_client_first())
    challenge = await _expect(link, "challenge")
    scram.set_server_first(b64decode(str(challenge)).decode())
    final = b64encode(scram.get_client_final().encode()).decode()
    link.write(f"<response xmlns='{ns.SASL}'>{final}</response>".encode())
    success = await _expect(link, "success")
    scram.set_server_final(b64decode(str(success)).decode())


def _auth(link: Link, mechanism: str, initial: str) -> None:
    encoded = b64encode(initial.encode()).decode()
    link.write(f"<auth xmlns='{ns.SASL}' mechanism='{mechanism}'>{encoded}</auth>".encode())


def _mechanisms(features: Element) -> list[str]:
    return [str(m) for child in features.elements() if child.name == "mechanisms" for m in child.elements()]


async def _expect(link: Link, name: str) -> Element:
    while True:
        element = await link.inbox.take()
        if element is None:
            raise SignInFailed(f"The stream ended before <{name}/>.")
        if element.name == name:
            return element
        if element.name not in ("stream", "open"):
            raise SignInFailed(f"Expected <{name}/>, got {element.toXml()}")
