"""
Scripted people who hold a recorded discussion over real connections: one client a speaker, each on the next transport.

The chair (or whoever speaks first) makes the topic and invites the others; everybody says their lines in the order of
the log, each after the one before came back from the room; the chair asks to publish and answers the interview.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import treq.client
from twisted.web.client import Agent
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.errors import CCMError
from ccm.interfaces import IAccounts
from ccm.reporter.transcript import Meeting, Message
from ccm.session.verifiers import make_verifiers
from ccm.testing.clients import Client, sign_in

TRANSPORTS = ("tcp", "bosh", "websocket")
ITERATIONS = 4096
_URL = re.compile(r"https?://\S+/archive/\S+")


@dataclass(frozen=True, slots=True)
class Stage:
    """Where they meet."""

    reactor: Any
    accounts: IAccounts
    host: str
    c2s: int
    http: int

    async def fetch(self, url: str) -> bytes:
        """*async* What stands at a public address. :raises CCMError: if it is not there."""
        response = await treq.client.HTTPClient(Agent(self.reactor)).get(url)
        body: bytes = await treq.content(response)
        if response.code != 200:
            raise CCMError(f"{url} answers {response.code}.")
        return body


class Cast:
    """The people of one meeting. :param answers: what the chair says to questions of the interview, else "skip"."""

    def __init__(self, stage: Stage, meeting: Meeting) -> None:
        self._stage = stage
        self._meeting = meeting
        self._clients: dict[str, Client] = {}
        self._room = ""
        self._topic = ""
        self._count = 0
        #: as the log spells them -> the one spelling in the room, which takes no two that look the same
        self._spelling: dict[str, str] = {}
        first: dict[str, str] = {}
        for message in meeting.messages:
            if message.nick:
                self._spelling[message.nick] = first.setdefault(message.nick.casefold(), message.nick)
        nicks = list(first.values())
        chair = self._spelling.get(meeting.chair or "", nicks[0])
        self._nicks = [chair, *(nick for nick in nicks if nick != chair)]

    async def perform(self) -> str:
        """*async* Hold the meeting. :returns: the document's public address. :raises CCMError: if there is none."""
        for index, nick in enumerate(self._nicks):
            self._clients[nick] = await self._sign_in(nick, TRANSPORTS[index % len(TRANSPORTS)])
        chair = self._nicks[0]
        await self._open_topic(chair)
        for nick in self._nicks:
            await self._join(nick)
        for message in self._meeting.messages:
            await self._say(message)
        url = await self._publish(chair)
        await self._stage.fetch(url)
        for client in self._clients.values():
            await client.sign_out()
        return url

    async def _sign_in(self, nick: str, transport: str) -> Client:
        stage = self._stage
        word = re.sub(r"[^a-z0-9]+", "-", nick.lower()).strip("-") or "somebody"
        local = f"{word}-{secrets.token_hex(3)}"
        password = secrets.token_urlsafe(12)
        verifiers = make_verifiers(password, ITERATIONS)
        await stage.accounts.create(f"{local}@{stage.host}", nick, f"{local}@example.org", verifiers)
        client = await sign_in(
            stage.reactor,
            transport,
            port=stage.c2s if transport == "tcp" else stage.http,
            domain=stage.host,
            name=local,
            password=password,
        )
        client.send("<presence/>")
        return client

    async def _open_topic(self, chair: str) -> None:
        title = self._meeting.title or "A recorded discussion"
        done = await self._ask(chair, "topics", f"<create xmlns='{ns.TOPICS}' name={quoteattr(title)}/>")
        topic = next(done.elements(ns.TOPICS, "topic"))
        self._topic, self._room = topic["id"], topic["room"]
        for nick in self._nicks[1:]:
            address = self._clients[nick].jid.partition("@")[0] + "@example.org"
            wish = f"<invite xmlns='{ns.INVITATIONS}' address={quoteattr(address)} topic={quoteattr(self._topic)}/>"
            await self._ask(chair, "invitations", wish)

    async def _join(self, nick: str) -> None:
        history = f"<x xmlns='{ns.MUC}'><history maxstanzas='0'/></x>"
        self._clients[nick].send(f"<presence to={quoteattr(f'{self._room}/{nick}')}>{history}</presence>")
        await self._until(nick, lambda stanza: stanza.name == "message" and stanza.subject and not stanza.body)

    async def _say(self, message: Message) -> None:
        if not message.nick or not message.text.strip():
            return
        await self._speak(self._spelling[message.nick], message.text)

    async def _speak(self, nick: str, words: str) -> None:
        self._count += 1
        id_ = f"line{self._count}"
        body = f"<body>{escape(words)}</body>"
        self._clients[nick].send(f"<message to={quoteattr(self._room)} type='groupchat' id='{id_}'>{body}</message>")
        await self._until(nick, lambda stanza: stanza.name == "message" and stanza.getAttribute("id") == id_)

    async def _publish(self, chair: str) -> str:
        await self._speak(chair, "Publish this, reporter.")
        while True:
            heard = await self._until(chair, lambda stanza: self._by_reporter(stanza) and stanza.body)
            said = str(heard.body)
            found = _URL.search(said)
            if found:
                return found.group().rstrip(".")
            if said.rstrip().endswith("?"):
                await self._speak(chair, "skip")

    def _by_reporter(self, stanza: Element) -> bool:
        return bool(stanza.name == "message" and stanza["from"].lower() == f"{self._room}/reporter")

    async def _ask(self, nick: str, component: str, payload: str) -> Element:
        self._count += 1
        id_ = f"ask{self._count}"
        to = f"{component}.{self._stage.host}"
        self._clients[nick].send(f"<iq type='set' to='{to}' id='{id_}'>{payload}</iq>")
        answer = await self._until(nick, lambda stanza: stanza.name == "iq" and stanza.getAttribute("id") == id_)
        if answer["type"] != "result":
            raise CCMError(f"{component} refused: {answer.toXml()}")
        done: Element = answer.firstChildElement()
        return done

    async def _until(self, nick: str, wanted: Any) -> Element:
        client = self._clients[nick]
        while True:
            try:
                stanza = await client.receive()
            except TimeoutError as error:
                raise CCMError(f"{nick} waited in vain in {self._room}.") from error
            if stanza is None:
                raise CCMError(f"The connection of {nick} ended.")
            if stanza.getAttribute("type") == "error" and stanza.name != "iq":
                raise CCMError(f"{nick} got an error: {stanza.toXml()}")
            if wanted(stanza):
                return stanza
