"""
The domains that components serve, here or over XEP-0114: what goes to them, and what comes from them.

A served domain is the router's sink; behind it stands a :class:`~ccm.router.backlog.Backlog` with one connection or
several, and the presence of the domain. Leaves out how stanzas reach a component.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.logger import Logger
from zope.interface import implementer

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.interfaces import ISessionState, ISink
from ccm.router.backlog import Backlog, Server
from ccm.router.domain_presence import DomainPresence
from ccm.router.queue_options import ComponentQueueOptions
from ccm.router.router import Router
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

log = Logger()

_ECHOES = 10_000
_ECHO_SECONDS = 60.0
_ORIGIN = re.compile(rb"<origin-id\b[^>]*?\sid=(?:'([^']*)'|\"([^\"]*)\")")

Later = Callable[[float, Callable[[], Any]], Callable[[], None]]


class Traffic:
    """
    What all served domains share.

    :param now: seconds, monotonic.
    :param state: where subscribers of components are kept; ``None`` keeps them in memory.
    :param own: domains of CCM's own components, which do nothing twice that is asked twice.
    :ivar domains: by their names.
    """

    def __init__(
        self,
        router: Router,
        options: ComponentQueueOptions,
        now: Callable[[], float],
        later: Later,
        *,
        state: ISessionState | None = None,
        spawn: Callable[..., Any] | None = None,
        own: frozenset[str] = frozenset(),
    ) -> None:
        self.router = router
        self.options = options
        self.now = now
        self.later = later
        self.state = state if spawn is not None else None
        self.domains: dict[str, ServedDomain] = {}
        self._spawn = spawn
        self._own = own

    def domain(self, jid: str) -> "ServedDomain":
        """The sink of a domain; it is the router's while somebody serves it."""
        if jid not in self.domains:
            repeatable = jid in self._own or jid in self.options.retry_sets
            self.domains[jid] = ServedDomain(jid, self, repeatable=repeatable)
        return self.domains[jid]

    def strain(self, level: int) -> None:
        """The load of the whole server changed."""
        for domain in self.domains.values():
            domain.backlog.strain(level)

    def slow(self, jid: str, seconds: float) -> None:
        """Read nothing of that client for so long; of who is no client here, nothing changes."""
        connection = getattr(self.router.session(jid), "connection", None)
        slow = getattr(connection, "slow", None)
        if slow is not None:
            slow(seconds)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in its own right."""
        if self._spawn is not None:
            self._spawn(work, lambda _: None, lambda error: log.error("Presence: {error!r}", error=error))

    def figures(self) -> dict[str, dict[str, float]]:
        """What operators see of each domain, by the name of the figure."""
        figures: dict[str, dict[str, float]] = {}
        for jid, domain in self.domains.items():
            backlog = domain.backlog
            for name, value in (
                ("connections", len(backlog.servers)),
                ("requests_open", backlog.open),
                ("requests_working", backlog.working),
                ("requests_refused", backlog.refused),
                ("requests_repeated", backlog.repeated),
                ("answer_seconds", backlog.seconds),
                ("busy", backlog.busy),
            ):
                figures.setdefault(f"component_{name}", {})[jid] = float(value)
        return figures


@implementer(ISink)
class ServedDomain:
    """One domain and the connections that serve it now."""

    def __init__(self, jid: str, traffic: Traffic, *, repeatable: bool) -> None:
        self.jid = jid
        self._router = traffic.router
        self._now = traffic.now
        options = traffic.options
        self.presence = DomainPresence(
            jid, self._send, traffic.state, traffic.start, traffic.later, options.max_subscribers
        )
        self.backlog = Backlog(
            options,
            traffic.now,
            traffic.later,
            self._refuse,
            traffic.slow,
            self.presence.become,
            repeatable=repeatable,
        )
        self._joined = 0
        self._numbers: dict[str, Server] = {}
        #: (to, origin-id) of messages -> when they passed
        self._passed: OrderedDict[tuple[str, str], float] = OrderedDict()

    @property
    def connections(self) -> tuple[Any, ...]:
        """In the order of their coming."""
        return tuple(self.backlog.servers)

    # ---- ISink

    def deliver(self, stanza: Stanza) -> None:
        """To a connection, now or in its turn."""
        if stanza.kind == "presence":
            self.presence.asked(stanza)
        elif stanza.kind == "iq" and stanza.attrs.get("type") in ("result", "error") and self._returned(stanza):
            return
        self.backlog.offer(stanza)

    def deliver_raw(self, template: FanOut) -> None:
        """A copy of what goes to many, to the domain itself."""
        self.deliver(template.stanza.copy(to=self.jid))

    # ---- connections

    def join(self, server: Server, welcome: Callable[[], None] = lambda: None) -> None:
        """
        One more serves it.

        :param welcome: called before it gets anything.
        :raises StanzaError: ``conflict`` if the domain is served otherwise.
        """
        if not self.backlog.servers:
            self._router.add_domain(self.jid, self)
        welcome()
        self._joined += 1
        self._numbers[str(self._joined)] = server
        self.presence.join(server)
        self.backlog.add(server)

    def leave(self, server: Server) -> None:
        """One is gone."""
        if server not in self.backlog.servers:
            return
        self._numbers = {number: each for number, each in self._numbers.items() if each is not server}
        if len(self.backlog.servers) == 1:
            self._router.remove_domain(self.jid, self)
        self.backlog.remove(server)
        self.presence.leave(server)

    def came(self, stanza: Stanza, server: Server) -> None:
        """The component sent a stanza: bring it on, unless it is a late answer, no news, or said before."""
        if stanza.kind == "iq":
            if stanza.attrs.get("type") not in ("result", "error"):
                stanza = self._marked(stanza, server)
            elif not self.backlog.answered(stanza):
                return
        elif stanza.kind == "presence":
            changed = self.presence.said(stanza, server)
            if changed is None:
                return
            stanza = changed
        else:
            self.backlog.told(stanza, server)
            if self._joined > 1 and self._echo(stanza):
                return
        self._router.route(stanza, self)

    # ---- inside

    def _marked(self, stanza: Stanza, server: Server) -> Stanza:
        """A request of the component's own: its id tells which connection the answer is for."""
        if not server.apart or stanza.id is None:
            return stanza
        number = next((number for number, each in self._numbers.items() if each is server), "0")
        return stanza.copy(id=f"{number}.{stanza.id}")

    def _returned(self, stanza: Stanza) -> bool:
        """Whether an answer was for a connection's own request; it has it then, unless it is gone."""
        number, dot, id_ = (stanza.id or "").partition(".")
        if not dot or not number.isdecimal() or int(number) > self._joined:
            return False
        server = self._numbers.get(number)
        if server is not None and server.apart:
            server.hand(stanza.copy(id=id_))
            return True
        return server is None

    def _echo(self, stanza: Stanza) -> bool:
        """
        Whether a connection says again what another one has said.

        A request is given to another connection when one dies, which may have told people already. Messages of rooms
        are left to the room, which tells who sends again.
        """
        if (ns.STANZA_ID, "origin-id") not in stanza.children or stanza.type == "groupchat":
            return False
        match = _ORIGIN.search(stanza.inner)
        if match is None:
            return False
        now, passed = self._now(), self._passed
        while passed and (len(passed) >= _ECHOES or next(iter(passed.values())) < now - _ECHO_SECONDS):
            passed.popitem(last=False)
        key = (stanza.to or "", (match[1] or match[2] or b"").decode())
        if key in passed:
            return True
        passed[key] = now
        return False

    def _send(self, stanza: Stanza) -> None:
        self._router.route(stanza, self)

    def _refuse(self, stanza: Stanza, error: StanzaError) -> None:
        """Answer in the component's place; never an error or a result, nor presence (RFC 6120 §8.3.1)."""
        if stanza.type != "error" and (stanza.kind, stanza.type) != ("iq", "result") and stanza.kind != "presence":
            self._router.route(stanza.error(error))
