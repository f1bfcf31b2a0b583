"""Strangers choose addresses: what is remembered of them is bounded."""

from twisted.words.protocols.jabber.jid import internJID

import ccm.wokkel_imports  # noqa: F401 - bounds what Twisted remembers
from ccm import address
from ccm.wokkel_imports import MOST_JIDS, Bounded


def test_twisted_forgets_the_oldest_of_the_jids_that_it_interned() -> None:
    first = internJID("first@localhost")
    assert internJID("first@localhost") is first
    for number in range(MOST_JIDS):
        internJID(f"p{number}@localhost")
    assert internJID("first@localhost") is not first
    assert isinstance(internJID.__globals__["__internJIDs"], Bounded)
    assert len(internJID.__globals__["__internJIDs"]) <= MOST_JIDS


def test_long_addresses_are_prepared_and_not_remembered() -> None:
    before = address._remembered.cache_info().currsize
    for number in range(50):
        assert address.prepare(f"Ä{'a' * 300}{number}@localhost").startswith("äaaa")
    assert address._remembered.cache_info().currsize == before
    assert address.prepare("ÄNN@localhost") == "änn@localhost"
    assert address._remembered.cache_info().currsize <= 20_000
