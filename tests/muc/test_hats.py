"""Hats: titles that people wear in a room (XEP-0317)."""

import pytest

MUC = "http://jabber.org/protocol/muc"
COMMANDS = "http://jabber.org/protocol/commands"
HATS = "urn:xmpp:hats:0"
NODE = "urn:xmpp:hats:commands"
HOST = "http://hats.example/#host"
SCRIBE = "http://hats.example/#scribe"


def command(person, room, what, **values):
    form = ""
    if values:
        fields = "".join(f"<field var='hats#{name}'><value>{value}</value></field>" for name, value in values.items())
        head = f"<field var='FORM_TYPE'><value>{NODE}</value></field>"
        form = f"<x xmlns='jabber:x:data' type='submit'>{head}{fields}</x>"
    return person.ask("set", room, f"<command xmlns='{COMMANDS}' node='{NODE}:{what}'>{form}</command>")


def worn(element):
    return [hat["title"] for hats in element.elements(HATS, "hats") for hat in hats.elements(HATS, "hat")]


@pytest.fixture
def talk(house, ann, bob, cat):
    """Ann owns the room, Bob is inside and wears the host's hat."""
    house.open(ann, "Ann", persistentroom=True)
    bob.join("Bob")
    assert command(ann, ROOM, "create", title="Host", uri=HOST, hue="120.5").command["status"] == "completed"
    assert command(ann, ROOM, "assign", jid="bob@localhost", uri=HOST).command["status"] == "completed"
    for person in (ann, bob, cat):
        person.take()
    return house


ROOM = "talk@conference.localhost"


def test_a_hat_is_in_every_presence_of_who_wears_it(talk, bob, cat, read):
    others = {e["from"].partition("/")[2]: worn(e) for e in cat.join("Cat") if e.name == "presence"}
    assert others == {"Ann": [], "Bob": ["Host"], "Cat": []}
    bob.send(f"<presence to='{ROOM}/Robert'/>")
    _left, come = cat.take()
    assert worn(come) == ["Host"] and "hue='120.5'" in come.toXml()


def test_nobody_puts_on_a_hat_by_themselves(talk, ann, bob, read):
    forged = f"<hats xmlns='{HATS}'><hat title='Queen' uri='x:queen'/></hats>"
    bob.send(f"<presence to='{ROOM}/Bob'>{forged}</presence>")
    assert [worn(e) for e in ann.take()] == [["Host"]]
    talk.person("cat@localhost/c2").join("Cat", presence=forged)
    assert [worn(e) for e in ann.take()] == [[]]


def test_giving_changing_and_taking_is_told_at_once(talk, ann, bob, read):
    command(ann, ROOM, "create", title="Scribe", uri=SCRIBE)
    assert read.codes(bob.one()) == [104]
    command(ann, ROOM, "assign", jid="bob@localhost/phone", uri=SCRIBE)
    assert worn(bob.one()) == ["Host", "Scribe"]
    command(ann, ROOM, "create", title="Chair", uri=HOST)
    assert [worn(e) for e in bob.take() if e.name == "presence"] == [["Chair", "Scribe"]]
    command(ann, ROOM, "unassign", jid="bob@localhost", uri=SCRIBE)
    assert worn(bob.one()) == ["Chair"]
    command(ann, ROOM, "destroy", uri=HOST)
    assert [worn(e) for e in bob.take() if e.name == "presence"] == [[]]
    assert read.condition(command(ann, ROOM, "assign", jid="bob@localhost", uri=HOST)) == "item-not-found"
    assert read.condition(command(ann, ROOM, "unassign", jid="bob@localhost", uri=HOST)) == "item-not-found"


def test_only_admins_give_and_whoever_is_inside_may_list(talk, bob, cat, read):
    for what in ("create", "destroy", "assign", "unassign", "list-assigned"):
        assert read.condition(command(bob, ROOM, what)) == "forbidden"
    assert HOST in command(bob, ROOM, "list").toXml()
    assert read.condition(command(cat, ROOM, "list")) == "forbidden"
    assert read.condition(command(bob, ROOM, "juggle")) == "item-not-found"


def test_lists_hold_what_there_is_and_who_wears_it(talk, ann, read):
    form = command(ann, ROOM, "list-assigned").command.x
    fields = [str(f.value) for item in form.elements("jabber:x:data", "item") for f in item.elements()]
    assert fields == ["bob@localhost", HOST, "Host", "120.5"]
    form = command(ann, ROOM, "assign").command
    assert form["status"] == "executing" and f"<value>{HOST}</value>" in form.toXml()


@pytest.mark.parametrize(
    ("what", "values", "condition"),
    [
        ("create", {"title": "", "uri": SCRIBE}, "not-acceptable"),
        ("create", {"title": "Scribe", "uri": "scribe"}, "bad-request"),
        ("create", {"title": "Scribe", "uri": SCRIBE, "hue": "361"}, "bad-request"),
        ("create", {"title": "Scribe", "uri": SCRIBE, "hue": "nan"}, "bad-request"),
        ("assign", {"uri": HOST}, "not-acceptable"),
        ("destroy", {"uri": SCRIBE}, "item-not-found"),
    ],
)
def test_what_cannot_be_done_is_refused(talk, ann, read, what, values, condition):
    assert read.condition(command(ann, ROOM, what, **values)) == condition


def test_hats_outlive_a_restart_and_not_their_account(talk, bob, read):
    new = talk.restart()
    dan = new.person("dan@localhost/d")
    dan.join("Dan")
    assert new.room.hats.worn == {"bob@localhost": [HOST]} and new.room.hats.known[HOST].hue == "120.5"
    new.router.fire("account-deleted", "bob@localhost")
    assert new.room.hats.worn == {}
    assert new.restart().service.registry.find(ROOM).hats.worn == {}


def test_rooms_tell_of_hats_and_their_commands(talk, ann, bob, read):
    info = ann.ask("get", ROOM, "<query xmlns='http://jabber.org/protocol/disco#info'/>").toXml()
    assert HATS in info and "hats#hash" in info and COMMANDS in info
    query = f"<query xmlns='http://jabber.org/protocol/disco#items' node='{COMMANDS}'/>"
    assert ann.ask("get", ROOM, query).toXml().count("<item ") == 6
    assert bob.ask("get", ROOM, query).toXml().count("<item ") == 1
    query = f"<query xmlns='http://jabber.org/protocol/disco#info' node='{NODE}:assign'/>"
    assert "command-node" in ann.ask("get", ROOM, query).toXml()
    assert read.condition(bob.ask("get", ROOM, query)) == "forbidden"


def test_hats_are_bounded(talk, ann, read):
    for number in range(99):
        command(ann, ROOM, "create", title="Hat", uri=f"x:{number}")
    assert read.condition(command(ann, ROOM, "create", title="Hat", uri="x:100")) == "resource-constraint"
    for number in range(9):
        command(ann, ROOM, "assign", jid="bob@localhost", uri=f"x:{number}")
    assert read.condition(command(ann, ROOM, "assign", jid="bob@localhost", uri="x:50")) == "resource-constraint"
