"""What the tests of sessions are made of: a realm on fakes, a connection that keeps what is written, a client."""

import itertools
from base64 import b64decode, b64encode
from typing import Any

from scramp import ScramClient
from twisted.internet.defer import Deferred

from ccm.errors import StreamError
from ccm.session.machine import Session
from ccm.session.options import SaslOptions, SessionOptions
from ccm.session.realm import Realm
from ccm.session.sasl import Granted
from ccm.session.tokens import Tokens
from ccm.session.verifiers import check_password, make_verifiers
from ccm.testing import fakes
from ccm.wire.framing import StreamFraming, WebSocketFraming
from ccm.wire.parsers import ParserPool
from ccm.wire.stanza import Stanza

VERIFIERS = make_verifiers("secret", 4096)
HEADER = (
    b"<stream:stream to='localhost' version='1.0' xmlns='jabber:client' "
    b"xmlns:stream='http://etherx.jabber.org/streams'>"
)
SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
SM = "xmlns='urn:xmpp:sm:3'"
_FOR_THE_AWAY = ("message-waits", "session-unacknowledged")


class Connection:
    """An IConnection that writes down."""

    peer = "192.0.2.1"

    def __init__(self, secure: bool = True, tls_available: bool = False) -> None:
        self.secure = secure
        self.tls_available = tls_available
        self.written: list[bytes] = []
        self.closed = False
        self.error: StreamError | None = None

    def write(self, data: bytes) -> None:
        assert not self.closed, f"written after closing: {data!r}"
        self.written.append(data)

    def start_tls(self) -> None:
        self.secure = True

    def close(self, error: StreamError | None = None) -> None:
        self.closed = True
        self.error = error


class World:
    """A realm with one account, ann@localhost, whose password is 'secret'."""

    def __init__(self, options: SessionOptions | None = None, sasl: SaslOptions | None = None) -> None:
        self.hands = fakes.Hands()
        self.services = fakes.make_services(hands=self.hands)
        self.router = fakes.make_router(self.services)
        self.barriers: list[Deferred[None]] = []
        self.full = False
        self.saved: dict[str, Any] = {}
        self.disk_is_slow = self.too_many = False
        self.refuse: Any = None
        self.unsaved: list[tuple[str, Any, Any]] = []
        self.under_way: list[tuple[str, Any, Any]] = []
        self.events: list[tuple[str, Any]] = []
        self.pool = ParserPool()
        counter = itertools.count(1)
        self.realm = Realm(
            "localhost",
            self.router,
            self.services.accounts,
            Tokens(self.services.tokens, self.hands.datetime),
            self._verify,
            fakes.spawn,
            self.hands.later,
            self.hands.now,
            lambda size: next(counter).to_bytes(size, "big"),
            b"k" * 32,
            options or SessionOptions(),
            sasl or SaslOptions(iterations=4096),
            barrier=self._barrier,
            save=self._save,
        )
        fire = self.router.fire
        self.router.fire = lambda name, *args: (self._note(name, args), fire(name, *args))[1]  # type: ignore[method-assign]
        for host in self.realm.sasl.anonymous_hosts:
            self.router.add_host(host)
        fakes.result_of(self.services.accounts.create("ann@localhost", "Ann", "ann@example.org", VERIFIERS))

    async def _verify(self, password: str, verifier: Any) -> bool:
        return check_password(password, verifier)

    def _barrier(self) -> "Deferred[None] | None":
        if not self.full:
            return None
        self.barriers.append(Deferred())
        return self.barriers[-1]

    def _save(self, id_: str, make: Any, then: Any = None, otherwise: Any = None) -> bool:
        if then is not None and self.too_many:
            return False
        if otherwise is not None and self.refuse is not None:
            self.refuse(otherwise)
            return True
        if self.disk_is_slow:
            self.unsaved.append((id_, make, then))
            return True
        self.saved[id_] = make() if make is not None else None
        if then is not None:
            then()
        return True

    def begin_records(self) -> None:
        """What was saved while the disk was slow is being written, as it is now; one round at a time."""
        if not self.under_way:
            unsaved, self.unsaved = self.unsaved, []
            self.under_way = [(id_, make() if make is not None else None, then) for id_, make, then in unsaved]

    def end_records(self) -> None:
        """It is on disk."""
        under_way, self.under_way = self.under_way, []
        self.saved.update({id_: plain for id_, plain, _ in under_way})
        for _, _, then in under_way:
            if then is not None:
                then()

    def write_records(self) -> None:
        """All of that."""
        self.end_records()
        self.begin_records()
        self.end_records()

    def names(self) -> list[str]:
        """Names of the events fired, but for those that tell who is away of messages."""
        return [name for name, _ in self.events if name not in _FOR_THE_AWAY]

    def waits(self) -> list[str | None]:
        """Ids of the messages that somebody got who does not look."""
        return [args[1].id for name, args in self.events if name == "message-waits"]

    def lost(self) -> list[Stanza]:
        """What the first session that ended had not acknowledged."""
        return list(next(args for name, args in self.events if name == "session-lost")[1])

    def _note(self, name: str, args: Any) -> None:
        if name != "session-saving":  # comes at any time
            self.events.append((name, args))

    def client(self, secure: bool = True, tls_available: bool = False, transport: str = "tcp") -> "Client":
        """A new connection."""
        return Client(self, Connection(secure, tls_available), transport)

    def bound(self, resource: str = "one") -> "Client":
        """A client that has signed in and bound."""
        client = self.client()
        client.sign_in()
        client.bind(resource)
        return client


class Client:
    """The other side of one session."""

    def __init__(self, world: World, connection: Connection, transport: str) -> None:
        self.connection = connection
        self.framing = WebSocketFraming(world.pool) if transport == "websocket" else StreamFraming(world.pool)
        self.session = Session(world.realm, connection, self.framing, transport)  # type: ignore[arg-type]

    @classmethod
    def signed_in(cls, world: World) -> "Client":
        """One that has just said who it is, without the arithmetic."""
        client = cls(world, Connection(), "tcp")
        client.open()
        negotiation = client.session._negotiation
        assert negotiation is not None
        negotiation._stepped(Granted("ann@localhost"))
        client.open()
        client.take()
        return client

    def send(self, data: bytes | str) -> bytes:
        """Send, and take what came back."""
        self.session.received(self.framing.feed(data.encode() if isinstance(data, str) else data))
        return self.take()

    def take(self) -> bytes:
        """What was written since the last call."""
        out = b"".join(self.connection.written)
        self.connection.written.clear()
        return out

    def open(self) -> bytes:
        """A new stream."""
        return self.send(HEADER)

    def plain(self, name: str, password: str, authzid: str = "") -> bytes:
        """SASL PLAIN."""
        said = b64encode(f"{authzid}\0{name}\0{password}".encode()).decode()
        return self.send(f"<auth {SASL} mechanism='PLAIN'>{said}</auth>")

    def scram(self, name: str, password: str, mechanism: str = "SCRAM-SHA-256", authzid: str = "") -> bytes:
        """SCRAM, by scramp's client; raises if the server's signature is wrong."""
        client = ScramClient([mechanism], name, password)
        first = client.get_client_first()
        if authzid:
            first = first.replace("n,,", f"n,a={authzid},", 1)
        said = self.send(f"<auth {SASL} mechanism='{mechanism}'>{b64encode(first.encode()).decode()}</auth>")
        if b"<challenge" not in said:
            return said
        client.set_server_first(inner(said).decode())
        final = client.get_client_final()
        if authzid:
            return self.send(f"<response {SASL}>{self._with_authzid(client, first, authzid, password)}</response>")
        said = self.send(f"<response {SASL}>{b64encode(final.encode()).decode()}</response>")
        if b"<success" in said:
            client.set_server_final(inner(said).decode())
        return said

    @staticmethod
    def _with_authzid(client: Any, first: str, authzid: str, password: str) -> str:
        """Scramp knows no authzid: the final message by hand, from RFC 5802 §3."""
        import hashlib
        import hmac

        server_first = client.server_first
        fields = dict(part.split("=", 1) for part in server_first.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(fields["s"]), int(fields["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        binding = b64encode(f"n,a={authzid},".encode()).decode()
        without = f"c={binding},r={fields['r']}"
        said = ",".join((first.split(",", 2)[2], server_first, without)).encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), said, "sha256")
        proof = b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True))).decode()
        return b64encode(f"{without},p={proof}".encode()).decode()

    def sign_in(self) -> None:
        """Up to the features after login."""
        self.open()
        assert b"<success" in self.scram("ann", "secret")
        assert b"<bind" in self.open()

    def bind(self, resource: str = "") -> bytes:
        """Bind a resource."""
        wish = f"<resource>{resource}</resource>" if resource else ""
        return self.send(f"<iq id='b' type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{wish}</bind></iq>")


def inner(data: bytes) -> bytes:
    """The decoded content of the one SASL element in *data*."""
    return b64decode(data.partition(b">")[2].partition(b"<")[0])
