"""
The domains of one process beside each other, each with a router of its own (virtual hosts).

What is for a domain that a router does not serve comes here and goes on to the router that does; else to other
servers, if they are talked to. To each of them the others are what other servers are, but for the way. Leaves out what
a domain is made of (:mod:`ccm.house`).
"""

from collections.abc import Iterator
from typing import Any

from zope.interface import implementer

from ccm import address
from ccm.errors import ConfigError, StanzaError
from ccm.interfaces import ISink
from ccm.router.router import Router
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza


@implementer(ISink)
class Neighbours:
    """
    What all routers of the process share; itself the sink for what a router has no place for.

    :ivar routers: the first is that of the server's own domain.
    :ivar hosts: every domain whose accounts are here.
    :ivar staying: domains whose people, without an account, write to nobody elsewhere.
    """

    jid = ""

    def __init__(self) -> None:
        self.routers: list[Router] = []
        self.hosts: dict[str, ISink | None] = {}
        self.staying: set[str] = set()
        self._beyond: ISink | None = None

    def add(self, router: Router) -> None:
        """
        Take in a domain's router, which sends on what is for others from now on.

        :raises ConfigError: if one of its domains is served already; later ones are refused as its own twice are.
        """
        for host in router.hosts:
            if self._is_taken(host):
                raise ConfigError(f"{host} is served twice in this process: take it out of one of its places.")
        router.is_taken = self._is_taken
        self.routers.append(router)
        self.hosts.update(router.hosts)
        self._lead_on()

    def set_elsewhere(self, sink: ISink | None) -> None:
        """Let a sink answer for every domain that nobody here answers for: other servers'."""
        self._beyond = sink
        self._lead_on()

    def _is_taken(self, domain: str) -> bool:
        return self.of(domain) is not None

    def _lead_on(self) -> None:
        for router in self.routers:
            router.set_elsewhere(self if len(self.routers) > 1 else self._beyond)

    # ---- what is asked as of one router

    def serves(self, domain: str) -> bool:
        """Whether a service or component here answers for that domain now."""
        return any(router.serves(domain) for router in self.routers)

    def domains(self) -> tuple[str, ...]:
        """Service and component domains that answer now, at every domain."""
        return tuple(domain for router in self.routers for domain in router.domains())

    def of(self, domain: str) -> Router | None:
        """The router of that domain, if it is here."""
        for router in self.routers:
            if domain in router.hosts or router.serves(domain):
                return router
        return None

    def route(self, stanza: Stanza, origin: ISink | None = None) -> None:
        """Bring a stanza in to whoever it is for; for a domain that is not here it is refused. Never raises."""
        (self.of(address.domain(stanza.to or "")) or self.routers[0]).route(stanza, origin)

    def session(self, jid: str) -> Any:
        """The session of a full JID, whichever domain it is of; ``None`` if there is none."""
        router = self.of(address.domain(jid))
        return router.session(jid) if router is not None else None

    def fire(self, event: str, *args: Any) -> None:
        """Tell everybody who hears that life event, at every domain."""
        for router in self.routers:
            router.fire(event, *args)

    async def tell(self, event: str, *args: Any) -> None:
        """As :meth:`fire`, for those who go on only when everybody is done: handlers may be coroutines."""
        for router in self.routers:
            await router.tell(event, *args)

    def all_sessions(self) -> Iterator[Any]:
        """Every bound session of every domain."""
        for router in self.routers:
            yield from router.all_sessions()

    # ---- sink

    def deliver(self, stanza: Stanza) -> None:
        """Take a stanza that one of the routers has no place for."""
        router = self.of(address.domain(stanza.to or ""))
        if self.staying and address.domain(stanza.from_ or "") in self.staying:
            self._refuse(stanza, StanzaError("forbidden", "From there nothing goes to other domains."))
        elif router is not None:
            router.route(stanza, self)
        elif self._beyond is not None:
            self._beyond.deliver(stanza)
        else:
            self._refuse(stanza, StanzaError("remote-server-not-found"))

    def _refuse(self, stanza: Stanza, error: StanzaError) -> None:
        answered = stanza.type == "error" or (stanza.kind, stanza.type) == ("iq", "result")
        if stanza.from_ is not None and not answered:
            self.route(stanza.error(error), self)

    def deliver_raw(self, template: FanOut) -> None:
        """A copy has no address of its own."""
        self.deliver(template.stanza)
