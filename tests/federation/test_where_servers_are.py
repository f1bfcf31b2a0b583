"""Where a domain's server is: the DNS, routes, and names that are none."""

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor as real_reactor
from twisted.names import authority, dns, server

from ccm.errors import ConfigError
from ccm.federation.srv import Locator, Record, Target, Unreachable, ascii_name, dns_lookup, ordered
from ccm.testing.fakes import result_of

reactor: Any = real_reactor


def locator(records: dict[str, list[Record]], **routes: str) -> Locator:
    async def look(name: str) -> list[Record]:
        return records.get(name, [])

    return Locator({name.replace("_", "."): place for name, place in routes.items()}, look, lambda: 0.0)


def test_a_route_is_not_looked_up() -> None:
    found = locator({}, two_example="127.0.0.1:15269", three_example="tls://[::1]:99")
    assert result_of(found.find("two.example")) == [Target("127.0.0.1", 15269)]
    assert result_of(found.find("three.example")) == [Target("::1", 99, direct_tls=True)]


@pytest.mark.parametrize("route", ["", "host", "host:", "host:x", "host:0", "host:70000", ":5269"])
def test_a_route_that_is_no_place_stops_the_start(route: str) -> None:
    with pytest.raises(ConfigError, match="host:port"):
        locator({}, two_example=route)


def test_without_records_the_domain_itself_is_tried() -> None:
    assert result_of(locator({}).find("two.example")) == [Target("two.example", 5269)]


def test_a_route_may_be_for_everything_below_a_domain() -> None:
    routes = {"*.example": "192.0.2.1:1", "*.two.example": "192.0.2.2:2", "a.two.example": "192.0.2.3:3"}
    found = locator({})
    for domain, place in routes.items():
        found.add(domain, place)
    for domain, port in (("a.two.example", 3), ("b.two.example", 2), ("c.b.two.example", 2), ("two.example", 1)):
        assert result_of(found.find(domain))[0].port == port
    assert result_of(found.find("elsewhere.test")) == [Target("elsewhere.test", 5269)]


def test_records_of_both_services_are_one_set() -> None:
    found = locator(
        {
            "_xmpp-server._tcp.two.example": [Record(5, 0, 5269, "a.example"), Record(20, 0, 5269, "b.example")],
            "_xmpps-server._tcp.two.example": [Record(10, 0, 5270, "c.example")],
        }
    )
    assert result_of(found.find("two.example")) == [
        Target("a.example", 5269),
        Target("c.example", 5270, direct_tls=True),
        Target("b.example", 5269),
    ]


def test_one_service_that_is_not_offered_leaves_the_other() -> None:
    records = {"_xmpps-server._tcp.two.example": [Record(0, 0, 0, ".")]}
    with pytest.raises(Unreachable) as raised:
        result_of(locator(records).find("two.example"))
    assert raised.value.lasting
    records["_xmpp-server._tcp.two.example"] = [Record(0, 0, 5269, "a.example")]
    assert result_of(locator(records).find("two.example")) == [Target("a.example", 5269)]


def test_weights_share_a_priority() -> None:
    pairs = [(Record(0, 1, 1, "light"), False), (Record(0, 9, 1, "heavy"), False), (Record(1, 99, 1, "last"), False)]
    first = [ordered(pairs, lambda mark=mark: mark / 10)[0][0].host for mark in range(10)]
    assert first.count("heavy") == 8  # a mark of 0 and of 1 is the light one's
    assert all(ordered(pairs, lambda mark=mark: mark / 10)[2][0].host == "last" for mark in range(10))


def test_a_domain_of_other_letters_is_looked_up_as_the_dns_writes_it() -> None:
    assert ascii_name("bücher.example") == "xn--bcher-kva.example"
    with pytest.raises(Unreachable):
        ascii_name("ü" * 80 + ".example")


@pytest.fixture
def nameserver() -> Iterator[str]:
    """A DNS server on a port of its own."""
    records = {
        b"_xmpp-server._tcp.two.example": [dns.Record_SRV(5, 1, 5269, b"xmpp.two.example", ttl=60)],
        b"two.example": [dns.Record_SOA(b"two.example", b"admin.two.example", 1, 60, 60, 60, 60, ttl=60)],
    }
    factory = server.DNSServerFactory(authorities=[_Zone(records)])
    port = reactor.listenUDP(0, dns.DNSDatagramProtocol(factory), interface="127.0.0.1")
    yield f"127.0.0.1:{port.getHost().port}"
    pytest_twisted.blockon(port.stopListening())


class _Zone(authority.FileAuthority):
    """Records without a file."""

    def __init__(self, records: dict[bytes, list[Any]]) -> None:
        super().__init__("")
        self.records = records
        self.soa = (b"two.example", records[b"two.example"][0])

    def loadFile(self, filename: str) -> None:
        """There is none."""


@pytest_twisted.ensureDeferred
async def test_a_nameserver_is_asked(nameserver: str) -> None:
    look = dns_lookup(reactor, [nameserver])
    assert await look("_xmpp-server._tcp.two.example") == [Record(5, 1, 5269, "xmpp.two.example")]
    assert await look("_xmpps-server._tcp.two.example") == []


def test_a_nameserver_that_is_no_address_stops_the_start() -> None:
    with pytest.raises(ConfigError, match="no address"):
        dns_lookup(reactor, ["ns.example"])
