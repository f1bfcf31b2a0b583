"""What clients can do: asked once for each verification string that holds, and for each session otherwise."""

import pytest

from ccm.modules.caps import Caps, string_of
from ccm.testing.fakes import RecordingSession, make_router, make_services
from ccm.wire.stanza import Stanza, parse_element

SIMPLE = (
    "<query xmlns='http://jabber.org/protocol/disco#info'>"
    "<identity category='client' name='Exodus 0.9.1' type='pc'/>"
    "<feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>"
    "<feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/></query>"
)
#: of XEP-0115 §5.3, with two identities and a form
COMPLEX = (
    "<query xmlns='http://jabber.org/protocol/disco#info'>"
    "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>"
    "<identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>"
    "<feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>"
    "<feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/>"
    "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'>"
    "<value>urn:xmpp:dataforms:softwareinfo</value></field>"
    "<field var='ip_version'><value>ipv4</value><value>ipv6</value></field><field var='os'><value>Mac</value></field>"
    "<field var='os_version'><value>10.5.1</value></field><field var='software'><value>Psi</value></field>"
    "<field var='software_version'><value>0.11</value></field></x></query>"
)


@pytest.mark.parametrize(
    ("query", "string"), [(SIMPLE, "QgayPKawpkPSDYmwT/WM94uAlu0="), (COMPLEX, "q07IKJEyjvHSyhy//CH0CxmKi8w=")]
)
def test_the_examples_of_the_specification_verify(query: str, string: str) -> None:
    assert string_of(parse_element(query.encode())) == string


class Place:
    def __init__(self) -> None:
        self.router = make_router(make_services())
        self.learnt: list[str] = []
        self.caps = Caps(self.router, lambda session: self.learnt.append(session.jid))
        self.router.attach(self.caps)

    def comes(self, jid: str, ver: str, hash_: str = "hash='sha-1'") -> RecordingSession:
        session = RecordingSession(jid)
        self.router.bind(session)
        c = f"<c xmlns='http://jabber.org/protocol/caps' {hash_} node='urn:x' ver='{ver}'/>".encode()
        session.presence = Stanza("presence", {"from": jid}, c, (("http://jabber.org/protocol/caps", "c"),))
        self.router.fire("session-presence", session)
        return session

    def answers(self, session: RecordingSession, query: str) -> None:
        asked = session.received.pop()
        inner = (("http://jabber.org/protocol/disco#info", "query"),)
        self.router.route(asked.result(query.encode(), inner))


def test_a_string_that_verifies_is_asked_for_once() -> None:
    place = Place()
    ann = place.comes("ann@localhost/a", "QgayPKawpkPSDYmwT/WM94uAlu0=")
    assert place.caps.features(ann) == frozenset()
    place.answers(ann, SIMPLE)
    assert "http://jabber.org/protocol/muc" in place.caps.features(ann)
    bob = place.comes("bob@localhost/b", "QgayPKawpkPSDYmwT/WM94uAlu0=")
    assert not bob.received and place.caps.features(bob) == place.caps.features(ann)
    assert place.learnt == ["ann@localhost/a", "bob@localhost/b"]


def test_a_string_that_does_not_verify_holds_for_its_session_alone() -> None:
    place = Place()
    ann = place.comes("ann@localhost/a", "made up")
    place.answers(ann, SIMPLE)
    assert "http://jabber.org/protocol/muc" in place.caps.features(ann)
    assert len(place.comes("bob@localhost/b", "made up").received) == 1


def test_who_goes_is_forgotten_and_who_answers_an_error_can_do_nothing() -> None:
    place = Place()
    ann = place.comes("ann@localhost/a", "made up")
    asked = ann.received.pop()
    place.router.route(asked.result().copy(type="error"))
    assert place.caps.features(ann) == frozenset() and place.learnt == []
    bob = place.comes("bob@localhost/b", "made up")
    place.router.unbind(bob)
    place.router.fire("session-closed", bob)
    place.router.route(
        bob.received.pop().result(SIMPLE.encode(), (("http://jabber.org/protocol/disco#info", "query"),))
    )
    assert place.learnt == []


def test_who_changes_before_the_answer_is_asked_anew() -> None:
    place = Place()
    ann = place.comes("ann@localhost/a", "before")
    before = ann.received.pop()
    c = b"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:x' ver='after'/>"
    ann.presence = Stanza("presence", {"from": ann.jid}, c, (("http://jabber.org/protocol/caps", "c"),))
    for _ in range(2):
        place.router.fire("session-presence", ann)
    assert [b"urn:x#after" in asked.inner for asked in ann.received] == [True]
    query = (("http://jabber.org/protocol/disco#info", "query"),)
    place.router.route(before.result(SIMPLE.encode(), query))
    assert place.caps.features(ann) == frozenset(), "that is over"
    mood = SIMPLE.replace("<feature var='http://jabber.org/protocol/muc'/>", "<feature/><feature var='mood+notify'/>")
    place.answers(ann, mood)
    assert "mood+notify" in place.caps.features(ann)
