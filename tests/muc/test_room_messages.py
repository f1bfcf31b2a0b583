"""Groupchat messages: kept before they are seen, in one order, without forgeries (XEP-0045 §7.4, 0359, 0421, 0424)."""

import pytest

SID = "urn:xmpp:sid:0"
OCCUPANT = "urn:xmpp:occupant-id:0"


@pytest.fixture
def talk(house, ann, bob):
    house.open(ann, "Ann")
    bob.join("Bob")
    ann.take()
    return house


def stanza_ids(element):
    return [(e["by"], e["id"]) for e in element.elements(SID, "stanza-id")]


def test_a_message_reaches_everybody_and_its_sender_with_id_and_stanza_id(talk, ann, bob, read):
    id_ = ann.say("hello", extra="<thread>t</thread>")
    for person in (ann, bob):
        got = person.one()
        assert (got["from"], got["to"], got["id"], got["type"]) == (f"{read.room}/Ann", person.jid, id_, "groupchat")
        assert str(got.body) == "hello" and str(got.thread) == "t"
        assert stanza_ids(got) == [(read.room, talk.archive.messages[0].id)]
        assert read.child(got, OCCUPANT, "occupant-id") is not None


def test_nobody_sees_a_message_before_its_commit(talk, ann, bob, read):
    talk.archive.held = True
    ann.say("one")
    bob.say("two")
    assert ann.take() == bob.take() == []
    talk.archive.commit(1)
    assert read.bodies(bob.take()) == ["one"]
    talk.archive.commit()
    assert read.bodies(bob.take()) == ["two"]
    assert read.bodies(ann.take()) == ["one", "two"]


def test_a_message_that_could_not_be_kept_is_seen_by_nobody_and_its_sender_is_told(talk, ann, bob, read):
    talk.archive.held = True
    ann.say("lost", id_="l1")
    ann.say("kept")
    talk.archive.fail()
    error = ann.one()
    assert read.condition(error) == "resource-constraint" and error.error["type"] == "wait"
    assert error["id"] == "l1" and error["from"] == read.room and str(error.body) == "lost"
    talk.archive.commit()
    assert read.bodies(bob.take()) == ["kept"]
    assert read.bodies(talk.person("cat@localhost/c").join("Cat")) == ["kept"]


def test_a_chat_state_is_not_archived_and_does_not_overtake(talk, ann, bob, read):
    talk.archive.held = True
    ann.say("one")
    ann.send(
        f"<message type='groupchat' to='{read.room}'>"
        "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>"
    )
    assert bob.take() == []
    talk.archive.commit()
    first, second = bob.take()
    assert str(first.body) == "one" and second.composing is not None and stanza_ids(second) == []
    assert len(talk.archive.messages) == 1


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        ("<reactions xmlns='urn:xmpp:reactions:0' id='1'><reaction>+</reaction></reactions>", True),
        ("<replace xmlns='urn:xmpp:message-correct:0' id='1'/><body>x</body>", True),
        ("<retract xmlns='urn:xmpp:message-retract:1' id='1'/>", True),
        ("<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>", False),
        ("<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/><store xmlns='urn:xmpp:hints'/>", True),
        ("<a xmlns='urn:x'/><store xmlns='urn:xmpp:hints'/><no-store xmlns='urn:xmpp:hints'/>", False),
        ("<active xmlns='http://jabber.org/protocol/chatstates'/>", False),
        ("<body>secret</body><no-store xmlns='urn:xmpp:hints'/>", True),
    ],
)
def test_what_is_archived(talk, ann, bob, read, payload, kept):
    ann.send(f"<message type='groupchat' to='{read.room}' id='p'>{payload}</message>")
    assert len(bob.take()) == 1
    assert len(talk.archive.messages) == kept


def test_the_archive_holds_the_reflection_without_to(talk, ann, read):
    ann.say("hello")
    (kept,) = talk.archive.messages
    assert kept.stanza.startswith(b"<message xmlns='jabber:client'") and b" to='" not in kept.stanza
    assert kept.owner == read.room and kept.with_ == f"{read.room}/Ann" and kept.sender == "ann@localhost"
    assert f"id='{kept.id}'".encode() in kept.stanza
    assert kept.stamp.timestamp() == talk.hands.now()


def test_forged_ids_are_taken_out_and_others_stay(talk, ann, bob, read):
    ann.say(
        "hi",
        extra=f"<stanza-id xmlns='{SID}' by='{read.room}' id='forged'/><stanza-id xmlns='{SID}' by='else' id='e'/>"
        f"<origin-id xmlns='{SID}' id='o1'/><occupant-id xmlns='{OCCUPANT}' id='forged'/>"
        f"<x xmlns='{read.muc}#user'><item jid='eve@localhost'/></x>"
        f"<delay xmlns='urn:xmpp:delay' from='{read.room}' stamp='2001-01-01T00:00:00Z'/>",
    )
    got = bob.one()
    own = talk.archive.messages[0].id
    assert stanza_ids(got) == [("else", "e"), (read.room, own)]
    assert read.child(got, SID, "origin-id")["id"] == "o1"
    assert len(list(got.elements(OCCUPANT, "occupant-id"))) == 1 and b"forged" not in talk.archive.messages[0].stanza
    assert read.child(got, f"{read.muc}#user", "x") is None
    assert read.child(got, "urn:xmpp:delay", "delay") is None


def test_a_message_from_outside_is_not_acceptable(talk, ann, read):
    eve = talk.person("eve@localhost/e")
    eve.say("hi")
    assert read.condition(eve.one()) == "not-acceptable"
    ann.leave()
    other = talk.person("ann@localhost/other")
    other.say("hi")
    assert read.condition(other.one()) == "not-acceptable"


def test_a_visitor_has_no_voice(house, ann, bob, read):
    house.open(ann, "Ann", moderatedroom=True)
    bob.join("Bob")
    bob.say("hi")
    assert read.condition(bob.one()) == "forbidden"


def test_a_message_to_no_room_is_item_not_found(house, ann, read):
    ann.say("hi")
    assert read.condition(ann.one()) == "item-not-found"


def test_too_many_messages_are_refused_until_time_has_passed(make_house, read):
    house = make_house({"messages_per_second": 1.0, "message_burst": 2})
    ann = house.person("ann@localhost/a")
    house.open(ann, "Ann")
    for body in "123":
        ann.say(body)
    *fine, refused = ann.take()
    assert read.bodies(fine) == ["1", "2"]
    assert read.condition(refused) == "policy-violation" and refused.error["type"] == "wait"
    house.hands.advance(1)
    ann.say("4")
    assert read.bodies([ann.one()]) == ["4"]


def test_a_whole_room_has_a_limit_too(make_house, read):
    house = make_house({"room_messages_per_second": 1.0, "room_message_burst": 1})
    ann, bob = house.person("ann@localhost/a"), house.person("bob@localhost/b")
    house.open(ann, "Ann")
    bob.join("Bob")
    ann.take()
    ann.say("1")
    bob.say("2")
    assert read.condition(bob.take()[-1]) == "policy-violation"


def test_a_component_outside_this_server_gets_its_own_copy(talk, ann, read):
    reporter = talk.stranger("reporter.localhost/reporter")
    reporter.join("Reporter")
    ann.take()
    ann.say("hello")
    got = reporter.one()
    assert got["to"] == "reporter.localhost/reporter" and str(got.body) == "hello"


# ---- sent again


def again(person, body="once", origin="o1"):
    return person.say(body, id_="m", extra=f"<origin-id xmlns='{SID}' id='{origin}'/>")


def test_a_message_sent_again_is_archived_once_and_reflected_to_its_sender_only(talk, ann, bob, read):
    again(ann)
    first = ann.one()
    bob.take()
    again(ann)
    second = ann.one()
    assert second.toXml() == first.toXml()
    assert bob.take() == [] and len(talk.archive.messages) == 1


def test_a_message_sent_again_before_its_commit_is_reflected_once(talk, ann, bob, read):
    talk.archive.held = True
    again(ann)
    again(ann)
    talk.archive.commit()
    assert read.bodies(ann.take()) == ["once"] and len(talk.archive.messages) == 1


def test_a_message_that_failed_may_be_sent_again(talk, ann, bob, read):
    talk.archive.held = True
    again(ann)
    talk.archive.fail()
    ann.take()
    again(ann)
    talk.archive.commit()
    assert read.bodies(bob.take()) == ["once"]


def test_the_same_origin_id_of_somebody_else_or_a_day_later_is_another_message(talk, ann, bob, read):
    again(ann)
    again(bob)
    talk.hands.advance(24 * 3600 + 1)
    again(ann)
    assert len(talk.archive.messages) == 3


def test_the_same_id_without_origin_id_is_another_message(talk, ann, bob, read):
    ann.say("x", id_="same")
    ann.say("x", id_="same")
    assert len(talk.archive.messages) == 2


def test_after_a_restart_the_archive_knows_what_is_sent_again(house, ann, read):
    house.open(ann, "Ann", persistentroom=True)
    again(ann, "before", "o1")
    ann.leave()
    new = house.restart()
    ann, bob = new.person("ann@localhost/a"), new.person("bob@localhost/b")
    ann.join("Ann")
    bob.join("Bob")
    ann.take()
    again(ann, "before", "o1")
    again(ann, "after", "o2")
    again(ann, "later", "o3")
    assert read.bodies(ann.take()) == ["before", "after", "later"]
    assert read.bodies(bob.take()) == ["after", "later"]
    assert new.archive.asked_origins == ["o1", "o2"], "after the first new one the archive is not asked any more"


def test_two_clients_of_one_account_that_number_alike_lose_nothing(talk, ann, bob, read):
    phone = talk.person("ann@localhost/phone")
    phone.join("Ann")
    ann.take(), bob.take()
    again(ann, "from the desk", "1")
    again(phone, "from the phone", "1")
    assert read.bodies(bob.take()) == ["from the desk", "from the phone"]
    for person in (ann, phone):
        person.send(
            f"<message type='groupchat' to='{read.room}' id='r'><origin-id xmlns='{SID}' id='2'/>"
            f"<reactions xmlns='urn:xmpp:reactions:0' id='{person.jid[-1]}'><reaction>+</reaction></reactions>"
            "</message>"
        )
    assert len(bob.take()) == 2 and len(talk.archive.messages) == 4


def test_of_two_messages_under_one_origin_id_on_their_way_only_the_failed_one_is_lost(talk, ann, bob, read):
    talk.archive.held = True
    again(ann, "one", "1")
    again(ann, "two", "1")
    talk.archive.fail()
    talk.archive.commit()
    assert read.bodies(bob.take()) == ["two"]
    ann.take()
    again(ann, "two", "1")
    assert read.bodies(ann.take()) == ["two"] and bob.take() == []


def test_the_archive_is_asked_once_the_room_has_forgotten_an_origin_id(talk, ann, bob, read):
    again(ann, "long ago", "o")
    for number in range(100):
        again(bob, f"{number}", f"b{number}")
    assert talk.archive.asked_origins == []
    ann.leave()
    ann = talk.person("ann@localhost/a")
    ann.join("Ann")
    bob.take()
    again(ann, "long ago", "o")
    again(ann, "new", "n")
    assert read.bodies(ann.take()) == ["long ago", "new"] and read.bodies(bob.take()) == ["new"]
    assert len(talk.archive.messages) == 102


def test_messages_behind_one_that_is_looked_up_keep_their_order(house, ann, read):
    house.open(ann, "Ann", persistentroom=True)
    ann.leave()
    new = house.restart()
    ann = new.person("ann@localhost/a")
    ann.join("Ann")
    from twisted.internet.defer import Deferred

    gate = Deferred()

    async def slow(owner, sender, origin_id):
        await gate
        return

    new.archive.seen_origin = slow
    again(ann, "first", "o1")
    ann.say("second")
    again(ann, "third", "o3")
    assert ann.take() == []
    gate.callback(None)
    assert read.bodies(ann.take()) == ["first", "second", "third"]
    assert [m.id for m in new.archive.messages] == sorted(m.id for m in new.archive.messages)


# ---- retraction


def retraction(person, id_, room):
    person.send(
        f"<message type='groupchat' to='{room}' id='r1'>"
        f"<retract xmlns='urn:xmpp:message-retract:1' id='{id_}'/></message>"
    )


def test_a_retraction_by_the_author_leaves_a_tombstone_and_no_history(talk, ann, bob, read):
    ann.say("oops")
    id_ = talk.archive.messages[0].id
    retraction(ann, id_, read.room)
    assert b"oops" not in talk.archive.messages[0].stanza
    assert b"<retracted " in talk.archive.messages[0].stanza and b"id='r1'" in talk.archive.messages[0].stanza
    assert f"id='{id_}'".encode() in talk.archive.messages[0].stanza, "the tombstone keeps its stanza-id"
    assert bob.take()[-1].retract["id"] == id_
    assert read.bodies(talk.person("cat@localhost/c").join("Cat")) == []


def test_a_retraction_by_somebody_else_changes_nothing(talk, ann, bob, read):
    ann.say("mine")
    retraction(bob, talk.archive.messages[0].id, read.room)
    retraction(bob, "unknown", read.room)
    assert b"mine" in talk.archive.messages[0].stanza


# ---- subject


def subject(person, text, room, extra=""):
    person.send(f"<message type='groupchat' to='{room}' id='s1'><subject>{text}</subject>{extra}</message>")


def test_a_moderator_changes_the_subject_and_newcomers_see_it(talk, ann, bob, read):
    subject(ann, "Licences", read.room)
    assert str(bob.one().subject) == "Licences" and ann.one()["id"] == "s1"
    assert talk.rooms.kept[read.room].subject == "Licences"
    last = talk.person("cat@localhost/c").join("Cat")[-1]
    assert str(last.subject) == "Licences" and last["from"] == f"{read.room}/Ann"
    assert talk.archive.messages == [], "a subject is state"


def test_an_empty_subject_takes_it_away(talk, ann, bob, read):
    subject(ann, "x", read.room)
    subject(ann, "", read.room)
    assert str(bob.take()[-1].subject) == "" and talk.room.subject == ""


def test_a_participant_may_change_the_subject_only_where_that_is_allowed(talk, ann, bob, read):
    subject(bob, "mine", read.room)
    assert read.condition(bob.one()) == "forbidden"
    talk.configure(ann, changesubject=True)
    bob.take()
    subject(bob, "mine", read.room)
    assert str(bob.one().subject) == "mine"


def test_a_subject_with_a_body_is_a_message(talk, ann, bob, read):
    subject(bob, "not a change", read.room, "<body>hello</body>")
    assert read.bodies(ann.take()) == ["hello"] and talk.room.subject == ""


def test_a_subject_that_cannot_be_saved_is_not_told(talk, ann, bob, read):
    talk.rooms.broken = True
    subject(ann, "x", read.room)
    assert read.condition(ann.one()) == "resource-constraint"
    assert bob.take() == [] and talk.room.subject == ""


# ---- off the record


def record(person, on, room):
    return person.ask("set", room, f"<record xmlns='urn:ccm:record:0' on='{on}'/>")


def test_off_the_record_nothing_is_kept_and_everybody_knows(talk, ann, bob, read):
    assert record(ann, "false", read.room)["type"] == "result"
    told = bob.one()
    assert told["from"] == read.room and told["type"] == "groupchat" and told.record["on"] == "false"
    ann.say("secret")
    got = bob.one()
    assert str(got.body) == "secret" and stanza_ids(got) == []
    assert talk.archive.messages == []
    cat = talk.person("cat@localhost/c")
    newcomer = cat.join("Cat")
    assert read.bodies(newcomer) == [] and newcomer[-1].record["on"] == "false"
    assert newcomer[-2].subject is not None
    record(ann, "true", read.room)
    ann.say("open")
    assert len(talk.archive.messages) == 1


def test_what_somebody_says_off_the_record_for_themselves_is_kept_nowhere(talk, ann, bob, read):
    silence = "<record xmlns='urn:ccm:record:0' on='{}' jid='bob@localhost'/>"
    assert ann.ask("set", read.room, silence.format("false"))["type"] == "result"
    bob.take()
    bob.say("between us")
    (heard,) = ann.take()
    assert str(heard.body) == "between us" and stanza_ids(heard) == []
    assert talk.archive.messages == []
    ann.say("for the record")
    bob.say("#on")
    assert len(talk.archive.messages) == 2
    bob.send(f"<message type='groupchat' to='{read.room}' id='r'><retract xmlns='urn:xmpp:message-retract:1' id='x'/>"
             "<body>It was withdrawn.</body></message>")  # fmt: skip
    assert len(talk.archive.messages) == 3
    cat = talk.person("cat@localhost/c")
    assert "between us" not in read.bodies(cat.join("Cat"))
    ann.ask("set", read.room, silence.format("true"))
    bob.say("again")
    assert len(talk.archive.messages) == 4
    assert read.condition(bob.ask("set", read.room, silence.format("false"))) == "forbidden"


def test_a_line_that_begins_with_off_is_kept_nowhere(talk, ann, bob, read):
    bob.say("[off] my boss")
    bob.say("the switch says [off]")
    assert [str(e.body) for e in ann.take()] == ["[off] my boss", "the switch says [off]"]
    assert len(talk.archive.messages) == 1
    for written in ("[Off] my boss", "[oFF] my boss", "&#91;off] my boss", "[&#x6f;ff] my boss", " [OFF] my boss"):
        bob.send(f"<message type='groupchat' to='{read.room}'><body>{written}</body></message>")
    assert len(ann.take()) == 5
    assert len(talk.archive.messages) == 1


def test_only_on_alone_keeps_a_line_of_somebody_who_is_off_the_record(talk, ann, bob, read):
    ann.ask("set", read.room, "<record xmlns='urn:ccm:record:0' on='false' jid='bob@localhost'/>")
    for words in ("#once more, between us", "/only you", "#on second thought, my boss", "#on-call is a mess"):
        bob.say(words)
    assert talk.archive.messages == []
    for words in ("#on", " /ON ", "#on the record", "#on me."):
        bob.say(words)
    assert len(talk.archive.messages) == 4


def test_only_owners_and_moderators_take_a_room_off_the_record(talk, ann, bob, read):
    assert read.condition(record(bob, "false", read.room)) == "forbidden"
    assert read.condition(record(ann, "perhaps", read.room)) == "bad-request"
    answer = bob.ask("get", read.room, "<record xmlns='urn:ccm:record:0'/>")
    assert answer.record["on"] == "true"


def test_that_somebody_took_the_room_off_the_record_is_kept_and_nothing_else(make_house, read):
    house = make_house(admins={"reporter.localhost"})
    ann, reporter = house.person("ann@localhost/a"), house.person("reporter.localhost")
    house.open(ann, "Ann")
    reporter.join("Reporter")
    assert record(reporter, "false", read.room)["type"] == "result"
    ann.take()
    request = "<message type='groupchat' to='{}'><body>x</body><request xmlns='urn:ccm:reporter:0' name='{}'/>"
    request += "</message>"
    ann.send(request.format(read.room, "off"))
    for name in ("say", "publish", "off"):
        reporter.send(request.format(read.room, name))
    assert [bool(stanza_ids(each)) for each in ann.take()] == [False, False, False, True]
    assert len(house.archive.messages) == 1


def test_a_component_that_is_no_occupant_may_switch_the_record(make_house, read):
    house = make_house(admins={"reporter.localhost"})
    ann = house.person("ann@localhost/a")
    house.open(ann, "Ann")
    assert record(house.stranger("reporter.localhost"), "false", read.room)["type"] == "result"
    assert ann.one().record["on"] == "false"


# ---- private


def pm(person, nick, body, room, extra=""):
    person.send(f"<message type='chat' to='{room}/{nick}' id='p1'><body>{body}</body>{extra}</message>")


def test_a_private_message_goes_to_every_session_of_the_nick_and_is_not_kept(talk, ann, bob, read):
    second = talk.person("bob@localhost/phone")
    second.join("Bob")
    pm(ann, "Bob", "psst", read.room)
    for person in (bob, second):
        got = person.one()
        assert got["from"] == f"{read.room}/Ann" and str(got.body) == "psst" and got["type"] == "chat"
        assert read.child(got, f"{read.muc}#user", "x") is not None
    assert ann.take() == [] and talk.archive.messages == []


@pytest.mark.parametrize(
    ("who", "to", "type_", "expected"),
    [
        ("eve", "Bob", "chat", "not-acceptable"),
        ("ann", "Nobody", "chat", "item-not-found"),
        ("ann", "Bob", "groupchat", "bad-request"),
    ],
)
def test_a_private_message_that_cannot_be(talk, ann, read, who, to, type_, expected):
    person = ann if who == "ann" else talk.person("eve@localhost/e")
    person.send(f"<message type='{type_}' to='{read.room}/{to}'><body>x</body></message>")
    assert read.condition(person.one()) == expected


@pytest.mark.parametrize(("allowed", "fine"), [("anyone", True), ("moderators", False), ("none", False)])
def test_private_messages_are_allowed_as_configured(house, ann, bob, cat, read, allowed, fine):
    house.open(ann, "Ann", allowpm=allowed)
    bob.join("Bob")
    cat.join("Cat")
    bob.take()
    pm(bob, "Cat", "psst", read.room)
    assert bool(read.bodies(cat.take())) is fine
    assert [read.condition(e) for e in bob.take()] == ([] if fine else ["forbidden"])


# ---- voice


def test_a_visitor_asks_for_voice_and_a_moderator_grants_it(house, ann, bob, read):
    house.open(ann, "Ann", moderatedroom=True)
    bob.join("Bob")
    ann.take()
    request = f"<field var='FORM_TYPE'><value>{read.muc}#request</value></field>"
    role = "<field var='muc#role'><value>participant</value></field>"
    bob.send(f"<message to='{read.room}'><x xmlns='jabber:x:data' type='submit'>{request}{role}</x></message>")
    asked = ann.one()
    fields = {f["var"]: str(f.value) for f in asked.x.elements() if f.name == "field"}
    assert asked["from"] == read.room and fields["muc#roomnick"] == "Bob" and fields["muc#jid"] == bob.jid
    ann.send(
        f"<message to='{read.room}'><x xmlns='jabber:x:data' type='submit'>{request}{role}"
        "<field var='muc#roomnick'><value>Bob</value></field>"
        "<field var='muc#request_allow'><value>true</value></field></x></message>"
    )
    assert read.item(bob.one())["role"] == "participant"
    bob.say("at last")
    assert read.bodies(ann.take()) == ["at last"]


def test_only_moderators_grant_voice(house, ann, bob, read):
    house.open(ann, "Ann", moderatedroom=True)
    bob.join("Bob")
    bob.send(
        f"<message to='{read.room}'><x xmlns='jabber:x:data' type='submit'>"
        f"<field var='FORM_TYPE'><value>{read.muc}#request</value></field>"
        "<field var='muc#roomnick'><value>Bob</value></field>"
        "<field var='muc#request_allow'><value>1</value></field></x></message>"
    )
    assert read.condition(bob.one()) == "forbidden"


def test_a_room_that_is_not_logged_still_tells_newcomers_what_was_said(house, ann, bob, read):
    house.open(ann, "Ann", enablelogging=False)
    ann.say("hello")
    assert stanza_ids(ann.one()) == [] and house.archive.messages == []
    assert read.bodies(bob.join("Bob")) == ["hello"]


def test_an_answer_given_while_a_message_is_told_comes_after_it_for_everybody(talk, ann, bob, read):
    record(ann, "false", read.room)
    ann.take(), bob.take()
    eager = talk.stranger("reporter.localhost/r")
    eager.join("Reporter")
    cat = talk.person("cat@localhost/c")
    cat.join("Cat")
    deliver = eager.deliver

    def answer(stanza):
        deliver(stanza)
        if stanza.child_text("body") == "question":
            eager.say("answer")

    eager.deliver = answer
    ann.say("question")
    for person in (ann, bob, cat):
        assert read.bodies(person.take())[-2:] == ["question", "answer"]


# ---- moderation (XEP-0425)


def moderate(person, id_, room, inner="<retract xmlns='urn:xmpp:message-retract:1'/>"):
    return person.ask(
        "set", room, f"<moderate xmlns='urn:xmpp:message-moderate:1' id='{id_}'>{inner}<reason>rude</reason></moderate>"
    )


def test_a_moderator_takes_back_what_another_said(talk, ann, bob, read):
    bob.say("rude words")
    id_ = talk.archive.messages[0].id
    bob.take()
    assert moderate(ann, id_, read.room)["type"] == "result"
    told = bob.one()
    assert told["from"] == read.room and told.retract["id"] == id_
    assert told.retract.moderated["by"] == f"{read.room}/Ann" and str(told.retract.reason) == "rude"
    assert b"rude words" not in talk.archive.messages[0].stanza and b"<moderated " in talk.archive.messages[0].stanza
    assert len(talk.archive.messages) == 2
    assert read.bodies(talk.person("cat@localhost/c").join("Cat")) == []


def test_moderation_that_is_not_allowed_or_not_possible(talk, ann, bob, read):
    ann.say("mine")
    id_ = talk.archive.messages[0].id
    assert read.condition(moderate(bob, id_, read.room)) == "forbidden"
    assert read.condition(moderate(ann, "unknown", read.room)) == "item-not-found"
    assert read.condition(moderate(ann, id_, read.room, "")) == "bad-request"
    assert b"mine" in talk.archive.messages[0].stanza


def test_a_retraction_is_told_only_when_the_archive_has_forgotten_the_message(talk, ann, bob, read):
    ann.say("oops")
    id_ = talk.archive.messages[0].id
    ann.take(), bob.take()
    talk.archive.held = True
    retraction(ann, id_, read.room)
    assert b"<retracted " in talk.archive.messages[0].stanza and bob.take() == []
    talk.archive.commit()
    assert bob.one().retract["id"] == id_


def test_a_retraction_that_could_not_be_kept_is_seen_by_nobody(talk, ann, bob, read):
    ann.say("oops")
    id_ = talk.archive.messages[0].id
    ann.take(), bob.take()
    talk.archive.held = True
    retraction(ann, id_, read.room)
    talk.archive.fail()
    assert read.condition(ann.one()) == "resource-constraint" and bob.take() == []
    talk.archive.held = False
    ann.say("and on")
    assert read.bodies(bob.take()) == ["and on"]
