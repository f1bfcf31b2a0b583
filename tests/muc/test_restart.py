"""What outlives the process: rooms, occupants, history (issue of every restart: nobody is out silently)."""

import json

import pytest

from ccm.muc.affiliation import Standing
from ccm.testing import fakes


@pytest.fixture
def talk(house, ann, bob):
    house.open(ann, "Ann", persistentroom=True, roomname="Licences")
    bob.join("Bob", presence="<show>away</show>")
    ann.say("before")
    ann.send("<message type='groupchat' to='talk@conference.localhost'><subject>S</subject></message>")
    ann.take(), bob.take()
    return house


def resume(house, jid):
    """The session layer brings a session back."""
    person = house.person(jid, bound=False)
    person.resumed = True
    house.router.bind(person)
    house.router.fire("session-resumed", person)
    return person


def test_a_room_comes_back_with_configuration_affiliations_subject_and_history(talk, read):
    new = talk.restart()
    cat = new.person("cat@localhost/c")
    got = cat.join("Cat")
    assert [e["from"].partition("/")[2] for e in got if e.name == "presence"] == ["Ann", "Bob", "Cat"]
    assert read.bodies(got) == ["before"] and str(got[-1].subject) == "S"
    assert new.room.config.name == "Licences" and new.room.standing("ann@localhost/x").affiliation == "owner"
    assert read.child(got[3], "urn:xmpp:delay", "delay") is not None


def test_occupant_ids_and_nicks_are_those_of_before(talk, ann, read):
    ann.say("x")
    before = read.child(ann.one(), "urn:xmpp:occupant-id:0", "occupant-id")["id"]
    new = talk.restart()
    ann = resume(new, "ann@localhost/a")
    ann.say("y")
    assert read.child(ann.one(), "urn:xmpp:occupant-id:0", "occupant-id")["id"] == before


def test_a_session_that_resumes_is_still_inside_without_noise(talk, read):
    new = talk.restart()
    ann = resume(new, "ann@localhost/a")
    bob = resume(new, "bob@localhost/b")
    assert ann.take() == bob.take() == []
    bob.say("still here")
    assert read.bodies(ann.take()) == ["still here"]
    cat = new.person("cat@localhost/c")
    presence = {e["from"].partition("/")[2]: e for e in cat.join("Cat") if e.name == "presence"}
    assert str(presence["Bob"].show) == "away" and read.item(presence["Bob"])["role"] == "participant"


def test_what_was_said_before_a_session_is_back_reaches_it_when_it_resumes(talk, read):
    new = talk.restart()
    ann = resume(new, "ann@localhost/a")
    ann.say("one")
    ann.say("two")
    bob = resume(new, "bob@localhost/b")
    assert read.bodies(bob.take()) == ["one", "two"]
    ann.say("three")
    assert read.bodies(bob.take()) == ["three"]


def test_a_session_that_does_not_come_back_leaves_with_333(talk, read):
    new = talk.restart()
    ann = resume(new, "ann@localhost/a")
    new.hands.advance(299)
    assert ann.take() == []
    new.hands.advance(2)
    told = ann.one()
    assert told["from"] == f"{read.room}/Bob" and told["type"] == "unavailable" and 333 in read.codes(told)
    assert list(fakes.result_of(new.state.hash_all(f"room:{read.room}"))) == ["ann@localhost/a"]


def test_a_new_session_of_an_address_that_was_inside_starts_outside(talk, read):
    new = talk.restart()
    ann = resume(new, "ann@localhost/a")
    bob = new.person("bob@localhost/b")
    assert 333 in read.codes(ann.one())
    bob.take()
    assert 110 in read.codes(bob.join("Bob")[1])


def test_a_temporary_room_lives_on_while_somebody_may_come_back(house, ann, read):
    house.open(ann, "Ann")
    new = house.restart()
    ann = resume(new, "ann@localhost/a")
    ann.say("x")
    assert read.bodies(ann.take()) == ["x"]
    ann.send(f"<presence type='unavailable' to='{read.room}/Ann'/>")
    assert new.room is None and new.rooms.kept == {}


def test_a_temporary_room_without_anybody_is_gone_after_a_restart(house, ann, read):
    house.open(ann, "Ann")
    fakes.result_of(house.state.delete(f"room:{read.room}"))
    new = house.restart()
    assert new.service.registry.find(read.room) is None and new.rooms.kept == {}


def test_what_is_unreadable_in_the_session_state_is_left_out(talk, read):
    for value in (b"{", b"{}", json.dumps({"nick": "X", "role": "king"}).encode()):
        fakes.result_of(talk.state.hash_set(f"room:{read.room}", f"x{len(value)}@localhost/x", value))
    new = talk.restart()
    assert set(new.room.seats) == {"ann@localhost/a", "bob@localhost/b"}


def test_a_room_is_idle_then_a_record_then_awake_again(house, ann, read):
    house.open(ann, "Ann", persistentroom=True, roomname="Licences")
    ann.say("kept")
    ann.send(f"<presence type='unavailable' to='{read.room}/Ann'/>")
    house.hands.advance(601)
    assert house.room is None and read.room in house.service.registry.records
    ann.take()
    listed = ann.ask("get", read.domain, "<query xmlns='http://jabber.org/protocol/disco#items'/>")
    assert [i["name"] for i in listed.query.elements() if i.name == "item"] == ["Licences"]
    assert read.bodies(ann.join("Ann")) == ["kept"]


def test_off_the_record_outlives_a_restart(talk, ann, read):
    ann.ask("set", read.room, "<record xmlns='urn:ccm:record:0' on='false'/>")
    new = talk.restart()
    ann = resume(new, "ann@localhost/a")
    ann.say("secret")
    assert len(new.archive.messages) == 1 and read.bodies(ann.take()) == ["secret"]


def test_what_comes_while_the_history_is_read_waits_in_order(talk, read):
    from twisted.internet.defer import Deferred

    new = talk.restart()
    gate, original = Deferred(), new.archive.page

    async def slow(*args, **named):
        await gate
        return await original(*args, **named)

    new.archive.page = slow
    cat, dan = new.person("cat@localhost/c"), new.person("dan@localhost/d")
    assert cat.join("Cat") == [] and dan.join("Dan") == []
    cat.say("first")
    gate.callback(None)
    assert read.bodies(cat.take()) == ["before", "first"]
    assert read.bodies(dan.take()) == ["before", "first"]


def test_the_session_state_holds_nobody_who_left(talk, ann, bob, read):
    ann.send(f"<presence to='{read.room}/Anna'/>")
    bob.leave()
    kept = fakes.result_of(talk.state.hash_all(f"room:{read.room}"))
    assert {jid: json.loads(v)["nick"] for jid, v in kept.items()} == {"ann@localhost/a": "Anna"}


def test_a_resumed_session_that_sends_again_without_origin_id_is_archived_once(talk, ann, read):
    ann.say("same", id_="same-id")
    new = talk.restart()
    ann, bob = resume(new, "ann@localhost/a"), resume(new, "bob@localhost/b")
    ann.say("same", id_="same-id")
    ann.say("new", id_="new-id")
    ann.say("new", id_="new-id")
    assert read.bodies(ann.take()) == ["same", "new", "new"]
    assert read.bodies(bob.take()) == ["new", "new"], "an id may be used again by a client that goes on"


def test_a_temporary_room_that_a_component_made_and_nobody_entered_is_swept_away(make_house, read):
    house = make_house(admins={"topics.localhost"})
    house.stranger("topics.localhost").ask("set", read.room, read.form())
    assert house.room is not None
    house.hands.advance(601)
    assert house.room is None and house.rooms.kept == {}


def saved(house, person):
    """What a record of that session holds, made now."""
    house.router.fire("session-saving", person)
    return json.loads(json.dumps(person.state))


def return_from(new, state, jid):
    """A session is made again of its record, as at a start; with what it missed."""
    missed = fakes.result_of(new.service.gaps().missed(state))
    person = new.person(jid, bound=False)
    person.resumed, person.state = True, dict(state)
    new.router.bind(person)
    assert all(template.archived for template in missed)
    for template in missed:
        person.deliver_raw(template)
    new.router.fire("session-resumed", person)
    return person


def test_what_was_archived_after_a_record_was_made_reaches_the_session_after_a_crash(talk, ann, bob, read):
    ann.say("known")
    state = saved(talk, bob)
    bob.take()
    ann.say("one")
    ann.say("two")
    reflected = [element.toXml() for element in bob.take()]
    new = talk.restart()
    bob = return_from(new, state, "bob@localhost/b")
    ann = resume(new, "ann@localhost/a")
    ann.say("three")
    got = bob.take()
    assert read.bodies(got) == ["one", "two", "three"]
    assert [element.toXml() for element in got[:2]] == reflected
    assert saved(new, bob)["rooms"] != state["rooms"]


def test_what_was_missed_of_several_rooms_comes_in_the_order_of_the_archives(house, ann, bob, read):
    rooms = [f"{name}@{read.domain}" for name in ("one", "two")]
    for room in rooms:
        house.open(ann, "Ann", room, persistentroom=True)
        bob.join("Bob", room)
    state = saved(house, bob)
    for number in range(6):
        ann.say(str(number), room=rooms[number % 2])
    live = read.bodies(bob.take())
    bob = return_from(house.restart(), state, "bob@localhost/b")
    assert live == read.bodies(bob.take()) == list("012345")


def test_a_session_that_was_sent_all_reads_nothing(talk, ann, bob):
    ann.say("x")
    state = saved(talk, bob)
    new = talk.restart()
    new.archive.page = None  # whoever reads fails
    assert fakes.result_of(new.service.gaps().missed(state)) == []


def test_a_session_that_missed_too_much_begins_anew(talk, ann, bob, read):
    state = saved(talk, bob)
    for number in range(6):
        ann.say(str(number))
    assert len(fakes.result_of(talk.restart({"backlog_messages": 6}).service.gaps().missed(state))) == 6
    with pytest.raises(ValueError, match="more than 5 messages"):
        fakes.result_of(talk.restart({"backlog_messages": 5}).service.gaps().missed(state))


def test_only_what_is_reflected_in_the_order_of_the_archive_is_marked_so(house, ann, bob, read):
    """After a crash, a client's count stands for the first so many messages of the archives."""
    rooms = [f"{name}@{read.domain}" for name in ("one", "two")]
    for room in rooms:
        house.open(ann, "Ann", room, persistentroom=True)
        bob.join("Bob", room)
    marks = []
    bob.deliver_raw = lambda template: marks.append((template.stanza.child_text("body"), bool(template.archived)))
    ann.send(f"<message type='groupchat' to='{rooms[0]}'><subject>S</subject></message>")
    ann.send(f"<message type='groupchat' to='{rooms[0]}'><active xmlns='urn:x'/></message>")
    assert [archived for _, archived in marks] == [False, False]
    marks.clear()
    house.archive.held = True
    ann.say("first", room=rooms[0])
    ann.say("second", room=rooms[1])
    ann.say("third", room=rooms[1])
    house.archive.waiting.rotate(-1)  # another room's commit overtakes
    house.archive.commit(1)
    house.archive.waiting.rotate(1)
    house.archive.commit()
    assert marks == [("second", False), ("first", True), ("third", True)]
    assert house.service.context.aloft == {}


def test_whoever_gets_the_name_of_a_deleted_account_is_a_stranger_and_a_ban_stays(talk, ann):
    talk.room.standings["bob@localhost"] = Standing("admin")
    talk.room.standings["eve@localhost"] = Standing("outcast")
    for jid in ("bob@localhost", "eve@localhost", "nobody@localhost"):
        talk.router.fire("account-deleted", jid)
    new = talk.restart()
    affiliations = {jid: standing.affiliation for jid, standing in new.room.standings.items()}
    assert affiliations == {"ann@localhost": "owner", "eve@localhost": "outcast"}
    new.router.fire("account-deleted", "ann@localhost")  # of a room that nobody has woken
    assert new.restart().room.standings.keys() == {"eve@localhost"}
