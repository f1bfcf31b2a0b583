"""Assembly of federation: streams with other servers, both ways, and the sink of the router that stands for them."""

import random
import secrets
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort
from twisted.internet.protocol import Factory

from ccm import listening
from ccm.federation import dialling
from ccm.federation.certificates import Credentials, Tls
from ccm.federation.dialback import Keys
from ccm.federation.elsewhere import Elsewhere
from ccm.federation.incoming import IncomingStream
from ccm.federation.listener import Buckets, IncomingFactory
from ccm.federation.options import FederationOptions
from ccm.federation.outgoing import OutgoingStream
from ccm.federation.policy import Policy
from ccm.federation.queue import Budget
from ccm.federation.srv import Locator, Target, dns_lookup
from ccm.federation.terms import Barrier, Terms
from ccm.router.neighbours import Neighbours
from ccm.router.router import Router
from ccm.settings import Settings
from ccm.transports.outgoing import Outgoing, Turn
from ccm.wire.limits import WireOptions
from ccm.wire.parsers import ParserPool


def of(
    reactor: Any,
    settings: Settings,
    router: Router | Neighbours,
    credentials: Credentials,
    secret: bytes,
    own: Collection[str],
    barrier: Barrier = lambda: None,
) -> "Federation":
    """
    Made of the options; it does nothing unless it is enabled. See :class:`Federation`.

    :raises ConfigError: if an option cannot be used.
    """
    staying = [each for each in (settings, *settings.hosts.values()) if not each["modules.anonymous"].elsewhere]
    anonymous = [host for each in staying for host in each["sasl"].anonymous_hosts]
    guests = (*anonymous, settings["guests"].domain(settings["server"].host))
    federation = Federation(
        reactor,
        router,
        settings["federation"],
        settings["wire"],
        credentials,
        secret,
        own,
        [guest for guest in guests if guest],
        barrier,
    )
    federation.elsewhere.terms.policy.check()
    return federation


class Federation:
    """
    Everything that talks with other servers; what comes for them is taken at once, :meth:`listen` lets them in.

    :param own: domains that are served here even while nobody answers for them.
    :param guests: domains whose people stay inside.
    :param barrier: fires once everything queued so far is on disk: others' stanzas are acknowledged then.
    :param secret: of dialback keys; the same for every process that answers for these domains.
    :raises ConfigError: if an option cannot be used.
    :ivar ports: those that are listened on. :ivar locator: knows where other servers are.
    """

    def __init__(
        self,
        reactor: Any,
        router: Router | Neighbours,
        options: FederationOptions,
        wire: WireOptions,
        credentials: Credentials,
        secret: bytes,
        own: Collection[str] = (),
        guests: Collection[str] = (),
        barrier: Barrier = lambda: None,
        weight: Callable[[], float] = random.random,
    ) -> None:
        self._reactor = reactor
        self._router = router
        self._options = options
        self.ports: list[IListeningPort] = []
        turn = Turn(partial(reactor.callLater, 0))

        def terms(elsewhere: Elsewhere) -> Terms:
            policy = Policy(router, options, own, guests)
            return Terms(
                options=options,
                policy=policy,
                tls=Tls(credentials, options.ca_file, policy.is_open),
                keys=Keys(secret),
                pool=ParserPool(wire),
                clock=reactor,
                writer=lambda transport, most, overflow, burst: Outgoing(transport, turn, most, overflow, burst),
                random=secrets.token_bytes,
                verify=elsewhere.verify,
                barrier=barrier,
                budget=Budget(options.queue_bytes_all),
            )

        self.locator = Locator(options.routes, dns_lookup(reactor, options.nameservers), weight)
        self.elsewhere = elsewhere = Elsewhere(router, terms, self.locator, self._dial, weight)
        host = next(iter(router.hosts))
        accept = partial(
            IncomingFactory, elsewhere.terms, elsewhere.received, elsewhere.lost, host, buckets=Buckets(elsewhere.terms)
        )
        self._factories = (accept(), accept(direct_tls=True))
        if options.enabled:
            router.set_elsewhere(elsewhere)

    async def listen(self) -> None:
        """Let others connect. :raises OSError: if an address is taken."""
        if not self._options.enabled:
            return
        options = self._options
        places = (("listen", options.listen), ("direct_tls", options.direct_tls))
        for accepting, (option, endpoints) in zip(self._factories, places, strict=True):
            for endpoint in endpoints:
                self.ports.append(await listening.listen(self._reactor, f"federation.{option}", endpoint, accepting))

    async def stop(self) -> None:
        """Close listeners and streams; what waits goes back to its senders, who are still here."""
        for port in self.ports:
            stopping = port.stopListening()
            if stopping is not None:
                await stopping
        self.ports.clear()
        self.elsewhere.stop()
        for factory in self._factories:
            factory.stop()
        self._router.set_elsewhere(None)

    def incoming(self) -> tuple[IncomingStream, ...]:
        """The connections that others have opened."""
        return tuple(stream for factory in self._factories for stream in factory.streams)

    def figures(self) -> dict[str, int]:
        """For the operator."""
        return {"federation_streams_in": len(self.incoming()), **self.elsewhere.figures()}

    def _dial(self, target: Target, stream: OutgoingStream) -> "Deferred[Any]":
        options = self._options
        endpoint = dialling.endpoint(self._reactor, target, options.connect_seconds, private=options.private)
        factory = Factory.forProtocol(lambda: stream)
        factory.noisy = False
        connected: Deferred[Any] = endpoint.connect(factory)
        return connected
