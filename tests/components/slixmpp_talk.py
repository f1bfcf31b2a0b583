"""
Two people with slixmpp, who know no namespace of CCM: everything from a topic's creation to its publication.

They see what any client shows: the components that the server lists, titles of commands, labels of what a form offers,
what a result says, invitations to rooms and what is said there. Run by ``test_slixmpp_talk.py`` as a process:
``slixmpp_talk.py PORT PASSWORD CERTIFICATE``; prints one JSON object: what was seen at each step.
"""

import asyncio
import json
import ssl
import sys
from typing import Any

from slixmpp import ClientXMPP

SECONDS = 30
TALK = (
    ("The participants are mainly open source firms, with IBM and Oracle among them.",),
    ("The reason they give: their IT knows it well and likes commodity licences.",),
    ("My conclusion is that more and more big data work runs on open source.",),
    ("The details: Hadoop, R, Mondrian and Jaspersoft.",),
    ("This is a project.", "understood"),
)
ANSWERS = {
    "introduce": "It gets you to big data sooner and for less.",
    "goal": "To get the whole of finance onto one open platform by autumn.",
    "serve": "IT people.",
    "stand": "It is in testing.",
    "called": "The name is Lighthouse.",
}
QUESTIONS = 8


class Person(ClientXMPP):
    """Somebody with a client."""

    def __init__(self, jid: str, password: str, certificate: str) -> None:
        super().__init__(jid, password, ssl_context=ssl.create_default_context(cafile=certificate))
        for plugin in ("xep_0004", "xep_0030", "xep_0045", "xep_0050", "xep_0249", "xep_0359"):
            self.register_plugin(plugin)
        self.commands: dict[tuple[str, str], tuple[str, str]] = {}
        self.heard: list[str] = []
        self.ids: dict[str, str] = {}  # of what was said, as the room gives them
        self.invited = asyncio.Event()
        self.room = ""
        self._news = asyncio.Event()
        self.add_event_handler("groupchat_message", self._hear)
        self.add_event_handler("groupchat_direct_invite", self._called)

    def _hear(self, message: Any) -> None:
        self.heard.append(message["body"])
        self.ids[message["body"]] = message["stanza_id"]["id"]
        self._news.set()

    def _called(self, message: Any) -> None:
        self.room = str(message["groupchat_invite"]["jid"])
        self.invited.set()

    async def sign_in(self, port: int) -> None:
        """... and look around."""
        started = self.wait_until("session_start", SECONDS)
        self.connect("localhost", port)
        await started
        self.send_presence()
        found = await self["xep_0030"].get_items(jid=self.boundjid.domain)
        for jid, _, _ in found["disco_items"]["items"]:
            features = (await self["xep_0030"].get_info(jid=jid))["disco_info"]["features"]
            if "http://jabber.org/protocol/commands" in features:
                offered = await self["xep_0050"].get_commands(jid)
                for where, node, title in offered["disco_items"]["items"]:
                    self.commands[jid.partition(".")[0], title] = (str(where), node)

    async def do(self, title: str, *, at: str = "", **answers: str) -> Any:
        """
        Run the command of that title.

        :param at: whose, if several have one of that title.
        :param answers: by the name of the field; for a list the option whose label begins like that.
        """
        [(where, node)] = [found for (name, each), found in self.commands.items() if each == title and at in ("", name)]
        command = (await self["xep_0050"].send_command(where, node))["command"]
        if command["status"] == "executing":
            form = command["form"]
            for name, field in form.get_fields().items():
                if name in answers:
                    field["value"] = _chosen(field, answers.pop(name))
            form["type"] = "submit"  # which strips labels and options
            assert not answers, f"{title} has no {', '.join(answers)}"
            answer = await self["xep_0050"].send_command(
                where, node, action="complete", payload=form, sessionid=command["sessionid"]
            )
            command = answer["command"]
        assert command["status"] == "completed", command
        form = command["form"]
        rows = [dict(item) for item in form.get_items()] if form.get_reported() else []
        fields = {name: field["value"] for name, field in form.get_fields().items() if name != "FORM_TYPE"}
        return {"notes": [text for _, text in command["notes"]], "rows": rows, **fields}

    async def enter(self, room: str, nick: str) -> None:
        """Join a room."""
        await self["xep_0045"].join_muc_wait(room, nick, timeout=SECONDS)

    async def say(self, room: str, text: str, *answers: str) -> None:
        """Say something there; back when it was heard, and after it somebody's words with one of *answers* in them."""
        before = len(self.heard)
        self.send_message(mto=room, mbody=text, mtype="groupchat")
        await self.hears(before, text, answers)

    async def hears(self, before: int, text: str, answers: tuple[str, ...]) -> str:
        """Back when both were heard. :returns: the answer."""
        async with asyncio.timeout(SECONDS):
            while True:
                lately = self.heard[before:]
                after = lately[lately.index(text) + 1 :] if text in lately else []
                found = [said for said in after if any(each in said for each in answers)]
                if text in lately and (found or not answers):
                    return found[0] if found else ""
                self._news.clear()
                await self._news.wait()


def _chosen(field: Any, answer: str) -> str:
    if field["type"] != "list-single":
        return answer
    labels = {option["label"]: option["value"] for option in field.get_options()}
    found = [value for label, value in labels.items() if label.startswith(answer)]
    assert len(found) == 1, f"{field['label']} offers {list(labels)}, not one {answer}"
    return str(found[0])


async def state_of(person: Person, topic: str) -> dict[str, str]:
    """State of each invitee by name, as the list shows it."""
    listed = await person.do("List who is invited", topic=topic)
    return {row["name"]: row["state"] for row in listed["rows"]}


async def talk(ann: Person, kim: Person, seen: dict[str, Any]) -> None:
    """All of it; what is seen at each step goes into *seen*."""
    seen["commands"] = sorted({title for _, title in ann.commands})
    seen["create"] = await ann.do("Create a topic", name="Licences", start="tomorrow at 3pm", tz="Europe/Berlin")
    seen["list"] = await ann.do("List my topics")
    seen["get"] = await ann.do("Show a topic", id="Licences")
    seen["rename"] = await ann.do("Rename a topic", id="Licences", name="Licence audit")
    seen["reschedule"] = await ann.do(
        "Move a topic to another time", id="Licence audit", start="in three days at 10:00"
    )
    seen["invite"] = await ann.do("Invite somebody", address="kim@example.org", topic="Licence audit")
    await asyncio.wait_for(kim.invited.wait(), SECONDS)
    seen["called"] = kim.room
    seen["rsvp"] = await kim.do("Say whether you come", topic="Licence audit", answer="Yes")
    seen["after rsvp"] = await state_of(ann, "Licence audit")
    await ann.do("Invite somebody", address="Jo Doe <jo@example.net>", topic="Licence audit")
    seen["resend"] = await ann.do("Send an invitation again", id="Jo")
    seen["revoke"] = await ann.do("Take an invitation back", id="Jo")
    seen["after revoke"] = await state_of(ann, "Licence audit")
    seen["undo"] = await ann.do("Take back what was guessed", at="invitations")
    seen["after undo"] = await state_of(ann, "Licence audit")
    await ann.enter(kim.room, "Ann")
    await kim.enter(kim.room, "Kim")
    for text, *answer in TALK:
        await ann.say(kim.room, text, *answer)
    before, said = len(ann.heard), "Ann asks me to publish this."
    seen["publish"] = await ann.do("Publish what was said", topic="Licence audit")
    for _ in range(QUESTIONS):
        seen["asked"] = await ann.hears(before, said, ("?", "Published: "))
        if seen["asked"].startswith("Published: "):
            break
        before = len(ann.heard)
        said = next(answer for word, answer in ANSWERS.items() if word in seen["asked"])
        ann.send_message(mto=kim.room, mbody=said, mtype="groupchat")
    seen["outcome"] = await kim.do("Show the outcome so far", topic="Licence audit")
    seen["said"] = [text for text in kim.heard if text.startswith("Published: ")]
    seen["reading"] = await kim.do("Open the document", topic="Licence audit")
    listed = await kim.do("List the versions of the document", topic="Licence audit")
    seen["versions"] = [row["number"] for row in listed["rows"]]
    versions = {"from": "1", "to": "1"}
    seen["changes"] = await kim.do("Show what changed between two versions", topic="Licence audit", **versions)
    secret = ann.ids[TALK[3][0]]
    seen["redact"] = await ann.do(
        "Take a message out of everything published", topic="Licence audit", message=secret, reason="Not for others"
    )
    seen["end"] = await ann.do("End a topic", id="Licence audit")
    second = await ann.do("Create a topic", name="Lunch")
    assert second["name"] == "Lunch", second
    seen["before deletion"] = [row["name"] for row in (await ann.do("List my topics"))["rows"]]
    seen["delete"] = await ann.do("Delete a topic", id="Lunch")
    seen["after deletion"] = [row["name"] for row in (await ann.do("List my topics"))["rows"]]


async def main(port: int, password: str, certificate: str) -> None:
    ann, kim = (Person(f"{name}@localhost", password, certificate) for name in ("ann", "kim"))
    seen: dict[str, Any] = {}
    try:
        await ann.sign_in(port)
        await kim.sign_in(port)
        await talk(ann, kim, seen)
    except Exception as error:
        seen["error"] = f"{error!r}; heard: {ann.heard}"
    print(json.dumps(seen), flush=True)
    await asyncio.gather(ann.disconnect(), kim.disconnect())


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
