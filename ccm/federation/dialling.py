"""
Connecting to other servers: what a name in the DNS stands for may not be this machine or a private network.

Else anybody who writes to ``a@10.0.0.5``, or owns a name, could have this server knock at what only it can reach.
Places that the operator wrote down (``federation.routes``) are taken as they are.
"""

from typing import Any

from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.interfaces import IHostnameResolver, IReactorPluggableNameResolver, IResolutionReceiver
from twisted.logger import Logger
from zope.interface import implementer

from ccm.federation.srv import Target
from ccm.networks import is_public, literal

log = Logger()


def endpoint(reactor: Any, target: Target, seconds: float, *, private: bool) -> HostnameEndpoint:
    """
    Where a target is.

    :param seconds: for one attempt to connect.
    :param private: whether the DNS may lead to this machine and to private networks.
    """
    dialled = reactor if private or target.written else _Careful(reactor)
    return HostnameEndpoint(dialled, target.host, target.port, seconds)


@implementer(IReactorPluggableNameResolver)
class _Careful:
    """The reactor with :class:`PublicNames`."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self.nameResolver = PublicNames(reactor.nameResolver)

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        """See :class:`twisted.internet.interfaces.IReactorPluggableNameResolver`."""
        before, self.nameResolver = self.nameResolver, PublicNames(resolver)
        return before

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


@implementer(IHostnameResolver)
class PublicNames:
    """A resolver that knows public addresses only."""

    def __init__(self, resolver: IHostnameResolver) -> None:
        self._resolver = resolver

    def resolveHostName(self, resolutionReceiver: IResolutionReceiver, hostName: str, *more: Any, **named: Any) -> Any:
        """See :class:`twisted.internet.interfaces.IHostnameResolver`."""
        return self._resolver.resolveHostName(_Public(resolutionReceiver, hostName), hostName, *more, **named)


@implementer(IResolutionReceiver)
class _Public:
    """Hands on the public ones."""

    def __init__(self, receiver: IResolutionReceiver, host: str) -> None:
        self._receiver = receiver
        self._host = host
        self.resolutionBegan = receiver.resolutionBegan
        self.resolutionComplete = receiver.resolutionComplete

    def addressResolved(self, address: Any) -> None:
        """One address of the name."""
        found = literal(address.host.partition("%")[0])
        if found is not None and is_public(found):
            self._receiver.addressResolved(address)
        else:
            log.info(
                "{host} is at {address}, which is no public address: it is not dialled. If it is meant, "
                "name it in federation.routes, or set federation.private.",
                host=self._host,
                address=address.host,
            )
