"""
Conversation scripts: who sends what and who receives what, one statement a line, played on any transport.

    # Juliet hears what Romeo says.
    Romeo signs in
    Juliet signs in
    Romeo sends <message to='{Juliet}'><body>Hark</body></message>
    Juliet receives <message from='{Romeo}'><body>Hark</body></message>

XML may go on in indented lines. ``{Romeo}`` is the full address of Romeo's client, ``{romeo}`` the bare one; a second
client of the same account is ``Romeo's phone``; ``{plain Romeo}`` is what SASL PLAIN says of him. See
:mod:`ccm.testing.matching` for patterns and :data:`STATEMENTS` for everything one can say. A :class:`Stage` provides
the server and the clients. A first line ``only over tcp`` names the transports that a script is for.
"""

import re
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.testing.matching import elements_of, filled, mismatch

STATEMENTS = {
    "signs in": "connects, authenticates and binds, without presence",
    "connects": "opens a connection and sends nothing yet (not over BOSH)",
    "connects over TRANSPORT": "the same, whatever the script is played over: the same person by another way",
    "begins TLS": "negotiates TLS on a bare connection, after <proceed/>",
    "is available": "sends initial presence and takes in what comes of it",
    "sends XML": "sends one or more stanzas; over a bare connection anything",
    "receives XML": "the next stanzas are these, in this order",
    "receives exactly XML": "the same, and nothing more is in them",
    "receives in any order XML": "the next stanzas are these",
    "eventually receives XML": "these come in this order, others may come between",
    "receives nothing": "nothing has come; asks the server for a ping to be sure",
    "forgets what came": "takes in everything that came so far",
    "enters garden as NICK": "joins the room {garden}, makes it an instant room if it is new, up to its subject",
    "configures garden with FIELDS": "sets fields of its form, e.g. membersonly=1,roomname=Balcony (an owner inside)",
    "is disconnected": "the server has closed the stream",
    "disconnects": "its connection breaks",
    "signs out": "closes its stream",
    "has an account": "makes the account of somebody who never signs in",
    "and NAME are friends": "each sees the other's presence (said before they sign in)",
}
_WHO = re.compile(r"(?P<name>[A-Z]\w*)(?:'s (?P<resource>\w+))? (?P<said>.+)")
_XML_VERBS = (
    "receives in any order",
    "eventually receives",
    "receives exactly",
    "receives",
    "sends",
)
_ONLY = re.compile(r"only over (?P<transports>[a-z ]+)")


class Client(Protocol):
    """One connection of a script's person."""

    jid: str

    def send(self, xml: str) -> None:
        """Send stanzas, or on a bare connection anything."""

    def receive(self) -> Awaitable[Element | None]:
        """The next stanza; ``None`` when the stream has ended. :raises TimeoutError: if nothing comes."""

    def secure(self) -> Awaitable[None]:
        """Begin TLS, on a bare connection."""

    def sign_out(self) -> Awaitable[None]:
        """Close the stream."""

    def drop(self) -> Awaitable[None]:
        """Break the connection."""


class Stage(Protocol):
    """
    A server with accounts, and clients to talk to it.

    :ivar name: of its transport.
    :ivar garden: bare JID of a room that does not exist yet.
    :ivar password: everybody's.
    """

    name: str
    host: str
    muc: str
    garden: str
    password: str

    def local(self, name: str) -> str:
        """The localpart that a person of the script has here."""

    def prepare(self, names: list[str], friends: list[tuple[str, str]]) -> Awaitable[None]:
        """Make accounts of these localparts, and friends of these pairs."""

    def sign_in(self, name: str, resource: str) -> Awaitable[Client]:
        """A client with a bound resource."""

    def connect(self, transport: str = "") -> Awaitable[Client]:
        """A bare connection, over that transport or else the stage's own."""


class ScriptFailed(AssertionError):
    """A script did not go as written; the text names file, line and reason."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a script with the lines indented below it."""

    line: int
    name: str
    resource: str
    said: str
    xml: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """A conversation. *only* lists the transports it is for; empty means all."""

    source: str
    title: str
    statements: tuple[Statement, ...]
    only: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "Script":
        """Read a file. :raises ValueError: naming the line that says nothing known."""
        return parse(path.read_text(encoding="utf-8"), path.name)


def parse(text: str, source: str = "script") -> Script:
    """A script from its text. :raises ValueError: naming the line that says nothing known."""
    title, only, statements = "", (), []
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            title = title or line.lstrip("# ")
        elif found := _ONLY.fullmatch(line.strip()):
            only = tuple(found["transports"].split())
        elif line[:1].isspace() and lines:
            lines[-1] = (lines[-1][0], f"{lines[-1][1]}\n{line}")
        elif line.strip():
            lines.append((number, line))
    for number, line in lines:
        statements.append(_statement(number, line, source))
    return Script(source, title, tuple(statements), only)


def _statement(number: int, line: str, source: str) -> Statement:
    found = _WHO.fullmatch(line.replace("\n", " "))
    if found is None:
        raise ValueError(f"{source}:{number}: “{line}” names nobody; begin with a capital name.")
    said, name, resource = found["said"].strip(), found["name"], found["resource"] or "main"
    for verb in _XML_VERBS:
        if said.startswith(verb) and (xml := said.removeprefix(verb).strip().removeprefix(":").strip())[:1] == "<":
            return Statement(number, name, resource, verb, xml)
    if not any(re.fullmatch(re.sub("[A-Z]{3,}", r"\\S+", known), said) for known in STATEMENTS if "XML" not in known):
        raise ValueError(f"{source}:{number}: nobody knows how to “{said}”; known: {', '.join(STATEMENTS)}.")
    return Statement(number, name, resource, said)


async def play(script: Script, stage: Stage) -> None:
    """Act a script out. :raises ScriptFailed: at the first statement that does not hold."""
    await _Play(script, stage).run()


class _Play:
    def __init__(self, script: Script, stage: Stage) -> None:
        self._script = script
        self._stage = stage
        self._clients: dict[str, Client] = {}
        self._variables = {"host": stage.host, "muc": stage.muc, "garden": stage.garden}
        self._pings = 0
        self._verbs: dict[str, Callable[[Client, Statement], Any]] = {
            "is available": self._available,
            "sends": self._send,
            "receives": self._receive,
            "receives exactly": self._receive,
            "receives in any order": self._receive_any_order,
            "eventually receives": self._eventually,
            "receives nothing": self._nothing,
            "forgets what came": self._forget,
            "is disconnected": self._ended,
            "begins TLS": lambda client, _statement: client.secure(),
            "disconnects": lambda client, _statement: client.drop(),
            "signs out": lambda client, _statement: client.sign_out(),
        }

    async def run(self) -> None:
        statements = self._script.statements
        names = [statement.name for statement in statements]
        friends = [(s.name, found[1]) for s in statements if (found := re.fullmatch(r"and (\w+) are friends", s.said))]
        local = self._stage.local
        names = sorted({*names, *(friend for pair in friends for friend in pair)})
        for name in names:
            self._variables[name.lower()] = f"{local(name)}@{self._stage.host}"
            plain = f"\0{local(name)}\0{self._stage.password}".encode()
            self._variables[f"plain {name}"] = b64encode(plain).decode()
        await self._stage.prepare([local(name) for name in names], [(local(a), local(b)) for a, b in friends])
        for statement in statements:
            try:
                await self._do(statement)
            except (AssertionError, KeyError, ValueError, TimeoutError) as error:
                reason = f"{{{error.args[0]}}} has no value yet" if isinstance(error, KeyError) else error
                place = f"{self._script.source}:{statement.line} ({self._stage.name})"
                raise ScriptFailed(f"{place}: {statement.name} {statement.said}: {reason}") from error

    async def _do(self, statement: Statement) -> None:
        key = statement.name if statement.resource == "main" else f"{statement.name}'s {statement.resource}"
        if statement.said == "signs in":
            client = await self._stage.sign_in(self._stage.local(statement.name), statement.resource)
            self._variables[key] = client.jid
            self._clients[key] = client
            return
        if found := re.fullmatch(r"connects(?: over (\w+))?", statement.said):
            self._clients[key] = await self._stage.connect(found[1] or "")
            return
        if statement.said.endswith(("are friends", "has an account")):
            return
        if key not in self._clients:
            raise AssertionError("must sign in first")
        client = self._clients[key]
        if found := re.fullmatch(r"enters garden as (\S+)", statement.said):
            await self._enter(client, self._stage.garden, found[1])
        elif found := re.fullmatch(r"configures garden with (\S+)", statement.said):
            await self._configure(client, filled(found[1], self._variables))
        else:
            result = self._verbs[statement.said](client, statement)
            if result is not None:
                await result

    # ---- verbs

    def _send(self, client: Client, statement: Statement) -> None:
        client.send(filled(statement.xml, self._variables))

    async def _receive(self, client: Client, statement: Statement) -> None:
        for pattern in elements_of(statement.xml):
            actual = await self._next(client)
            exact = statement.said.endswith("exactly")
            if why := mismatch(pattern, actual, self._variables, exact=exact):
                raise AssertionError(f"{why}\n  came: {actual.toXml()}")

    async def _receive_any_order(self, client: Client, statement: Statement) -> None:
        patterns = elements_of(statement.xml)
        while patterns:
            actual = await self._next(client)
            for pattern in patterns:
                if not mismatch(pattern, actual, self._variables):
                    patterns.remove(pattern)
                    break
            else:
                expected = "\n  or ".join(pattern.toXml() for pattern in patterns)
                raise AssertionError(f"unexpected\n  came: {actual.toXml()}\n  expected: {expected}")

    async def _eventually(self, client: Client, statement: Statement) -> None:
        for pattern in elements_of(statement.xml):
            seen: list[str] = []
            while True:
                try:
                    actual = await self._next(client)
                except (AssertionError, TimeoutError) as error:
                    came = "\n  ".join(seen) or "nothing"
                    raise AssertionError(f"{pattern.toXml()} did not come ({error}); came:\n  {came}") from error
                if not mismatch(pattern, actual, self._variables):
                    break
                seen.append(actual.toXml())

    async def _nothing(self, client: Client, _statement: Statement) -> None:
        if came := await self._barrier(client):
            raise AssertionError("something came:\n  " + "\n  ".join(element.toXml() for element in came))

    async def _forget(self, client: Client, _statement: Statement) -> None:
        await self._barrier(client)

    async def _available(self, client: Client, _statement: Statement) -> None:
        client.send("<presence/>")
        while True:
            element = await self._next(client)
            if element.name == "presence" and element.getAttribute("from") == client.jid:
                break
        await self._barrier(client)

    async def _enter(self, client: Client, jid: str, nick: str) -> None:
        client.send(f"<presence to='{jid}/{nick}'><x xmlns='{ns.MUC}'/></presence>")
        new = False
        while True:
            element = await self._next(client)
            if element.getAttribute("type") == "error":
                raise AssertionError(f"refused: {element.toXml()}")
            new = new or "code='201'" in element.toXml() or 'code="201"' in element.toXml()
            if element.name == "message" and any(child.name == "subject" for child in element.elements()):
                break
        if new:
            await self._configure(client, "")

    async def _configure(self, client: Client, values: str) -> None:
        fields = ""
        for name, _, value in (pair.partition("=") for pair in values.split(",") if pair):
            fields += f"<field var='muc#roomconfig_{name}'><value>{value}</value></field>"
        query = f"<query xmlns='{ns.MUC_OWNER}'><x xmlns='{ns.DATA_FORMS}' type='submit'>{fields}</x></query>"
        self._pings += 1
        id_ = f"configure{self._pings}"
        client.send(f"<iq type='set' id='{id_}' to='{self._stage.garden}'>{query}</iq>")
        while (answer := await self._next(client)).getAttribute("id") != id_:
            pass
        if answer["type"] != "result":
            raise AssertionError(f"refused: {answer.toXml()}")
        await self._barrier(client)

    async def _ended(self, client: Client, _statement: Statement) -> None:
        element = await client.receive()
        if element is not None:
            raise AssertionError(f"the stream goes on: {element.toXml()}")

    # ---- parts

    async def _next(self, client: Client) -> Element:
        element = await client.receive()
        if element is None:
            raise AssertionError("the stream has ended")
        return element

    async def _barrier(self, client: Client) -> list[Element]:
        self._pings += 1
        id_ = f"barrier{self._pings}"
        client.send(f"<iq type='get' id='{id_}' to='{self._stage.host}'><ping xmlns='{ns.PING}'/></iq>")
        came = []
        while (element := await self._next(client)).getAttribute("id") != id_:
            came.append(element)
        return came
