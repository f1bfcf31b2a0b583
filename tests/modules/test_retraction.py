"""What somebody takes back is in nobody's archive any longer (XEP-0424 §5)."""

from typing import Any

import pytest

from ccm.modules.retraction import plugin
from ccm.testing.fakes import Hands, RecordingSession, make_router, make_services, result_of
from ccm.wire.stanza import Stanza

ANN, BOB = "ann@localhost", "bob@localhost"


class Talk:
    """Ann and Bob, and what they said."""

    def __init__(self) -> None:
        self.hands = Hands()
        self.services = make_services(hands=self.hands)
        self.personal: Any = self.services.personal
        self.router = make_router(self.services)
        plugin.install(self.router, self.services)
        for jid in (ANN, BOB):
            result_of(self.services.accounts.create(jid, jid, None, ()))

    def say(self, id_: str, sender: str = ANN, recipient: str = BOB, inner: bytes = b"<body>Hark</body>") -> None:
        stanza = Stanza("message", {"id": id_, "from": f"{sender}/x", "to": recipient, "type": "chat"}, inner)
        self.personal.keep(
            stanza.to_bytes(declared=True), sender, "x", recipient, "", by_sender=True, by_recipient=True
        )

    def take_back(self, id_: str, sender: str = ANN, recipient: str = BOB, type_: str = "chat") -> None:
        inner = f"<retract xmlns='urn:xmpp:message-retract:1' id='{id_}'/>".encode()
        attrs = {"id": "r1", "from": f"{sender}/x", "to": f"{recipient}/y", "type": type_}
        children = (("urn:xmpp:message-retract:1", "retract"),)
        self.router.route(Stanza("message", attrs, inner, children), RecordingSession(f"{sender}/x"))

    def kept(self, owner: str) -> list[bytes]:
        return [row.stanza for row in result_of(self.personal.page(owner)).items]


def test_a_tombstone_stands_in_both_archives() -> None:
    talk = Talk()
    talk.say("m1")
    talk.say("m2")
    talk.take_back("m1")
    for owner in (ANN, BOB):
        gone, stays = talk.kept(owner)
        assert b"Hark" not in gone and b"<retracted xmlns='urn:xmpp:message-retract:1'" in gone
        assert b"id='m1'" in gone and b"id='r1'" in gone
        assert b"Hark" in stays


def test_of_several_with_one_id_the_newest_is_meant() -> None:
    talk = Talk()
    talk.say("m1")
    talk.say("m1")
    talk.take_back("m1")
    first, second = talk.kept(ANN)
    assert b"Hark" in first and b"Hark" not in second


@pytest.mark.parametrize(
    ("id_", "sender", "recipient", "type_"),
    [("m1", BOB, ANN, "chat"), ("m9", ANN, BOB, "chat"), ("", ANN, BOB, "chat"), ("m1", ANN, BOB, "groupchat")],
)
def test_nothing_else_is_touched(id_: str, sender: str, recipient: str, type_: str) -> None:
    """What another said, what is not there, what has no id, and what belongs to rooms."""
    talk = Talk()
    talk.say("m1")
    talk.take_back(id_, sender, recipient, type_)
    assert all(b"Hark" in stanza for stanza in talk.kept(ANN) + talk.kept(BOB))


def test_somebody_of_elsewhere_takes_back_what_they_said_to_an_account() -> None:
    talk = Talk()
    talk.say("m1", "kim@example.org", ANN)
    talk.take_back("m1", "kim@example.org", ANN)
    assert b"Hark" not in talk.kept(ANN)[0]
    talk.take_back("m1", "kim@example.org", "jo@example.org")  # neither is of here


def test_a_message_further_back_is_found() -> None:
    talk = Talk()
    talk.say("m1")
    for number in range(150):
        talk.say(f"n{number}")
    talk.take_back("m1")
    assert b"Hark" not in talk.kept(BOB)[0]


def test_nobody_in_a_room_takes_back_what_another_wrote_privately() -> None:
    """Both are of one bare JID, the room's."""
    mark = b"<x xmlns='http://jabber.org/protocol/muc#user'/>"
    talk = Talk()
    attrs = {"id": "m1", "from": "hall@rooms.example.org/kim", "to": f"{ANN}/x", "type": "chat"}
    said = Stanza("message", attrs, b"<body>Hark</body>" + mark).to_bytes(declared=True)
    talk.personal.keep(said, "hall@rooms.example.org", "kim", ANN, "x", by_sender=False, by_recipient=True)

    def take_back(nick: str) -> bytes:
        inner = b"<retract xmlns='urn:xmpp:message-retract:1' id='m1'/>" + mark
        attrs = {"id": "r1", "from": f"hall@rooms.example.org/{nick}", "to": f"{ANN}/x", "type": "chat"}
        children = (("urn:xmpp:message-retract:1", "retract"), ("http://jabber.org/protocol/muc#user", "x"))
        talk.router.route(Stanza("message", attrs, inner, children))
        return talk.kept(ANN)[0]

    assert b"Hark" in take_back("eve")
    assert b"Hark" not in take_back("kim")


def test_what_names_no_kept_message_costs_no_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Talk()
    talk.say("m1")
    with monkeypatch.context() as patch:
        patch.setattr("ccm.modules.retraction.parse_element", None)
        talk.take_back("m9")
    assert b"Hark" in talk.kept(ANN)[0]


def test_an_id_with_marks_of_xml_is_found() -> None:
    talk = Talk()
    talk.say("m'1&<")
    talk.take_back("m&apos;1&amp;&lt;")
    assert b"Hark" not in talk.kept(ANN)[0]


def test_what_is_older_than_two_weeks_stays() -> None:
    talk = Talk()
    talk.say("m1")
    talk.hands.advance(15 * 86_400)
    talk.take_back("m1")
    assert b"Hark" in talk.kept(ANN)[0]
