"""One presence for a domain, whoever serves it and however many."""

from typing import Any

from ccm import namespaces as ns
from ccm.router.domain_presence import DomainPresence
from ccm.wire.stanza import Stanza

DOMAIN = "topics.localhost"


class World:
    def __init__(self, most: int = 10) -> None:
        self.routed: list[Stanza] = []
        self.due: list[Any] = []
        self.presence = DomainPresence(
            DOMAIN, self.routed.append, None, lambda work: None, lambda _, function: self.due.append(function), most
        )

    def says(self, speaker: str, to: str, inner: bytes = b"", type_: str | None = None) -> str | None:
        attrs = {"from": DOMAIN, "to": to} | ({"type": type_} if type_ else {})
        children = ((ns.CLIENT, "show"),) if b"show" in inner else ()
        passed = self.presence.said(Stanza("presence", attrs, inner, children), speaker)
        return None if passed is None else passed.type or passed.inner.decode() or "available"

    def subscriber(self, who: str) -> None:
        assert self.says("one", who, type_="subscribed") == "subscribed"
        assert self.says("one", who) == "available"

    def heard(self) -> list[tuple[str, str]]:
        heard = [(s.to or "", s.type or s.inner.decode() or "available") for s in self.routed]
        self.routed.clear()
        return heard


def test_subscribers_see_busy_with_a_reason_and_available_again() -> None:
    world = World()
    world.presence.join("one")
    world.subscriber("ann@localhost")
    world.presence.become("9 requests wait & wait.")
    assert world.heard() == [("ann@localhost", "<show>dnd</show><status>9 requests wait &amp; wait.</status>")]
    world.presence.become("")
    assert world.heard() == [("ann@localhost", "available")]


def test_what_a_component_says_passes_only_as_news() -> None:
    world = World()
    for name in ("one", "two", "three"):
        world.presence.join(name)
    world.subscriber("ann@localhost")
    for name in ("one", "two", "three"):
        assert world.says(name, "ann@localhost") is None


def test_busy_connections_make_a_busy_domain_only_all_together() -> None:
    world = World()
    for name in ("one", "two"):
        world.presence.join(name)
    world.subscriber("ann@localhost")
    assert world.says("one", "ann@localhost", b"<show>dnd</show>") is None
    assert world.says("two", "ann@localhost", b"<show>dnd</show>") == "<show>dnd</show>"
    assert world.says("one", "ann@localhost") == "available"


def test_while_busy_a_component_that_calls_itself_free_is_corrected() -> None:
    world = World()
    world.presence.join("one")
    world.presence.become("Much to do.")
    assert world.says("one", "kim@localhost") == "<show>dnd</show><status>Much to do.</status>"


def test_nobody_serves_the_domain_any_more() -> None:
    world = World()
    world.presence.join("one")
    world.presence.join("two")
    world.subscriber("ann@localhost")
    world.presence.leave("one")
    assert world.heard() == []
    world.presence.leave("two")
    assert world.heard() == [("ann@localhost", "unavailable")]
    world.presence.join("three")
    assert world.says("three", "ann@localhost") == "available"


def test_a_probe_is_answered_from_here() -> None:
    world = World()
    world.presence.join("one")
    world.subscriber("ann@localhost")
    world.presence.become("Much to do.")
    world.heard()
    probe = {"type": "probe", "from": "ann@localhost", "to": DOMAIN}
    world.presence.asked(Stanza("presence", probe))
    assert world.heard() == [("ann@localhost", "<show>dnd</show><status>Much to do.</status>")]
    assert world.says("one", "ann@localhost") is None


def test_who_unsubscribed_hears_nothing_more_and_many_are_told_in_parts() -> None:
    world = World(most=2000)
    world.presence.join("one")
    for number in range(1100):
        world.subscriber(f"u{number}@localhost")
    world.says("one", "u0@localhost", type_="unsubscribed")
    world.presence.become("Much to do.")
    assert len(world.heard()) == 500
    while world.due:
        world.due.pop()()
    assert len(world.heard()) == 599


def test_presence_in_rooms_is_left_alone() -> None:
    world = World()
    world.presence.join("one")
    world.presence.become("Much to do.")
    join = Stanza("presence", {"from": DOMAIN, "to": "r@conference.localhost/R"}, b"<x/>", ((ns.MUC, "x"),))
    assert world.presence.said(join, "one") is join
