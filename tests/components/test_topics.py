"""The topics component, in-process, before a room service that says yes."""

from typing import Any

import pytest_twisted

from ccm import namespaces as ns
from ccm.components import topics
from ccm.components.room_requests import stamp

TOPICS = "topics.localhost"


def topic_of(answer: Any) -> Any:
    assert answer["type"] == "result", answer.toXml()
    return next(next(answer.elements(ns.CLIENT, "iq"), answer).firstChildElement().elements(ns.TOPICS, "topic"))


def corrections(answer: Any) -> dict[str, str]:
    return {each["code"]: str(each) for each in answer.firstChildElement().elements(ns.TOPICS, "correction")}


def alternatives(answer: Any) -> list[str]:
    told = answer.firstChildElement().elements(ns.TOPICS, "correction")
    return [str(other) for each in told for other in each.elements(ns.TOPICS, "alternative")]


def request(name: str, /, **attributes: str) -> str:
    text = "".join(f" {key}='{value}'" for key, value in attributes.items())
    return f"<{name} xmlns='{ns.TOPICS}'{text}/>"


@pytest_twisted.ensureDeferred
async def test_nothing_need_be_typed_to_create_a_topic(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    answer = await ann.ask(TOPICS, "set", request("create"))
    topic = topic_of(answer)
    assert topic["name"] == "Ann’s talk"
    assert topic["start"] == ""
    assert topic["state"] == "planned"
    assert topic["room"] == f"{topic['id']}@conference.localhost"
    assert corrections(answer) == {
        "name-guessed": "I called it Ann’s talk.",
        "time-guessed": "No time was given, so Ann’s talk starts when the first guest arrives.",
    }
    assert alternatives(answer) == ["Mon 23 Nov, 10:00 CET, tomorrow", "Tue 24 Nov, 10:00 CET, in 2 days"]


@pytest_twisted.ensureDeferred
async def test_every_correction_is_also_a_chat_message(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    stage.router.sessions["ann@localhost"]["test"].priority = 1
    told: list[str] = []

    from ccm.router.hooks import HANDLED, Target, on

    class Chats:
        @on.message("chat", to=Target.ACCOUNT)
        def chat(self, stanza: Any, origin: Any) -> Any:
            told.append(stanza.child_text("body"))
            assert stanza.has(ns.TOPICS, "correction")
            return HANDLED

    stage.router.attach(Chats())
    await ann.ask(TOPICS, "set", request("create", name="Licence audit", start="yesterday at 3", tz="Europe/Berlin"))
    assert told == ["Licence audit is now Sun 22 Nov, 15:00 CET, today. “Yesterday at 3” had already passed."]


@pytest_twisted.ensureDeferred
async def test_a_taken_name_is_varied_and_an_unreadable_time_left_open(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    await ann.ask(TOPICS, "set", request("create", name="Licence audit"))
    answer = await ann.ask(TOPICS, "set", request("create", name="licence audit", start="round sunset-ish"))
    assert topic_of(answer)["name"] == "licence audit (2)"
    assert topic_of(answer)["start"] == ""
    assert corrections(answer)["name-varied"] == "licence audit (2), because licence audit exists."
    assert corrections(answer)["time-unread"].startswith("I could not read “round sunset-ish”")


@pytest_twisted.ensureDeferred
async def test_a_topic_makes_its_room_for_members_only(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    await ann.ask(TOPICS, "set", request("create", name="Licence audit"))
    configured, affiliated = (stanza.to_bytes().decode() for stanza in rooms.asked)
    assert "muc#roomconfig_membersonly" in configured
    assert "Licence audit" in configured
    assert "affiliation='owner'" in affiliated
    assert "ann@localhost" in affiliated


@pytest_twisted.ensureDeferred
async def test_no_topic_is_kept_when_its_room_is_refused(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    rooms.refuse = True
    ann = await stage.person("ann", "Ann")
    answer = await ann.ask(TOPICS, "set", request("create", name="Licence audit"))
    assert answer["type"] == "error"
    assert not await stage.stores.topics.active()


@pytest_twisted.ensureDeferred
async def test_a_list_is_paged(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    for number in range(3):
        stage.advance(seconds=1)
        await ann.ask(TOPICS, "set", request("create", name=f"Topic {number}"))

    async def page(after: str) -> Any:
        rsm = f"<set xmlns='{ns.RSM}'><max>2</max>{after}</set>"
        return (await ann.ask(TOPICS, "get", f"<topics xmlns='{ns.TOPICS}'>{rsm}</topics>")).firstChildElement()

    first = await page("")
    assert [topic["name"] for topic in first.elements(ns.TOPICS, "topic")] == ["Topic 2", "Topic 1"]
    last = next(next(first.elements(ns.RSM, "set")).elements(ns.RSM, "last"))
    second = await page(f"<after>{last}</after>")
    assert [topic["name"] for topic in second.elements(ns.TOPICS, "topic")] == ["Topic 0"]
    odd = f"<topics xmlns='{ns.TOPICS}'><set xmlns='{ns.RSM}'><max>\u00b2</max></set></topics>"
    assert "bad-request" in (await ann.ask(TOPICS, "get", odd)).toXml()


@pytest_twisted.ensureDeferred
async def test_others_neither_see_nor_change_a_topic(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann, bob = await stage.person("ann", "Ann"), await stage.person("bob", "Bob")
    id_ = topic_of(await ann.ask(TOPICS, "set", request("create", name="Secret")))["id"]
    for type_, name in (("get", "topic"), ("set", "rename"), ("set", "end"), ("set", "delete")):
        answer = await bob.ask(TOPICS, type_, request(name, id=id_))
        assert "item-not-found" in answer.toXml()


@pytest_twisted.ensureDeferred
async def test_a_member_may_look_but_only_the_owner_changes(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann, bob = await stage.person("ann", "Ann"), await stage.person("bob", "Bob")
    id_ = topic_of(await ann.ask(TOPICS, "set", request("create", name="Shared")))["id"]
    topic = await stage.stores.topics.get(id_)
    from dataclasses import replace

    await stage.stores.topics.save(replace(topic, members=("ann@localhost", "bob@localhost")))
    assert topic_of(await bob.ask(TOPICS, "get", request("topic", id=id_)))["owner-name"] == "Ann"
    answer = await bob.ask(TOPICS, "set", request("end", id=id_))
    assert "Only Ann may end it" in answer.toXml()


@pytest_twisted.ensureDeferred
async def test_requests_of_siblings_do_not_exist_for_people(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    id_ = topic_of(await ann.ask(TOPICS, "set", request("create", name="Mine")))["id"]
    answer = await ann.ask(TOPICS, "set", request("published", id=id_, document="https://evil.example/"))
    assert "service-unavailable" in answer.toXml()
    answer = await ann.ask(TOPICS, "set", f"<create xmlns='{ns.TOPICS}' for='bob@localhost'/>")
    assert "forbidden" in answer.toXml()


@pytest_twisted.ensureDeferred
async def test_reschedule_end_and_delete(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    id_ = topic_of(await ann.ask(TOPICS, "set", request("create", name="Mine")))["id"]
    answer = await ann.ask(TOPICS, "set", request("reschedule", id=id_, start="next tue 14:00", tz="America/New_York"))
    assert topic_of(answer)["start"] == "2026-11-24T19:00:00Z"
    assert corrections(answer)["time-read"] == "Mine is now Tue 24 Nov, 14:00 EST, in 2 days."
    assert topic_of(await ann.ask(TOPICS, "set", request("end", id=id_)))["state"] == "ended"
    await ann.ask(TOPICS, "set", request("delete", id=id_))
    assert await stage.stores.topics.get(id_) is None
    assert "destroy" in rooms.asked[-1].to_bytes().decode()


@pytest_twisted.ensureDeferred
async def test_what_cannot_be_seen_is_taken_out_of_a_name(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    answer = await ann.ask(TOPICS, "set", request("create", name="Agenda &#x202e;gro"))
    assert topic_of(answer)["name"] == "Agenda gro"
    assert corrections(answer)["name-varied"] == "I made it one plain line: Agenda gro."


@pytest_twisted.ensureDeferred
async def test_unknown_requests_are_refused_and_ping_disco_version_answered(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    assert "service-unavailable" in (await ann.ask(TOPICS, "get", "<q xmlns='urn:x'/>")).toXml()
    assert (await ann.ask(TOPICS, "get", f"<ping xmlns='{ns.PING}'/>"))["type"] == "result"
    info = (await ann.ask(TOPICS, "get", f"<query xmlns='{ns.DISCO_INFO}'/>")).toXml()
    assert ns.TOPICS in info
    assert ns.COMMANDS in info
    assert "CCM" in (await ann.ask(TOPICS, "get", f"<query xmlns='{ns.VERSION}'/>")).toXml()


@pytest_twisted.ensureDeferred
async def test_a_subscriber_sees_the_component_become_busy_and_free(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin, topics.TopicsOptions(max_requests=1))
    ann = await stage.person("ann", "Ann")
    shown: list[str] = []

    from ccm.router.hooks import HANDLED, Target, on

    class Presences:
        @on.presence(to=Target.ACCOUNT)
        def presence(self, stanza: Any, origin: Any) -> Any:
            shown.append(stanza.child_text("show") or stanza.type or "available")
            return HANDLED

    stage.router.attach(Presences())
    ann.send(f"<presence to='{TOPICS}' type='subscribe'/>")
    await ann.ask(TOPICS, "set", request("create"))
    assert shown[:1] == ["subscribed"] or "subscribed" in shown
    assert "dnd" in shown
    assert shown[-1] == "available"


@pytest_twisted.ensureDeferred
async def test_the_owner_says_who_may_read_the_document(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    topic = topic_of(await ann.ask(TOPICS, "set", request("create", name="Mine", visibility="members")))
    assert topic["visibility"] == "members"
    changed = await ann.ask(TOPICS, "set", request("visibility", id=topic["id"], visibility="link"))
    assert topic_of(changed)["visibility"] == "link"
    guessed = await ann.ask(TOPICS, "set", request("visibility", id=topic["id"], visibility="nobody"))
    assert topic_of(guessed)["visibility"] == "members"
    assert corrections(guessed)["visibility-guessed"] == (
        "What Mine comes to is shown to those who take part, as I read “nobody”."
    )


@pytest_twisted.ensureDeferred
async def test_the_owner_alone_starts_nothing_long_before_its_time(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    made = topic_of(await ann.ask(TOPICS, "set", request("create", name="Mine")))
    desk = topics_desk(stage)

    async def come(jid: str) -> str:
        return str((await desk.attended(made["id"], True, jid)).state)

    assert await come("ann@localhost") == "planned"
    await ann.ask(TOPICS, "set", request("reschedule", id=made["id"], start="tomorrow at 3"))
    assert await come("ann@localhost") == "planned"
    await ann.ask(TOPICS, "set", request("reschedule", id=made["id"], start="in 10 minutes"))
    assert await come("ann@localhost") == "live"
    assert (await desk.attended(made["id"], False)).state == "planned"
    await ann.ask(TOPICS, "set", request("reschedule", id=made["id"]))
    assert await come("kim@localhost") == "live"


@pytest_twisted.ensureDeferred
async def test_a_live_topic_that_everybody_left_says_since_when(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    made = topic_of(await ann.ask(TOPICS, "set", request("create", name="Mine")))
    desk = topics_desk(stage)

    async def shown() -> Any:
        return topic_of(await ann.ask(TOPICS, "get", request("topic", id=made["id"])))

    await desk.attended(made["id"], True, "kim@localhost")
    assert not (await shown()).hasAttribute("empty-since")
    await desk.attended(made["id"], False)
    left = await shown()
    assert (left["state"], left["empty-since"]) == ("live", stamp(stage.now))
    stage.advance(minutes=10)
    await desk.attended(made["id"], False)
    assert (await shown())["empty-since"] == left["empty-since"]
    await desk.attended(made["id"], True, "ann@localhost")
    back = await shown()
    assert (back["state"], back.hasAttribute("empty-since")) == ("live", False)
    await desk.attended(made["id"], False)
    assert not topic_of(await ann.ask(TOPICS, "set", request("end", id=made["id"]))).hasAttribute("empty-since")


def topics_desk(stage: Any) -> Any:
    """The desk behind the component that is hosted."""
    return next(each._desk for each in stage.components["topics"] if hasattr(each, "_desk"))


@pytest_twisted.ensureDeferred
async def test_how_a_wish_is_read_is_told_without_making_anything(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    wish = {"name": "Licence audit", "start": "tue 3pm", "tz": "Europe/Berlin"}
    answer = await ann.ask(TOPICS, "get", request("reading", **wish))
    reading = answer.firstChildElement()
    assert (reading.name, reading["name"], reading["start"]) == ("reading", "Licence audit", "2026-11-24T14:00:00Z")
    assert (reading["minutes"], reading["tz"]) == ("60", "Europe/Berlin")
    assert corrections(answer) == {"time-read": "Licence audit is Tue 24 Nov, 15:00 CET, in 2 days."}
    listed = await ann.ask(TOPICS, "get", f"<topics xmlns='{ns.TOPICS}'/>")
    assert not list(listed.firstChildElement().elements(ns.TOPICS, "topic"))


@pytest_twisted.ensureDeferred
async def test_what_is_read_beforehand_is_what_is_made(stage: Any, rooms: Any) -> None:
    stage.host(topics.plugin)
    ann = await stage.person("ann", "Ann")
    await ann.ask(TOPICS, "set", request("create", name="Audit"))
    wish = {"name": "audit", "start": "yesterday at 3", "tz": "Europe/Berlin"}
    foreseen = await ann.ask(TOPICS, "get", request("reading", **wish))
    made = await ann.ask(TOPICS, "set", request("create", **wish))
    reading, topic = foreseen.firstChildElement(), topic_of(made)
    assert [reading[each] for each in ("name", "start", "tz")] == [topic[each] for each in ("name", "start", "tz")]
    assert corrections(foreseen) == corrections(made)
    assert set(corrections(foreseen)) >= {"name-varied", "time-moved"}
