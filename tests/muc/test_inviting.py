"""Whom an invitation by way of a room makes a member (XEP-0045 §7.8.2)."""

import pytest
from conftest import ROOM

ANN, KIM, FRIEND, DOMAIN = "ann@localhost", "kim@localhost", "lee@localhost", "everybody.example"


@pytest.fixture
def ann(house):
    ann = house.person(f"{ANN}/a")
    house.open(ann, "Ann", membersonly=True, persistentroom=True, allowinvites=True)
    query = f"<query xmlns='http://jabber.org/protocol/muc#admin'><item jid='{KIM}' affiliation='member'/></query>"
    ann.ask("set", ROOM, query)
    return ann


def invite(person, jid):
    person.send(
        f"<message to='{ROOM}'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='{jid}'/></x></message>"
    )


def test_a_member_invites_people_one_by_one_and_no_whole_domain(house, ann):
    kim = house.person(f"{KIM}/a")
    kim.join("Kim")
    invite(kim, FRIEND)
    assert house.room.standing(FRIEND).affiliation == "member"
    invite(kim, DOMAIN)
    assert house.room.standing(f"somebody@{DOMAIN}").affiliation == "none"
    invite(ann, DOMAIN)
    assert house.room.standing(DOMAIN).affiliation == "member", "an owner may, as by the list"
