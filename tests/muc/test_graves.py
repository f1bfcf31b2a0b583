"""Rooms that were destroyed are remembered; rooms that are not yet configured outlive a restart."""

import pytest

MUC = "http://jabber.org/protocol/muc"
ROOM = "talk@conference.localhost"
DAY = 86_400


def destroy(owner, inner="", attrs=""):
    payload = f"<query xmlns='{MUC}#owner'><destroy {attrs}>{inner}</destroy></query>"
    answer = owner.ask("set", ROOM, payload)
    assert answer["type"] == "result", answer.toXml()


@pytest.fixture
def ruin(house, ann):
    house.open(ann, "Ann", persistentroom=True)
    destroy(ann, "<reason>Moved</reason>", "jid='new@conference.localhost'")
    ann.take()
    return house


def gone(element):
    error = next(element.elements("jabber:client", "error"))
    return str(error.gone), str(error.text)


def test_whoever_comes_to_a_destroyed_room_is_told_where_it_went(ruin, bob, read):
    uri, text = gone(bob.join("Bob")[0])
    assert uri == "xmpp:new@conference.localhost?join"
    assert text == "This room was destroyed (Moved). Go to new@conference.localhost instead."
    bob.say("hello?")
    assert read.condition(bob.one()) == "gone"
    info = bob.ask("get", ROOM, "<query xmlns='http://jabber.org/protocol/disco#info'/>")
    assert read.condition(info) == "gone"
    assert ruin.room is None


def test_a_tombstone_outlives_a_restart_and_is_not_listed(ruin, read):
    new = ruin.restart()
    bob = new.person("bob@localhost/b")
    assert read.condition(bob.join("Bob")[0]) == "gone"
    items = bob.ask("get", read.domain, "<query xmlns='http://jabber.org/protocol/disco#items'/>")
    assert ROOM not in items.toXml()


def test_only_an_owner_opens_a_destroyed_room_anew(ruin, ann, bob, read):
    assert read.condition(bob.join("Bob")[0]) == "gone"
    assert 201 in read.codes(ann.join("Ann")[0])
    ruin.configure(ann, persistentroom=True)
    assert read.codes(bob.join("Bob")[-2]) != [] and "Bob" in [o.nick for o in ruin.room.occupants.values()]
    new = ruin.restart()
    assert new.person("cat@localhost/c").join("Cat")[0].getAttribute("type") is None


def test_a_tombstone_is_forgotten_after_a_month(ruin, bob, read):
    ruin.hands.advance(32 * DAY)
    assert 201 in read.codes(bob.join("Bob")[0])


def test_a_temporary_room_leaves_no_tombstone(house, ann, bob, read):
    house.open(ann, "Ann")
    destroy(ann)
    assert house.rooms.kept == {}
    assert 201 in read.codes(bob.join("Bob")[0])


def test_a_locked_room_is_still_locked_after_a_restart_and_its_maker_inside(house, ann, read):
    ann.join("Ann")
    new = house.restart()
    bob = new.person("bob@localhost/b")
    assert read.condition(bob.join("Bob")[0]) == "item-not-found"
    person = new.person("ann@localhost/a", bound=False)
    person.resumed = True
    new.router.bind(person)
    new.router.fire("session-resumed", person)
    new.configure(person)
    assert bob.join("Bob")[0].getAttribute("type") is None


def test_a_locked_room_whose_maker_does_not_come_back_is_gone(house, ann, read):
    ann.join("Ann")
    new = house.restart()
    new.hands.advance(301)
    assert new.room is None and new.rooms.kept == {}
    bob = new.person("bob@localhost/b")
    assert 201 in read.codes(bob.join("Bob")[0])
