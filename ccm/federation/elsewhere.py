"""
The sink of every domain that is not served here: other servers (RFC 6120 §10.4).

Keeps one link for each pair of domains. Leaves out the streams that others open, which bring stanzas to the router.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.logger import Logger
from zope.interface import implementer

from ccm import address
from ccm.errors import StanzaError
from ccm.federation.link import Link
from ccm.federation.outgoing import OutgoingStream, Question
from ccm.federation.shares import gives_way
from ccm.federation.srv import Locator, Target, Unreachable
from ccm.federation.terms import Terms
from ccm.interfaces import ISink
from ccm.router.neighbours import Neighbours
from ccm.router.router import Router
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

log = Logger()

#: ``dial(target, protocol)`` fires once connected; fails with what ``twisted.internet.error`` has for that.
Dial = Callable[[Target, OutgoingStream], "Deferred[Any]"]
_QUESTIONS = 64  # that are open at a time


@implementer(ISink)
class Elsewhere:
    """
    :param terms: made by ``terms(self)``, since streams that others open ask by ours.
    :param random: a number from 0 to below 1.
    """

    jid = ""

    def __init__(
        self,
        router: Router | Neighbours,
        terms: Callable[["Elsewhere"], Terms],
        locator: Locator,
        dial: Dial,
        random: Callable[[], float],
    ) -> None:
        self.terms = terms(self)
        self._router = router
        self._locator = locator
        self._dial = dial
        self._random = random
        self._links: dict[tuple[str, str], Link] = {}
        self._questions = 0
        self._stopping = False

    def deliver(self, stanza: Stanza) -> None:
        """Send it on, or tell its sender why not."""
        own, other = address.domain(stanza.from_ or ""), address.domain(stanza.to or "")
        policy = self.terms.policy
        if not policy.may_leave(own):
            error = "remote-server-not-found" if not policy.is_own(own) else "forbidden"
            self.refuse(stanza, StanzaError(error, "From there nothing goes to other servers."))
        elif not policy.admits(other):
            self.refuse(stanza, StanzaError("remote-server-not-found", f"{other} cannot be written to from here."))
        else:
            link = self._links.get((own, other)) or self._link(own, other)
            if link is None:
                self.refuse(stanza, StanzaError("resource-constraint", "Too many other servers are talked to now."))
            else:
                link.send(stanza)

    def deliver_raw(self, template: FanOut) -> None:
        """A copy has no address of its own."""
        self.deliver(template.stanza)

    def refuse(self, stanza: Stanza, error: StanzaError) -> None:
        """
        Send an error back (RFC 6120 §8.3.1): for messages, requests, and presence that somebody waits to be answered.

        Of what tells an end, answers, or asks for presence in the server's own name, nobody waits for the fate. While
        this server stops only people hear of it: to a room it would mean that its occupant is gone.
        """
        type_ = stanza.type
        if self._stopping and self._router.session(stanza.from_ or "") is None:
            return
        if type_ == "error" or stanza.from_ is None or (stanza.kind == "iq" and type_ not in ("get", "set")):
            return
        if stanza.kind == "presence" and type_ not in (None, "subscribe"):
            return
        error.by = error.by or address.domain(stanza.from_)
        self._router.route(stanza.error(error), self)

    def received(self, stanza: Stanza, domain: str) -> None:
        """What came from another server, which has proved to be that domain."""
        self._router.route(stanza, Neighbour(domain, self))

    def lost(self, domain: str) -> None:
        """A stream broke."""
        self._router.fire("domain-lost", domain)

    async def verify(self, own: str, other: str, stream: str, key: str) -> bool:
        """*async* Ask *other* whether a key is its own (XEP-0220 §2.3). :raises Unreachable: if it cannot be asked."""
        if self._questions >= _QUESTIONS:
            raise Unreachable("Too many are being asked at the moment.")
        self._questions += 1
        try:
            answer = await self._connect(own, other, Question(stream, key))
        finally:
            self._questions -= 1
        return answer is True

    def figures(self) -> dict[str, int]:
        """For the operator: streams to others, and what waits for them."""
        links = self._links.values()
        return {
            "federation_streams_out": sum(link.state == "up" for link in links),
            "federation_waiting": sum(link.waiting for link in links),
        }

    def stop(self) -> None:
        """Close every stream."""
        self._stopping = True
        for link in tuple(self._links.values()):
            link.stop()
        self._links.clear()

    # ---- inside

    def _link(self, own: str, other: str) -> Link | None:
        """A new link, in the place of another if there are too many."""
        options = self.terms.options
        if len(self._links) >= options.streams:
            pair = gives_way(self._links, (own, other))
            if pair is None:
                return None
            self._links.pop(pair).stop("Too many other servers are talked to now.")
        terms = self.terms
        link = Link(
            own,
            other,
            options,
            terms.budget,
            terms.clock,
            self._open_stream,
            self.refuse,
            self.lost,
            self._random,
        )
        self._links[own, other] = link
        return link

    async def _open_stream(self, own: str, other: str) -> OutgoingStream:
        stream = await self._connect(own, other)
        if not isinstance(stream, OutgoingStream):
            raise Unreachable(f"{other} cannot be reached now.")
        return stream

    async def _connect(self, own: str, other: str, question: Question | None = None) -> OutgoingStream | bool:
        """The first of the domain's places that answers as it should."""
        trouble = Unreachable(f"{other} cannot be reached now.")
        clock, options = self.terms.clock, self.terms.options
        until = clock.seconds() + options.queue_seconds  # nobody waits any longer
        for target in await self._locator.find(other):
            if clock.seconds() >= until:
                break
            stream = OutgoingStream(self.terms, own, other, direct_tls=target.direct_tls, question=question)
            try:
                await self._dial(target, stream)
            except (DNSLookupError, ValueError) as error:  # ValueError: a record leads to what is no name
                trouble = Unreachable(f"{target.host} has no public address in the DNS.", lasting=True)
                log.debug("{host} was not found: {error}", host=target.host, error=error)
                continue
            except (ConnectError, OSError) as error:
                trouble = Unreachable(f"{other} does not answer.")
                log.debug("{host} does not answer: {error}", host=target.host, error=error)
                continue
            try:
                return await stream.ready
            except Unreachable as error:
                trouble = error
            except CancelledError:
                stream.abort()
                raise
        raise trouble


@implementer(ISink)
class Neighbour:
    """Where a stanza from another server came from."""

    __slots__ = ("_elsewhere", "jid")

    def __init__(self, domain: str, elsewhere: Elsewhere) -> None:
        self.jid = domain
        self._elsewhere = elsewhere

    def deliver(self, stanza: Stanza) -> None:
        """Send to it."""
        self._elsewhere.deliver(stanza)

    def deliver_raw(self, template: FanOut) -> None:
        """Send to it."""
        self._elsewhere.deliver_raw(template)
