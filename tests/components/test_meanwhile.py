"""What invitees do while a mail to them is being written is not lost."""

from dataclasses import replace
from typing import Any

import pytest
import pytest_twisted
from test_invitation_mails import TOPICS, World

from ccm.components.invitation_post import Post


@pytest.fixture
def world(stage: Any, rooms: Any) -> World:
    return World(stage)


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("cause", ["rename", "resend"])
async def test_who_joins_while_a_mail_is_written_has_joined(
    world: World, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    kim, topic = await world.invite()
    await world.mail("invites you")
    guest, write = f"{kim.id}@guests.localhost", Post.write

    async def slowly(*args: Any, **values: Any) -> Any:
        written = await write(*args, **values)
        await world.stage.stores.topics.mark_invitee(kim.id, ("offered",), state="joined", jid=guest, reason="")
        return written

    monkeypatch.setattr(Post, "write", slowly)
    if cause == "rename":
        await world.ask("rename", TOPICS, id=topic.id, name="Audit two")
        await world.mail("Changed")
    else:
        await world.ask("resend", id=kim.id)
    stored = await world.invitee(kim.id)
    assert (stored.state, stored.jid) == ("joined", guest)
    assert stored.token_hash != kim.token_hash


@pytest_twisted.ensureDeferred
async def test_who_joins_while_the_invitation_is_taken_back_is_shown_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim, topic = await world.invite()
    await world.mail("invites you")
    guest, cancel = f"{kim.id}@guests.localhost", Post.cancel

    async def slowly(*args: Any) -> Any:
        written = await cancel(*args)
        await world.stage.stores.topics.mark_invitee(kim.id, ("offered",), state="joined", jid=guest)
        stored = await world.stage.stores.topics.get(topic.id)
        await world.stage.stores.topics.save(replace(stored, members=(*stored.members, guest)))
        return written

    monkeypatch.setattr(Post, "cancel", slowly)
    await world.ask("revoke", id=kim.id)
    assert (await world.invitee(kim.id)).state == "revoked"
    assert guest not in (await world.stage.stores.topics.get(topic.id)).members
