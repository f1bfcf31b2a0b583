"""
Where another server is: ``_xmpp-server._tcp`` and ``_xmpps-server._tcp`` (RFC 6120 §3.2, RFC 2782, XEP-0368 1.2).

The DNS is asked by ``twisted.names``, which answers in the reactor without a thread a question. Leaves out DANE and
``_xmpp-server`` over anything but TCP; addresses of hosts are the connecting endpoint's concern.
"""

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import idna
from twisted.internet.defer import TimeoutError as WaitedLong
from twisted.names import dns
from twisted.names.client import Resolver
from twisted.names.error import DNSNameError, DomainError, ResolverError

from ccm.errors import CCMError, ConfigError

PORT = 5269
_LONGEST_NAME, _LONGEST_LABEL = 253, 63  # RFC 1035 §2.3.4
_SERVICES = (("_xmpps-server._tcp", True), ("_xmpp-server._tcp", False))
_ASK_SECONDS = (1, 2, 4)
_MOST_PLACES = 8  # of a domain, that are tried: who writes its records may write a thousand that never answer


class Unreachable(CCMError):
    """
    Another server cannot be reached now.

    :ivar condition: the stanza error that senders get. :ivar lasting: trying again soon is useless.
    """

    def __init__(self, text: str, *, lasting: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.lasting = lasting
        self.condition = "remote-server-not-found" if lasting else "remote-server-timeout"


@dataclass(frozen=True, slots=True)
class Record:
    """One SRV record (RFC 2782)."""

    priority: int
    weight: int
    port: int
    host: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect; *direct_tls* without STARTTLS. *written* in the configuration, not found in the DNS."""

    host: str
    port: int
    direct_tls: bool = False
    written: bool = field(default=False, compare=False)

    @classmethod
    def parse(cls, route: str) -> "Target":
        """``host:port`` or ``tls://host:port``. :raises ConfigError: if it is neither."""
        where = route.removeprefix("tls://")
        host, _, port = where.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise ConfigError(f"federation.routes: {route!r} is no place: write host:port or tls://host:port.")
        return cls(host.strip("[]"), int(port), where != route, written=True)


#: The records of a name; none for a name without any. May raise ``Unreachable``.
Lookup = Callable[[str], Awaitable[list[Record]]]


class Locator:
    """
    :param routes: domain, or ``*.domain`` for all below it, -> place; these are not looked up.
    :param random: a number from 0 to below 1.
    :raises ConfigError: for a route that is none.
    """

    def __init__(self, routes: Mapping[str, str], lookup: Lookup, random: Callable[[], float]) -> None:
        self._routes: dict[str, Target] = {}
        self._lookup = lookup
        self._random = random
        for domain, route in routes.items():
            self.add(domain, route)

    def add(self, domain: str, route: str) -> None:
        """From now on that domain is there. :raises ConfigError: for a route that is none."""
        self._routes[domain] = Target.parse(route)

    def _route(self, domain: str) -> Target | None:
        """Its own, or that of the nearest above it."""
        found = self._routes.get(domain)
        above = domain
        while found is None and above:
            above = above.partition(".")[2]
            found = self._routes.get(f"*.{above}")
        return found

    async def find(self, domain: str) -> list[Target]:
        """*async* The places of a domain, the best first. :raises Unreachable: if it has none."""
        route = self._route(domain)
        if route is not None:
            return [route]
        name = ascii_name(domain)
        if _is_ip(name):
            return [Target(name.strip("[]"), PORT)]
        records: list[tuple[Record, bool]] = []
        offered = False
        for service, direct in _SERVICES:
            found = await self._lookup(f"{service}.{name}")
            offered = offered or bool(found)
            records += [(record, direct) for record in found if record.host not in ("", ".")]
        if offered and not records:
            raise Unreachable(f"{domain} offers no such service.", lasting=True)
        if not records:
            return [Target(name, PORT)]
        best = ordered(records, self._random)[:_MOST_PLACES]
        return [Target(record.host, record.port, direct) for record, direct in best]


def ordered(records: Iterable[tuple[Record, bool]], random: Callable[[], float]) -> list[tuple[Record, bool]]:
    """By priority, and within one at random by weight (RFC 2782); both services are one set (XEP-0368 §2)."""
    left = sorted(records, key=lambda pair: (pair[0].priority, pair[0].weight))
    result = []
    while left:
        first = [pair for pair in left if pair[0].priority == left[0][0].priority]
        mark = random() * sum(pair[0].weight for pair in first)
        for pair in first:
            mark -= pair[0].weight
            if mark <= 0:
                break
        left.remove(pair)
        result.append(pair)
    return result


def ascii_name(domain: str) -> str:
    """A domain as the DNS and certificates write it. :raises Unreachable: if it cannot be."""
    try:
        name = domain if domain.isascii() else idna.encode(domain).decode()
    except idna.IDNAError as error:
        raise Unreachable(f"{domain} cannot be a name in the DNS.", lasting=True) from error
    if len(name) > _LONGEST_NAME or any(not 0 < len(label) <= _LONGEST_LABEL for label in name.split(".")):
        raise Unreachable(f"{domain[:100]} cannot be a name in the DNS.", lasting=True)
    return name


def dns_lookup(reactor: Any, nameservers: Iterable[str]) -> Lookup:
    """
    What asks the DNS.

    :param nameservers: ``address`` or ``address:port``; the system's if there are none.
    :raises ConfigError: for one that is neither.
    """
    servers = [_nameserver(server) for server in nameservers]
    made: list[Resolver] = []

    async def look(name: str) -> list[Record]:
        if not made:
            made.append(Resolver(None if servers else "/etc/resolv.conf", servers, _ASK_SECONDS, reactor))
        try:
            answers, _, _ = await made[0].lookupService(name, _ASK_SECONDS)
        except DNSNameError:
            return []
        except (DomainError, ResolverError, WaitedLong, OSError) as error:
            raise Unreachable(f"The DNS did not say where {name} is.") from error
        found = (answer.payload for answer in answers if answer.type == dns.SRV)
        return [
            Record(one.priority, one.weight, one.port, one.target.name.decode(errors="replace") or ".") for one in found
        ]

    return look


def _nameserver(written: str) -> tuple[str, int]:
    host, _, port = written.rpartition(":") if written.count(":") == 1 else (written, "", "53")
    try:
        return str(ipaddress.ip_address(host)), int(port)
    except ValueError as error:
        raise ConfigError(f"federation.nameservers: {written!r} is no address or address:port.") from error


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
