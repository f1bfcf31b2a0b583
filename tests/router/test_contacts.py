"""Rosters in memory: order while loading, saving, forgetting."""

import pytest
from twisted.internet.defer import Deferred

from ccm.errors import StoreUnavailable
from ccm.records import RosterItem
from ccm.router.contacts import Contacts, Items
from ccm.testing.fakes import result_of, spawn
from ccm.testing.memory import MemoryRosters

JID = "romeo@localhost"


class FailingRosters(MemoryRosters):
    """A store that is away."""

    async def load(self, jid: str) -> Items:
        raise StoreUnavailable("away")

    async def save(self, jid: str, items: Items) -> None:
        raise StoreUnavailable("away")


def test_what_waits_for_a_roster_is_done_in_the_order_of_the_calls() -> None:
    rosters = MemoryRosters()
    rosters.held = Deferred()
    contacts = Contacts(rosters, spawn)
    done: list[int] = []

    def first(items: Items) -> None:
        done.append(1)
        contacts.when(JID, lambda items: done.append(3))

    contacts.when(JID, first)
    contacts.when(JID, lambda items: done.append(2))
    assert done == []
    rosters.held.callback(None)
    assert done == [1, 2, 3]
    contacts.when(JID, lambda items: done.append(4))
    assert (done, rosters.loads) == ([1, 2, 3, 4], 1)


def test_one_that_fails_keeps_no_other_waiting() -> None:
    rosters = MemoryRosters()
    rosters.held = Deferred()
    contacts = Contacts(rosters, spawn)
    done: list[int] = []
    contacts.when(JID, lambda items: 1 // 0)
    contacts.when(JID, lambda items: done.append(2))
    rosters.held.callback(None)
    assert done == [2]


def test_a_change_is_seen_at_once_and_stored() -> None:
    rosters = MemoryRosters()
    contacts = Contacts(rosters, spawn)
    items = result_of(contacts.load(JID))
    result_of(contacts.change(JID, "juliet@localhost", RosterItem("juliet@localhost")))
    assert "juliet@localhost" in items
    assert "juliet@localhost" in rosters.stored[JID]
    contacts.write(JID, "juliet@localhost", None)
    assert rosters.stored[JID] == {}


def test_a_change_that_cannot_be_stored_is_not_kept_in_memory_either() -> None:
    contacts = Contacts(MemoryRosters(), spawn)
    result_of(contacts.load(JID))
    contacts._rosters = FailingRosters()
    with pytest.raises(StoreUnavailable):
        result_of(contacts.change(JID, "x@localhost", RosterItem("x@localhost")))
    contacts._rosters = MemoryRosters()
    assert result_of(contacts.load(JID)) == {}


def test_a_store_that_is_away_drops_what_waits_and_is_asked_again_later() -> None:
    contacts = Contacts(FailingRosters(), spawn)
    done: list[int] = []
    contacts.when(JID, lambda items: done.append(1))
    contacts._rosters = MemoryRosters()
    contacts.when(JID, lambda items: done.append(2))
    assert done == [2]


def test_only_so_many_rosters_stay_in_memory() -> None:
    rosters = MemoryRosters()
    contacts = Contacts(rosters, spawn, kept=2)
    for name in "abc":
        result_of(contacts.load(name))
    assert list(contacts._loaded) == ["b", "c"]
