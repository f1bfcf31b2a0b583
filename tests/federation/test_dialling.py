"""Where other servers are dialled: not at this machine or in private networks, unless the operator wrote that down."""

from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IHostnameResolver, IReactorPluggableNameResolver
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import MemoryReactorClock
from zope.interface import directlyProvides, implementer

from ccm.federation.dialling import endpoint
from ccm.federation.srv import Target


@implementer(IHostnameResolver)
class Names:
    """Every name has these addresses."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    def resolveHostName(self, receiver: Any, hostName: str, portNumber: int = 0, *_: Any) -> Any:
        receiver.resolutionBegan(None)
        for each in self._addresses:
            receiver.addressResolved((IPv6Address if ":" in each else IPv4Address)("TCP", each, portNumber))
        receiver.resolutionComplete()


def dialled(target: Target, *addresses: str, private: bool = False) -> list[str]:
    """The addresses that are tried. :raises DNSLookupError: if there is none."""
    reactor = MemoryReactorClock()
    reactor.nameResolver = Names(*addresses)  # type: ignore[attr-defined]
    directlyProvides(reactor, IReactorPluggableNameResolver)
    failed: list[Any] = []
    endpoint(reactor, target, 20, private=private).connect(Factory.forProtocol(Protocol)).addErrback(failed.append)
    reactor.advance(5)
    for failure in failed:
        failure.raiseException()
    return [host for host, *_ in reactor.tcpClients]


HIDDEN = ("127.0.0.1", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0")
HIDDEN_6 = ("::1", "fd00::5", "fe80::1", "::ffff:10.0.0.5", "64:ff9b::a00:5", "ff02::1")


@pytest.mark.parametrize("address", (*HIDDEN, *HIDDEN_6))
def test_a_private_address_is_not_dialled(address: str) -> None:
    with pytest.raises(DNSLookupError):
        dialled(Target("peer.example", 5269), address)
    assert dialled(Target("peer.example", 5269), address, private=True) == [address]
    assert dialled(Target("peer.example", 5269, written=True), address) == [address]


def test_the_public_addresses_of_a_name_are_dialled_and_no_others() -> None:
    assert dialled(Target("peer.example", 5269), "10.0.0.5", "8.8.8.8", "::1") == ["8.8.8.8"]


def test_a_domain_that_is_a_private_address_is_not_dialled() -> None:
    with pytest.raises(DNSLookupError):
        dialled(Target("10.0.0.5", 5269), "10.0.0.5")


def test_what_a_route_says_is_taken_as_it_is() -> None:
    assert Target.parse("10.0.0.5:5269").written
    assert not Target("10.0.0.5", 5269).written
