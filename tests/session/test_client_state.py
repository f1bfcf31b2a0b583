"""What waits for a client that does not look (XEP-0352), in which order, and how much."""

import re
from typing import Any

import pytest

from ccm import namespaces as ns
from ccm.errors import StreamError
from ccm.session import client_state
from ccm.session.client_state import Held
from ccm.wire.events import Nonza
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

CHAT = (ns.CHAT_STATES, "composing")


class Looking:
    """As much of a session as this needs; writes down what is sent."""

    class realm:
        class options:
            held_stanzas = 5

        class router:
            @staticmethod
            def fire(name: str, _session: Any, stanza: Stanza) -> None:
                assert name == "message-waits" and stanza.kind == "message"

    def __init__(self) -> None:
        self.held: Held | None = None
        self.sent: list[str] = []

    def deliver(self, stanza: Stanza) -> None:
        if self.held is None or not self.held.keeps(self, stanza, stanza):  # type: ignore[arg-type]
            self.sent.append(f"{stanza.from_} {stanza.inner.decode()}".strip())

    def deliver_raw(self, template: FanOut) -> None:
        stanza = template.stanza
        if self.held is None or not self.held.keeps(self, stanza, template):  # type: ignore[arg-type]
            self.sent.append(f"raw {stanza.from_} {stanza.inner.decode()}".strip())


def turn(session: Any, name: str) -> None:
    client_state.indicated(session, Nonza(ns.CSI, name, {}, b""))


def presence(from_: str, inner: bytes = b"", type_: str | None = None) -> Stanza:
    return Stanza("presence", {"from": from_} | ({"type": type_} if type_ else {}), inner)


def event(from_: str, node: str, id_: str) -> Stanza:
    inner = f"<event xmlns='{ns.PUBSUB_EVENT}'><items node='{node}'><item id='{id_}'/></items></event>".encode()
    return Stanza("message", {"from": from_, "type": "headline"}, inner, ((ns.PUBSUB_EVENT, "event"),))


def message(from_: str, *children: tuple[str, str]) -> Stanza:
    return Stanza("message", {"from": from_, "type": "chat"}, b"<b/>", children)


def test_the_newest_of_each_sender_and_node_waits_and_typing_is_left_out() -> None:
    session = Looking()
    turn(session, "inactive")
    session.deliver(presence("a", b"1"))
    session.deliver(event("a", "mood", "x"))
    session.deliver_raw(FanOut(presence("", b"2"), "room/b"))
    session.deliver(presence("a", b"3"))
    session.deliver(event("a", "mood", "x"))
    session.deliver(message("a", CHAT))
    session.deliver(message("a", CHAT, (ns.HINTS, "no-store")))
    assert session.sent == []
    turn(session, "active")
    assert [line[:10] for line in session.sent] == ["raw room/b", "a 3", "a <event x"]
    assert "id='x'" in session.sent[-1] and session.held is None


def test_each_item_of_a_node_waits_for_itself() -> None:
    session = Looking()
    turn(session, "inactive")
    for id_ in ("room1", "room2"):
        session.deliver(event("a", "bookmarks", id_))
    gone = f"<event xmlns='{ns.PUBSUB_EVENT}'><items node='bookmarks'><retract id='room1'/></items></event>".encode()
    session.deliver(Stanza("message", {"from": "a"}, gone, ((ns.PUBSUB_EVENT, "event"),)))
    turn(session, "active")
    assert len(session.sent) == 2 and "room2" in session.sent[0] and "<retract id='room1'/>" in session.sent[1]


def test_an_event_of_several_items_takes_the_place_of_none_that_had_others() -> None:
    session = Looking()
    turn(session, "inactive")
    for ids in (("a", "b"), ("a",), ("a", "c"), ("a", "b")):
        items = "".join(f"<item id='{id_}'/>" for id_ in ids)
        inner = f"<event xmlns='{ns.PUBSUB_EVENT}'><items node='n'>{items}</items></event>".encode()
        session.deliver(Stanza("message", {"from": "s"}, inner, ((ns.PUBSUB_EVENT, "event"),)))
    turn(session, "active")
    told = ["".join(re.findall("item id='(.)'", line)) for line in session.sent]
    assert told == ["a", "ac", "ab"], "the newest of each, and nothing is missing"


def test_what_matters_is_sent_at_once_after_what_waits() -> None:
    session = Looking()
    turn(session, "inactive")
    turn(session, "inactive")
    session.deliver(presence("a", b"1"))
    session.deliver(message("b", (ns.CLIENT, "body"), CHAT))
    session.deliver(presence("c", type_="subscribe"))
    session.deliver(presence("room/me", b"<x><status code='110'/></x>"))
    session.deliver(presence("a", b"2"))
    assert [line.split()[0] for line in session.sent] == ["a", "b", "c", "room/me"]
    assert session.held is not None


def test_more_than_the_limit_does_not_wait() -> None:
    session = Looking()
    turn(session, "inactive")
    for name in "abcde":
        session.deliver(presence(name))
    assert session.sent == ["a", "b", "c", "d", "e"] and session.held is not None


def test_an_unknown_element_ends_the_stream() -> None:
    with pytest.raises(StreamError):
        turn(Looking(), "asleep")
