"""
Streams that we open to other servers (RFC 6120 §4, XEP-0178 1.2 §2, XEP-0220 1.1.1 §2): one for each pair of domains.

STARTTLS or TLS at once, then SASL EXTERNAL, else dialback. The same stream serves to ask an authoritative server about
a key (XEP-0220 §2.3). What is sent is acknowledged (XEP-0198 §4). Leaves out streams in both directions
(XEP-0288) and resumption (XEP-0198 §5).
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import unescape

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ccm import namespaces as ns
from ccm.errors import StreamError
from ccm.federation import dialback
from ccm.federation.acknowledged import ENABLE, FEATURE_NAME, REQUEST, Unacknowledged
from ccm.federation.srv import Unreachable
from ccm.federation.stream import ServerStream, speaks_1_0
from ccm.federation.terms import Terms
from ccm.wire.content import for_server
from ccm.wire.events import Event, Nonza, StreamOpened
from ccm.wire.stanza import Stanza

log = Logger()

_EXTERNAL = re.compile(rb">\s*EXTERNAL\s*<")
_WAIT = re.compile(rb"<error\s[^<>]*type=['\"]wait['\"]")
_TEXT = re.compile(rb"<text[^<>]*>([^<]{1,300})")
#: All that counts in clear where TLS must come first: whoever is on the way may have said it.
_BEFORE_TLS = frozenset({(ns.STREAMS, "features"), (ns.STREAMS, "error"), (ns.TLS, "proceed"), (ns.TLS, "failure")})
#: With these a server says that we need not come again soon.
_LASTING = frozenset({"host-unknown", "host-gone", "invalid-from", "not-authorized", "policy-violation"})


@dataclass(frozen=True, slots=True)
class Question:
    """Is that key yours, which somebody gave us in the stream of that id?"""

    stream: str
    key: str


class OutgoingStream(ServerStream):
    """
    One connection to another server.

    :param own: the domain that speaks. :param other: the domain that is spoken to.
    :param question: ask only that, then close.
    :ivar ready: fires with the stream once it may be used, with the answer (a bool) to a question; fails with
        :class:`Unreachable`.
    :ivar lost: called once, when a stream that was ready is gone; with whether that was in good order.
    """

    def __init__(
        self, terms: Terms, own: str, other: str, *, direct_tls: bool = False, question: Question | None = None
    ) -> None:
        super().__init__(terms)
        self.own, self.other = own, other
        self._direct_tls = direct_tls
        self._question = question
        self._id = ""
        self._signed_in = self._refused = self._up = False
        self._asked: set[str] = set()  # for what of TLS, EXTERNAL and dialback an answer is due
        self._counts = self._counting = False
        self._open = Unacknowledged(terms.options.queue_stanzas, terms.options.queue_bytes, terms.budget)
        self._trouble = Unreachable(f"{other} closed the connection.")
        self._left: Unreachable | None = None  # what it means if it ends now: right after TLS
        self._given_up = False
        self.ready: Deferred[OutgoingStream | bool] = Deferred()
        self.lost: Callable[[bool], None] = _ignore

    def send(self, stanza: Stanza) -> None:
        """Send one; only once it is ready."""
        self.write(for_server(stanza))
        if self._counting:
            self._open.sent(stanza)
            if not self._open.asked:
                self._open.asked = True
                self.write(REQUEST)

    def left(self) -> list[Stanza]:
        """What the other side was never seen to have got, of a stream that is gone; nothing if it does not count."""
        return self._open.left()

    # ---- what the connection tells

    def dataReceived(self, data: bytes) -> None:
        """Hand on what came, but for the end of a stream that was never begun: our certificate is not wanted."""
        if self._left is not None and data.lstrip().startswith(b"</"):
            self._give_up(Unreachable(self._left.text, lasting=True))
        else:
            super().dataReceived(data)

    def greet(self) -> None:
        """Begin; before TLS from the first byte nothing is said."""
        if self._direct_tls and self.handshake is None:
            self.start_tls(self.own, self.other)
            self._restarted = False
            return
        if self.secure:
            self._trouble = self._left = self._left_after_tls()
        self.header(self.own, self.other)
        if self.secure and self.terms.options.require_certificates and not self._certified():
            text = f"{self.other} does not prove who it is. {self._doubt()}"
            self._give_up(Unreachable(text, lasting=True), StreamError("policy-violation", text))

    def ended(self, error: StreamError | None) -> None:
        """Tell whoever waits or uses it."""
        if self._up:
            self._up = False
            log.info("The stream to {domain} ended.", domain=self.other, peer=self.peer)
            self.lost(self.clean or error is not None)
        elif not self.ready.called:
            if self._given_up or error is None:
                pass
            elif error.condition == "connection-timeout":
                self._trouble = Unreachable(f"{self.other} did not answer in time.")
            else:
                self._trouble = Unreachable(f"{self.other} was left: {error.text or error.condition}")
            self.ready.errback(self._trouble)

    def tick(self) -> None:
        """Show life, or close what nobody has used for long."""
        options = self.terms.options
        if self._up and self.idle_seconds(heard=False) >= options.idle_seconds:
            self.finish()
        elif self._up and options.keepalive_seconds:  # before, a space would stand before the header, or before TLS
            self._out.write(b" ")

    # ---- what comes

    def event(self, event: Event) -> None:
        """One element, or the header."""
        if isinstance(event, StreamOpened):
            self._left = None
            self._trouble = Unreachable(f"{self.other} closed the connection.")
            self._id = event.id or ""
            if not speaks_1_0(event.version):
                self._give_up(Unreachable(f"{self.other} does not speak XMPP 1.0.", lasting=True))
        elif isinstance(event, Nonza):
            name = (event.namespace, event.name)
            if self._in_clear() and name not in _BEFORE_TLS:
                raise StreamError("policy-violation", f"<{event.name}/> does not count before TLS.")
            serve = {
                (ns.STREAMS, "features"): self._features,
                (ns.STREAMS, "error"): self._error,
                (ns.TLS, "proceed"): self._proceed,
                (ns.TLS, "failure"): self._no_tls,
                (ns.SASL, "success"): self._success,
                (ns.SASL, "failure"): self._failure,
                (dialback.NAMESPACE, "result"): self._result,
                (dialback.NAMESPACE, "verify"): self._answered,
                (ns.SM, "a"): self._acknowledged,
                (ns.SM, "failed"): self._not_counted,
            }.get(name)
            if serve is not None:
                serve(event)
            elif not self._up:
                raise StreamError("unsupported-stanza-type", f"<{event.name}/> was not expected.")
        else:
            raise StreamError("policy-violation", "Stanzas come in a stream of your own (RFC 6120 §10.2).")

    def _features(self, event: Nonza) -> None:
        offered = set(event.children)
        self._counts = FEATURE_NAME in offered
        if self._up or self._signed_in:
            self._is_up()
        elif not self.secure and (ns.TLS, "starttls") in offered:
            self._ask("starttls", f"<starttls xmlns='{ns.TLS}'/>".encode())
        elif self._in_clear():
            self._give_up(Unreachable(f"{self.other} offers no TLS.", lasting=True))
        elif self._question is not None:
            question = self._question
            key = question.key.encode()
            verify = dialback.element("verify", self.own, self.other, id_=question.stream, inner=_text(key))
            self._ask("verify", verify)
        elif (ns.SASL, "mechanisms") in offered and _EXTERNAL.search(event.inner) and not self._refused:
            who = base64.b64encode(self.own.encode()).decode()
            self._ask("auth", f"<auth xmlns='{ns.SASL}' mechanism='EXTERNAL'>{who}</auth>".encode())
        else:
            self._dialback()

    def _dialback(self) -> None:
        if not self.terms.options.dialback:
            text = f"{self.other} does not take our certificate, and dialback is off."
            self._give_up(Unreachable(text, lasting=True))
            return
        key = self.terms.keys.key(self.other, self.own, self._id)
        self._ask("result", dialback.element("result", self.own, self.other, inner=key.encode()))

    def _proceed(self, _event: Nonza) -> None:
        if self.secure or self.handshake is not None:
            raise StreamError("policy-violation", "TLS is there already.")
        self._due("starttls")
        if not self._framing.idle:
            raise StreamError("policy-violation", "Nothing may follow <proceed/> in clear.")
        self._asked.clear()  # in clear
        self.start_tls(self.own, self.other)

    def _no_tls(self, _event: Nonza) -> None:
        self._give_up(Unreachable(f"{self.other} failed to begin TLS."))

    def _success(self, _event: Nonza) -> None:
        self._due("auth")
        self._signed_in = True
        self.restart()
        self.header(self.own, self.other)

    def _failure(self, event: Nonza) -> None:
        """The stream goes on (RFC 6120 §6.4.5): dialback is left."""
        self._due("auth")
        condition = event.children[0][1] if event.children else ""
        log.info("{domain} does not take our certificate: {condition}", domain=self.other, condition=condition)
        self._refused = True
        self._dialback()

    def _result(self, event: Nonza) -> None:
        if (event.attrs.get("from"), event.attrs.get("to")) != (self.other, self.own):
            return
        self._due("result")
        if event.attrs.get("type") == "valid":
            self._is_up()
        else:
            later = _WAIT.search(event.inner) is not None
            text = (
                f"{self.other} does not believe that we are {self.own}. Show it a certificate for that of an authority "
                f"that it trusts (tls.certificate); if it asks back, its DNS or routes for {self.own} must lead here."
            )
            self._give_up(Unreachable(text, lasting=not later))

    def _answered(self, event: Nonza) -> None:
        question = self._question
        if question is None or event.attrs.get("id") != question.stream or self.ready.called:
            return
        if (event.attrs.get("from"), event.attrs.get("to")) != (self.other, self.own):
            raise StreamError("invalid-from", "That answer is for somebody else.")
        self._due("verify")
        self._as_sure_as_asked_for()
        self.proven()
        self.ready.callback(event.attrs.get("type") == "valid")
        self.finish()

    def _acknowledged(self, event: Nonza) -> None:
        count = event.attrs.get("h", "")
        if not count.isascii() or not count.isdigit() or len(count) > 10:
            raise StreamError("undefined-condition", "An acknowledgement has a number.")
        if self._open.handled(int(count)) and self._open:
            self._open.asked = True
            self.write(REQUEST)

    def _not_counted(self, _event: Nonza) -> None:
        self._counting = False
        self._open.left()

    def _error(self, event: Nonza) -> None:
        condition = next((name for uri, name in event.children if uri == ns.STREAM_ERRORS), "undefined-condition")
        if self._up:  # before, whoever waits for it says so
            log.info("{domain} ends the stream: {condition}", domain=self.other, condition=condition, peer=self.peer)
        self._given_up = True
        said = _TEXT.search(event.inner)
        why = (
            f"{condition}: {unescape(' '.join(said[1].decode(errors='replace').split()))}" if said else f"{condition}."
        )
        self._trouble = Unreachable(f"{self.other} refused: {why}", lasting=condition in _LASTING)
        self.end()

    # ---- inside

    def _ask(self, what: str, element: bytes) -> None:
        self._asked.add(what)
        self.write(element)

    def _due(self, what: str) -> None:
        """Take an answer. :raises StreamError: to what was not asked, or has been answered."""
        if what not in self._asked:
            raise StreamError("policy-violation", "That answers nothing that was asked.")
        self._asked.discard(what)

    def _in_clear(self) -> bool:
        """There is no TLS, and must be; a certificate is nothing without it."""
        options = self.terms.options
        return not self.secure and (options.require_tls or options.require_certificates)

    def _certified(self) -> bool:
        return self.handshake is not None and self.handshake.proves(self.other)

    def _doubt(self) -> str:
        return self.handshake.trouble if self.handshake is not None else "There is no TLS."

    def _as_sure_as_asked_for(self) -> None:
        """Whatever was said: nobody is believed in clear, or without a certificate, who has to have that."""
        if self._in_clear() or (self.terms.options.require_certificates and not self._certified()):
            raise StreamError("policy-violation", f"{self.other} does not prove who it is. {self._doubt()}")

    def _is_up(self) -> None:
        if self._up:
            return
        self._as_sure_as_asked_for()
        self._up = True
        self.proven()
        if self._counts:
            self._counting = True
            self.write(ENABLE)
        how = "our certificate" if self._signed_in else "dialback"
        log.info("{domain} is reached, from {own}, by {how}.", domain=self.other, own=self.own, how=how, peer=self.peer)
        self.ready.callback(self)

    def _give_up(self, trouble: Unreachable, error: StreamError | None = None) -> None:
        """Whoever waits for the stream logs why. :param error: what the other side is told."""
        self._given_up = True
        self._trouble = trouble
        self.end(error)

    def _left_after_tls(self) -> Unreachable:
        text = (
            f"{self.other} ended the connection right after TLS, most likely since it does not trust our certificate. "
            f"Use one for {self.own} of an authority that it trusts (tls.certificate), or have its operator trust ours."
        )
        return Unreachable(text)


def _text(key: bytes) -> bytes:
    return key.replace(b"&", b"&amp;").replace(b"<", b"&lt;")


def _ignore(_clean: bool) -> None:
    pass
