"""
The one place that decides who gets a stanza (RFC 6120 §8 and §10, RFC 6121 §8).

``route`` goes always forward: filters, handlers by dictionary key (first verdict wins), otherwise the sink of the
recipient, otherwise ``service-unavailable``. Handlers for message and presence are synchronous, which keeps the
order of RFC 6120 §10.1; only handlers of ``iq`` may be coroutines. Leaves out what any namespace means.
"""

from collections.abc import Callable, Coroutine, Iterator
from inspect import iscoroutine
from typing import Any

from twisted.logger import Logger

from ccm import address
from ccm.errors import StanzaError
from ccm.interfaces import ISession, ISink
from ccm.router.hooks import EVENTS, HANDLED, Key, Phase, Target, hooks_of
from ccm.wire.stanza import Stanza

log = Logger()

Handler = Callable[[Stanza, Any], Any]
#: Runs a coroutine and calls back with its value, or with the exception it raised.
Spawn = Callable[[Coroutine[Any, Any, Any], Callable[[Any], None], Callable[[BaseException], None]], None]
_DEFAULT_TYPES = {"message": "normal", "presence": "available", "iq": "get"}


class Router:
    """
    Hooks, local sessions and service domains.

    :param is_account: whether a bare JID is a local account.
    :param spawn: how the coroutine of an ``iq`` handler is run; the router itself knows no reactor.
    """

    def __init__(self, is_account: Callable[[str], bool], spawn: Spawn) -> None:
        self.is_account = is_account
        self._spawn = spawn
        self.hosts: dict[str, ISink | None] = {}
        #: bare JID -> resource -> session
        self.sessions: dict[str, dict[str, ISession]] = {}
        self._domains: dict[str, ISink] = {}
        self._handlers: dict[Key, tuple[Handler, ...]] = {}
        self._phases: set[tuple[Phase, str]] = set()
        self._events: dict[str, list[Callable[..., None]]] = {name: [] for name in EVENTS}
        self._requests: dict[tuple[str, str], Callable[[Stanza], None]] = {}
        self._count = 0

    # ---- who is there

    def add_host(self, domain: str) -> None:
        """Serve a domain's accounts here."""
        self.hosts[domain] = None

    def add_domain(self, domain: str, sink: ISink) -> None:
        """Let a sink answer for a whole domain. :raises StanzaError: ``conflict`` if somebody does already."""
        if domain in self._domains or domain in self.hosts:
            raise StanzaError("conflict", f"{domain} is already served.")
        self._domains[domain] = sink
        self.fire("domain-up", domain)

    def remove_domain(self, domain: str, sink: ISink) -> None:
        """Take a domain's sink away, if it is still that one."""
        if self._domains.get(domain) is sink:
            del self._domains[domain]
            self.fire("domain-down", domain)

    def domains(self) -> tuple[str, ...]:
        """Service and component domains that answer now."""
        return tuple(self._domains)

    def bind(self, session: ISession) -> None:
        """Make a session reachable under its full JID. :raises StanzaError: ``conflict`` if it is taken."""
        bare, _, resource = session.jid.partition("/")
        resources = self.sessions.setdefault(bare, {})
        if resource in resources:
            raise StanzaError("conflict", "That resource is in use.")
        resources[resource] = session

    def unbind(self, session: ISession) -> None:
        """Make it unreachable; does nothing if another session has its place."""
        bare, _, resource = session.jid.partition("/")
        resources = self.sessions.get(bare, {})
        if resources.get(resource) is session:
            del resources[resource]
            if not resources:
                del self.sessions[bare]

    def session(self, jid: str) -> ISession | None:
        """The session of a full JID."""
        bare, _, resource = jid.partition("/")
        resources = self.sessions.get(bare)
        return resources.get(resource) if resources else None

    def sessions_of(self, bare: str) -> tuple[ISession, ...]:
        """Every session of an account."""
        return tuple(self.sessions.get(bare, {}).values())

    def all_sessions(self) -> Iterator[ISession]:
        """Every bound session."""
        for resources in self.sessions.values():
            yield from resources.values()

    # ---- hooks

    def attach(self, module: object) -> None:
        """Take in every method of *module* that is marked with :class:`~ccm.router.hooks.on`."""
        for key, method in hooks_of(module):
            if isinstance(key, str):
                self._events[key].append(method)
            else:
                self._handlers[key] = (*self._handlers.get(key, ()), method)
                self._phases.add((key[0], key[1]))

    def fire(self, event: str, *args: Any) -> None:
        """Tell everybody who hears that life event; one's failure is logged and does not keep it from the others."""
        for method in self._events[event]:
            try:
                method(*args)
            except Exception:
                log.failure("A handler of {event} failed.", event=event)

    # ---- routing

    def target(self, to: str | None) -> Target:
        """What an address is, seen from here."""
        if to is None:
            return Target.NONE
        bare, slash, _ = to.partition("/")
        local, at, domain = bare.partition("@")
        if (domain if at else local) not in self.hosts:
            return Target.OTHER
        if not at:
            return Target.HOST
        return Target.SESSION if slash else Target.ACCOUNT

    def route(self, stanza: Stanza, origin: ISink | None = None) -> None:
        """
        Bring a stanza to whoever it is for. Its ``from`` is already authorised and set. Never raises.

        :param origin: the sink that sent it; ``None`` for the server itself.
        """
        try:
            self._route(stanza, origin)
        except StanzaError as error:
            self._refuse(stanza, error)
        except Exception:
            log.failure("Routing failed: {kind} to {to}", kind=stanza.kind, to=stanza.to)
            self._refuse(stanza, StanzaError("internal-server-error"))

    def request(self, stanza: Stanza, answered: Callable[[Stanza], None]) -> Callable[[], None]:
        """
        Send an ``iq`` of the server's own; its id is set here.

        :param answered: called once with the answer, of type ``result`` or ``error``.
        :returns: a function that forgets the request; the caller's time-out calls it.
        """
        self._count += 1
        id_ = f"ccm{self._count}"
        key = (stanza.attrs["to"], id_)
        self._requests[key] = answered
        self.route(stanza.copy(id=id_))
        return lambda: self._requests.pop(key, None) and None

    def _route(self, stanza: Stanza, origin: ISink | None) -> None:
        to = stanza.to
        target = self.target(to)
        kind = stanza.kind
        if (Phase.FILTER, kind) in self._phases and self._ask(Phase.FILTER, stanza, target, origin):
            return
        if target is Target.OTHER:
            handled = self._ask(Phase.HANDLE, stanza, target, origin)
            if not handled:
                assert to is not None
                sink = self._domains.get(address.domain(to))
                if sink is None:
                    raise StanzaError("remote-server-not-found")
                sink.deliver(stanza)
        elif kind == "iq" and stanza.type in ("result", "error"):
            self._answer(stanza, target)
        elif not self._ask(Phase.HANDLE, stanza, target, origin):
            self._deliver(stanza, target)
        if (Phase.OBSERVE, kind) in self._phases:
            self._ask(Phase.OBSERVE, stanza, target, origin)

    def _ask(self, phase: Phase, stanza: Stanza, target: Target, origin: ISink | None) -> bool:
        kind, payload = stanza.kind, stanza.payload
        type_ = stanza.type or _DEFAULT_TYPES[kind]
        handlers = self._handlers
        keys: tuple[Key, ...] = (
            (phase, kind, type_, payload, target),
            (phase, kind, None, payload, target),
            (phase, kind, type_, None, target),
            (phase, kind, None, None, target),
        )
        for key in keys if payload is not None else keys[2:]:
            for handler in handlers.get(key, ()):
                verdict = handler(stanza, origin)
                if verdict is None or phase is Phase.OBSERVE:
                    continue
                if iscoroutine(verdict):
                    self._await(stanza, verdict)
                elif verdict is not HANDLED:
                    self.route(verdict)
                return True
        return False

    def _await(self, stanza: Stanza, answer: Coroutine[Any, Any, Any]) -> None:
        def done(verdict: Any) -> None:
            if isinstance(verdict, Stanza):
                self.route(verdict)

        def failed(error: BaseException) -> None:
            if not isinstance(error, StanzaError):
                log.error("A request failed: {payload}: {error!r}", payload=stanza.payload, error=error)
                error = StanzaError("internal-server-error")
            self._refuse(stanza, error)

        self._spawn(answer, done, failed)

    def _answer(self, stanza: Stanza, target: Target) -> None:
        answered = self._requests.pop((stanza.from_ or "", stanza.id or ""), None)
        if answered is not None:
            answered(stanza)
        elif target is Target.SESSION:
            self._deliver(stanza, target)

    def _deliver(self, stanza: Stanza, target: Target) -> None:
        to = stanza.to
        if target is Target.SESSION and to is not None:
            session = self.session(to)
            if session is not None:
                session.deliver(stanza)
                return
        if stanza.kind == "presence":
            return  # RFC 6121 §8.5.3.2.2: to a session that is not there it is ignored
        raise StanzaError("service-unavailable")

    def _refuse(self, stanza: Stanza, error: StanzaError) -> None:
        """Send an error back; never in answer to an error or a result (RFC 6120 §8.3.1)."""
        if stanza.from_ is None or stanza.type == "error" or (stanza.kind, stanza.type) == ("iq", "result"):
            return
        self.route(stanza.error(error))
