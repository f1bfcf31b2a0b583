"""Leaving, changing nick, sharing a nick, ghosts (XEP-0045 §7.6, §7.14, §18; XEP-0410)."""

import pytest

PING = "<ping xmlns='urn:xmpp:ping'/>"


@pytest.fixture
def talk(house, ann, bob):
    house.open(ann, "Ann")
    bob.join("Bob")
    ann.take()
    return house


def leave(person, nick, room, status=""):
    person.send(f"<presence type='unavailable' to='{room}/{nick}'>{status}</presence>")


def test_whoever_leaves_is_told_with_110_and_the_others_with_the_status_text(talk, ann, bob, read):
    leave(bob, "Bob", read.room, "<status>bye</status>")
    own, told = bob.one(), ann.one()
    assert own["type"] == told["type"] == "unavailable"
    assert 110 in read.codes(own) and read.codes(told) == []
    assert str(told.status) == "bye" and read.item(told)["role"] == "none"
    assert read.item(told)["affiliation"] == "none"


def test_leaving_twice_or_from_outside_is_silent(talk, ann, bob, read):
    leave(bob, "Bob", read.room)
    bob.take(), ann.take()
    leave(bob, "Bob", read.room)
    leave(talk.person("eve@localhost/e"), "Eve", read.room)
    assert ann.take() == bob.take() == []


def test_a_temporary_room_vanishes_with_its_last_occupant_and_a_persistent_one_stays(house, ann, read):
    house.open(ann, "Ann")
    ann.say("x")
    leave(ann, "Ann", read.room)
    assert house.room is None and house.rooms.kept == {}
    house.open(ann, "Ann", persistentroom=True)
    leave(ann, "Ann", read.room)
    assert house.room is not None and read.room in house.rooms.kept


def test_a_session_that_ends_leaves_its_rooms(talk, ann, bob, read):
    bob.leave()
    told = ann.one()
    assert told["type"] == "unavailable" and read.codes(told) == []


def test_a_session_that_ends_without_a_good_bye_leaves_with_333(talk, ann, bob, read):
    bob.dropped = True
    bob.leave()
    assert 333 in read.codes(ann.one())


def test_a_new_session_of_the_same_address_is_not_inside(talk, ann, bob, read):
    talk.router.unbind(bob)
    fresh = talk.person(bob.jid)
    assert 333 in read.codes(ann.one())
    fresh.take()
    ann.say("x")
    assert fresh.take() == []


# ---- shared nicks


def test_a_second_session_shares_the_nick_without_a_word_to_the_others(talk, ann, bob, read):
    phone = talk.person("bob@localhost/phone")
    got = phone.join("Bob")
    assert [e["from"].partition("/")[2] for e in got if e.name == "presence"] == ["Ann", "Bob"]
    assert 110 in read.codes(got[1])
    assert ann.take() == []
    ann.say("x")
    assert read.bodies(bob.take()) == read.bodies(phone.take()) == ["x"]


def test_a_shared_nick_leaves_only_with_its_last_session(talk, ann, bob, read):
    phone = talk.person("bob@localhost/phone")
    phone.join("Bob")
    leave(phone, "Bob", read.room)
    assert 110 in read.codes(phone.one())
    assert ann.take() == [] and bob.take() == []
    leave(bob, "Bob", read.room)
    assert ann.one()["type"] == "unavailable"


def test_each_session_of_a_shared_nick_is_an_item_to_those_who_see_addresses(talk, ann, bob, read):
    phone = talk.person("bob@localhost/phone")
    phone.join("Bob")
    phone.send(f"<presence to='{read.room}/Bob'><show>away</show></presence>")
    x = read.child(ann.one(), f"{read.muc}#user", "x")
    assert {i["jid"] for i in x.elements(f"{read.muc}#user", "item")} == {bob.jid, phone.jid}


def test_too_many_sessions_of_one_nick_are_refused(make_house, read):
    house = make_house({"sessions_per_nick": 1})
    ann = house.person("ann@localhost/a")
    house.open(ann, "Ann")
    assert read.condition(house.person("ann@localhost/b").join("Ann")[0]) == "resource-constraint"


# ---- presence and nick


def test_a_change_of_presence_is_told_to_all(talk, ann, bob, read):
    bob.send(f"<presence to='{read.room}/Bob'><show>dnd</show></presence>")
    assert str(ann.one().show) == "dnd"
    own = bob.one()
    assert str(own.show) == "dnd" and 110 in read.codes(own)


def test_a_change_of_nick_is_303_and_then_the_new_nick(talk, ann, bob, read):
    bob.send(f"<presence to='{read.room}/Robert'/>")
    gone, back = ann.take()
    assert (gone["from"], gone["type"]) == (f"{read.room}/Bob", "unavailable")
    assert read.codes(gone) == [303] and read.item(gone)["nick"] == "Robert"
    assert back["from"] == f"{read.room}/Robert" and back.getAttribute("type") is None
    own_gone, own_back = bob.take()
    assert read.codes(own_gone) == [303, 110] and 110 in read.codes(own_back)
    bob.say("me")
    assert ann.one()["from"] == f"{read.room}/Robert"


def test_a_nick_may_change_its_case(talk, ann, bob, read):
    bob.send(f"<presence to='{read.room}/BOB'/>")
    assert ann.take()[1]["from"] == f"{read.room}/BOB"


def test_a_change_to_a_taken_nick_is_a_conflict_and_changes_nothing(talk, ann, bob, read):
    bob.send(f"<presence to='{read.room}/ANN'/>")
    error = bob.one()
    assert read.condition(error) == "conflict" and error["from"] == f"{read.room}/ANN"
    assert ann.take() == [] and talk.room.by_nick("Bob") is not None


def test_one_session_of_a_shared_nick_moves_alone(talk, ann, bob, read):
    phone = talk.person("bob@localhost/phone")
    phone.join("Bob")
    phone.send(f"<presence to='{read.room}/BobPhone'/>")
    assert [e["from"] for e in ann.take()] == [f"{read.room}/BobPhone"]
    assert [read.codes(e) for e in phone.take()] == [[303, 110], [110]]
    assert talk.room.by_nick("Bob").seats.keys() == {bob.jid}
    bob.take()
    phone.send(f"<presence to='{read.room}/Bob'/>")
    gone = ann.one()
    assert gone["type"] == "unavailable" and read.item(gone)["nick"] == "Bob"
    assert talk.room.by_nick("Bob").seats.keys() == {bob.jid, phone.jid}


# ---- ghosts


@pytest.mark.parametrize(
    "condition",
    [
        "gone",
        "item-not-found",
        "recipient-unavailable",
        "redirect",
        "remote-server-not-found",
        "remote-server-timeout",
        "service-unavailable",
        "jid-malformed",
    ],
)
def test_whoever_is_not_there_any_more_leaves_with_333(talk, ann, read, condition):
    far = talk.stranger("far@elsewhere.example/x")
    far.join("Far")
    ann.take()
    error = f"<error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    far.send(f"<message type='error' to='{read.room}/Ann'>{error}</message>")
    told = ann.one()
    assert told["type"] == "unavailable" and read.codes(told) == [307, 333]
    assert 333 in read.codes(far.one())


def test_an_error_that_says_something_else_throws_nobody_out(talk, ann, bob, read):
    for condition in ("feature-not-implemented", "policy-violation", "resource-constraint"):
        error = f"<error type='cancel'><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
        bob.send(f"<message type='error' to='{read.room}/Ann'>{error}</message>")
    assert ann.take() == []


def test_a_hibernating_session_is_no_ghost(talk, ann, bob, read):
    bob.hibernating = True
    error = "<error type='wait'><recipient-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    bob.send(f"<message type='error' to='{read.room}/Ann'>{error}</message>")
    talk.hands.advance(10_000)
    assert ann.take() == []


def test_a_domain_that_is_gone_takes_its_occupants_out(talk, ann, read):
    far = talk.stranger("far@elsewhere.example/x")
    far.join("Far")
    talk.router.remove_domain("elsewhere.example", far)
    ann.take()
    ann.say("anybody?")
    gone = [e for e in ann.take() if e.name == "presence"]
    assert len(gone) == 1 and 333 in read.codes(gone[0])


def test_a_remote_occupant_that_was_silent_for_long_is_pinged(talk, ann, bob, read):
    far = talk.stranger("far@elsewhere.example/x")
    far.join("Far")
    talk.hands.advance(1200)
    ping = next(e for e in far.take() if e.name == "iq")
    assert ping["from"] == read.room and ping.ping is not None
    assert [e for e in bob.take() if e.name == "iq"] == []
    ann.take()
    far.send(
        f"<iq type='error' id='{ping['id']}' to='{read.room}'><error type='cancel'>"
        "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
    )
    assert 333 in read.codes(ann.one())


# ---- self-ping and other requests


def test_a_ping_to_ones_own_nick_is_answered_by_the_room(talk, bob, read):
    answer = bob.ask("get", f"{read.room}/Bob", PING)
    assert answer["type"] == "result" and answer["from"] == f"{read.room}/Bob"


def test_a_ping_from_a_session_that_is_not_inside_is_not_acceptable(talk, bob, read):
    phone = talk.person("bob@localhost/phone")
    assert read.condition(phone.ask("get", f"{read.room}/Bob", PING)) == "not-acceptable"
    phone.join("Bob")
    assert phone.ask("get", f"{read.room}/Bob", PING)["type"] == "result"
    assert bob.take() == []


def test_a_request_to_another_occupant_is_passed_on_and_its_answer_back(talk, ann, bob, read):
    ann.send(f"<iq type='get' id='v1' to='{read.room}/Bob'><query xmlns='jabber:iq:version'/></iq>")
    asked = bob.one()
    assert asked["from"] == f"{read.room}/Ann" and asked["to"] == bob.jid and asked["id"] == "v1"
    bob.send(f"<iq type='result' id='v1' to='{read.room}/Ann'><query xmlns='jabber:iq:version'/></iq>")
    answer = ann.one()
    assert answer["from"] == f"{read.room}/Bob" and answer["to"] == ann.jid and answer["type"] == "result"
    bob.send(f"<iq type='result' id='v1' to='{read.room}/Ann'/>")
    assert ann.take() == [], "an answer that nobody asked for goes nowhere"


def test_a_request_to_a_nick_that_is_not_here_is_item_not_found(talk, bob, read):
    assert read.condition(bob.ask("get", f"{read.room}/Nobody", PING)) == "item-not-found"
    assert read.condition(bob.ask("get", read.room, "<query xmlns='urn:unknown'/>")) == "service-unavailable"


def test_the_end_of_the_service_is_told_with_332(talk, ann, bob, read):
    talk.service.stop(announce=True)
    assert all(332 in read.codes(e) for e in bob.take())
    assert bob.jid not in (talk.room.seats if talk.room else {})


def test_of_many_changes_of_presence_only_the_last_is_told(make_house, read):
    house = make_house({"messages_per_second": 1.0, "message_burst": 2})
    ann, bob = house.person("ann@localhost/a"), house.person("bob@localhost/b")
    house.open(ann, "Ann")
    bob.join("Bob")
    ann.take()
    for number in range(10):
        bob.send(f"<presence to='{read.room}/Bob'><status>{number}</status></presence>")
    assert [str(e.status) for e in ann.take()] == ["0", "1"]
    house.hands.advance(1)
    assert [str(e.status) for e in ann.take()] == ["9"]


def test_changing_nicks_too_fast_is_refused(make_house, read):
    house = make_house({"messages_per_second": 1.0, "message_burst": 2})
    ann = house.person("ann@localhost/a")
    house.open(ann, "Ann")
    for number in range(3):
        ann.send(f"<presence to='{read.room}/Ann{number}'/>")
    assert read.condition(ann.take()[-1]) == "policy-violation"
