"""The archive of a room as people read it (XEP-0313), and service discovery (XEP-0045 §6)."""

import pytest

MAM = "urn:xmpp:mam:2"
INFO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
ITEMS = "http://jabber.org/protocol/disco#items"


@pytest.fixture
def talk(house, ann, bob):
    house.open(ann, "Ann")
    bob.join("Bob")
    for number in range(5):
        house.hands.advance(60)
        (ann if number % 2 else bob).say(str(number))
    ann.take(), bob.take()
    return house


class Found:
    """A page: results in order and the end of it."""

    def __init__(self, answer, aside):
        self.answer = answer
        self.results = [r for m in aside for r in m.elements(MAM, "result")]
        self.ids = [r["id"] for r in self.results]
        self.messages = [next(r.forwarded.elements("jabber:client", "message")) for r in self.results]
        self.bodies = [str(m.body) for m in self.messages]
        self.aside = aside

    @property
    def set(self):
        return next(self.answer.fin.elements("http://jabber.org/protocol/rsm", "set"))

    @property
    def complete(self):
        return self.answer.fin.getAttribute("complete") == "true"


def query(person, room, rsm="", queryid="q", extra="", **fields):
    values = "".join(
        f"<field var='{name.replace('_', '-').strip('-')}'>"
        + "".join(f"<value>{v}</value>" for v in (value if isinstance(value, list) else [value]))
        + "</field>"
        for name, value in fields.items()
    )
    form = f"<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>{MAM}</value></field>{values}</x>"
    rsm = f"<set xmlns='http://jabber.org/protocol/rsm'>{rsm}</set>" if rsm else ""
    answer = person.ask(
        "set", room, f"<query xmlns='{MAM}' queryid='{queryid}'>{form if fields else ''}{rsm}{extra}</query>"
    )
    return Found(answer, person.aside)


def test_the_whole_archive_comes_in_order_and_is_complete(talk, ann, read):
    found = query(ann, read.room)
    assert found.bodies == ["0", "1", "2", "3", "4"] and found.complete
    assert all(r["queryid"] == "q" for r in found.results)
    assert [str(found.set.first), str(found.set.last)] == [found.ids[0], found.ids[-1]]
    assert found.messages[0]["from"] == f"{read.room}/Bob" and not found.messages[0].hasAttribute("to")
    stamp = found.results[0].forwarded.delay["stamp"]
    assert stamp == "2026-01-01T00:01:00.000Z"
    assert all(m["from"] == read.room and m["to"] == ann.jid for m in found.aside)


def test_pages_go_forward_and_back(talk, ann, read):
    first = query(ann, read.room, "<max>2</max>")
    assert first.bodies == ["0", "1"] and not first.complete
    assert query(ann, read.room, f"<max>2</max><after>{first.ids[-1]}</after>").bodies == ["2", "3"]
    last = query(ann, read.room, "<max>2</max><before/>")
    assert last.bodies == ["3", "4"]
    assert query(ann, read.room, f"<max>2</max><before>{last.ids[0]}</before>").bodies == ["1", "2"]
    assert query(ann, read.room, "<max>2</max><before/>", extra="<flip-page/>").bodies == ["4", "3"]


def test_messages_are_found_by_time_nick_and_id(talk, ann, read):
    assert query(ann, read.room, start="2026-01-01T00:04:00Z").bodies == ["3", "4"]
    assert query(ann, read.room, end="2026-01-01T00:02:00Z").bodies == ["0", "1"]
    assert query(ann, read.room, with_=f"{read.room}/Bob").bodies == ["0", "2", "4"]
    ids = query(ann, read.room).ids
    assert query(ann, read.room, ids=[ids[1], ids[3]]).bodies == ["1", "3"]
    assert query(ann, read.room, after_id=ids[2]).bodies == ["3", "4"]
    assert query(ann, read.room, before_id=ids[2]).bodies == ["0", "1"]


def test_max_0_counts_without_messages(talk, ann, read):
    found = query(ann, read.room, "<max>0</max>")
    assert found.bodies == [] and str(found.set.count) == "5"


@pytest.mark.parametrize(
    ("rsm", "fields", "expected"),
    [
        ("<after>unknown</after>", {}, "item-not-found"),
        ("<before>unknown</before>", {}, "item-not-found"),
        ("<max>many</max>", {}, "bad-request"),
        ("", {"ids": ["unknown"]}, "item-not-found"),
        ("", {"start": "yesterday"}, "bad-request"),
        ("", {"start": "2026-01-01T00:00:00"}, "bad-request"),
        ("", {"with": "a@b@c"}, "jid-malformed"),
    ],
)
def test_a_query_that_cannot_be_answered(talk, ann, read, rsm, fields, expected):
    assert read.condition(query(ann, read.room, rsm, **fields).answer) == expected


def test_a_page_is_never_longer_than_the_limit(make_house, read):
    house = make_house({"page_messages": 3})
    ann = house.person("ann@localhost/a")
    house.open(ann, "Ann")
    for number in range(5):
        ann.say(str(number))
    assert len(query(ann, read.room, "<max>1000</max>").ids) == 3
    assert len(query(ann, read.room).ids) == 3


def test_real_addresses_stand_in_results_for_moderators_only(talk, ann, bob, read):
    x = read.child(query(ann, read.room).messages[0], f"{read.muc}#user", "x")
    assert x.item["jid"] == "bob@localhost"
    assert read.child(query(bob, read.room).messages[0], f"{read.muc}#user", "x") is None


def test_whoever_may_not_enter_may_not_read(talk, ann, read):
    eve = talk.person("eve@localhost/e")
    assert query(eve, read.room).bodies == ["0", "1", "2", "3", "4"], "an open room has an open archive"
    talk.configure(ann, membersonly=True)
    assert read.condition(query(eve, read.room).answer) == "forbidden"
    talk.configure(ann, membersonly=False)
    ann.ask(
        "set", read.room, f"<query xmlns='{read.muc}#admin'><item jid='eve@localhost' affiliation='outcast'/></query>"
    )
    assert read.condition(query(eve, read.room).answer) == "forbidden"


def test_the_fields_and_the_metadata_are_told(talk, ann, read):
    answer = ann.ask("get", read.room, f"<query xmlns='{MAM}'/>")
    fields = {f["var"] for f in answer.query.x.elements("jabber:x:data", "field")}
    assert fields == {"FORM_TYPE", "with", "start", "end", "before-id", "after-id", "ids"}
    metadata = ann.ask("get", read.room, f"<metadata xmlns='{MAM}'/>").metadata
    ids = query(ann, read.room).ids
    assert (metadata.start["id"], metadata.end["id"]) == (ids[0], ids[-1])
    assert metadata.start["timestamp"] == "2026-01-01T00:01:00.000Z"


def test_the_metadata_of_an_empty_archive_are_empty(house, ann, read):
    house.open(ann, "Ann")
    assert list(ann.ask("get", read.room, f"<metadata xmlns='{MAM}'/>").metadata.elements()) == []


# ---- discovery


def features(answer):
    return {f["var"] for f in answer.query.elements() if f.name == "feature"}


def test_the_service_says_what_it_is(house, ann, read):
    answer = ann.ask("get", read.domain, INFO)
    assert answer.query.identity["category"] == "conference" and answer.query.identity["type"] == "text"
    assert {read.muc, "http://jabber.org/protocol/disco#info"} <= features(answer)
    assert ann.ask("get", read.domain, "<ping xmlns='urn:xmpp:ping'/>")["type"] == "result"
    assert read.condition(ann.ask("get", read.domain, "<query xmlns='urn:unknown'/>")) == "service-unavailable"


def test_a_room_mirrors_its_configuration(house, ann, read):
    house.open(ann, "Ann", membersonly=True, roomname="Licences", roomdesc="d", whois="anyone", persistentroom=True)
    answer = ann.ask("get", read.room, INFO)
    expected = {"muc_membersonly", "muc_nonanonymous", "muc_unsecured", "muc_persistent", "muc_public"}
    assert expected | {"muc_unmoderated", MAM, "urn:xmpp:sid:0", "urn:xmpp:occupant-id:0"} <= features(answer)
    assert not {"muc_open", "muc_semianonymous"} & features(answer)
    assert answer.query.identity["name"] == "Licences"
    fields = {f["var"]: str(f.value) for f in answer.query.x.elements("jabber:x:data", "field")}
    assert fields["FORM_TYPE"] == f"{read.muc}#roominfo"
    assert fields["muc#roominfo_description"] == "d" and fields["muc#roominfo_occupants"] == "1"


def test_a_room_that_is_not_there_and_a_node_that_is_not_there(house, ann, read):
    assert read.condition(ann.ask("get", read.room, INFO)) == "item-not-found"
    house.open(ann, "Ann")
    node = "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>"
    assert read.condition(ann.ask("get", read.room, node)) == "item-not-found"


def items(answer):
    return [i["jid"] for i in answer.query.elements(ITEMS, "item")]


def test_hidden_rooms_are_listed_only_to_those_inside(house, ann, bob, read):
    house.open(ann, room="a@conference.localhost")
    house.open(ann, room="b@conference.localhost", publicroom=False)
    ask = f"<query xmlns='{ITEMS}'/>"
    assert items(ann.ask("get", read.domain, ask)) == ["a@conference.localhost", "b@conference.localhost"]
    assert items(bob.ask("get", read.domain, ask)) == ["a@conference.localhost"]
    assert read.condition(bob.ask("get", "b@conference.localhost", ask)) == "forbidden"
    assert items(bob.ask("get", "a@conference.localhost", ask)) == ["a@conference.localhost/Owner"]


def test_a_long_list_of_rooms_comes_in_pages(make_house, read):
    house = make_house({"rooms_per_user": 0})
    ann = house.person("ann@localhost/a")
    for number in range(5):
        house.open(ann, room=f"r{number}@conference.localhost")

    def page(rsm):
        set_ = f"<set xmlns='http://jabber.org/protocol/rsm'>{rsm}</set>"
        return ann.ask("get", read.domain, f"<query xmlns='{ITEMS}'>{set_}</query>")

    first = page("<max>2</max>")
    assert items(first) == ["r0@conference.localhost", "r1@conference.localhost"]
    described = next(first.query.elements("http://jabber.org/protocol/rsm", "set"))
    assert str(described.count) == "5" and described.first["index"] == "0"
    assert items(page(f"<max>2</max><after>{described.last}</after>")) == [
        "r2@conference.localhost",
        "r3@conference.localhost",
    ]
    assert items(page("<max>2</max><before/>")) == ["r3@conference.localhost", "r4@conference.localhost"]
    assert read.condition(page("<after>unknown</after>")) == "item-not-found"
