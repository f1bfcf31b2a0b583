"""Roles, affiliations, configuration, destruction, invitations (XEP-0045 §7.8, §8–10)."""

import pytest

MUC = "http://jabber.org/protocol/muc"


@pytest.fixture
def talk(house, ann, bob, cat):
    """Ann owns the room, Bob and Cat are inside without an affiliation."""
    house.open(ann, "Ann")
    bob.join("Bob")
    cat.join("Cat")
    for person in (ann, bob, cat):
        person.take()
    return house


def items(*listed):
    inner = ""
    for one in listed:
        attrs = " ".join(f"{k}='{v}'" for k, v in one.items() if k != "reason")
        reason = f"<reason>{one['reason']}</reason>" if "reason" in one else ""
        inner += f"<item {attrs}>{reason}</item>"
    return f"<query xmlns='{MUC}#admin'>{inner}</query>"


def change(person, room, *listed):
    return person.ask("set", room, items(*listed))


def listed(person, room, **which):
    answer = person.ask("get", room, items(which))
    assert answer["type"] == "result", answer.toXml()
    return [i.attributes for i in answer.query.elements(f"{MUC}#admin", "item")]


# ---- roles


def test_a_kick_is_307_with_actor_and_reason(talk, ann, bob, cat, read):
    assert change(ann, read.room, {"nick": "Bob", "role": "none", "reason": "enough"})["type"] == "result"
    own, told = bob.one(), cat.one()
    assert read.codes(own) == [307, 110] and read.codes(told) == [307]
    x = read.child(own, f"{MUC}#user", "x")
    assert x.item.actor["nick"] == "Ann" and str(x.item.reason) == "enough" and x.item["role"] == "none"
    assert talk.room.by_nick("Bob") is None


def test_a_kick_removes_every_session_of_the_nick(talk, ann, bob, read):
    phone = talk.person("bob@localhost/phone")
    phone.join("Bob")
    change(ann, read.room, {"nick": "Bob", "role": "none"})
    assert 307 in read.codes(bob.one()) and 307 in read.codes(phone.one())


def test_voice_is_taken_and_given(talk, ann, bob, cat, read):
    change(ann, read.room, {"nick": "Bob", "role": "visitor"})
    assert read.item(cat.one())["role"] == "visitor"
    bob.take()
    bob.say("x")
    assert read.condition(bob.one()) == "forbidden"
    change(ann, read.room, {"nick": "Bob", "role": "participant"})
    assert read.item(bob.one())["role"] == "participant"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"nick": "Cat", "role": "none"}, "forbidden"),
        ({"nick": "Ann", "role": "none"}, "forbidden"),
        ({"jid": "cat@localhost", "affiliation": "outcast"}, "forbidden"),
        ({"nick": "Bob", "role": "moderator"}, "forbidden"),
    ],
)
def test_a_participant_changes_nobody(talk, bob, read, wanted, expected):
    assert read.condition(change(bob, read.room, wanted)) == expected


def test_a_moderator_kicks_those_below_but_not_those_above(talk, ann, bob, cat, read):
    change(ann, read.room, {"nick": "Bob", "role": "moderator"})
    bob.take()
    assert read.condition(change(bob, read.room, {"nick": "Ann", "role": "none"})) == "not-allowed"
    assert read.condition(change(bob, read.room, {"nick": "Ann", "role": "visitor"})) == "not-allowed"
    assert read.condition(change(bob, read.room, {"nick": "Cat", "role": "moderator"})) == "forbidden"
    assert change(bob, read.room, {"nick": "Cat", "role": "none"})["type"] == "result"


def test_an_owner_cannot_lose_the_moderator_role(talk, ann, bob, read):
    change(ann, read.room, {"jid": "bob@localhost", "affiliation": "owner"})
    assert read.condition(change(bob, read.room, {"nick": "Ann", "role": "participant"})) == "not-allowed"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"nick": "Nobody", "role": "none"}, "item-not-found"),
        ({"nick": "Bob", "role": "king"}, "bad-request"),
        ({"jid": "bob@localhost", "affiliation": "king"}, "bad-request"),
        ({"nick": "Bob"}, "bad-request"),
        ({"jid": "b@b@b", "affiliation": "member"}, "jid-malformed"),
        ({"jid": "ann@localhost", "affiliation": "outcast"}, "conflict"),
    ],
)
def test_a_change_that_cannot_be(talk, ann, read, wanted, expected):
    assert read.condition(change(ann, read.room, wanted)) == expected


def test_a_list_changes_as_a_whole_or_not_at_all(talk, ann, bob, read):
    answer = change(
        ann,
        read.room,
        {"jid": "bob@localhost", "affiliation": "member"},
        {"nick": "Cat", "role": "none"},
        {"nick": "Nobody", "role": "none"},
    )
    assert read.condition(answer) == "item-not-found"
    assert bob.take() == [] and talk.room.by_nick("Cat") is not None
    assert "bob@localhost" not in talk.room.standings


# ---- affiliations


def test_a_ban_is_301_and_keeps_them_out_and_is_on_disk_when_answered(talk, ann, bob, cat, read):
    assert change(ann, read.room, {"jid": "bob@localhost", "affiliation": "outcast"})["type"] == "result"
    assert read.codes(bob.one()) == [301, 110] and read.codes(cat.one()) == [301]
    assert read.condition(bob.join("Bob")[0]) == "forbidden"
    assert talk.rooms.kept[read.room].affiliations["bob@localhost"] == ("outcast", "")


def test_a_ban_that_could_not_be_saved_is_not_acknowledged_but_saved_later(talk, ann, bob, read):
    talk.rooms.broken = True
    answer = change(ann, read.room, {"jid": "bob@localhost", "affiliation": "outcast"})
    assert read.condition(answer) == "resource-constraint"
    talk.rooms.broken = False
    talk.hands.advance(6)
    assert talk.rooms.kept[read.room].affiliations["bob@localhost"][0] == "outcast"


def test_a_whole_domain_may_be_banned(talk, ann, read):
    change(ann, read.room, {"jid": "elsewhere.example", "affiliation": "outcast"})
    far = talk.stranger("far@elsewhere.example/x")
    assert read.condition(far.join("Far")[0]) == "forbidden"


def test_becoming_admin_makes_a_moderator_at_once(talk, ann, bob, cat, read):
    change(ann, read.room, {"jid": "bob@localhost", "affiliation": "admin"})
    got = read.item(cat.one())
    assert got["affiliation"] == "admin" and got["role"] == "moderator"


def test_an_admin_changes_members_but_neither_admins_nor_owners(talk, ann, bob, cat, read):
    change(ann, read.room, {"jid": "bob@localhost", "affiliation": "admin"})
    bob.take()
    assert change(bob, read.room, {"jid": "cat@localhost", "affiliation": "member"})["type"] == "result"
    for wanted in (
        {"jid": "cat@localhost", "affiliation": "admin"},
        {"jid": "ann@localhost", "affiliation": "none"},
        {"jid": "cat@localhost", "affiliation": "owner"},
    ):
        assert read.condition(change(bob, read.room, wanted)) == "not-allowed"


def test_the_last_owner_cannot_step_down(talk, ann, read):
    assert read.condition(change(ann, read.room, {"jid": "ann@localhost", "affiliation": "admin"})) == "conflict"
    both = ({"jid": "bob@localhost", "affiliation": "owner"}, {"jid": "ann@localhost", "affiliation": "member"})
    assert change(ann, read.room, *both)["type"] == "result"
    assert talk.room.with_affiliation("owner") == ("bob@localhost",)


def test_somebody_absent_hears_101(talk, ann, read):
    dan = talk.person("dan@localhost/d")
    dan.priority = 0
    messages = []
    original = talk.router.route

    def spy(stanza, origin=None):
        messages.append(stanza)
        original(stanza, origin)

    talk.router.route = spy
    change(ann, read.room, {"jid": "dan@localhost", "affiliation": "member"})
    told = [s for s in messages if s.to == "dan@localhost"]
    assert len(told) == 1 and read.codes(told[0].element) == [101]


def test_a_reserved_nick_is_kept_for_its_member(talk, ann, bob, read):
    change(ann, read.room, {"jid": "dan@localhost", "affiliation": "member", "nick": "Dan"})
    eve = talk.person("eve@localhost/e")
    assert read.condition(eve.join("dan")[0]) == "conflict"
    bob.send(f"<presence to='{read.room}/Dan'/>")
    assert read.condition(bob.take()[-1]) == "conflict"
    dan = talk.person("dan@localhost/d")
    got = dan.join("Dan")
    assert not [e for e in got if e.getAttribute("type") == "error"]
    info = dan.ask("get", read.room, "<query xmlns='http://jabber.org/protocol/disco#info' node='x-roomuser-item'/>")
    assert info.query["node"] == "x-roomuser-item" and info.query.identity["name"] == "Dan"


def test_losing_membership_in_a_members_only_room_is_321(house, ann, bob, read):
    house.open(ann, "Ann", membersonly=True)
    change(ann, read.room, {"jid": "bob@localhost", "affiliation": "member"})
    bob.join("Bob")
    ann.take()
    change(ann, read.room, {"jid": "bob@localhost", "affiliation": "none"})
    assert read.codes(bob.one()) == [321, 110]
    assert read.condition(bob.join("Bob")[0]) == "registration-required"


def test_lists_are_shown_to_those_who_may_see_them(talk, ann, bob, read):
    change(ann, read.room, {"jid": "x@localhost", "affiliation": "outcast"})
    assert [i["jid"] for i in listed(ann, read.room, affiliation="outcast")] == ["x@localhost"]
    assert [i["jid"] for i in listed(ann, read.room, affiliation="owner")] == ["ann@localhost"]
    assert {i["nick"] for i in listed(ann, read.room, role="participant")} == {"Bob", "Cat"}
    assert [i["nick"] for i in listed(ann, read.room, role="moderator")] == ["Ann"]
    for which in ({"affiliation": "outcast"}, {"affiliation": "member"}, {"role": "moderator"}):
        assert read.condition(bob.ask("get", read.room, items(which))) == "forbidden"
    eve = talk.person("eve@localhost/e")
    assert read.condition(eve.ask("get", read.room, items({"affiliation": "owner"}))) == "forbidden"


def test_a_room_has_only_so_many_affiliations(make_house, read):
    house = make_house({"affiliations": 2})
    ann = house.person("ann@localhost/a")
    house.open(ann, "Ann")
    assert change(ann, read.room, {"jid": "b@localhost", "affiliation": "member"})["type"] == "result"
    assert read.condition(change(ann, read.room, {"jid": "c@localhost", "affiliation": "member"})) == (
        "resource-constraint"
    )


# ---- configuration


def test_the_form_names_every_field_with_its_value(talk, ann, read):
    answer = ann.ask("get", read.room, f"<query xmlns='{MUC}#owner'/>")
    fields = {f["var"]: f for f in answer.query.x.elements("jabber:x:data", "field")}
    assert str(fields["FORM_TYPE"].value) == f"{MUC}#roomconfig"
    assert str(fields["muc#roomconfig_whois"].value) == "moderators"
    assert str(fields["muc#roomconfig_roomowners"].value) == "ann@localhost"
    expected = "roomname roomdesc persistentroom publicroom passwordprotectedroom roomsecret whois membersonly"
    expected += " moderatedroom changesubject allowinvites allowpm maxusers enablelogging getmemberlist"
    expected += " presencebroadcast maxhistoryfetch lang roomadmins roomowners"
    assert {f"muc#roomconfig_{name}" for name in expected.split()} <= set(fields)


def test_a_field_that_is_missing_keeps_its_value_and_an_unknown_one_is_ignored(talk, ann, read):
    talk.configure(ann, roomname="Licences", unknown="x")
    talk.configure(ann, roomdesc="All about them")
    assert (talk.room.config.name, talk.room.config.description) == ("Licences", "All about them")
    assert talk.rooms.kept[read.room].config["name"] == "Licences"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"membersonly": "perhaps"}, "bad-request"),
        ({"whois": "nobody"}, "bad-request"),
        ({"maxusers": "many"}, "bad-request"),
        ({"passwordprotectedroom": True}, "not-acceptable"),
        ({"presencebroadcast": ["kings"]}, "bad-request"),
        ({"roomowners": []}, "conflict"),
        ({"roomname": "x" * 2000}, "bad-request"),
    ],
)
def test_a_wrong_field_changes_nothing(talk, ann, read, fields, expected):
    before = talk.room.config
    answer = ann.ask("set", read.room, read.form(roomdesc="new", **fields))
    assert read.condition(answer) == expected and talk.room.config == before


def test_only_owners_configure(talk, bob, read):
    assert read.condition(bob.ask("get", read.room, f"<query xmlns='{MUC}#owner'/>")) == "forbidden"
    assert read.condition(bob.ask("set", read.room, read.form())) == "forbidden"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"roomname": "x"}, [104]),
        ({"enablelogging": False}, [171]),
        ({"whois": "anyone"}, [172]),
        ({"whois": "anyone", "roomname": "x"}, [172, 104]),
        ({}, None),
    ],
)
def test_a_change_is_told_with_its_status_codes(talk, ann, bob, read, fields, expected):
    talk.configure(ann, **fields)
    told = bob.take()
    if expected is None:
        assert told == []
    else:
        assert told[0]["type"] == "groupchat" and told[0]["from"] == read.room
        assert read.codes(told[0]) == expected


def test_a_room_that_becomes_members_only_removes_the_others_with_322(talk, ann, bob, cat, read):
    change(ann, read.room, {"jid": "cat@localhost", "affiliation": "member"})
    cat.take(), bob.take()
    talk.configure(ann, membersonly=True)
    assert read.codes(bob.one()) == [322, 110]
    assert talk.room.by_nick("Cat") is not None


def test_the_form_sets_owners_and_admins(talk, ann, bob, cat, read):
    talk.configure(ann, roomowners=["ann@localhost", "bob@localhost"], roomadmins=["cat@localhost"])
    assert set(talk.room.with_affiliation("owner")) == {"ann@localhost", "bob@localhost"}
    assert talk.room.by_nick("Cat").role == "moderator"


# ---- destruction


def test_destroying_tells_everybody_where_to_go_and_forgets_the_room(talk, ann, bob, read):
    answer = ann.ask(
        "set",
        read.room,
        f"<query xmlns='{MUC}#owner'><destroy jid='new@conference.localhost'><reason>moved</reason>"
        "<password>x</password></destroy></query>",
    )
    assert answer["type"] == "result"
    told = bob.one()
    x = read.child(told, f"{MUC}#user", "x")
    assert told["type"] == "unavailable" and x.destroy["jid"] == "new@conference.localhost"
    assert str(x.destroy.reason) == "moved" and str(x.destroy.password) == "x"
    assert read.item(told)["affiliation"] == "none"
    assert house_is_empty(talk, read)


def house_is_empty(talk, read):
    return talk.room is None and talk.rooms.kept == {} and not talk.state._hashes


def test_only_owners_destroy(talk, bob, read):
    destroy = f"<query xmlns='{MUC}#owner'><destroy/></query>"
    assert read.condition(bob.ask("set", read.room, destroy)) == "forbidden"
    assert talk.room is not None


# ---- invitations


def invite(person, room, to, reason="come"):
    person.send(
        f"<message to='{room}'><x xmlns='{MUC}#user'><invite to='{to}'><reason>{reason}</reason></invite></x></message>"
    )


def test_an_invitation_goes_through_the_room_with_the_direct_form_beside_it(talk, bob, read):
    dan = talk.person("dan@localhost/d")
    invite(bob, read.room, dan.jid)
    got = dan.one()
    x = read.child(got, f"{MUC}#user", "x")
    assert got["from"] == read.room and x.invite["from"] == bob.jid and str(x.invite.reason) == "come"
    assert read.child(got, "jabber:x:conference", "x")["jid"] == read.room


def test_an_invitation_carries_the_password(house, ann, read):
    house.open(ann, "Ann", passwordprotectedroom=True, roomsecret="s3")
    dan = house.person("dan@localhost/d")
    invite(ann, read.room, dan.jid)
    assert str(read.child(dan.one(), f"{MUC}#user", "x").password) == "s3"


def test_an_invitation_into_a_members_only_room_makes_a_member(house, ann, bob, read):
    house.open(ann, "Ann", membersonly=True)
    invite(ann, read.room, bob.jid)
    bob.take()
    assert 110 in read.codes(bob.join("Bob")[1])
    assert house.rooms.kept[read.room].affiliations["bob@localhost"][0] == "member"
    dan = house.person("dan@localhost/d")
    invite(bob, read.room, dan.jid)
    assert read.condition(bob.one()) == "forbidden" and dan.take() == []


def test_only_occupants_invite(talk, read):
    eve = talk.person("eve@localhost/e")
    invite(eve, read.room, "dan@localhost")
    assert read.condition(eve.one()) == "not-acceptable"


def test_a_malformed_invitee_is_told(talk, bob, read):
    invite(bob, read.room, "a@b@c")
    assert read.condition(bob.one()) == "jid-malformed"


def test_declining_reaches_the_inviter_and_nobody_can_decline_unasked(talk, bob, read):
    dan, eve = talk.person("dan@localhost/d"), talk.person("eve@localhost/e")
    invite(bob, read.room, dan.jid)
    decline = f"<x xmlns='{MUC}#user'><decline to='{bob.jid}'><reason>busy</reason></decline></x>"
    dan.send(f"<message to='{read.room}'>{decline}</message>")
    x = read.child(bob.one(), f"{MUC}#user", "x")
    assert x.decline["from"] == "dan@localhost" and str(x.decline.reason) == "busy"
    eve.send(f"<message to='{read.room}'>{decline}</message>")
    assert read.condition(eve.one()) == "item-not-found" and bob.take() == []


# ---- components


def test_a_component_makes_a_room_by_configuring_it(make_house, read):
    house = make_house({"rooms_per_user": 1, "create": "admins"}, admins={"topics.localhost"})
    topics = house.stranger("topics.localhost")
    answer = topics.ask("set", read.room, read.form(persistentroom=True, membersonly=True, roomname="Licences"))
    assert answer["type"] == "result"
    assert house.rooms.kept[read.room].affiliations == {"topics.localhost": ("owner", "")}
    people = [{"jid": f"p{n}@localhost", "affiliation": "member"} for n in range(50)]
    assert change(topics, read.room, {"jid": "ann@localhost", "affiliation": "owner"}, *people)["type"] == "result"
    ann = house.person("ann@localhost/a")
    got = ann.join("Ann")
    assert read.item(got[0])["affiliation"] == "owner" and 201 not in read.codes(got[0])
    assert house.room.creator == ""
    second = topics.ask("set", "two@conference.localhost", read.form(persistentroom=True))
    assert second["type"] == "result", "no limit of a person's rooms for components"


def test_a_component_that_sends_a_wrong_form_leaves_no_room(make_house, read):
    house = make_house(admins={"topics.localhost"})
    topics = house.stranger("topics.localhost")
    assert read.condition(topics.ask("set", read.room, read.form(whois="x"))) == "bad-request"
    assert house.room is None


def test_nobody_else_makes_a_room_by_configuring_it(house, ann, read):
    assert read.condition(ann.ask("set", read.room, read.form())) == "item-not-found"


def test_a_component_is_owner_of_every_room(make_house, read):
    house = make_house(admins={"reporter.localhost"})
    ann = house.person("ann@localhost/a")
    house.open(ann, "Ann", membersonly=True, moderatedroom=True)
    reporter = house.stranger("reporter.localhost/reporter")
    got = reporter.join("Reporter")
    assert read.item(got[1])["affiliation"] == "owner" and read.item(got[1])["role"] == "moderator"
    assert read.condition(change(ann, read.room, {"nick": "Ann", "role": "king"})) == "bad-request"


def test_a_user_at_a_components_domain_is_owner_of_nothing(make_house, read):
    house = make_house(admins={"reporter.localhost"})
    ann = house.person("ann@localhost/a")
    house.open(ann, "Ann")
    guest = house.stranger("guest@reporter.localhost/x")
    assert read.item(guest.join("Guest")[1])["affiliation"] == "none"
    refused = change(guest, read.room, {"jid": "guest@reporter.localhost", "affiliation": "owner"})
    assert read.condition(refused) == "forbidden"


def test_inviting_too_fast_is_refused(make_house, read):
    house = make_house({"messages_per_second": 1.0, "message_burst": 2})
    ann = house.person("ann@localhost/a")
    house.open(ann, "Ann")
    for number in range(3):
        invite(ann, read.room, f"p{number}@localhost")
    assert read.condition(ann.take()[-1]) == "policy-violation"


def test_ten_thousand_members_are_added_at_once(make_house, read):
    house = make_house(admins={"topics.localhost"})
    topics = house.stranger("topics.localhost")
    topics.ask("set", read.room, read.form(persistentroom=True))
    saves = house.rooms.saves
    people = [{"jid": f"p{n}@localhost", "affiliation": "member"} for n in range(9_990)]
    assert change(topics, read.room, *people)["type"] == "result"
    assert len(house.rooms.kept[read.room].affiliations) == 9_991 and house.rooms.saves == saves + 1
