"""Registering with a room, nicks that are locked (XEP-0045 §7.2.2, §7.6, §7.10, §9.9)."""

import pytest

MUC = "http://jabber.org/protocol/muc"
FORM = f"{MUC}#register"
OURS = "urn:ccm:rooms:0"


def query(**values):
    fields = "".join(
        f"<field var='muc#register_{name}'><value>{value}</value></field>" for name, value in values.items()
    )
    head = f"<field var='FORM_TYPE'><value>{FORM}</value></field>"
    return f"<query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'>{head}{fields}</x></query>"


def register(person, room, nick):
    return person.ask("set", room, query(roomnick=nick))


def ask(person, room):
    return person.ask("get", room, "<query xmlns='jabber:iq:register'/>")


def our_form(**fields):
    values = "".join(f"<field var='{OURS}#{name}'><value>{value}</value></field>" for name, value in fields.items())
    return f"<query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'>{values}</x></query>"


@pytest.fixture
def talk(house, ann, bob, cat):
    """Ann owns the room, Bob is inside, Cat is not."""
    house.open(ann, "Ann")
    bob.join("Bob")
    for person in (ann, bob, cat):
        person.take()
    return house


def configure(ann, room, **fields):
    assert ann.ask("set", room, our_form(**fields))["type"] == "result"
    ann.take()


def test_somebody_is_asked_for_a_nick_and_told_the_one_they_have(talk, ann, cat, read):
    assert "muc#register_roomnick" in ask(cat, read.room).toXml()
    assert register(ann, read.room, "Queen")["type"] == "result"
    answer = ask(ann, read.room)
    assert str(answer.query.username) == "Queen" and answer.query.registered is not None
    assert talk.room.standing("ann@localhost").affiliation == "owner"


def test_an_admin_is_asked_and_lets_somebody_register(talk, ann, read):
    cat = talk.stranger("cat@far/c")
    assert register(cat, read.room, "Kit")["type"] == "result"
    question = ann.one()
    assert "cat@far" in question.toXml() and "muc#register_allow" in question.toXml()
    assert talk.room.standing("cat@far").affiliation == "none"
    assert register(cat, read.room, "Kit")["type"] == "result"
    assert ann.take() == [], "asked once"
    answer = query(roomnick="Kit", allow=1).partition(">")[2].removesuffix("</query>")
    ann.send(f"<message to='{read.room}'>{answer}</message>")
    assert talk.room.standing("cat@far").affiliation == "member"
    assert talk.room.standing("cat@far").nick == "Kit"
    assert 101 in read.codes(cat.one()), "somebody who is not inside is told"


def test_an_admin_says_no_and_others_say_nothing(talk, ann, bob, cat, read):
    register(cat, read.room, "Kit")
    answer = query(roomnick="Kit", allow=0).partition(">")[2].removesuffix("</query>")
    bob.send(f"<message to='{read.room}' id='m'>{answer}</message>")
    assert read.condition(bob.one()) == "forbidden"
    ann.take()
    ann.send(f"<message to='{read.room}' id='m'>{answer}</message>")
    assert ann.take() == [] and talk.room.standing("cat@localhost").affiliation == "none"
    ann.send(f"<message to='{read.room}' id='m'>{answer}</message>")
    assert read.condition(ann.one()) == "item-not-found"


def test_owners_who_are_not_inside_are_asked_where_they_are(house, ann, cat, read):
    dan = house.stranger("dan@far/d")
    house.open(ann, "Ann", persistentroom=True, roomowners=["dan@far"])
    ann.send(f"<presence to='{read.room}/Ann' type='unavailable'/>")
    register(cat, read.room, "Kit")
    question = dan.one()
    assert question["to"] == "dan@far" and "muc#register_allow" in question.toXml()


def test_where_everybody_may_one_is_a_member_at_once(talk, ann, cat, read):
    configure(ann, read.room, registration="everybody")
    assert register(cat, read.room, "Kit")["type"] == "result"
    assert talk.room.standing("cat@localhost").affiliation == "member"
    assert talk.rooms.kept[read.room].affiliations["cat@localhost"] == ("member", "Kit")
    assert ann.take() == []


def test_where_nobody_may_only_members_reserve_a_nick(talk, ann, cat, read):
    configure(ann, read.room, registration="nobody")
    assert read.condition(ask(cat, read.room)) == "not-allowed"
    assert read.condition(register(cat, read.room, "Kit")) == "not-allowed"
    assert register(ann, read.room, "Queen")["type"] == "result"


def test_a_nick_of_somebody_else_is_a_conflict(talk, ann, bob, cat, read):
    register(ann, read.room, "Queen")
    assert read.condition(register(bob, read.room, "queen")) == "conflict"
    assert read.condition(register(cat, read.room, "Bob")) == "conflict"
    assert read.condition(cat.ask("set", read.room, "<query xmlns='jabber:iq:register'/>")) == "bad-request"
    assert read.condition(register(cat, read.room, "")) == "jid-malformed"


def test_the_banned_may_not_register(talk, ann, cat, read):
    ban = f"<query xmlns='{MUC}#admin'><item jid='cat@localhost' affiliation='outcast'/></query>"
    assert ann.ask("set", read.room, ban)["type"] == "result"
    cat.take()
    assert read.condition(ask(cat, read.room)) == "not-allowed"
    assert read.condition(cat.ask("set", read.room, REMOVE)) == "registration-required"
    assert talk.room.standing("cat@localhost").affiliation == "outcast"


REMOVE = "<query xmlns='jabber:iq:register'><remove/></query>"


def test_whoever_ends_it_is_no_member_and_an_owner_stays_one(talk, ann, cat, read):
    configure(ann, read.room, registration="everybody")
    register(cat, read.room, "Kit")
    assert cat.ask("set", read.room, REMOVE)["type"] == "result"
    assert talk.room.standing("cat@localhost").affiliation == "none"
    register(ann, read.room, "Queen")
    assert ann.ask("set", read.room, REMOVE)["type"] == "result"
    assert talk.room.standing("ann@localhost").affiliation == "owner" and talk.room.reserved_for("Queen") is None
    assert read.condition(cat.ask("set", read.room, REMOVE)) == "registration-required"


def test_where_nicks_are_locked_registering_renames(talk, ann, bob, read):
    configure(ann, read.room, registration="everybody", lock_nicks=1)
    bob.take()
    register(bob, read.room, "Robert")
    assert talk.room.by_nick("Robert") is talk.room.seats[bob.jid]
    codes = [read.codes(element) for element in bob.aside if element.name == "presence"]
    assert [303, 110] in codes and [210, 110] in codes


def test_where_nicks_are_locked_one_enters_under_ones_own_and_keeps_it(talk, ann, bob, cat, read):
    configure(ann, read.room, registration="everybody", lock_nicks=1)
    register(cat, read.room, "Kit")
    own = next(e for e in cat.join("Other") if 110 in read.codes(e))
    assert own["from"] == f"{read.room}/Kit" and 210 in read.codes(own)
    cat.send(f"<presence to='{read.room}/Other'/>")
    assert read.condition(cat.one()) == "not-acceptable"
    bob.take()
    bob.send(f"<presence to='{read.room}/Rob'/>")
    assert read.condition(bob.one()) == "not-acceptable"


def test_too_many_applications_wait(house, ann, cat, read):
    house = house.restart({"joins_per_second": 1, "join_burst": 2})
    ann, cat = house.person("ann@localhost/x"), house.person("cat@localhost/x")
    house.open(ann, "Ann")
    conditions = [register(cat, read.room, f"Kit{number}")["type"] for number in range(4)]
    assert conditions == ["result", "result", "error", "error"]
