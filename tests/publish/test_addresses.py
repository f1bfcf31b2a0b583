"""Where requests may go: addresses are checked, pinned, and not asked for twice."""

from ipaddress import ip_address

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IHostnameResolver
from zope.interface import implementer

from ccm.errors import Rejected, Unavailable
from ccm.publish.addresses import is_public
from ccm.publish.egress import Egress

PRIVATE = (
    *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
    *("::1", "::", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1"),
)
PUBLIC = ("93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")


@implementer(IHostnameResolver)
class Names:
    """A resolver that answers from a list, the next line each time it is asked; *asked* keeps for what."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = []

    def resolveHostName(self, receiver, host, port=0, *_):
        self.asked.append(host)
        receiver.resolutionBegan(None)
        for text in self._answers.pop(0):
            receiver.addressResolved((IPv6Address if ":" in text else IPv4Address)("TCP", text, port))
        receiver.resolutionComplete()


@pytest.mark.parametrize("text", PRIVATE)
def test_addresses_of_private_networks_are_not_public(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_addresses_of_the_internet_are_public(text):
    assert is_public(ip_address(text))


def egress_to(listening, names, **options):
    port = listening.url.rpartition(":")[2]
    url = f"http://cms.example:{port}"
    return url, Egress(reactor, url, resolver=names, section="publish.wordpress", **options)


@pytest_twisted.ensureDeferred
async def test_a_name_that_stands_for_this_machine_leads_nowhere(listening):
    for found in (["127.0.0.1"], ["::ffff:127.0.0.1"], ["::1", "10.0.0.1"]):
        url, egress = egress_to(listening, Names(found))
        with pytest.raises(Rejected) as caught:
            await egress.request("GET", url)
        assert str(caught.value) == (
            f"cms.example is at {found[0]}, which is no public address. "
            "If that is meant, set publish.wordpress.private = true."
        )
    assert listening.requests == []


@pytest_twisted.ensureDeferred
async def test_a_name_that_changes_its_address_is_asked_once_and_never_followed_inside(listening):
    """DNS rebinding: the first answer is public, every later one is this machine."""
    names = Names(["192.0.2.1", "127.0.0.1"], ["127.0.0.1"])
    url, egress = egress_to(listening, names)
    with pytest.raises(Rejected):
        await egress.request("GET", url)
    assert names.asked == ["cms.example"]
    with pytest.raises(Rejected):
        await egress.request("GET", url)
    assert listening.requests == []


@pytest_twisted.ensureDeferred
async def test_the_connection_goes_to_the_address_that_was_checked(listening):
    names = Names(["127.0.0.1"], ["192.0.2.1"])
    url, egress = egress_to(listening, names, private=True)
    assert (await egress.request("GET", url)).status == 200
    assert names.asked == ["cms.example"]
    assert listening.requests == ["GET /"]


@pytest_twisted.ensureDeferred
async def test_a_second_address_is_tried_when_the_first_refuses(listening):
    url, egress = egress_to(listening, Names(["127.255.255.254", "127.0.0.1"]), private=True)
    assert (await egress.request("GET", url)).status == 200


@pytest_twisted.ensureDeferred
async def test_a_name_without_address_is_unavailable_for_now(listening):
    url, egress = egress_to(listening, Names([]))
    with pytest.raises(Unavailable, match=r"cms\.example has no address") as caught:
        await egress.request("GET", url)
    assert not caught.value.ambiguous


@pytest_twisted.ensureDeferred
async def test_an_address_in_the_configuration_is_meant(listening):
    names = Names()
    assert (await Egress(reactor, listening.url, resolver=names).request("GET", listening.url)).status == 200
    assert names.asked == []
