"""
People who hold a discussion whatever happens to the server: they come back, resume or sign in anew, and go on.

What the server has taken (a reflection with its stanza-id, an ``<a/>``, the answer of BOSH) is never sent again; what
it has not is sent again with the same ids. A new session enters the room anew and reads what it missed from the
archive; a resumed one trusts the server.
"""

import random
from collections import deque
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from real.bosh_line import BoshLine
from real.ledger import Ledger
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError
from twisted.internet.task import deferLater
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.testing.clients import SignInFailed, authenticate, bind, connect
from ccm.testing.inbox import Inbox

PASSWORD = "a meadow in November"
PATIENCE_SECONDS = 60.0
RETRY_SECONDS = 0.1
_FOREVER = 3600.0
_ASKED_FOR_ACK = 0.4


class LineLostError(Exception):
    """The connection ended while something was awaited."""


class Person:
    """
    Somebody with one client.

    :param name: localpart; the nick is the same with a capital.
    :param transport: ``tcp``, ``bosh`` or ``websocket``.
    :param dice: after which messages an acknowledgement is asked for.
    :ivar log: stanza-id -> (nick, text) of all that was heard.
    :ivar resumed: how often a session went on. :ivar begun: how often one began.
    :ivar trouble: what ended this person's life, if anything did.
    """

    def __init__(
        self, reactor: Any, server: Any, ledger: Ledger, name: str, transport: str, dice: random.Random
    ) -> None:
        self.name, self.nick, self.transport = name, name.capitalize(), transport
        self.log: dict[str, tuple[str, str]] = {}
        self.room = self.jid = ""
        self.resumed = self.begun = 0
        self.trouble: Any = None
        self._reactor, self._server, self._ledger, self._dice = reactor, server, ledger, dice
        self._line: Any = None
        self._lost: Deferred[None] = Deferred()
        self._said: dict[str, str] = {}
        self._written: set[str] = set()
        self._whispered: set[str] = set()
        self._sm_id = ""
        self._managed = self._counting = False
        self._sm_id = ""
        self._sm_sent = self._sm_received = 0
        self._sm_queue: deque[tuple[int, str, bytes]] = deque()
        self._inside = self._leaving = False
        self._catching_up: list[tuple[str, str, str, str]] | None = None
        self._entered: Deferred[None] | None = None
        self._pages: dict[str, list[Element]] = {}
        self._answers: dict[str, Deferred[Element]] = {}
        self._changed: list[Deferred[None]] = []
        self._read_ids: set[str] = set()
        self._count = 0

    # ---- what a test calls

    def arrive(self) -> None:
        """Sign in, and come back by oneself from then on."""
        Deferred.fromCoroutine(self._live()).addErrback(self._ended)

    async def enter(self, room: str) -> None:
        """*async* Go into a room, and back into it after every loss."""
        self.room = room
        await self._enter()

    def say(self, id_: str, text: str) -> None:
        """Say something in the room, now or as soon as one is there again."""
        self._ledger.intent(self.name, id_, text)
        self._said[id_] = text
        if self._inside:
            self._write_line(id_)

    def whisper(self, id_: str, name: str) -> None:
        """Say something to somebody alone, if one is there; what is not taken before the connection is lost may be."""
        if self.there:
            self._ledger.whisper(self.name, id_, name)
            self._whispered.add(id_)
            to = f"{name}@localhost/main"
            self._send(
                f"<message xmlns='{ns.CLIENT}' to='{to}' type='chat' id='{id_}'><body>psst</body></message>", id_
            )
            self._ask_for_ack()

    @property
    def untaken(self) -> int:
        """How much of what was said the server has not taken yet."""
        return len(self._said)

    @property
    def there(self) -> bool:
        """Whether this person is signed in, can resume, and is in the room if there is one."""
        ready = bool(self._sm_id) if self.transport != "bosh" else bool(self.jid)
        return ready and (self._inside or not self.room) and not self._lost.called

    async def ask(self, to: str, payload: str) -> Element:
        """*async* The payload that answers a request; made again if the connection is lost meanwhile."""
        while True:
            await self.until(lambda: self.there)
            try:
                answer = await self._request(to, payload)
            except LineLostError:
                continue
            assert answer["type"] == "result", answer.toXml()
            return answer

    async def until(self, wanted: Callable[[], Any]) -> Any:
        """*async* Wait until a question about this person has a true answer. :raises TimeoutError: after a minute."""
        while not (found := wanted()):
            assert self.trouble is None, self.trouble
            changed: Deferred[None] = Deferred()
            self._changed.append(changed)
            changed.addTimeout(PATIENCE_SECONDS, self._reactor)
            await changed
        return found

    async def archive(self) -> list[Element]:
        """*async* The whole archive of the room, as ``<result/>`` elements."""
        while True:
            await self.until(lambda: self.there)
            try:
                return await self._read("")
            except LineLostError:
                continue

    async def leave(self) -> None:
        """*async* Be gone for good."""
        self._leaving = True
        if self._line is not None:
            await self._line.drop()

    # ---- life

    async def _live(self) -> None:
        while not self._leaving:
            try:
                resumed = await self._connect()
                await self._settle(resumed)
                self._tell()
            except (LineLostError, SignInFailed, TimeoutError, ConnectError, ConnectionError) as error:
                self._ledger.note("not yet", who=self.name, why=repr(error))
                if not self._lost.called:
                    await deferLater(self._reactor, RETRY_SECONDS)
                    continue
            await self._lost
            await deferLater(self._reactor, RETRY_SECONDS)

    def _ended(self, failure: Any) -> None:
        self.trouble = failure
        self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, []
        for waiting in changed:
            if not waiting.called:
                waiting.callback(None)

    def _on_lost(self) -> None:
        """The connection is gone."""
        if self._lost.called:
            return
        self._ledger.note("lost", who=self.name)
        self._inside = False
        answers, self._answers = self._answers, {}
        if self._entered is not None:
            entered, self._entered = self._entered, None
            entered.errback(LineLostError())
        for waiting in answers.values():
            waiting.errback(LineLostError())
        self._lost.callback(None)

    async def _connect(self) -> bool:
        """:returns: whether the session of before goes on."""
        if isinstance(self._line, BoshLine) and not self._line.inbox.ended:
            self._lost = Deferred()
            await self._line.go_on()
            self._ledger.note("goes on", who=self.name)
            return True
        if isinstance(self._line, BoshLine):
            self._ledger.note("not resumed", who=self.name, why=self._line.ending)
        line = await self._new_line()
        try:
            await authenticate(line, self.name, PASSWORD)
            resumed = await self._resume(line) if self._sm_id else False
            if not resumed:
                self.jid = await bind(line, "main")
        except BaseException:
            await line.drop()
            raise
        self._line, self._lost = line, Deferred()
        Deferred.fromCoroutine(self._hear(line)).addErrback(self._ended)
        return resumed

    async def _new_line(self) -> Any:
        if self.transport != "bosh":
            port = self._server.c2s if self.transport == "tcp" else self._server.http
            return await connect(
                self._reactor, self.transport, host="127.0.0.1", port=port, domain="localhost", timeout_seconds=20
            )
        line: BoshLine

        def lost() -> None:
            if self._line is line:
                self._on_lost()
            else:
                line.inbox.end()

        line = BoshLine(self._reactor, self._server.http, Inbox(self._reactor, 20), self._answered, lost)
        return line

    async def _resume(self, line: Any) -> bool:
        line.write(f"<resume xmlns='{ns.SM}' previd='{self._sm_id}' h='{self._sm_received}'/>".encode())
        answer = await line.inbox.take()
        if answer is None:
            raise LineLostError
        if answer.name != "resumed":
            self._ledger.note("not resumed", who=self.name, why=answer.toXml())
            self._sm_id = ""
            return False
        self._ledger.note("resumed", who=self.name, h=answer["h"], of=self._sm_sent, received=self._sm_received)
        self._acknowledged(int(answer["h"]))
        for _, _, data in self._sm_queue:
            line.write(data)
        return True

    async def _settle(self, resumed: bool) -> None:
        if resumed:
            self.resumed += 1
            if self.room:
                answer = await self._request(f"{self.room}/{self.nick}", f"<ping xmlns='{ns.PING}'/>", "get")
                if answer["type"] != "result":
                    self._ledger.note("not inside", who=self.name)
                    await self._enter()
                else:
                    self._go_on()
            return
        self.begun += 1
        self._ledger.note("begun", who=self.name)
        self._written.clear()
        self._sm_queue.clear()
        self._managed = self._counting = False
        self._sm_id = ""
        self._sm_sent = self._sm_received = 0
        if self.transport != "bosh":
            self._line.write(f"<enable xmlns='{ns.SM}' resume='true'/>".encode())
            self._managed = True
        self._send(f"<presence xmlns='{ns.CLIENT}'/>")
        if self.room:
            await self._enter()

    async def _enter(self) -> None:
        last = max(self.log, default="")
        self._catching_up = []
        self._entered = entered = Deferred[None]()
        self._send(
            f"<presence xmlns='{ns.CLIENT}' to='{self.room}/{self.nick}'>"
            f"<x xmlns='{ns.MUC}'><history maxstanzas='0'/></x></presence>"
        )
        await entered
        for result in await self._read(last):
            self._heard(*_line_of(result), "mam")
        live, self._catching_up = self._catching_up, None
        for one in live:
            if one[0] not in self.log:
                self._heard(*one, "live")
        self._go_on()

    def _go_on(self) -> None:
        self._inside = True
        for id_ in tuple(self._said):
            if id_ not in self._written:
                self._write_line(id_)
        self._tell()

    # ---- speaking

    def _write_line(self, id_: str) -> None:
        self._written.add(id_)
        self._ledger.sent(self.name, id_)
        self._send(
            f"<message xmlns='{ns.CLIENT}' to='{self.room}' type='groupchat' id='{id_}'>"
            f"<body>{escape(self._said[id_])}</body><origin-id xmlns='{ns.STANZA_ID}' id='{id_}'/></message>",
            id_,
        )
        self._ask_for_ack()

    def _ask_for_ack(self) -> None:
        if self._managed and self._dice.random() < _ASKED_FOR_ACK:
            self._line.write(f"<r xmlns='{ns.SM}'/>".encode())

    def _send(self, xml: str, id_: str = "") -> None:
        data = xml.encode()
        if self._managed:
            self._sm_sent += 1
            self._sm_queue.append((self._sm_sent, id_, data))
        self._line.write(data)

    async def _request(self, to: str, payload: str, type_: str = "set") -> Element:
        if self._lost.called:
            raise LineLostError
        self._count += 1
        id_ = f"{self.name}-{self._count}"
        self._answers[id_] = answer = Deferred[Element]()
        self._send(f"<iq xmlns='{ns.CLIENT}' to='{to}' type='{type_}' id='{id_}'>{payload}</iq>")
        return await answer.addTimeout(PATIENCE_SECONDS, self._reactor)

    async def _read(self, after: str) -> list[Element]:
        found: list[Element] = []
        while True:
            self._count += 1
            query = f"q{self._count}"
            self._pages[query] = page = []
            rsm = f"<set xmlns='{ns.RSM}'><max>50</max>{f'<after>{after}</after>' if after else ''}</set>"
            answer = await self._request(self.room, f"<query xmlns='{ns.MAM}' queryid='{query}'>{rsm}</query>")
            assert answer["type"] == "result", answer.toXml()
            found += page
            if answer.firstChildElement().getAttribute("complete") == "true" or not page:
                return found
            after = page[-1]["id"]

    # ---- hearing

    async def _hear(self, line: Any) -> None:
        while True:
            try:
                element = await line.inbox.take()
            except TimeoutError:
                continue
            if line is not self._line:
                return
            if element is None:
                self._on_lost()
                return
            self._element(element)
            self._tell()

    def _element(self, element: Element) -> None:
        if element.uri == ns.SM:
            self._managing(element)
            return
        if element.name not in ("message", "presence", "iq"):
            return
        if self._counting:
            self._sm_received += 1
        id_ = element.getAttribute("id", "")
        if element.name == "iq" and element.getAttribute("type") in ("result", "error"):
            waiting = self._answers.pop(id_, None)
            if waiting is not None:
                waiting.callback(element)
        elif element.name == "message":
            self._message(element, id_)

    def _managing(self, element: Element) -> None:
        if element.name == "enabled":
            self._sm_id, self._counting = element["id"], True
        elif element.name == "r":
            self._line.write(f"<a xmlns='{ns.SM}' h='{self._sm_received}'/>".encode())
        elif element.name == "a":
            self._acknowledged(int(element["h"]))

    def _message(self, message: Element, id_: str) -> None:
        result = next(message.elements(ns.MAM, "result"), None)
        if result is not None:
            self._pages[result["queryid"]].append(result)
            return
        if message.getAttribute("type") == "chat":
            self._ledger.hear(self.name, id_)
        if message.getAttribute("type") == "error":
            if id_ in self._whispered:
                self._whispered.discard(id_)
                self._ledger.not_whispered(self.name, id_, message.toXml())
            if id_ in self._written:  # to be said again, after the next entry
                self._ledger.refused(self.name, id_, message.toXml())
                self._written.discard(id_)
                self._said[id_] = self._ledger.intents[id_]
            return
        if not self.room or not message.getAttribute("from", "").startswith(self.room):
            return
        if message.subject is not None and message.body is None and self._entered is not None:
            entered, self._entered = self._entered, None
            entered.callback(None)
            return
        stanza_id = next((each["id"] for each in message.elements(ns.STANZA_ID, "stanza-id")), None)
        if stanza_id is None:
            return
        heard = (stanza_id, message["from"].partition("/")[2], str(message.body or ""), id_)
        if self._catching_up is not None:
            self._catching_up.append(heard)
        else:
            self._heard(*heard, "live")

    def _heard(self, stanza_id: str, nick: str, text: str, id_: str, how: str) -> None:
        if how == "mam":
            self._read_ids.add(stanza_id)
        elif stanza_id in self._read_ids:
            return  # a message may be read from the archive just before the room reflects it
        self.log[stanza_id] = (nick, text)
        if nick == self.nick:
            self._taken(id_, "room")
        else:
            self._ledger.see(self.name, stanza_id, how)

    # ---- what the server has taken

    def _taken(self, id_: str, how: str) -> None:
        if id_ in self._whispered:
            self._whispered.discard(id_)
            self._ledger.whispered(self.name, id_, how)
        if self._said.pop(id_, None) is not None:
            self._ledger.ack(self.name, id_, how)

    def _acknowledged(self, h: int) -> None:
        assert h <= self._sm_sent, f"{self.name}: {h} acknowledged of {self._sm_sent}"
        while self._sm_queue and self._sm_queue[0][0] <= h:
            self._taken(self._sm_queue.popleft()[1], "sm")

    def _answered(self, units: list[bytes]) -> None:
        for id_ in (*self._said, *self._whispered):
            if any(f" id='{id_}'>".encode() in unit for unit in units):
                self._taken(id_, "bosh")


def _line_of(result: Element) -> tuple[str, str, str, str]:
    """Stanza-id, nick, text and client id of an archived message."""
    message = next(next(result.elements(ns.FORWARD, "forwarded")).elements(ns.CLIENT, "message"))
    return result["id"], message["from"].partition("/")[2], str(message.body or ""), message.getAttribute("id", "")
