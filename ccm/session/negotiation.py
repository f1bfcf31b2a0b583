"""
From a new connection to a bound resource (RFC 6120 §4.3, §5, §6, §7).

A :class:`~ccm.session.machine.Session` holds one of these until it is bound and then lets it go, so that an idle
session stays small. Leaves out XEP-0198, which the session answers itself, and everything after binding.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import unescape

from twisted.logger import Logger

from ccm import address
from ccm import namespaces as ns
from ccm.errors import SaslError, StanzaError, StreamError
from ccm.session import sasl
from ccm.session.client_state import FEATURE as CSI_FEATURE
from ccm.session.guests import MARK
from ccm.session.offer import announced, offered
from ccm.session.resume import FEATURE as SM_FEATURE
from ccm.session.states import State
from ccm.session.tls_facts import NOTHING, TlsFacts
from ccm.session.verifiers import SIGNED_IN_BY
from ccm.wire.events import Event, Nonza, StreamOpened
from ccm.wire.stanza import Stanza, text

if TYPE_CHECKING:
    from ccm.session.machine import Session

log = Logger()

_STARTTLS = f"<starttls xmlns='{ns.TLS}'>%b</starttls>".encode()
_BIND = f"<bind xmlns='{ns.BIND}'/><session xmlns='{ns.SESSION}'><optional/></session>".encode() + CSI_FEATURE
_RESOURCE = re.compile(rb"<resource(?:\s[^<>]*)?>([^<]*)</resource\s*>")


class Negotiation:
    """
    What is known of a client that has no resource yet.

    :ivar jid: its bare JID once it has signed in, else ``None``.
    """

    __slots__ = ("_attempts", "_exchange", "_session", "_timer", "host", "jid", "lang")

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._attempts = 0
        self._exchange: sasl.Exchange | None = None
        self.host = session.realm.host
        self.lang: str | None = None
        self.jid: str | None = None
        options = session.realm.options
        self._timer: Callable[[], None] = _nothing
        self._watch(options.first_byte_seconds, self._first_byte)

    # ---- time

    def _watch(self, seconds: float, check: Callable[[], None]) -> None:
        self._timer = self._session.realm.later(seconds, check)

    def _first_byte(self) -> None:
        options = self._session.realm.options
        if not self._session.heard:
            self._session.fail(StreamError("connection-timeout", "Nothing was sent."))
        else:
            until = min(options.tls_seconds, options.login_seconds)
            self._watch(max(until - options.first_byte_seconds, 0), self._tls)

    def _tls(self) -> None:
        session, options = self._session, self._session.realm.options
        if session.transport == "tcp" and options.require_tls and not session.secure:
            session.fail(StreamError("connection-timeout", "Begin with TLS sooner."))
        else:
            self._watch(max(options.login_seconds - options.tls_seconds, 0), self._login)

    def _login(self) -> None:
        if self._exchange is not None and self._exchange.held_back:
            # it is we who let the client wait; at most attempts_per_stream times, each of a bounded length
            self._watch(self._session.realm.options.login_seconds, self._login)
            return
        self._session.fail(StreamError("connection-timeout", "Sign in sooner."))

    def stop(self) -> None:
        """It is over, in one way or another."""
        self._timer()
        self._timer = _nothing

    # ---- streams

    def opened(self, event: StreamOpened) -> None:
        """
        The client's header: answer ours, then the features.

        :raises StreamError: ``host-unknown``, ``unsupported-version``.
        """
        session = self._session
        realm = session.realm
        self.lang = event.lang or self.lang
        host = realm.host
        if event.to:
            try:
                host = address.prepare(event.to)
            except StanzaError as error:
                raise StreamError("host-unknown", "There is no such domain here.") from error
        served = realm.of(host)
        session.send_header(host if served is not None else realm.host)
        if served is None:
            raise StreamError("host-unknown", "There is no such domain here.")
        if self.jid is not None and host != address.domain(self.jid):
            raise StreamError("host-unknown", "You signed in at another domain.")
        self.host, session.realm = host, served
        realm = served
        major = event.version.partition(".")[0]
        if (session.transport == "tcp" or event.version) and not (major.isdigit() and int(major) >= 1):
            raise StreamError("unsupported-version", "Version 1.0 of XMPP is required (RFC 6120).")
        if self.jid is not None:
            session.move(State.BINDING)
            session.send(session.framing.features(self._bound_features()))
            return
        mechanisms = offered(realm, host, session.secure, self._facts)
        features = []
        if not session.secure and session.tls_available:
            features.append(_STARTTLS % (b"<required/>" if realm.options.require_tls else b""))
        if mechanisms:
            features.append(announced(mechanisms, self._facts))
            if host not in realm.sasl.anonymous_hosts:
                features.append(realm.router.stream_features("before-auth"))
        session.move(State.AUTHENTICATING if mechanisms else State.SECURING)
        session.send(session.framing.features(b"".join(features)))

    @property
    def _facts(self) -> TlsFacts:
        facts: TlsFacts = getattr(self._session.connection, "tls", NOTHING)
        return facts

    def _bound_features(self) -> bytes:
        session = self._session
        resumable = SM_FEATURE if session.transport != "bosh" else b""
        return _BIND + resumable + session.realm.router.stream_features("bound")

    # ---- what arrives before binding

    def handle(self, event: Event) -> None:
        """:raises StreamError: for whatever is not due now."""
        state = self._session.stage
        if isinstance(event, Nonza):
            if event.namespace == ns.TLS and event.name == "starttls" and state is not State.BINDING:
                self._start_tls()
            elif event.namespace == ns.SASL and state is State.AUTHENTICATING:
                self._sasl(event)
            elif event.namespace == ns.SASL and state is State.SECURING:
                raise StreamError("policy-violation", "Begin with TLS: signing in is only possible behind it.")
            else:
                raise StreamError("unsupported-stanza-type", f"<{event.name}/> is not expected now.")
        elif isinstance(event, Stanza):
            if state is State.BINDING:
                self._bind(event)
            else:
                self._before_login(event)

    def _start_tls(self) -> None:
        session = self._session
        if session.secure or not session.tls_available:
            session.send(f"<failure xmlns='{ns.TLS}'/>".encode())
            session.finish()
            return
        if session.more_follows:
            # Bytes behind <starttls/> were sent in clear by whoever is between us and the client (CVE-2011-0411).
            raise StreamError("policy-violation", "Nothing may follow <starttls/> before TLS has begun.")
        session.move(State.OPENING)
        session.start_tls(f"<proceed xmlns='{ns.TLS}'/>".encode())

    def _before_login(self, stanza: Stanza) -> None:
        session = self._session
        here = session.stage is State.AUTHENTICATING and self.host not in session.realm.sasl.anonymous_hosts
        answer = session.realm.router.before_auth(stanza, session) if here else None
        if answer is None:
            raise StreamError("not-authorized", "Sign in first.")

        def done(said: Any) -> None:
            if isinstance(said, Stanza):
                session.send(said.to_bytes(declared=session.framing.declared))

        def failed(error: BaseException) -> None:
            if not isinstance(error, StanzaError):
                log.error("A request before login failed: {error!r}", error=error)
                error = StanzaError("internal-server-error")
            done(stanza.error(error))

        session.wait(answer, done, failed)

    # ---- SASL

    def _sasl(self, nonza: Nonza) -> None:
        session = self._session
        try:
            if nonza.name == "auth":
                mechanism = nonza.attrs.get("mechanism", "")
                if self._exchange is not None:
                    raise SaslError("malformed-request", "Finish the exchange that you began, or abort it.")
                if mechanism not in offered(session.realm, self.host, session.secure, self._facts):
                    raise SaslError("invalid-mechanism", "Choose one of the mechanisms offered.")
                self._exchange = sasl.Exchange(session.realm, mechanism, self.host, session.peer, self._facts)
            elif nonza.name == "abort":
                raise SaslError("aborted")
            elif nonza.name != "response" or self._exchange is None:
                raise SaslError("malformed-request", "Begin with <auth/>.")
            data = sasl.decode(nonza.text)
            if nonza.name == "response" and data is None:
                data = b""  # RFC 6120 §6.4.3: an empty response is an empty element
            session.wait(self._exchange.step(data), self._stepped, self._refused)
        except SaslError as error:
            self._refused(error)

    def _stepped(self, step: sasl.Step) -> None:
        session = self._session
        if isinstance(step, sasl.Challenge):
            session.send(_filled("challenge", step.data))
            return
        self.jid = step.jid
        self._exchange = None
        if step.scope:
            session.state[MARK] = step.scope
        if step.password:
            session.state[SIGNED_IN_BY] = step.password
        session.authenticated(step.jid)
        session.send(_filled("success", step.data))

    def _refused(self, error: BaseException) -> None:
        session = self._session
        self._exchange = None
        self._attempts += 1
        if isinstance(error, StanzaError):
            error = SaslError("temporary-auth-failure", error.text)
        elif not isinstance(error, SaslError):
            log.error("Signing in failed on our side: {error!r}", error=error)
            error = SaslError("temporary-auth-failure", "Try again in a moment.")
        said = b"<text xmlns='%b' xml:lang='en'>%b</text>" % (ns.SASL.encode(), text(str(error.text)))
        failure = f"<failure xmlns='{ns.SASL}'><{error.condition}/>".encode() + (said if error.text else b"")
        session.send(failure + b"</failure>")
        if self._attempts >= session.realm.sasl.attempts_per_stream:
            session.fail(StreamError("policy-violation", "Too many attempts to sign in."))

    # ---- binding

    def _bind(self, stanza: Stanza) -> None:
        session = self._session
        jid = self.jid or ""
        if stanza.kind != "iq" or stanza.type != "set" or stanza.payload != (ns.BIND, "bind"):
            if stanza.kind == "iq" and stanza.payload == (ns.SESSION, "session"):
                return session.send(_answered(stanza, session))
            raise StreamError("not-authorized", "Bind a resource first (RFC 6120 §7).")
        found = _RESOURCE.search(stanza.inner)
        wish = unescape(found[1].decode(), {"&quot;": '"', "&apos;": "'"}).strip() if found else ""
        try:
            full = address.prepare(f"{jid}/{wish or session.realm.random(9).hex()}")
            self._make_room(jid, full)
        except StanzaError as error:
            if error.condition == "jid-malformed":
                error = StanzaError("bad-request", "That resource cannot be used. Leave it out to get one.")
            return session.send(_error(stanza, error, session))
        session.bound(full, stanza)
        return None

    def _make_room(self, jid: str, full: str) -> None:
        """
        The new session wins over an older one of the same resource (RFC 6120 §7.7.2.2, third policy).

        :raises StanzaError: ``resource-constraint`` if the account has too many (RFC 6120 §7.6.2.1).
        """
        realm = self._session.realm
        old = realm.router.session(full)
        if old is not None:
            old.close("conflict", "A new session took over this resource.")
        others = realm.router.sessions_of(jid)
        if 0 < realm.options.sessions_per_account <= len(others):
            asleep = next((other for other in others if other.hibernating), None)
            if asleep is None:
                raise StanzaError("resource-constraint", "This account has too many sessions. Close one of them.")
            asleep.close("resource-constraint", "Newer sessions needed its place.")


def _nothing() -> None:
    return None


def _filled(name: str, data: bytes | None) -> bytes:
    if data is None:
        return f"<{name} xmlns='{ns.SASL}'/>".encode()
    content = sasl.encode(data) if data or name != "challenge" else b""
    return f"<{name} xmlns='{ns.SASL}'>".encode() + content + f"</{name}>".encode()


def _answered(stanza: Stanza, session: "Session") -> bytes:
    return Stanza("iq", {"type": "result", "id": stanza.id or ""}).to_bytes(declared=session.framing.declared)


def _error(stanza: Stanza, error: StanzaError, session: "Session") -> bytes:
    return stanza.copy(to=None, from_=None).error(error).to_bytes(declared=session.framing.declared)
