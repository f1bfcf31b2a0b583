"""
Which addresses a request may go to: a name is resolved once, and the connection goes to the address that was checked.

A name that comes to stand for this machine or a private network (DNS rebinding, RFC 1918, RFC 4193, RFC 6598,
link-local, the same inside an IPv6 address) leads nowhere, unless the operator said that it may. Leaves out proxies.
"""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.interfaces import (
    IHostnameResolver,
    IProtocol,
    IProtocolFactory,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from twisted.web.client import URI, BrowserLikePolicyForHTTPS
from twisted.web.iweb import IAgentEndpointFactory, IPolicyForHTTPS
from zope.interface import implementer

from ccm.errors import Rejected
from ccm.networks import is_public, literal

MAX_ADDRESSES = 4


async def resolved(resolver: IHostnameResolver, host: str, port: int, *, private: bool, remedy: str) -> tuple[str, ...]:
    """
    The addresses that may be asked for *host*; an address that the operator wrote down is taken as it is.

    :param remedy: what to do if the private network is meant, as the end of a sentence.
    :raises DNSLookupError: if there is no such name.
    :raises Rejected: if it stands for addresses of this machine or a private network only, and may not.
    """
    if (written := literal(host)) is not None:
        return (str(written),)
    heard = _Heard()
    resolver.resolveHostName(heard, host, port)
    found = await heard.done
    if not found:
        raise DNSLookupError(f"{host} has no address")
    allowed = [text for text in found if private or is_public(ip_address(text))]
    if not allowed:
        raise Rejected(f"{host} is at {found[0]}, which is no public address. If that is meant, {remedy}.")
    return tuple(allowed[:MAX_ADDRESSES])


@implementer(IResolutionReceiver)
class _Heard:
    """What a resolver says. :ivar done: fires with the addresses that it found."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self.done: Deferred[list[str]] = Deferred()

    def resolutionBegan(self, resolution: Any) -> None:
        pass

    def addressResolved(self, address: Any) -> None:
        self._found.append(address.host)

    def resolutionComplete(self) -> None:
        if not self.done.called:
            self.done.callback(self._found)


@implementer(IStreamClientEndpoint)
class Pinned:
    """
    An endpoint of a host that resolves, checks and connects, to one address after the other.

    :param seconds: for one attempt to connect.
    """

    def __init__(
        self,
        reactor: Any,
        resolver: IHostnameResolver,
        host: str,
        port: int,
        seconds: float,
        private: bool,
        remedy: str,
    ) -> None:
        self._reactor = reactor
        self._resolver = resolver
        self._host, self._port = host, port
        self._seconds = seconds
        self._private = private
        self._remedy = remedy

    def connect(self, protocolFactory: IProtocolFactory) -> "Deferred[IProtocol]":
        return Deferred.fromCoroutine(self._connect(protocolFactory))

    async def _connect(self, factory: IProtocolFactory) -> Any:
        found = await resolved(self._resolver, self._host, self._port, private=self._private, remedy=self._remedy)
        return await self._first(found, factory)

    async def _first(self, addresses: Iterable[str], factory: IProtocolFactory) -> Any:
        failed: ConnectError | None = None
        for text in addresses:
            made = TCP6ClientEndpoint if ":" in text else TCP4ClientEndpoint
            try:
                return await made(self._reactor, text, self._port, timeout=self._seconds).connect(factory)
            except ConnectError as error:
                failed = error
        assert failed is not None
        raise failed


@implementer(IAgentEndpointFactory)
class PinnedEndpoints:
    """
    Where a ``twisted.web`` agent connects to; over TLS the certificate is checked for the name, not the address.

    :param policy: of certificates; ``None`` trusts those that this machine trusts.
    """

    def __init__(
        self,
        reactor: Any,
        *,
        seconds: float,
        private: bool,
        remedy: str,
        resolver: IHostnameResolver | None = None,
        policy: IPolicyForHTTPS | None = None,
    ) -> None:
        self._reactor = reactor
        self._resolver = resolver
        self._seconds = seconds
        self._private = private
        self._remedy = remedy
        self._policy = policy

    def endpointForURI(self, uri: URI) -> IStreamClientEndpoint:
        resolver = self._resolver or self._reactor.nameResolver
        host = uri.host.decode("ascii")
        plain = Pinned(self._reactor, resolver, host, uri.port, self._seconds, self._private, self._remedy)
        if uri.scheme != b"https":
            return plain
        policy = self._policy or BrowserLikePolicyForHTTPS()
        return wrapClientTLS(policy.creatorForNetloc(uri.host, uri.port), plain)
