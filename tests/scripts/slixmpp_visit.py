"""
Two slixmpp clients use a server as their library knows it; prints one line for each thing that worked.

Run by ``test_slixmpp.py`` in a process of its own, since slixmpp needs asyncio: ``PORT PASSWORD USER USER ROOM``.
"""

import asyncio
import ssl
import sys
from typing import Any

import slixmpp

PLUGINS = ("xep_0030", "xep_0045", "xep_0092", "xep_0198", "xep_0199", "xep_0280", "xep_0313")
SECONDS = 10


def first(client: Any, event: str) -> "asyncio.Future[Any]":
    """What the next event of that name brings."""
    future = asyncio.get_running_loop().create_future()
    client.add_event_handler(event, lambda value: future.done() or future.set_result(value))
    return future


async def come(jid: str, password: str, port: int) -> Any:
    """A client that has its roster and is available."""
    client: Any = slixmpp.ClientXMPP(jid, password)
    for plugin in PLUGINS:
        client.register_plugin(plugin)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    client.get_ssl_context = lambda: context
    started = first(client, "session_start")
    client.connect("127.0.0.1", port)
    await asyncio.wait_for(started, SECONDS)
    await client.get_roster()
    client.send_presence()
    return client


async def visit(port: int, password: str, ann_jid: str, bob_jid: str, room: str) -> None:
    """Do what clients do."""
    ann, bob = await come(f"{ann_jid}/a", password, port), await come(f"{bob_jid}/b", password, port)
    host = ann_jid.partition("@")[2]
    await ann.plugin["xep_0199"].ping(host)
    print("ping")
    version = await ann.plugin["xep_0092"].get_version(host)
    print("version", version["software_version"]["name"])
    items = await ann.plugin["xep_0030"].get_items(host)
    print("items", *sorted(item[0] for item in items["disco_items"]["items"]))
    await ann.plugin["xep_0280"].enable()
    said = first(bob, "message")
    ann.send_message(bob_jid, "hello", mtype="chat")
    print("message", (await asyncio.wait_for(said, SECONDS))["body"])
    granted, mutual = first(ann, "presence_subscribed"), first(bob, "presence_subscribed")
    ann.send_presence_subscription(bob_jid)
    await asyncio.wait_for(granted, SECONDS)
    await asyncio.wait_for(mutual, SECONDS)  # slixmpp accepts and asks back by itself
    await ann.get_roster()
    print("roster", ann.client_roster[bob_jid]["subscription"])
    muc = ann.plugin["xep_0045"]
    await muc.join_muc_wait(room, "ann", timeout=SECONDS)
    form = await muc.get_room_config(room)
    form["type"] = "submit"
    await muc.set_room_config(room, form)
    await bob.plugin["xep_0045"].join_muc_wait(room, "bob", timeout=SECONDS)
    heard = first(bob, "groupchat_message")
    ann.send_message(room, "everybody", mtype="groupchat")
    print("groupchat", (await asyncio.wait_for(heard, SECONDS))["body"])
    archived = [message async for message in ann.plugin["xep_0313"].iterate(room)]
    print("archive", len(archived))
    await ann.disconnect()
    await bob.disconnect()


if __name__ == "__main__":
    asyncio.run(visit(int(sys.argv[1]), *sys.argv[2:6]))
