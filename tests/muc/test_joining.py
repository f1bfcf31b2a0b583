"""Entering a room: the strict order, and everything that keeps somebody out (XEP-0045 §7.2)."""

import pytest

MUC = "http://jabber.org/protocol/muc"
USER = MUC + "#user"


def test_a_new_room_says_201_and_110_to_its_maker_and_ends_with_an_empty_subject(house, ann, read):
    own, subject = ann.join("Ann")
    assert own.name == "presence" and own["from"] == f"{read.room}/Ann" and own["id"] == "j1"
    assert sorted(read.codes(own)) == [110, 170, 201]
    assert read.item(own)["affiliation"] == "owner" and read.item(own)["role"] == "moderator"
    assert subject.name == "message" and subject["type"] == "groupchat"
    assert subject.subject is not None and str(subject.subject) == "" and subject.body is None


def test_the_order_of_a_join_is_others_self_history_subject(house, ann, bob, cat, read):
    house.open(ann, "Ann")
    ann.say("one")
    ann.say("two")
    ann.send(f"<message type='groupchat' to='{read.room}'><subject>Licences</subject></message>")
    bob.join("Bob")
    got = cat.join("Cat")
    kinds = [(e.name, e["from"].partition("/")[2], str(e.body or e.subject or "")) for e in got]
    assert kinds[:2] == [("presence", "Ann", ""), ("presence", "Bob", "")]
    assert kinds[2] == ("presence", "Cat", "") and 110 in read.codes(got[2])
    assert kinds[3:] == [("message", "Ann", "one"), ("message", "Ann", "two"), ("message", "Ann", "Licences")]
    assert read.child(got[3], "urn:xmpp:delay", "delay")["from"] == read.room
    assert read.child(got[5], "urn:xmpp:delay", "delay") is not None


def test_a_newcomer_is_told_to_the_others_without_110(house, ann, bob, read):
    house.open(ann, "Ann")
    bob.join("Bob", presence="<show>away</show>")
    told = ann.one()
    assert told["from"] == f"{read.room}/Bob" and read.codes(told) == [] and str(told.show) == "away"
    assert read.child(told, MUC, "x") is None


def test_real_addresses_are_shown_to_moderators_only_in_a_semi_anonymous_room(house, ann, bob, cat, read):
    house.open(ann, "Ann")
    bob.join("Bob")
    assert read.item(ann.one())["jid"] == "bob@localhost/b"
    others = cat.join("Cat")[:2]
    assert all("jid" not in read.item(presence) for presence in others)
    assert "jid" not in read.item(bob.one())


def test_a_non_anonymous_room_says_100_and_shows_addresses_to_all(house, ann, bob, read):
    house.open(ann, "Ann", whois="anyone")
    got = bob.join("Bob")
    assert read.item(got[0])["jid"] == "ann@localhost/a"
    assert 100 in read.codes(got[1])


def test_170_is_said_only_while_the_room_is_logged(house, ann, bob, read):
    house.open(ann, "Ann", enablelogging=False)
    assert 170 not in read.codes(bob.join("Bob")[1])


def test_a_locked_room_does_not_exist_for_others(house, ann, bob, read):
    ann.join("Ann")
    error = bob.join("Bob")[0]
    assert read.condition(error) == "item-not-found"
    assert ann.take() == []


def test_of_two_who_make_a_room_at_once_the_second_finds_it_locked(house, ann, bob, read):
    assert 201 in read.codes(ann.join("Ann")[0])
    assert read.condition(bob.join("Bob")[0]) == "item-not-found"
    house.configure(ann)
    assert 201 not in read.codes(bob.join("Bob")[1])


def test_an_instant_room_opens_with_an_empty_form(house, ann, bob, read):
    ann.join("Ann")
    assert ann.ask("set", read.room, read.form())["type"] == "result"
    assert len(bob.join("Bob")) == 3


def test_cancelling_the_first_configuration_destroys_the_room(house, ann, read):
    ann.join("Ann")
    cancel = f"<query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='cancel'/></query>"
    assert ann.ask("set", read.room, cancel)["type"] == "result"
    assert ann.aside[0]["type"] == "unavailable" and 110 in read.codes(ann.aside[0])
    assert house.room is None and house.rooms.kept == {}


@pytest.mark.parametrize(
    ("fields", "inner", "expected"),
    [
        ({"membersonly": True}, "", "registration-required"),
        ({"passwordprotectedroom": True, "roomsecret": "x"}, "", "not-authorized"),
        ({"passwordprotectedroom": True, "roomsecret": "x"}, "<password>y</password>", "not-authorized"),
        ({"maxusers": "1"}, "", "service-unavailable"),
    ],
)
def test_a_door_that_is_closed_says_why_and_echoes_the_request(house, ann, bob, read, fields, inner, expected):
    house.open(ann, "Ann", **fields)
    (error,) = bob.join("Bob", inner=inner)
    assert read.condition(error) == expected
    assert error["from"] == f"{read.room}/Bob" and error["to"] == bob.jid and error["id"] == "j1"
    assert read.child(error, MUC, "x") is not None
    assert error.error["by"] == read.room
    assert ann.take() == []


def test_the_right_password_opens(house, ann, bob, read):
    house.open(ann, "Ann", passwordprotectedroom=True, roomsecret="x")
    assert 110 in read.codes(bob.join("Bob", inner="<password>x</password>")[1])


def test_a_taken_nick_is_a_conflict_also_when_it_only_looks_the_same(house, ann, bob, read):
    house.open(ann, "Alice")
    for nick in ("Alice", "alice", "ALICE", "Аlice", "Al ice"):
        assert read.condition(bob.join(nick)[0]) == "conflict", nick


@pytest.mark.parametrize("nick", ["", "Bob ", "B  ob", "Bo\u202eb", "x" * 65])
def test_a_nick_that_misleads_is_refused(house, ann, bob, read, nick):
    house.open(ann, "Ann")
    assert read.condition(bob.join(nick)[0]) in ("jid-malformed", "not-acceptable")
    assert len(house.room.occupants) == 1


def test_a_nick_of_other_scripts_or_emoji_is_welcome(house, ann, bob, read):
    house.open(ann, "Анна")
    assert 110 in read.codes(bob.join("李雷")[1])


def test_presence_without_the_muc_element_lets_nobody_in(house, ann, bob, read):
    house.open(ann, "Ann")
    bob.send(f"<presence to='{read.room}/Bob'/>")
    assert read.condition(bob.one()) == "not-acceptable"
    assert ann.take() == []


def test_entering_again_tells_everything_again_and_nobody_else(house, ann, bob, read):
    house.open(ann, "Ann")
    bob.join("Bob")
    ann.say("hello")
    ann.take()
    bob.take()
    again = bob.join("Bob")
    assert [e["from"].partition("/")[2] for e in again[:2]] == ["Ann", "Bob"]
    assert read.bodies(again) == ["hello"] and again[-1].subject is not None
    assert ann.take() == []


def test_history_is_as_long_as_asked(house, ann, bob, read):
    house.open(ann, "Ann")
    for number in range(5):
        house.hands.advance(10)
        ann.say(str(number))

    def history(wish):
        found = read.bodies(bob.join("Bob", inner=f"<history {wish}/>"))
        bob.send(f"<presence to='{read.room}/Bob' type='unavailable'/>").take()
        return found

    assert history("") == ["0", "1", "2", "3", "4"]
    assert history("maxstanzas='2'") == ["3", "4"]
    assert history("maxstanzas='0'") == []
    assert history("maxchars='0'") == []
    assert len(history("maxchars='900'")) in (1, 2, 3)
    assert history("seconds='15'") == ["3", "4"]
    assert history("since='2026-01-01T00:00:35Z'") == ["3", "4"]
    assert history("maxstanzas='nonsense'") == ["0", "1", "2", "3", "4"]


def test_history_is_bounded_by_the_rooms_own_configuration(house, ann, bob, read):
    house.open(ann, "Ann", maxhistoryfetch="2")
    for number in range(5):
        ann.say(str(number))
    assert read.bodies(bob.join("Bob")) == ["3", "4"]


def test_bodyless_messages_are_not_in_the_history(house, ann, bob, read):
    house.open(ann, "Ann")
    ann.send(
        f"<message type='groupchat' to='{read.room}'><reactions xmlns='urn:xmpp:reactions:0' id='1'>"
        "<reaction>+</reaction></reactions></message>"
    )
    got = bob.join("Bob")
    assert [e.name for e in got] == ["presence", "presence", "message"] and got[2].subject is not None


def test_no_live_message_comes_between_history_and_subject(house, ann, bob, read):
    house.open(ann, "Ann")
    house.archive.held = True
    ann.say("late")
    got = bob.join("Bob")
    assert read.bodies(got) == [] and got[-1].subject is not None
    house.archive.commit()
    assert read.bodies(bob.take()) == ["late"]


def test_presence_of_roles_that_are_not_broadcast_stays_private(house, ann, bob, cat, read):
    house.open(ann, "Ann", presencebroadcast=["moderator"])
    got = bob.join("Bob")
    assert [e["from"].partition("/")[2] for e in got if e.name == "presence"] == ["Ann", "Bob"]
    assert ann.take() == []
    assert [e["from"].partition("/")[2] for e in cat.join("Cat") if e.name == "presence"] == ["Ann", "Cat"]


def test_an_occupant_id_is_the_same_for_one_person_and_cannot_be_forged(house, ann, bob, read):
    house.open(ann, "Ann")
    forged = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>"
    bob.join("Bob", presence=forged)
    first = read.child(ann.one(), "urn:xmpp:occupant-id:0", "occupant-id")["id"]
    bob.send(f"<presence to='{read.room}/Robert'>{forged}</presence>")
    second = ann.take()[-1]
    assert [e["id"] for e in second.elements("urn:xmpp:occupant-id:0", "occupant-id")] == [first]
    assert first != "forged"


# ---- limits


def test_joins_of_strangers_are_limited_for_a_room_but_not_those_of_members(make_house, read):
    house = make_house({"joins_per_second": 1.0, "join_burst": 2})
    ann = house.person("ann@localhost/a")
    house.open(ann, "Ann")
    ann.ask("set", read.room, f"<query xmlns='{MUC}#admin'><item affiliation='member' jid='m@localhost'/></query>")
    results = [house.person(f"u{n}@localhost/x").join(f"U{n}")[0] for n in range(4)]
    assert [e.getAttribute("type") for e in results] == [None, None, "error", "error"]
    assert read.condition(results[3]) == "resource-constraint" and results[3].error["type"] == "wait"
    assert 110 in read.codes(house.person("m@localhost/x").join("M")[-2])
    house.hands.advance(1)
    assert house.person("late@localhost/x").join("Late")[0].getAttribute("type") is None


def test_one_person_makes_only_so_many_rooms(make_house, read):
    house = make_house({"rooms_per_user": 2})
    ann = house.person("ann@localhost/a")
    house.open(ann, room="one@conference.localhost")
    house.open(ann, room="two@conference.localhost")
    (error,) = ann.join("Ann", room="three@conference.localhost")
    assert read.condition(error) == "resource-constraint"
    assert len(house.service.registry.rooms) == 2


def test_rooms_are_made_only_so_often(make_house, read):
    house = make_house({"creations_per_hour": 1})
    ann = house.person("ann@localhost/a")
    house.open(ann, room="one@conference.localhost")
    assert read.condition(ann.join("Ann", room="two@conference.localhost")[0]) == "resource-constraint"
    house.hands.advance(3600)
    assert 201 in read.codes(ann.join("Ann", room="two@conference.localhost")[0])


def test_only_admins_make_rooms_where_that_is_configured(make_house, read):
    house = make_house({"create": "admins"})
    (refused,) = house.person("ann@localhost/a").join("Ann")
    assert read.condition(refused) == "not-allowed"
    assert "Ask the operator, who names them in muc.admins." in str(refused.error.text)
    house = make_house({"create": "admins", "admins": ["kim@localhost"]})
    (refused,) = house.person("ann@localhost/a").join("Ann")
    assert "make rooms here. Ask kim@localhost." in str(refused.error.text)
    house = make_house({"create": "local"})
    (refused,) = house.person("far@elsewhere.org/a").join("Far")
    assert "has an account of this server" in str(refused.error.text)


def test_a_room_that_its_owner_has_not_configured_says_so(house, ann, bob, read):
    ann.join("Ann")
    (refused,) = bob.join("Bob")
    assert read.condition(refused) == "item-not-found"
    assert "its owner has to configure it first" in str(refused.error.text)


def test_a_refused_first_join_leaves_no_room_behind(house, ann, read):
    ann.join("")
    ann.join("bad ")
    assert house.service.registry.rooms == {}


def test_entering_again_counts_as_a_join(make_house, read):
    house = make_house({"user_joins_per_minute": 60, "user_join_burst": 3})
    ann = house.person("ann@localhost/a")
    house.open(ann, "Ann")
    assert 110 in read.codes(ann.join("Ann")[0])
    assert 110 in read.codes(ann.join("Ann")[0])
    (refused,) = ann.join("Ann")
    assert read.condition(refused) == "resource-constraint"
    house.hands.advance(1)
    assert 110 in read.codes(ann.join("Ann")[0])
