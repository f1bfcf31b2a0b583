"""A stage for rooms: a router, fakes, people who send XML and read what they got."""

import itertools
from collections import deque

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ccm.errors import StoreUnavailable
from ccm.muc.options import MucOptions
from ccm.muc.service import MucService
from ccm.testing import fakes, memory
from ccm.wire.stanza import Stanza, parse_element

DOMAIN = "conference.localhost"
ROOM = f"talk@{DOMAIN}"
MUC = "http://jabber.org/protocol/muc"


class SlowArchive(memory.MemoryArchive):
    """Commits when told to, if *held*; fails if *broken*."""

    def __init__(self):
        super().__init__()
        self.held = False
        self.waiting = deque()
        self.asked_origins = []

    def append(self, message):
        if not self.held:
            return super().append(message)
        waiting = Deferred()
        self.waiting.append((message, waiting))
        return waiting

    def commit(self, count=None):
        for _ in range(len(self.waiting) if count is None else count):
            message, waiting = self.waiting.popleft()
            self.messages.append(message)
            waiting.callback(None)

    def fail(self):
        _, waiting = self.waiting.popleft()
        waiting.errback(Failure(StoreUnavailable("disk full")))

    async def seen_origin(self, owner, sender, origin_id):
        self.asked_origins.append(origin_id)
        return await super().seen_origin(owner, sender, origin_id)


class MemoryRooms:
    """Rooms as they last, in a dictionary; *broken* refuses to save."""

    def __init__(self):
        self.kept = {}
        self.broken = False
        self.saves = 0

    async def load_all(self, service):
        return tuple(record for jid, record in self.kept.items() if jid.endswith(f"@{service}"))

    async def save(self, room):
        if self.broken:
            raise StoreUnavailable("disk full")
        self.saves += 1
        self.kept[room.jid] = room

    async def delete(self, jid):
        self.kept.pop(jid, None)


class Person(fakes.RecordingSession):
    """A session with a mouth and a memory."""

    def __init__(self, house, jid):
        super().__init__(jid)
        self.house = house

    def send(self, xml):
        element = parse_element(xml.encode().replace(b" ", b" xmlns='jabber:client' ", 1))
        stanza = Stanza.from_element(element)
        stanza.attrs["from"] = self.jid
        self.house.router.route(stanza, self)
        return self

    def take(self):
        """Everything that came since the last look, as trees."""
        found = [stanza.element for stanza in self.received]
        self.received.clear()
        return found

    def one(self):
        found = self.take()
        assert len(found) == 1, [element.toXml() for element in found]
        return found[0]

    def ask(self, type_, to, payload, id_="q1"):
        """Send an iq, answer what comes back; other stanzas stay in ``aside``."""
        self.send(f"<iq type='{type_}' to='{to}' id='{id_}'>{payload}</iq>")
        found = self.take()
        answers = [e for e in found if e.name == "iq" and e.getAttribute("id") == id_ and e["type"] != "get"]
        self.aside = [e for e in found if e not in answers]
        assert len(answers) == 1, [element.toXml() for element in found]
        return answers[0]

    def join(self, nick, room=ROOM, inner="", presence=""):
        self.send(f"<presence to='{room}/{nick}' id='j1'><x xmlns='{MUC}'>{inner}</x>{presence}</presence>")
        return self.take()

    def say(self, body, room=ROOM, id_=None, extra=""):
        id_ = id_ or f"m{next(self.house.ids)}"
        self.send(f"<message type='groupchat' to='{room}' id='{id_}'><body>{body}</body>{extra}</message>")
        return id_

    def leave(self):
        self.house.router.unbind(self)
        self.house.router.fire("session-closed", self)


class House:
    """A host, a room service, people."""

    def __init__(self, options=None, admins=frozenset(), like=None):
        self.ids = itertools.count(1)
        self.hands = like.hands if like else fakes.Hands()
        self.archive = like.archive if like else SlowArchive()
        self.rooms = like.rooms if like else MemoryRooms()
        self.state = like.state if like else memory.MemoryState(self.hands.now)
        services = fakes.make_services("localhost", self.hands, archive=self.archive)
        self.router = fakes.make_router(services)
        off = {
            "messages_per_second": 0,
            "room_messages_per_second": 0,
            "joins_per_second": 0,
            "user_joins_per_minute": 0,
            "creations_per_hour": 0,
        }
        self.service = MucService(
            DOMAIN,
            self.router,
            self.archive,
            self.rooms,
            self.state,
            MucOptions(**(off | (options or {}))),
            self.hands.now,
            self.hands.later,
            fakes.spawn,
            frozenset(admins),
            random=lambda count: b"\x01" * count,
        )
        fakes.result_of(self.service.start())
        self.router.add_domain(DOMAIN, self.service)
        self.router.attach(self.service)

    def person(self, jid, bound=True):
        """Somebody with a session of this host; with ``@elsewhere`` behind a sink for that domain."""
        person = Person(self, jid)
        if bound:
            self.router.bind(person)
            self.router.fire("session-bound", person)
        return person

    def stranger(self, jid):
        """Somebody on another server or a component: the sink of a whole domain."""
        person = Person(self, jid)
        self.router.add_domain(jid.partition("/")[0].rpartition("@")[2], person)
        return person

    def restart(self, options=None, admins=frozenset()):
        """A new process with the same stores."""
        return House(options, admins, like=self)

    @property
    def room(self):
        return self.service.registry.rooms.get(ROOM)

    def open(self, owner, nick="Owner", room=ROOM, **fields):
        """Let *owner* make a room, configured with these fields of the form; everything received is forgotten."""
        owner.join(nick, room)
        self.configure(owner, room, **fields)

    def configure(self, owner, room=ROOM, **fields):
        answer = owner.ask("set", room, form(**fields))
        assert answer["type"] == "result", answer.toXml()
        return answer


def form(**fields):
    values = ""
    for name, value in fields.items():
        listed = value if isinstance(value, (list, tuple)) else [value]
        inner = "".join(f"<value>{int(v) if isinstance(v, bool) else v}</value>" for v in listed)
        values += f"<field var='muc#roomconfig_{name}'>{inner}</field>"
    return f"<query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'>{values}</x></query>"


def codes(element):
    """Status codes of a stanza."""
    for x in element.elements(f"{MUC}#user", "x"):
        return [int(status["code"]) for status in x.elements(f"{MUC}#user", "status")]
    return []


def item(element):
    """The attributes of a stanza's first muc#user item."""
    x = next(element.elements(f"{MUC}#user", "x"))
    return next(x.elements(f"{MUC}#user", "item")).attributes


def condition(element):
    """The condition of an error stanza."""
    assert element.getAttribute("type") == "error", element.toXml()
    error = next(element.elements("jabber:client", "error"))
    return error.firstChildElement().name


class Reading:
    """The functions that tests read stanzas with."""

    codes = staticmethod(codes)
    item = staticmethod(item)
    condition = staticmethod(condition)
    form = staticmethod(form)
    room = ROOM
    domain = DOMAIN
    muc = MUC

    @staticmethod
    def bodies(elements):
        return [str(e.body) for e in elements if e.name == "message" and e.body is not None]

    @staticmethod
    def child(element, namespace, name):
        return next(iter(element.elements(namespace, name)), None)


@pytest.fixture
def read():
    return Reading


@pytest.fixture
def make_house():
    return House


@pytest.fixture
def house():
    return House()


@pytest.fixture
def ann(house):
    return house.person("ann@localhost/a")


@pytest.fixture
def bob(house):
    return house.person("bob@localhost/b")


@pytest.fixture
def cat(house):
    return house.person("cat@localhost/c")
