"""The contract of :class:`ccm.interfaces.IPubSubNodes`; fixture ``pubsub_nodes``. Needs pytest and pytest-twisted."""

from typing import Any

import pytest
import pytest_twisted

from ccm import records as r
from ccm.errors import StanzaError

ANN, BOB = "ann@example.org", "bob@example.org"


def item(id_: str, xml: bytes = b"<x xmlns='urn:x'/>") -> r.PubSubItem:
    """An item of Ann's."""
    return r.PubSubItem(id_, ANN, xml)


class PubSubNodesContract:
    """For :class:`ccm.interfaces.IPubSubNodes`."""

    @pytest_twisted.ensureDeferred
    async def test_a_node_is_kept_replaced_and_forgotten_with_its_items(self, pubsub_nodes: Any) -> None:
        assert await pubsub_nodes.get(ANN, "mood") is None
        await pubsub_nodes.save(ANN, "mood", b"{1}")
        await pubsub_nodes.save(ANN, "mood", b"{2}")
        await pubsub_nodes.save(ANN, "tune", b"{3}")
        await pubsub_nodes.save(BOB, "mood", b"{4}")
        await pubsub_nodes.publish(ANN, "mood", item("1"), 10)
        await pubsub_nodes.publish(BOB, "mood", item("1"), 10)
        assert await pubsub_nodes.of(ANN) == {"mood": b"{2}", "tune": b"{3}"}
        await pubsub_nodes.delete(ANN, "mood")
        assert await pubsub_nodes.of(ANN) == {"tune": b"{3}"}
        assert await pubsub_nodes.items(ANN, "mood") == ()
        await pubsub_nodes.delete(BOB)
        assert await pubsub_nodes.of(BOB) == {} and await pubsub_nodes.items(BOB, "mood") == ()

    @pytest_twisted.ensureDeferred
    async def test_items_come_in_the_order_of_publication_and_the_oldest_go(self, pubsub_nodes: Any) -> None:
        for id_ in ("a", "b", "c"):
            await pubsub_nodes.publish(ANN, "tune", item(id_), 3)
        await pubsub_nodes.publish(ANN, "tune", item("a", b"<again xmlns='urn:x'/>"), 3)
        assert [found.id for found in await pubsub_nodes.items(ANN, "tune")] == ["b", "c", "a"]
        assert (await pubsub_nodes.items(ANN, "tune", ids=("a",))) == (item("a", b"<again xmlns='urn:x'/>"),)
        assert [found.id for found in await pubsub_nodes.items(ANN, "tune", most=2)] == ["c", "a"]
        await pubsub_nodes.publish(ANN, "tune", item("d"), 2)
        assert [found.id for found in await pubsub_nodes.items(ANN, "tune")] == ["a", "d"]
        await pubsub_nodes.trim(ANN, "tune", 0)
        assert await pubsub_nodes.items(ANN, "tune") == ()

    @pytest_twisted.ensureDeferred
    async def test_an_item_is_taken_back_once(self, pubsub_nodes: Any) -> None:
        await pubsub_nodes.publish(ANN, "tune", item("a"), 3)
        assert await pubsub_nodes.retract(ANN, "tune", "a") is True
        assert await pubsub_nodes.retract(ANN, "tune", "a") is False

    @pytest_twisted.ensureDeferred
    async def test_a_page_holds_the_newest_that_fit_and_one_at_least(self, pubsub_nodes: Any) -> None:
        for id_ in "abcde":
            await pubsub_nodes.publish(ANN, "tune", item(id_, b"<x>%b</x>" % (id_ * 13).encode()), 10)  # 20 bytes each
        await pubsub_nodes.publish(ANN, "mood", item("a"), 10)

        async def ids(**asked: Any) -> tuple[str, int]:
            found, total = await pubsub_nodes.page(ANN, "tune", **{"most": 10, "most_bytes": 1000, **asked})
            return "".join(each.id for each in found), total

        assert await ids() == ("abcde", 5)
        assert await ids(most=2) == ("de", 5)
        assert await ids(most=0) == ("", 5)
        assert await ids(most_bytes=59) == ("de", 5)
        assert await ids(most_bytes=1) == ("e", 5)
        assert await ids(before="d", most_bytes=40) == ("bc", 5)
        assert await ids(after="a", most_bytes=40) == ("bc", 5)
        assert await ids(before="a") == ("", 5)
        assert await ids(ids=("a", "c", "e"), most_bytes=40) == ("ce", 3)
        with pytest.raises(StanzaError, match="item"):
            await ids(before="x")
        assert await pubsub_nodes.page(ANN, "none", most=1, most_bytes=1) == ((), 0)

    @pytest_twisted.ensureDeferred
    async def test_the_newest_of_many_nodes_come_with_their_records(self, pubsub_nodes: Any) -> None:
        for service, name in ((ANN, "mood"), (ANN, "tune"), (BOB, "mood"), (BOB, "empty")):
            await pubsub_nodes.save(service, name, f"{service} {name}".encode())
        for service, name, id_ in ((ANN, "mood", "1"), (ANN, "mood", "2"), (ANN, "tune", "3"), (BOB, "mood", "4")):
            await pubsub_nodes.publish(service, name, item(id_), 10)
        found = await pubsub_nodes.newest([ANN, BOB, "nobody@example.org"], ["mood", "empty"])
        assert {(record, newest.id) for record, newest in found} == {
            (b"ann@example.org mood", "2"),
            (b"bob@example.org mood", "4"),
        }
        assert await pubsub_nodes.newest([], ["mood"]) == ()
