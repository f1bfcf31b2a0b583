"""A guest who made an account goes on in the same place: what the guest said is the account's."""

import pytest

ROOM = "talk@conference.localhost"
GUEST = "g1@guests.localhost"
KIM = "kim@localhost"
ADMIN = "accounts.localhost"


@pytest.fixture
def house(make_house):
    house = make_house(admins={ADMIN})
    house.router.add_host("guests.localhost")
    return house


@pytest.fixture
def ann(house):
    return house.person("ann@localhost/a")


@pytest.fixture
def guest(house, ann):
    house.open(ann, "Ann", membersonly=True, persistentroom=True, whois="anyone")
    query = f"<query xmlns='http://jabber.org/protocol/muc#admin'><item jid='{GUEST}' affiliation='member'/></query>"
    ann.ask("set", ROOM, query)
    guest = house.person(f"{GUEST}/web")
    guest.join("Kim")
    ann.take()
    return guest


@pytest.fixture
def component(house):
    return house.stranger(ADMIN)


def succeed(asker, jid=GUEST, by=KIM):
    return asker.ask("set", ROOM, f"<succeed xmlns='urn:ccm:rooms:0' jid='{jid}' by='{by}'/>")


def occupant_id(element, read):
    return read.child(element, "urn:xmpp:occupant-id:0", "occupant-id")["id"]


def test_messages_of_before_and_after_carry_one_occupant_id(house, ann, guest, component, read):
    guest.say("as a guest")
    before = occupant_id(ann.one(), read)
    assert succeed(component)["type"] == "result"
    kim = house.person(f"{KIM}/web")
    kim.join("Kim")
    assert [o.affiliation for o in house.room.of_bare(KIM)] == ["member"]
    guest.leave()
    ann.take()
    kim.say("as myself")
    assert occupant_id(ann.one(), read) == before


def test_nobody_sees_anybody_leave(house, ann, guest, component):
    succeed(component)
    house.person(f"{KIM}/web").join("Kim")
    guest.leave()
    assert [e for e in ann.take() if e.getAttribute("type") == "unavailable"] == []
    assert [o.nick for o in house.room.occupants.values()] == ["Ann", "Kim"]


def test_the_heir_takes_back_what_the_guest_said(house, ann, guest, component, read):
    guest.say("a slip")
    id_ = read.child(ann.one(), "urn:xmpp:sid:0", "stanza-id")["id"]
    succeed(component)
    assert [m.sender for m in house.archive.messages] == [KIM]
    kim = house.person(f"{KIM}/web")
    kim.join("Kim")
    kim.say("", extra=f"<retract xmlns='urn:xmpp:message-retract:1' id='{id_}'/>")
    assert b"retracted" in house.archive.messages[0].stanza


def test_the_guest_is_no_member_any_more(house, guest, component, read):
    succeed(component)
    guest.leave()
    again = house.person(f"{GUEST}/other")
    assert read.condition(again.join("Kim")[0]) == "registration-required"


def test_it_outlives_a_restart(house, ann, guest, component, read):
    guest.say("as a guest")
    before = occupant_id(ann.one(), read)
    succeed(component)
    new = house.restart(admins={ADMIN})
    kim = new.person(f"{KIM}/web")
    kim.join("Kim2")
    kim.say("as myself")
    assert occupant_id(kim.take()[-1], read) == before


def test_an_account_that_was_here_before_keeps_its_own_occupant_id(house, ann, guest, component, read):
    kim = house.person(f"{KIM}/web")
    query = f"<query xmlns='http://jabber.org/protocol/muc#admin'><item jid='{KIM}' affiliation='admin'/></query>"
    ann.ask("set", ROOM, query)
    kim.join("Kim K")
    kim.say("mine")
    before = occupant_id(kim.take()[-1], read)
    succeed(component)
    assert house.room.standing(KIM).affiliation == "admin"
    kim.say("mine again")
    assert occupant_id(kim.take()[-1], read) == before


def test_only_components_of_this_server_ask_for_it(house, ann, guest, read):
    assert read.condition(succeed(ann)) == "forbidden"
    assert read.condition(succeed(guest, GUEST, "mallory@localhost")) == "forbidden"
    assert house.room.standing(GUEST).affiliation == "member"


def test_doing_it_again_changes_nothing(house, guest, component):
    for _ in range(2):
        assert succeed(component)["type"] == "result"
    assert house.room.heirs == {KIM: GUEST}


def test_who_changes_the_nick_of_one_of_two_sessions_keeps_the_occupant_id(house, ann, guest, component, read):
    guest.say("as a guest")
    before = occupant_id(ann.one(), read)
    assert succeed(component)["type"] == "result"
    guest.leave()
    phone, laptop = house.person(f"{KIM}/phone"), house.person(f"{KIM}/laptop")
    phone.join("Kim")
    laptop.join("Kim")
    laptop.send(f"<presence to='{ROOM}/Kimberly'/>")
    ann.take()
    laptop.say("under another nick")
    assert occupant_id(ann.one(), read) == before
