"""Taking invitations back by undo: who may, what of it, and what has happened since."""

from dataclasses import replace
from typing import Any

import pytest
import pytest_twisted
from test_invitation_mails import INVITATIONS, TOPICS, World

from ccm import namespaces as ns


@pytest.fixture
def world(stage: Any, rooms: Any) -> World:
    return World(stage)


def step(done: Any) -> str:
    """The identifier by which a request is undone."""
    return next(each["undo"] for each in done.elements(ns.TOPICS, "correction") if each.getAttribute("undo"))


async def together(world: World) -> tuple[Any, Any, Any, Any]:
    """Bob, whom Ann has invited, and the topic; Bob's invitation and the one that he has sent to Cy."""
    _, topic = await world.invite()
    bob = await world.stage.person("bob", "Bob", "bob@mail.example")
    await world.stage.person("cy", "Cy", "cy@mail.example")
    await world.ask("invite", address="bob@mail.example", topic=topic.id)
    await world.ask("invite", who=bob, address="cy@mail.example", topic=topic.id)
    people = {each.jid: each for each in await world.stage.stores.topics.invitees(topic.id)}
    return bob, topic, people["bob@localhost"], people["cy@localhost"]


async def members(world: World, topic: Any) -> tuple[str, ...]:
    found: tuple[str, ...] = (await world.stage.stores.topics.get(topic.id)).members
    return found


@pytest_twisted.ensureDeferred
async def test_who_takes_part_no_more_undoes_nothing_and_sees_nothing(world: World) -> None:
    bob, topic, bobs, cys = await together(world)
    resent = step(await world.ask("resend", who=bob, id=cys.id))
    await world.ask("revoke", id=cys.id)
    await world.ask("revoke", id=bobs.id)
    undone = await world.raw("undo", who=bob, id=resent)
    assert "item-not-found" in undone.toXml()
    assert topic.name not in undone.toXml()
    assert await members(world, topic) == ("ann@localhost",)
    assert (await world.invitee(cys.id)).state == "revoked"


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("first", ["resend", "revoke"])
async def test_what_another_has_taken_back_does_not_stand_again(world: World, first: str) -> None:
    bob, topic, _, cys = await together(world)
    own = step(await world.ask(first, who=bob, id=cys.id))
    if first == "revoke":
        await world.ask("resend", who=bob, id=cys.id)
    await world.ask("revoke", id=cys.id)
    undone = await world.ask("undo", who=bob, id=own)
    assert "changed again since" in str(undone.correction)
    assert (await world.invitee(cys.id)).state == "revoked"
    assert "cy@localhost" not in await members(world, topic)


@pytest_twisted.ensureDeferred
async def test_ones_own_taking_back_is_undone(world: World) -> None:
    bob, topic, _, cys = await together(world)
    undone = await world.ask("undo", who=bob, id=step(await world.ask("revoke", who=bob, id=cys.id)))
    assert str(undone.correction) == "The invitation stands again."
    assert (await world.invitee(cys.id)).state == cys.state
    assert "cy@localhost" in await members(world, topic)


@pytest_twisted.ensureDeferred
async def test_whom_somebody_else_has_invited_since_stays_invited(world: World) -> None:
    bob, topic, _, _ = await together(world)
    lee = await world.ask("invite", INVITATIONS, who=bob, address="lee@example.org, moon", topic=topic.id)
    id_ = next(lee.elements(ns.INVITATIONS, "invitee"))["id"]
    stored = await world.invitee(id_)
    await world.stage.stores.topics.mark_invitee(id_, (stored.state,), inviter="ann@localhost")
    await world.ask("undo", who=bob, id=step(lee))
    assert await world.invitee(id_) is not None


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("left", [True, False])
async def test_undoing_another_sending_leaves_a_joining_since(world: World, left: bool) -> None:
    kim, _ = await world.invite()
    await world.mails()
    resent = step(await world.ask("resend", id=kim.id))
    sent = await world.mails() if left else []
    guest = f"{kim.id}@guests.localhost"
    await world.stage.stores.topics.mark_invitee(kim.id, ("offered",), state="joined", jid=guest)
    since = await world.invitee(kim.id)
    undone = await world.ask("undo", id=resent)
    assert ("changed again since" in str(undone.correction)) == left == bool(sent)
    assert await world.invitee(kim.id) == (since if left else replace(kim, state="joined", jid=guest))
    assert await world.mails() == []


@pytest_twisted.ensureDeferred
async def test_undoing_another_sending_leaves_a_first_mail_that_waits(world: World) -> None:
    kim, _ = await world.invite()
    resent = step(await world.ask("resend", id=kim.id))
    since = await world.invitee(kim.id)
    await world.ask("undo", id=resent)
    assert await world.invitee(kim.id) == since
    (mail,) = await world.mails()
    assert "invites you" in mail["Subject"]


@pytest_twisted.ensureDeferred
async def test_an_address_mended_by_sending_again_is_undone_and_the_mail_stays(world: World) -> None:
    kim, topic = await world.invite()
    await world.mails()
    await world.stage.stores.topics.mark_invitee(kim.id, ("offered",), state="bounced", reason="no mailbox")
    bounced = await world.invitee(kim.id)
    resent = step(await world.ask("resend", id=kim.id, address="kim.lee@example.org"))
    await world.ask("undo", id=resent)
    assert await world.invitee(kim.id) == bounced
    assert await world.mails() == []
    again = step(await world.ask("resend", id=kim.id))
    await world.ask("rename", TOPICS, id=topic.id, name="Audit two")
    await world.mail("Audit two")
    since = await world.invitee(kim.id)
    await world.ask("undo", id=again)
    assert (await world.invitee(kim.id)).token_hash == since.token_hash  # the change stays told
