"""Taking back what was guessed and choosing something else, in every way in which a client may ask for it."""

from dataclasses import replace
from typing import Any

import pytest
import pytest_twisted
from test_invitations import INVITATIONS, until
from test_twelve_defects import TOPICS, Scene
from twisted.internet.defer import Deferred, succeed

from ccm import namespaces as ns
from ccm.components.correspondence import CHOICE
from ccm.components.operations import Answer, Gate, Request, execute
from ccm.components.undo import Undo
from ccm.errors import StanzaError


def correction(done: Any, code: str) -> Any:
    return next(each for each in done.elements(ns.TOPICS, "correction") if each["code"] == code)


def topic(done: Any) -> Any:
    return next(done.elements(ns.TOPICS, "topic"))


def others(told: Any) -> dict[str, str]:
    return {str(each): each["id"] for each in told.elements(ns.TOPICS, "alternative")}


def submit(id_: str, choice: str) -> str:
    fields = (("FORM_TYPE", CHOICE), ("id", id_), ("choice", choice))
    inner = "".join(f"<field var='{name}'><value>{value}</value></field>" for name, value in fields)
    return f"<message to='{TOPICS}' type='chat'><x xmlns='{ns.DATA_FORMS}' type='submit'>{inner}</x></message>"


@pytest_twisted.ensureDeferred
async def test_an_alternative_is_chosen_and_that_is_undone(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    done = await scene.ask(TOPICS, "create", name="Audit")
    told = correction(done, "time-guessed")
    assert list(others(told)) == ["Mon 23 Nov, 10:00 CET, tomorrow", "Tue 24 Nov, 10:00 CET, in 2 days"]
    values = {"id": told["undo"], "alternative": others(told)["Tue 24 Nov, 10:00 CET, in 2 days"]}
    chosen = await scene.ask(TOPICS, "choose", **values)
    assert topic(chosen)["start"] == "2026-11-24T09:00:00Z"
    assert str(correction(chosen, "chosen")) == "Audit is now Tue 24 Nov, 10:00 CET, in 2 days."
    undone = await scene.ask(TOPICS, "undo", id=correction(chosen, "chosen")["undo"])
    assert topic(undone)["start"] == ""
    assert str(undone.correction) == "Audit is as it was before."


@pytest_twisted.ensureDeferred
async def test_a_topic_that_was_made_on_a_guess_is_gone_after_undo(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    done = await scene.ask(TOPICS, "create")
    undone = await scene.ask(TOPICS, "undo", id=correction(done, "name-guessed")["undo"])
    assert next(undone.elements(ns.TOPICS, "gone"))["id"] == topic(done)["id"]
    assert not await stage.stores.topics.active()
    assert "destroy" in rooms.asked[-1].to_bytes().decode()


@pytest_twisted.ensureDeferred
async def test_the_message_holds_a_form_for_other_clients(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    made = await scene.topic()
    await scene.ask(TOPICS, "reschedule", id=made.id, start="3/12 at 15:00")
    message = next(each for each in scene.chats.stanzas if each.has(ns.DATA_FORMS, "x"))
    text = message.to_bytes().decode()
    assert "Leave it so" in text
    assert "Fri 12 Mar 2027, 15:00 CET, in 4 months" in text
    step = await stage.stores.undo_steps.latest("ann@localhost", "topics")
    scene.chats.told.clear()
    scene.ann.send(submit(step.id, "a1"))
    await until(lambda: scene.heard() == ["Licence audit is now Fri 12 Mar 2027, 15:00 CET, in 4 months."])
    scene.ann.send(submit(step.id, "keep"))
    scene.ann.send(submit(step.id, "undo"))
    await until(lambda: len(scene.heard()) == 2)
    assert scene.heard()[1] == "Licence audit was changed again since, so it stays as it is."


@pytest_twisted.ensureDeferred
async def test_who_writes_undo_takes_the_last_step_back(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    made = await scene.topic()
    await scene.ask(TOPICS, "reschedule", id=made.id, start="yesterday at 3")
    scene.chats.told.clear()
    scene.ann.send(f"<message to='{TOPICS}' type='chat'><body>Undo!</body></message>")
    await until(lambda: scene.heard() == ["Licence audit is as it was before."])
    assert (await stage.stores.topics.get(made.id)).start == made.start
    scene.ann.send(f"<message to='{TOPICS}' type='chat'><body>undo</body></message>")
    await until(lambda: "That can no longer be undone" in scene.heard()[-1])
    scene.ann.send(f"<message to='{TOPICS}' type='chat'><body>thank you</body></message>")


@pytest_twisted.ensureDeferred
async def test_nobody_takes_back_what_another_did(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    bob = await stage.person("bob", "Bob")
    done = await scene.ask(TOPICS, "create")
    id_ = done.correction["undo"]
    for request in (
        f"<undo xmlns='{ns.TOPICS}' id='{id_}'/>",
        f"<choose xmlns='{ns.TOPICS}' id='{id_}' alternative='a1'/>",
    ):
        assert "item-not-found" in (await bob.ask(TOPICS, "set", request)).toXml()
    assert (
        "item-not-found"
        in (await scene.ann.ask(TOPICS, "set", f"<choose xmlns='{ns.TOPICS}' id='{id_}' alternative='x'/>")).toXml()
    )


@pytest_twisted.ensureDeferred
async def test_either_component_takes_back_what_the_other_did(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    done = await scene.ask(TOPICS, "create")
    undone = await scene.ask(INVITATIONS, "undo", id=done.correction["undo"])
    assert undone.uri == ns.INVITATIONS
    assert next(undone.elements(ns.TOPICS, "gone"))["id"] == topic(done)["id"]


@pytest_twisted.ensureDeferred
async def test_a_step_expires(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    done = await scene.ask(TOPICS, "create")
    stage.advance(hours=24, seconds=1)
    late = await scene.ann.ask(TOPICS, "set", f"<undo xmlns='{ns.TOPICS}' id='{done.correction['undo']}'/>")
    assert "too long ago" in late.toXml()


@pytest_twisted.ensureDeferred
async def test_what_was_changed_since_stays(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    made = await scene.topic()
    first = await scene.ask(TOPICS, "reschedule", id=made.id, start="tomorrow at 3")
    await scene.ask(TOPICS, "rename", id=made.id, name="Budget")
    undone = await scene.ask(TOPICS, "undo", id=first.correction["undo"])
    assert (topic(undone)["name"], topic(undone)["start"]) == ("Budget", "2026-11-24T14:00:00Z")


@pytest_twisted.ensureDeferred
async def test_undoing_an_invitation_takes_its_topic_and_its_mail_back(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    before = await scene.lasting()
    done = await scene.ask(INVITATIONS, "invite", address="kim@example.org, bob@example.org, moon")
    assert topic(done)["name"] == "Ann, Kim and Bob"
    assert str(correction(done, "invited")) == "I invited Kim and Bob to Ann, Kim and Bob."
    assert str(correction(done, "address-unread")).startswith("“moon” is no mail address")
    assert len((await scene.lasting())[2]) == 2
    undone = await scene.ask(INVITATIONS, "undo", id=correction(done, "invited")["undo"])
    assert await scene.lasting() == before
    assert str(undone.correction) == "Ann, Kim and Bob is undone: it is gone, and nobody is invited."


@pytest_twisted.ensureDeferred
async def test_a_mistyped_address_is_mended_by_one_choice(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    before = await scene.lasting()
    done = await scene.ask(INVITATIONS, "invite", address="kim@gmial.com", name="Audit")
    assert await scene.lasting() == before
    choices = others(done.correction)
    assert list(choices) == ["Invite kim@gmail.com", "Send to kim@gmial.com"]
    values = {"id": done.correction["undo"], "alternative": choices["Invite kim@gmail.com"]}
    chosen = await scene.ask(INVITATIONS, "choose", **values)
    assert next(chosen.elements(ns.INVITATIONS, "invitee"))["address"] == "kim@gmail.com"
    assert topic(chosen)["name"] == "Audit"


@pytest_twisted.ensureDeferred
async def test_an_invitation_is_sent_again_by_one_choice(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    made = await scene.topic()
    await scene.ask(INVITATIONS, "invite", address="kim@example.org", topic=made.id)
    done = await scene.ask(INVITATIONS, "invite", address="kim@example.org", topic=made.id)
    again = await scene.ask(INVITATIONS, "choose", id=done.correction["undo"], alternative="a1")
    assert str(again.correction) == "I sent Kim the invitation to Licence audit again."


@pytest_twisted.ensureDeferred
async def test_somebody_is_invited_by_the_name_of_their_account(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    await stage.person("bob", "Bob Lee")
    done = await scene.ask(INVITATIONS, "invite", address="bob, kim@example.org")
    people = [each["name"] for each in done.elements(ns.INVITATIONS, "invitee")]
    assert people == ["Kim", "Bob Lee"]


@pytest_twisted.ensureDeferred
async def test_a_conversation_names_the_topic(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    done = await scene.ask(TOPICS, "create", about="Shall we talk about the licence audit tomorrow?", start="now")
    assert topic(done)["name"] == "Licence audit"
    assert str(correction(done, "time-read")) == "Licence audit starts when the first guest arrives."


@pytest_twisted.ensureDeferred
async def test_calendars_learn_of_what_changed_and_of_its_undoing(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    made = await scene.topic()
    done = await scene.ask(TOPICS, "reschedule", id=made.id, start="tomorrow at 3 for 45 min")
    moved = await stage.stores.topics.get(made.id)
    assert (moved.sequence, moved.minutes) == (made.sequence + 1, 45)
    assert str(done.correction) == "Licence audit is now Mon 23 Nov, 15:00 CET, tomorrow, for 45 minutes."
    await scene.ask(TOPICS, "undo", id=done.correction["undo"])
    back = await stage.stores.topics.get(made.id)
    assert (back.sequence, back.minutes, back.start) == (made.sequence + 2, 60, made.start)
    await scene.ask(TOPICS, "visibility", id=made.id, visibility="link")
    assert (await stage.stores.topics.get(made.id)).sequence == made.sequence + 2


@pytest_twisted.ensureDeferred
async def test_a_topic_in_which_people_talk_is_not_undone(stage: Any, rooms: Any) -> None:
    scene = await Scene.open(stage)
    await stage.person("bob", "Bob")
    done = await scene.ask(INVITATIONS, "invite", address="bob, moon")
    made = await stage.stores.topics.get(topic(done)["id"])
    await stage.stores.topics.save(replace(made, state="live"))
    for to, code in ((INVITATIONS, "address-unread"), (TOPICS, "name-guessed")):
        undone = await scene.ask(to, "undo", id=correction(done, code)["undo"])
        assert str(undone.correction) == "People talk in Ann and Bob already, so it stays. Delete it if you mean that."
    assert await stage.stores.topics.get(made.id) is not None


class Process:
    """One of several that serve the same component; its work ends when it is let go on, or never."""

    def __init__(self, stage: Any) -> None:
        self.reverted: list[str] = []
        self.works: Deferred[None] = Deferred()
        letters: Any = None
        self.undo = Undo(stage.context("topics"), "topics", self._revert, self._revert, letters, 24)

    async def _revert(self, request: Request, work: Any, *_: Any) -> Answer:
        self.reverted.append(work["id"])
        await self.works
        return Answer()

    def ask(self, id_: str) -> Deferred[Any]:
        return Deferred.fromCoroutine(execute(self.undo.operations[0], Request("ann@localhost", {"id": id_}), Gate()))


@pytest_twisted.ensureDeferred
async def test_what_a_killed_process_was_taking_back_another_one_takes_back(stage: Any) -> None:
    killed, heir = Process(stage), Process(stage)
    await heir.undo.offer("ann@localhost", {"id": "t"}, (), "s1")
    killed.ask("s1")
    await until(lambda: killed.reverted)
    heir.works.callback(None)
    await heir.ask("s1")
    assert heir.reverted == ["t"]
    with pytest.raises(StanzaError, match="undone before"):
        await heir.ask("s1")


@pytest_twisted.ensureDeferred
async def test_what_is_asked_twice_at_once_is_taken_back_once(stage: Any) -> None:
    process = Process(stage)
    await process.undo.offer("ann@localhost", {"id": "t"}, (), "s1")
    first, second = process.ask("s1"), process.ask("s1")
    await until(lambda: process.reverted)
    process.works.callback(None)
    await first
    with pytest.raises(StanzaError, match="undone before"):
        await second
    assert process.reverted == ["t"]


@pytest_twisted.ensureDeferred
async def test_what_could_not_be_taken_back_can_be_tried_again(stage: Any) -> None:
    process = Process(stage)
    await process.undo.offer("ann@localhost", {"id": "t"}, (), "s1")
    process.works.errback(StanzaError("forbidden", "not now"))
    with pytest.raises(StanzaError, match="not now"):
        await process.ask("s1")
    process.works = succeed(None)
    await process.ask("s1")
    assert process.reverted == ["t", "t"]
