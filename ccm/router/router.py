"""
The one place that decides who gets a stanza (RFC 6120 §8 and §10, RFC 6121 §8).

``route`` goes always forward: filters, handlers by dictionary key (first verdict wins), otherwise the sink of the
recipient, otherwise ``service-unavailable``. Handlers for message and presence are synchronous, which keeps the
order of RFC 6120 §10.1; only handlers of ``iq`` may be coroutines. Leaves out what any namespace means.
"""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from inspect import iscoroutine
from typing import Any

from twisted.logger import Logger

from ccm import address
from ccm.errors import StanzaError
from ccm.interfaces import IAccountDisco, IHostDisco, ISession, ISink
from ccm.router.claims import Claims, Handler
from ccm.router.commands import HostCommand
from ccm.router.hooks import EVENTS, HANDLED, Instead, Order, Phase, Target, hooks_of
from ccm.wire.stanza import Stanza

log = Logger()

#: Runs a coroutine and calls back with its value, or with the exception it raised.
Spawn = Callable[[Coroutine[Any, Any, Any], Callable[[Any], None], Callable[[BaseException], None]], None]
#: Answers an ``iq`` of somebody who has not signed in.
BeforeAuth = Callable[[Stanza, Any], Coroutine[Any, Any, Stanza]]
_REQUESTS = ("get", "set")


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
        #: whether somebody else in this process serves a domain
        self.is_taken: Callable[[str], bool] = lambda _: False
        self._elsewhere: ISink | None = None
        #: by (phase, kind, target); a missing table costs one lookup.
        self._tables: dict[tuple[Phase, str, Target], Claims] = {}
        self._ordered: dict[tuple[Any, ...], tuple[tuple[Order, Handler], ...]] = {}
        self._events: dict[str, list[Callable[..., Any]]] = {name: [] for name in EVENTS}
        self._requests: dict[tuple[str, str], Callable[[Stanza], None]] = {}
        self._count = 0
        self._features: dict[str, None] = {}
        self._stream_features: list[tuple[str, Callable[[], bytes]]] = []
        self._before_auth: dict[tuple[str, str], BeforeAuth] = {}
        self.disco_forms: list[bytes] = []
        self.account_disco: list[IAccountDisco] = []
        self.host_disco: list[IHostDisco] = []
        #: by node, in the order of their being offered
        self.commands: dict[str, HostCommand] = {}
        self._walls: list[Callable[[str, str], bool]] = []
        self._keepers: list[tuple[Callable[[Stanza], bool], Callable[[Stanza], bool]]] = []
        #: accounts whose kept messages are on their way to them just now: what comes meanwhile is kept, too
        self.behind: set[str] = set()

    # ---- who is there

    def add_host(self, domain: str) -> None:
        """Serve a domain's accounts here."""
        self.hosts[domain] = None

    def add_domain(self, domain: str, sink: ISink) -> None:
        """Let a sink answer for a whole domain. :raises StanzaError: ``conflict`` if somebody does already."""
        if domain in self._domains or domain in self.hosts or self.is_taken(domain):
            raise StanzaError("conflict", f"{domain} is already served.")
        self._domains[domain] = sink
        self.fire("domain-up", domain)

    def remove_domain(self, domain: str, sink: ISink) -> None:
        """Take a domain's sink away, if it is still that one."""
        if self._domains.get(domain) is sink:
            del self._domains[domain]
            self.fire("domain-down", domain)

    def set_elsewhere(self, sink: ISink | None) -> None:
        """Let a sink answer for every domain that nobody here answers for: other servers'."""
        self._elsewhere = sink

    def serves(self, domain: str) -> bool:
        """Whether a service or component answers for that domain now."""
        return domain in self._domains

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

    def is_client(self, origin: object) -> bool:
        """Whether a stanza's origin is a bound session of this server, and not a service or the server itself."""
        return origin is not None and self.session(getattr(origin, "jid", "")) is origin

    def sessions_of(self, bare: str) -> tuple[ISession, ...]:
        """Every session of an account."""
        return tuple(self.sessions.get(bare, {}).values())

    def all_sessions(self) -> Iterator[ISession]:
        """Every bound session."""
        for resources in self.sessions.values():
            yield from resources.values()

    # ---- hooks

    def attach(self, module: object, features: Iterable[str] = ()) -> None:
        """
        Take in every method of *module* that is marked with :class:`~ccm.router.hooks.on`.

        :param features: what service discovery says of the host while the module is there (XEP-0030 §3).
        """
        for key, method in hooks_of(module):
            if isinstance(key, str):
                self._events[key].append(method)
            else:
                phase, kind, type_, payload, target, order = key
                table = self._tables.setdefault((phase, kind, target), Claims(kind))
                known = (*self._ordered.get((phase, kind, target, type_, payload), ()), (order, method))
                ordered = tuple(sorted(known, key=lambda each: each[0]))
                self._ordered[phase, kind, target, type_, payload] = ordered
                table.set(type_, payload, tuple(each for _, each in ordered))
        self._features.update(dict.fromkeys(features))

    def features(self) -> tuple[str, ...]:
        """Service discovery features of every module attached."""
        return tuple(self._features)

    def add_disco_form(self, form: bytes) -> None:
        """Let service discovery of the host tell this as well (XEP-0128)."""
        self.disco_forms.append(form)

    def add_account_disco(self, teller: IAccountDisco) -> None:
        """Let *teller* say what accounts offer (XEP-0030 §8)."""
        self.account_disco.append(teller)

    def add_host_disco(self, teller: IHostDisco) -> None:
        """Let *teller* answer for nodes of the host, which owners find at their accounts as well."""
        self.host_disco.append(teller)

    def add_command(self, command: HostCommand) -> None:
        """Offer a command of the host. :raises ValueError: if its node is taken."""
        if self.commands.setdefault(command.node, command) is not command:
            raise ValueError(f"two commands have the node {command.node}")

    def add_wall(self, apart: Callable[[str, str], bool]) -> None:
        """Let *apart* say between which two addresses nothing passes; whoever goes round :meth:`route` asks it."""
        self._walls.append(apart)

    def apart(self, one: str, other: str) -> bool:
        """Whether nothing may pass between these two, in either direction."""
        return any(apart(one, other) for apart in self._walls)

    def add_keeper(self, keeps: Callable[[Stanza], bool], keep: Callable[[Stanza], bool]) -> None:
        """
        Let *keep* take messages to accounts that nobody reads now; it answers whether it did.

        :param keeps: whether it would; nothing is kept by asking.
        """
        self._keepers.append((keeps, keep))

    def would_keep(self, stanza: Stanza) -> bool:
        """Whether a message to an account would wait if nobody can read it now."""
        return any(keeps(stanza) for keeps, _ in self._keepers)

    def keep(self, stanza: Stanza) -> bool:
        """Let a message to an account wait there; false if nobody takes it. :raises StanzaError: if it is too much."""
        return any(keep(stanza) for _, keep in self._keepers)

    def add_stream_feature(self, render: Callable[[], bytes], when: str = "bound") -> None:
        """
        Advertise something in the stream features.

        :param when: ``"bound"`` for those offered after authentication, ``"before-auth"`` for those before it.
        """
        self._stream_features.append((when, render))

    def stream_features(self, when: str = "bound") -> bytes:
        """What modules put into the stream features, as elements that declare their namespaces."""
        return b"".join(render() for moment, render in self._stream_features if moment == when)

    def add_before_auth(self, namespace: str, name: str, handler: BeforeAuth) -> None:
        """Let *handler* answer that payload of peers who have not signed in; it may raise ``StanzaError``."""
        self._before_auth[namespace, name] = handler

    def before_auth(self, stanza: Stanza, origin: object) -> Coroutine[Any, Any, Stanza] | None:
        """
        What answers an ``iq`` that arrived before authentication; ``None`` if nothing may.

        :param origin: whatever the transport knows the peer by; handlers read ``origin.peer`` for limits.
        """
        if stanza.kind != "iq" or stanza.type not in _REQUESTS or stanza.payload is None:
            return None
        handler = self._before_auth.get(stanza.payload)
        return handler(stanza, origin) if handler is not None else None

    def fire(self, event: str, *args: Any) -> None:
        """Tell everybody who hears that life event; one's failure is logged and does not keep it from the others."""
        for method in self._events[event]:
            try:
                method(*args)
            except Exception:
                log.failure("A handler of {event} failed.", event=event)

    async def tell(self, event: str, *args: Any) -> None:
        """As :meth:`fire`, for those who answer only when everybody is done: handlers may be coroutines."""
        for method in self._events[event]:
            try:
                waiting = method(*args)
                if iscoroutine(waiting):
                    await waiting
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
        filters = self._tables.get((Phase.FILTER, kind, target))
        if filters is not None:
            passed = self._filtered(filters, stanza, origin)
            if passed is None:
                return
            stanza = passed
        if kind == "iq" and (type_ := stanza.type) not in _REQUESTS:
            if type_ not in ("result", "error"):
                raise StanzaError("bad-request", "An iq is of type get, set, result or error (RFC 6120 §8.2.3).")
            if target is Target.OTHER:
                self._forward(stanza)
            else:
                self._answer(stanza, target)
        else:
            if kind == "iq" and (len(stanza.children) != 1 or stanza.id is None):
                raise StanzaError("bad-request", "A request has an id and exactly one child (RFC 6120 §8.2.3).")
            if not self._ask(Phase.HANDLE, stanza, target, origin):
                if target is Target.OTHER:
                    self._forward(stanza)
                else:
                    self._deliver(stanza, target)
        if (Phase.OBSERVE, kind, target) in self._tables:
            self._ask(Phase.OBSERVE, stanza, target, origin)

    def _ask(self, phase: Phase, stanza: Stanza, target: Target, origin: ISink | None) -> bool:
        table = self._tables.get((phase, stanza.kind, target))
        if table is None:
            return False
        for handler in table.of(stanza):
            verdict = handler(stanza, origin)
            if verdict is None or phase is Phase.OBSERVE:
                continue
            if iscoroutine(verdict):
                self._await(stanza, verdict)
            elif verdict is not HANDLED:
                self.route(verdict)
            return True
        return False

    def _filtered(self, filters: Claims, stanza: Stanza, origin: ISink | None) -> Stanza | None:
        """What passes the filters, which may put another stanza in its place; ``None`` if one of them kept it."""
        for handler in filters.of(stanza):
            verdict = handler(stanza, origin)
            if verdict is None:
                continue
            if isinstance(verdict, Instead):
                stanza = verdict.stanza
            else:
                if verdict is not HANDLED:
                    self.route(verdict)
                return None
        return stanza

    def _forward(self, stanza: Stanza) -> None:
        to = stanza.attrs["to"]
        sink = self._domains.get(address.domain(to)) or self._elsewhere
        if sink is None:
            raise StanzaError("remote-server-not-found")
        sink.deliver(stanza)

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
