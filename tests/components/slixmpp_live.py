"""
Two people with slixmpp, who know pubsub and no namespace of CCM, watch a document write itself.

They find the node by service discovery, read its items, and keep a copy by the events that come. Run by
``test_slixmpp_live.py`` as a process: ``slixmpp_live.py PORT PASSWORD CERTIFICATE``; prints one JSON object.
"""

import asyncio
import json
import sys
from typing import Any

from slixmpp_talk import SECONDS, Person

SAID = (
    "#topic Mirrors",
    "#action Kim to check the mirrors",
    "#agreed We use one licence.",
    "#edit A1 Kim to check all mirrors",
    "#drop D1",
    "#question Who signs off?",
)


class Watcher(Person):
    """Somebody whose client shows what pubsub nodes hold."""

    def __init__(self, jid: str, password: str, certificate: str) -> None:
        super().__init__(jid, password, certificate)
        self.register_plugin("xep_0060")
        self.items: dict[str, str] = {}
        self.history: list[str] = []
        self._changed = asyncio.Event()
        self.add_event_handler("record_publish", self._published)
        self.add_event_handler("record_retract", self._retracted)

    def _published(self, message: Any) -> None:
        item = message["pubsub_event"]["items"]["item"]
        self.items[item["id"]] = _words(item["payload"])
        self.history.append(f"+{item['id']} {_words(item['payload'])}".strip())
        self._changed.set()

    def _retracted(self, message: Any) -> None:
        id_ = message["pubsub_event"]["items"]["retract"]["id"]
        self.items.pop(id_, None)
        self.history.append(f"-{id_}")
        self._changed.set()

    async def services(self) -> list[str]:
        """Who says that it has nodes, among what the server lists."""
        found = await self["xep_0030"].get_items(jid=self.boundjid.domain)
        return [jid for jid, _, _ in found["disco_items"]["items"] if await self._has_nodes(jid)]

    async def _has_nodes(self, jid: str) -> bool:
        info = await self["xep_0030"].get_info(jid=jid)
        return ("pubsub", "service", None, None) in {
            (category, type_, None, None) for category, type_, *_ in info["disco_info"]["identities"]
        }

    async def nodes(self, service: str) -> list[str]:
        """What nodes somebody has for us."""
        found = await self["xep_0030"].get_items(jid=service)
        return [node for _, node, _ in found["disco_items"]["items"] if node]

    async def read(self, service: str, node: str) -> dict[str, str]:
        """Every item of a node, which is followed from then on."""
        self["xep_0060"].map_node_event(node, "record")
        answer = await self["xep_0060"].get_items(service, node)
        return {item["id"]: _words(item["payload"]) for item in answer["pubsub"]["items"]}

    async def until(self, id_: str, words: str | None) -> None:
        """Back when that item says so; ``None`` when it is gone."""
        async with asyncio.timeout(SECONDS):
            while self.items.get(id_) != words:
                self._changed.clear()
                await self._changed.wait()


def _words(payload: Any) -> str:
    return " ".join("".join(payload.itertext()).split())


async def watch(ann: Watcher, kim: Watcher, seen: dict[str, Any]) -> None:
    await ann.do("Create a topic", name="Licences")
    await ann.do("Invite somebody", address="kim@example.org", topic="Licences")
    await asyncio.wait_for(kim.invited.wait(), SECONDS)
    await ann.enter(kim.room, "Ann")
    [service] = [each for each in await ann.services() if await ann.nodes(each)]
    [node] = await ann.nodes(service)
    ann.items.update(await ann.read(service, node))
    for words in SAID[:3]:
        await ann.say(kim.room, words)
    await ann.until("D1", "We use one licence.")
    late = await kim.read(service, node)  # comes late, and follows from there
    kim.items.update(late)
    seen["late"] = sorted(each for each in late if each[0].isupper())
    for words in SAID[3:]:
        await ann.say(kim.room, words)
    for person in (ann, kim):
        await person.until("Q1", "Who signs off?")
        await person.until("A1", "Kim to check all mirrors")
        await person.until("D1", None)
    whole = await ann.read(service, node)
    for name, person in (("ann", ann), ("kim", kim)):
        seen[name] = {id_: words for id_, words in person.items.items() if words}
        seen[f"{name}'s history"] = [each for each in person.history if each[1].isupper()]
    seen["whole"] = {id_: words for id_, words in whole.items() if words}


async def main(port: int, password: str, certificate: str) -> None:
    ann, kim = (Watcher(f"{name}@localhost", password, certificate) for name in ("ann", "kim"))
    seen: dict[str, Any] = {}
    try:
        await ann.sign_in(port)
        await kim.sign_in(port)
        await watch(ann, kim, seen)
    except Exception as error:
        seen["error"] = f"{error!r}; ann: {ann.history}; kim: {kim.history}"
    print(json.dumps(seen), flush=True)
    await asyncio.gather(ann.disconnect(), kim.disconnect())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
