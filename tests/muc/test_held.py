"""An acknowledgement covers only what is on disk: it waits for messages that nothing has queued for the disk yet."""

import pytest
from twisted.internet.defer import Deferred

from ccm.durability import barrier_of
from ccm.muc.held import Held


def barrier_for(house):
    """The barrier over rooms and a database that has nothing to write."""
    return barrier_of([house.service], lambda: None)


@pytest.fixture
def gate():
    return Deferred()


def slowly(archive, name, gate):
    original = getattr(archive, name)

    async def slow(*args, **named):
        await gate
        return await original(*args, **named)

    setattr(archive, name, slow)


def fired(barrier):
    done = []
    barrier.addCallback(done.append)
    return done


@pytest.fixture
def restarted(house, ann):
    house.open(ann, "Ann", persistentroom=True)
    ann.say("before")
    ann.leave()
    return house.restart()


def origin(id_):
    return f"<origin-id xmlns='urn:xmpp:sid:0' id='{id_}'/>"


def test_a_message_whose_archive_is_asked_holds_the_barrier_and_so_do_those_behind_it(restarted, gate):
    ann = restarted.person("ann@localhost/a")
    ann.join("Ann")
    barrier = barrier_for(restarted)
    assert barrier() is None
    slowly(restarted.archive, "seen_origin", gate)
    ann.say("first", extra=origin("o1"))
    ann.say("second")
    kept = []
    barrier().addCallback(lambda _: kept.extend(m.stanza for m in restarted.archive.messages[1:]))
    assert kept == []
    gate.callback(None)
    assert len(kept) == 2 and b"second" in kept[1]
    assert barrier() is None


def test_a_barrier_waits_for_the_database_after_the_rooms(restarted, gate):
    ann = restarted.person("ann@localhost/a")
    ann.join("Ann")
    slowly(restarted.archive, "seen_origin", gate)
    ann.say("first", extra=origin("o1"))
    disk = Deferred()
    done = fired(barrier_of([restarted.service], lambda: disk)())
    gate.callback(None)
    assert done == []
    disk.callback(None)
    assert done == [None]


def test_a_message_to_a_room_that_is_being_loaded_holds_the_barrier(restarted, gate):
    slowly(restarted.archive, "page", gate)
    ann = restarted.person("ann@localhost/a")
    ann.join("Ann")
    ann.say("x")
    done = fired(barrier_for(restarted)())
    assert done == []
    gate.callback(None)
    assert done == [None] and len(restarted.archive.messages) == 2


def test_a_retraction_that_looks_for_its_message_holds_the_barrier(house, ann, gate):
    house.open(ann, "Ann")
    ann.say("x")
    slowly(house.archive, "page", gate)
    retract = f"<retract xmlns='urn:xmpp:message-retract:1' id='{house.archive.messages[0].id}'/>"
    ann.send(f"<message type='groupchat' to='{house.room.jid}' id='r'>{retract}</message>")
    done = fired(barrier_for(house)())
    assert done == []
    gate.callback(None)
    assert done == [None] and len(house.archive.messages) == 2


def test_a_barrier_is_held_no_longer_if_the_archive_cannot_be_read(restarted, gate):
    ann = restarted.person("ann@localhost/a")
    ann.join("Ann")
    slowly(restarted.archive, "seen_origin", gate)
    ann.say("first", extra=origin("o1"))
    done = fired(barrier_for(restarted)())
    gate.errback(OSError("away"))
    assert done == [None]


def test_what_comes_later_does_not_hold_an_earlier_barrier():
    held, told = Held(), []
    first, second = held.take(), held.take()
    held.after(lambda: told.append("early"))
    third = held.take()
    held.after(lambda: told.append("late"))
    held.release(second)
    assert told == []
    held.release(first)
    held.release(first)
    assert told == ["early"]
    held.release(third)
    assert told == ["early", "late"]


def say_behind(restarted, gate, ann, *then):
    """Two messages that wait for the archive, whatever *then* sends, and a third; what the room says of them."""
    bob = restarted.person("bob@localhost/b")
    bob.join("Bob")
    slowly(restarted.archive, "seen_origin", gate)
    ann.say("first", extra=origin("o1"))
    ann.say("second")
    for xml in then:
        ann.send(xml)
    ann.say("third")
    gate.callback(None)
    return [element for element in bob.take() if element.name == "message" and element.body is not None]


def test_messages_that_wait_are_not_overtaken_after_a_change_of_nick(restarted, gate, read):
    ann = restarted.person("ann@localhost/a")
    ann.join("Ann")
    got = say_behind(restarted, gate, ann, f"<presence to='{read.room}/Anna'/>")
    assert read.bodies(got) == ["first", "second", "third"]


def test_messages_that_wait_are_not_overtaken_after_a_change_of_a_shared_nick(restarted, gate, read):
    ann, other = (restarted.person(f"ann@localhost/{resource}") for resource in "ab")
    ann.join("Ann")
    other.join("Ann")
    got = say_behind(restarted, gate, ann, f"<presence to='{read.room}/Anna'/>")
    assert read.bodies(got) == ["first", "second", "third"]
    assert {element["from"] for element in got} == {f"{read.room}/Anna"}
    assert not restarted.room.held and not restarted.service.context.held


def test_messages_that_wait_are_not_overtaken_by_who_leaves_and_comes_back(restarted, gate, read):
    ann = restarted.person("ann@localhost/a")
    ann.join("Ann")
    leave = f"<presence type='unavailable' to='{read.room}/Ann'/>"
    got = say_behind(restarted, gate, ann, leave, f"<presence to='{read.room}/Ann'><x xmlns='{read.muc}'/></presence>")
    assert read.bodies(got) == ["first", "second", "third"]


def test_a_subject_waits_for_the_messages_before_it(restarted, gate, read):
    ann = restarted.person("ann@localhost/a")
    ann.join("Ann")
    slowly(restarted.archive, "seen_origin", gate)
    ann.take()
    ann.say("first", extra=origin("o1"))
    ann.send(f"<message type='groupchat' to='{read.room}'><subject>S</subject></message>")
    assert ann.take() == []
    gate.callback(None)
    assert [str(element.body or element.subject) for element in ann.take()] == ["first", "S"]
