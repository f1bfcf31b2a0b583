"""Keys of dialback, and names in certificates."""

import pytest
from cryptography import x509
from fixtures.authority import Authority, srv_name, xmpp_address
from hypothesis import given
from hypothesis import strategies as st

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm.federation.certificates import is_for
from ccm.federation.dialback import Keys
from wokkel.server import generateKey

_ASCII = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)


@given(secret=_ASCII, receiving=_ASCII, originating=_ASCII, stream=_ASCII)
def test_keys_are_those_of_wokkel(secret: str, receiving: str, originating: str, stream: str) -> None:
    made = Keys(secret.encode()).key(receiving, originating, stream)
    assert made == generateKey(secret, receiving, originating, stream)


def test_the_key_of_the_specification() -> None:  # XEP-0185 §3
    key = Keys(b"s3cr3tf0rd14lb4ck").key("xmpp.example.com", "example.org", "D60000229F")
    assert key == "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643"


def test_keys_hold_for_domains_of_other_letters() -> None:
    keys = Keys(b"secret")
    assert keys.fits(keys.key("bücher.example", "one.example", "1"), "bücher.example", "one.example", "1")
    assert not keys.fits("ü", "bücher.example", "one.example", "1")


@pytest.mark.parametrize(
    ("names", "domain", "fits"),
    [
        (("two.example",), "two.example", True),
        (("two.example",), "x.two.example", False),
        (("*.two.example",), "x.two.example", True),
        (("*.two.example",), "two.example", False),
        (("*.two.example",), "x.y.two.example", False),
        (("www.example", srv_name("_xmpp-server.two.example")), "two.example", True),
        (("www.example", srv_name("_xmpp-client.two.example")), "two.example", False),
        (("two.example", srv_name("_sip.other.example")), "two.example", True),
        ((xmpp_address("two.example"),), "two.example", True),
        ((xmpp_address("bücher.example"),), "bücher.example", True),
        (("xn--bcher-kva.example",), "bücher.example", True),
        ((xmpp_address("ann@two.example"),), "two.example", False),
        (("127.0.0.1",), "127.0.0.1", True),
        (("127.0.0.2",), "127.0.0.1", False),
    ],
)
def test_a_certificate_is_for_the_domains_that_it_names(
    authority: Authority, names: tuple[str | x509.GeneralName, ...], domain: str, fits: bool
) -> None:
    assert is_for(authority.make(*names), domain) is fits
