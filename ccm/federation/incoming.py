"""
Streams that other servers open (RFC 6120 §4, XEP-0178 1.2 §3, XEP-0220 1.1.1 §2).

A server proves each pair of its domain and one of ours, by its certificate (SASL EXTERNAL) or by dialback; several
pairs may share a connection. Nothing of a pair that is not proven is let in. Leaves out streams in both directions
(XEP-0288) and servers that do not speak version 1.0.
"""

import base64
import binascii
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError, StreamError
from ccm.federation import acknowledged, dialback
from ccm.federation.srv import Unreachable
from ccm.federation.stream import ServerStream, speaks_1_0
from ccm.wire.events import Event, Nonza, StreamOpened
from ccm.wire.stanza import Stanza, attribute

if TYPE_CHECKING:
    from ccm.federation.listener import IncomingFactory

log = Logger()

_SIGN_INS = 3  # that fail, before the stream ends (RFC 6120 §6.4.5)
_TLS = f"<starttls xmlns='{ns.TLS}'><required/></starttls>".encode()
_TLS_OPTIONAL = f"<starttls xmlns='{ns.TLS}'/>".encode()
_EXTERNAL = f"<mechanisms xmlns='{ns.SASL}'><mechanism>EXTERNAL</mechanism></mechanisms>".encode()


class IncomingStream(ServerStream):
    """One connection from another server."""

    def __init__(self, listener: "IncomingFactory") -> None:
        super().__init__(listener.terms)
        self._listener = listener
        self._own = self._other = ""
        self._id = self._lang = ""
        self._signed_in = False
        self._failures = self._refusals = 0
        self._asked: dict[tuple[str, str], Deferred[None]] = {}
        self._paused: Any = None
        self._bucket = listener.new_bucket()
        self._owed = 0.0
        self._handled: int | None = None
        #: (domain of theirs, domain of ours) that were proven.
        self.pairs: set[tuple[str, str]] = set()

    def connectionMade(self) -> None:
        """Turn away whoever has too many."""
        super().connectionMade()
        if not self._listener.entered(self):
            self.end(StreamError("resource-constraint", "There are too many connections. Try again later."))
        elif self._listener.direct_tls:
            self.start_tls(self._listener.host)
            self._restarted = False

    def dataReceived(self, data: bytes) -> None:
        """Read on only as fast as this connection, each of its pairs, or an address before any is proven, may send."""
        super().dataReceived(data)
        bucket = self._bucket if self.pairs else self._listener.bucket_of_strangers(self.peer)
        pause, self._owed = max(self._owed, bucket.take(len(data))), 0.0
        if pause and not self.closing and self._paused is None:
            self.transport.pauseProducing()
            self._paused = self.terms.clock.callLater(pause, self._read_on)

    def ended(self, error: StreamError | None) -> None:
        """Forget it; an end without a word may mean that the server is gone."""
        if self._paused is not None and self._paused.active():
            self._paused.cancel()
        for asking in tuple(self._asked.values()):
            asking.cancel()
        self._listener.left(self)
        if self.pairs:
            log.info("The stream from {domain} ended.", domain=next(iter(self.pairs))[0], peer=self.peer)
            if not self.clean and error is None:
                for domain in {other for other, _ in self.pairs}:
                    self._listener.lost(domain)

    def tick(self) -> None:
        """Close what has been silent for long."""
        if self.idle_seconds(heard=True) >= self.terms.options.idle_seconds:
            self.finish()

    # ---- what comes

    def event(self, event: Event) -> None:
        """One element, or the header."""
        if isinstance(event, StreamOpened):
            self._opened(event)
        elif isinstance(event, Stanza):
            self._stanza(event)
        elif isinstance(event, Nonza):
            serve = {
                (ns.TLS, "starttls"): self._starttls,
                (ns.SASL, "auth"): self._auth,
                (dialback.NAMESPACE, "result"): self._result,
                (dialback.NAMESPACE, "verify"): self._verify,
                (ns.STREAMS, "error"): self._error,
                (ns.SM, "enable"): self._enable,
                (ns.SM, "resume"): self._resume,
                (ns.SM, "r"): self._asked_for,
                (ns.SM, "a"): self._nothing,
            }.get((event.namespace, event.name))
            if serve is None:
                raise StreamError("unsupported-stanza-type", f"<{event.name}/> is not known here.")
            serve(event)

    def _opened(self, event: StreamOpened) -> None:
        policy = self.terms.policy
        own, other = _domain(event.to), _domain(event.from_)
        self._id = self.terms.random(16).hex()
        known = policy.is_open(own)
        self.header(own if known else "", other, self._id)
        if not known:
            raise StreamError("host-unknown", "That domain is not served here, or not for other servers.")
        if not speaks_1_0(event.version):
            raise StreamError("unsupported-version", "Version 1.0 of XMPP is required (RFC 6120).")
        if event.from_ and not policy.admits(other):
            raise StreamError("policy-violation", "Your domain is not let in here. Ask this server's operator.")
        if self._signed_in and (own, other) != (self._own, self._other):
            raise StreamError("invalid-from", "The stream was for other domains before.")
        self._own, self._other, self._lang = own, other, event.lang or ""
        self.features(self._offers())

    def _offers(self) -> bytes:
        options = self.terms.options
        if not self.secure:
            if options.require_tls:
                return _TLS
            return _TLS_OPTIONAL + (dialback.FEATURE if options.dialback else b"")
        offers = b""
        if not self._signed_in and self._other and self._certified(self._other):
            offers = _EXTERNAL
        if self._signed_in:
            offers = acknowledged.FEATURE
        return offers + (dialback.FEATURE if options.dialback else b"")

    def _certified(self, domain: str) -> bool:
        return self.secure and self.handshake is not None and self.handshake.proves(domain)

    def _starttls(self, _event: Nonza) -> None:
        if self.secure or self.handshake is not None or not self._own:
            raise StreamError("policy-violation", "TLS is there already, or comes too early.")
        if self.pairs or self._asked:  # RFC 6120 §5.4.3.3: what was proven in clear would not count any more
            raise StreamError("policy-violation", "TLS comes before anything is proven.")
        if not self._framing.idle:
            raise StreamError("policy-violation", "Nothing may follow <starttls/> in clear.")
        self.start_tls(self._own, last=f"<proceed xmlns='{ns.TLS}'/>".encode())

    def _auth(self, event: Nonza) -> None:
        if event.attrs.get("mechanism") != "EXTERNAL":
            self._fail("invalid-mechanism")
        elif self._signed_in or not self._other or not self._certified(self._other):
            self._fail("not-authorized")
        elif not self._is_own_name(event.text):
            self._fail("invalid-authzid")
        else:
            self._signed_in = True
            self._prove(self._other, self._own, "its certificate")
            self.restart()
            self.write(f"<success xmlns='{ns.SASL}'/>".encode())

    def _is_own_name(self, text: str) -> bool:
        """XEP-0178 §3: the authorization identity is the stream's, or none is given."""
        if text.strip() in ("", "="):
            return True
        try:
            return _domain(base64.b64decode(text.strip(), validate=True).decode()) == self._other
        except (binascii.Error, UnicodeDecodeError):
            return False

    def _fail(self, condition: str) -> None:
        trouble = self.handshake.trouble if self.handshake is not None else "There is no TLS."
        log.info("{domain} cannot sign in: {why}", domain=self._other, why=trouble, peer=self.peer)
        self.write(f"<failure xmlns='{ns.SASL}'><{condition}/></failure>".encode())
        self._failures += 1
        if self._failures >= _SIGN_INS:
            raise StreamError("policy-violation", "Too many attempts to sign in.")

    # ---- dialback

    def _result(self, event: Nonza) -> None:
        """They prove a pair by a key (XEP-0220 §2.1.1)."""
        options, policy = self.terms.options, self.terms.policy
        if "type" in event.attrs:
            return  # the answer to nothing that we asked
        other, own = _domain(event.attrs.get("from")), _domain(event.attrs.get("to"))
        refusal = ""
        if not self.secure and options.require_tls:
            raise StreamError("policy-violation", "Begin with TLS.")
        if not policy.is_open(own):
            refusal = "item-not-found"
        elif not options.dialback or not policy.admits(other):
            refusal = "not-allowed"
        elif options.require_certificates and not self._certified(other):
            refusal = "policy-violation"
            log.info(
                "{domain} has no certificate for itself: {why}",
                domain=other,
                why=self.handshake.trouble if self.handshake is not None else "There is no TLS.",
                peer=self.peer,
            )
        elif not self._has_room(other, own):
            refusal = "resource-constraint"
        if refusal:
            self._refuse(other, own, refusal)
        elif self._certified(other):  # what dialback would find out is known already, and better
            self._prove(other, own, "its certificate")
            self._answer(other, own, type_="valid")
        else:
            self._listener.asks(self.peer)
            asking = Deferred.fromCoroutine(self._ask(other, own, event.text.strip()))
            self._asked[other, own] = asking
            asking.addErrback(self._not_asked, other).addBoth(self._has_asked, other, own)

    def _has_room(self, other: str, own: str) -> bool:
        if (other, own) in self._asked or len(self._asked) + len(self.pairs) >= self.terms.options.pairs_per_connection:
            return False
        return self._certified(other) or self._listener.may_ask(self.peer)

    def _not_asked(self, failure: Failure, other: str) -> None:
        if not self.closing:  # else it was called off
            log.failure("Asking {domain} failed.", failure, domain=other)

    def _has_asked(self, _: None, other: str, own: str) -> None:
        self._asked.pop((other, own), None)
        self._listener.has_asked(self.peer)

    async def _ask(self, other: str, own: str, key: str) -> None:
        try:
            good = await self.terms.verify(own, other, self._id, key)
        except Unreachable as error:
            log.info("{domain} cannot be asked: {why}", domain=other, why=error.text)
            if not self.closing:
                self._answer(other, own, refusal="remote-connection-failed" if error.lasting else error.condition)
            return
        if self.closing:
            return
        if good:
            self._prove(other, own, "dialback")
        self._answer(other, own, type_="valid" if good else "invalid")
        if not good and not self.pairs:
            self.end(StreamError("not-authorized", "The key is not that domain's."))

    def _refuse(self, other: str, own: str, refusal: str) -> None:
        self._answer(other, own, refusal=refusal)
        self._refusals += 1
        if self._refusals >= self.terms.options.pairs_per_connection:
            raise StreamError("policy-violation", "Too many domains of yours were refused.")

    def _answer(
        self, other: str, own: str, *, type_: str = "error", refusal: str = "", name: str = "result", id_: str = ""
    ) -> None:
        inner = b""
        if refusal:
            condition = "remote-server-not-found" if refusal == "remote-connection-failed" else refusal
            kind = "wait" if condition in ("remote-server-timeout", "resource-constraint") else "cancel"
            inner = f"<error type='{kind}'><{condition} xmlns='{ns.STANZA_ERRORS}'/></error>".encode()
        self.write(dialback.element(name, own, other, id_=id_, type_=type_, inner=inner))

    def _verify(self, event: Nonza) -> None:
        """Another server asks whether a key is ours (XEP-0220 §2.3.2)."""
        if not self.secure and self.terms.options.require_tls:
            raise StreamError("policy-violation", "Begin with TLS.")
        other, own = _domain(event.attrs.get("from")), _domain(event.attrs.get("to"))
        id_ = event.attrs.get("id", "")
        if not self.terms.policy.is_own(own):
            self._answer(other, own, refusal="item-not-found", name="verify", id_=id_)
        else:
            good = self.terms.keys.fits(event.text, other, own, id_)
            self._answer(other, own, type_="valid" if good else "invalid", name="verify", id_=id_)

    # ---- stanzas

    def _stanza(self, stanza: Stanza) -> None:
        try:
            sender, to = address.prepare(stanza.from_ or ""), address.prepare(stanza.to or "")
        except StanzaError as error:
            raise StreamError("improper-addressing", "A stanza between servers has a valid 'from' and 'to'.") from error
        if not self.pairs:
            raise StreamError("not-authorized", "Prove first who you are.")
        domain = address.domain(sender)
        if (domain, address.domain(to)) not in self.pairs:
            said = f"{attribute(domain)[:200]} was not proven for {attribute(address.domain(to))[:200]} in this stream."
            raise StreamError("invalid-from", said)
        bytes_ = len(stanza.inner) + sum(map(len, stanza.attrs.values()))
        self._owed = max(self._owed, self._listener.bucket(domain, address.domain(to)).take(bytes_))
        stanza.attrs["from"], stanza.attrs["to"] = sender, to
        if self._lang:
            stanza.attrs.setdefault("xml:lang", self._lang)  # RFC 6120 §8.1.5
        if self._handled is not None:
            self._handled += 1
        self._listener.received(stanza, domain)

    # ---- acknowledgements (XEP-0198 §4)

    def _enable(self, _event: Nonza) -> None:
        if not self.pairs or self._handled is not None:
            self.write(acknowledged.failed("unexpected-request"))
        else:
            self._handled = 0
            self.write(acknowledged.ENABLED)

    def _nothing(self, _event: Nonza) -> None:
        """An acknowledgement: nothing is said here that has one."""

    def _resume(self, _event: Nonza) -> None:
        self.write(acknowledged.failed("item-not-found"))

    def _asked_for(self, _event: Nonza) -> None:
        """Acknowledged means on disk, between servers as for clients."""
        if self._handled is None:
            return
        count, waiting = self._handled, self.terms.barrier()
        if waiting is None:
            self.write(acknowledged.answer(count))
        else:
            waiting.addCallbacks(lambda _: self._acknowledge(count), self._not_kept)

    def _acknowledge(self, count: int) -> None:
        if not self.closing:
            self.write(acknowledged.answer(count))

    def _not_kept(self, failure: Failure) -> None:
        log.error("What {peer} sent could not be kept: {why}", peer=self.peer, why=failure.getErrorMessage())
        self.end(StreamError("resource-constraint", "What you sent could not be kept. Send it again later."))

    # ----

    def _prove(self, other: str, own: str, how: str) -> None:
        self.pairs.add((other, own))
        self.proven()
        log.info("{domain} has come, for {own}, by {how}.", domain=other, own=own, how=how, peer=self.peer)

    def _error(self, event: Nonza) -> None:
        condition = next((name for uri, name in event.children if uri == ns.STREAM_ERRORS), "")
        log.info("{peer} ends its stream: {condition}", peer=self.peer, condition=condition)
        self.end()

    def _read_on(self) -> None:
        self._paused = None
        if not self.closing:
            self.transport.resumeProducing()


def _domain(written: str | None) -> str:
    """A prepared domain; ``""`` for what is none."""
    try:
        jid = address.prepare(written or "")
    except StanzaError:
        return ""
    return jid if address.domain(jid) == jid else ""
