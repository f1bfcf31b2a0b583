"""
A room: what it is, who is in it, and how something reaches all of them (XEP-0045 1.35.5).

Plain state with the few operations that keep it consistent; each concern (joining, admin, …) is a file of its own
that works on it. Leaves out every rule about who may do what.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ccm import address
from ccm.interfaces import ISink
from ccm.muc import config as configuration
from ccm.muc import nick as nicks
from ccm.muc import occupant as occupants
from ccm.muc.affiliation import NOBODY, Standing
from ccm.muc.config import RoomConfig
from ccm.muc.context import Backlog, Context, Relay
from ccm.muc.flight import Flights
from ccm.muc.hats import Hats
from ccm.muc.history import History
from ccm.muc.limits import Bucket
from ccm.muc.occupant import Occupant, Seat
from ccm.records import RoomRecord
from ccm.wire.fanout import FanOut, quoted
from ccm.wire.stanza import Stanza

_REMEMBERED = 100


class Room:
    """
    :ivar quoted: its JID, ready to stand between quotes.
    :ivar standings: lasting relations by bare JID.
    :ivar occupants: by the key of their nick. :ivar seats: occupant by full JID.
    :ivar locked: not yet configured; only owners may enter (§10.1).
    :ivar recording: false while off the record.
    :ivar silent: bare JIDs of those who went off the record for themselves.
    :ivar creator: bare JID of who made it, for limits; ``""`` if a component did.
    :ivar ready: its history is in memory. :ivar inbox: stanzas that wait for that.
    :ivar forgetful: the archive may know messages that ``origins`` does not: of before this process, or too many
        ago. It is asked whether newcomers send one of them again.
    :ivar origins: (bare JID, origin-id) -> (seconds, reflection, whether all have it) of messages seen, newest last.
    :ivar invited: invitee -> inviter. :ivar applicants: bare JID -> nick with which they ask to register.
    :ivar relayed: (who answers, id) -> full JID of who asked.
    :ivar heirs: bare JID -> whose occupant-id it goes by, having taken over from them.
    :ivar unsaved: saves that have not ended well yet. :ivar places: full JID -> rooms, of the whole service.
    :ivar awaited: full JID -> what came for a session that is not back after a restart.
    :ivar held: full JID -> messages, with their tickets, that wait until the archive tells whether one before them is
        in it; whatever becomes of that session's nick meanwhile.
    :ivar newest: id of the archived message that was reflected last; ``""`` before the first.
    :ivar inherited: the same as this process found it.
    """

    def __init__(self, jid: str, context: Context, config: RoomConfig, secret: bytes, creator: str) -> None:
        self.jid = jid
        self.quoted = quoted(jid)
        self.context = context
        self.config = config
        self.secret = secret
        self.creator = creator
        self.standings: dict[str, Standing] = {}
        self.heirs: dict[str, str] = {}
        self.hats = Hats()
        self.subject = ""
        self.subject_by = jid
        self.subject_at: datetime | None = None
        self.occupants: dict[str, Occupant] = {}
        self.seats: dict[str, Occupant] = {}
        self._people: dict[str, list[Occupant]] = {}
        self.locked = False
        self.recording = True
        self.silent: set[str] = set()
        self.gone = False
        self.empty_since = context.now()
        self.history = History(config.max_history, context.options.history_bytes)
        self.ready = True
        self.forgetful = False
        self.inbox: deque[Stanza] = deque()
        self.flights = Flights(self.reflect, context.aloft)
        self.origins: OrderedDict[tuple[str, str], tuple[float, FanOut, bool]] = OrderedDict()
        self.invited: OrderedDict[str, str] = OrderedDict()
        self.applicants: OrderedDict[str, str] = OrderedDict()
        self.relayed: OrderedDict[tuple[str, str], str] = OrderedDict()
        self.awaited: dict[str, Backlog] = {}
        self.held: dict[str, deque[tuple[Occupant, Seat, Stanza, int]]] = {}
        self.bucket = Bucket()
        self.joins = Bucket()
        #: Called when the last session has left.
        self.vacated: Callable[[Room], None] = _nothing
        self.places: dict[str, set[Room]] = {}
        self.unsaved = 0
        self.newest = self.inherited = ""
        self._sinks: tuple[ISink, ...] | None = None

    # ---- as it lasts

    @classmethod
    def from_record(cls, record: RoomRecord, context: Context) -> "Room":
        """A room as it was saved; its history is not yet in memory."""
        values = dict(record.config)
        secret = bytes.fromhex(values.get("secret") or "") or context.random(32)
        room = cls(record.jid, context, configuration.from_plain(values), secret, values.get("creator", ""))
        room.recording = values.get("recording", True)
        room.silent = set(values.get("silent", ()))
        room.heirs = dict(values.get("heirs", {}))
        room.locked = values.get("locked", False)
        room.hats = Hats.from_plain(values.get("hats"))
        room.standings = {jid: Standing(*standing) for jid, standing in record.affiliations.items()}
        room.subject, room.subject_at = record.subject, record.subject_at
        room.subject_by = record.subject_by or record.jid
        room.ready = False
        room.forgetful = True
        return room

    def record(self) -> RoomRecord:
        """The room as it is saved."""
        plain: dict[str, Any] = configuration.to_plain(self.config)
        plain.update(secret=self.secret.hex(), creator=self.creator, recording=self.recording, locked=self.locked)
        if self.heirs:
            plain["heirs"] = dict(self.heirs)
        if hats := self.hats.to_plain():
            plain["hats"] = hats
        if self.silent:
            plain["silent"] = sorted(self.silent)
        return RoomRecord(
            self.jid,
            plain,
            {jid: (standing.affiliation, standing.nick) for jid, standing in self.standings.items()},
            self.subject,
            self.subject_by,
            self.subject_at,
        )

    # ---- who is who

    def standing(self, jid: str) -> Standing:
        """The relation of a JID (its own, else its domain's) to this room; admins of the service are owners."""
        bare = address.bare(jid)
        own = self.standings.get(bare)
        if self.context.is_admin(bare):
            return Standing("owner", own.nick if own else "")
        return own or self.standings.get(address.domain(bare)) or NOBODY

    def with_affiliation(self, affiliation: str) -> tuple[str, ...]:
        """Every JID of that affiliation."""
        return tuple(jid for jid, standing in self.standings.items() if standing.affiliation == affiliation)

    def by_nick(self, nick: str) -> Occupant | None:
        """The occupant of that nick, or one that looks the same."""
        return self.occupants.get(nicks.key(nick))

    def of_bare(self, bare: str) -> tuple[Occupant, ...]:
        """Every occupant of that bare JID, or of any on that domain if it is one."""
        if "@" in bare:
            return tuple(self._people.get(bare, ()))
        return tuple(occupant for occupant in self.occupants.values() if address.domain(occupant.bare) == bare)

    def reserved_for(self, nick: str) -> str | None:
        """The bare JID for which a nick is reserved."""
        key = nicks.key(nick)
        for jid, standing in self.standings.items():
            if standing.nick and nicks.key(standing.nick) == key:
                return jid
        return None

    # ---- coming and going, without telling anybody

    def seat(self, occupant: Occupant, seat: Seat) -> None:
        """Give an occupant a session."""
        self._add(occupant)
        self.seats[seat.jid] = occupant
        self.places.setdefault(seat.jid, set()).add(self)
        occupant.sit(seat)
        self.moved()

    def unseat(self, jid: str) -> bool:
        """Take a session away; answers whether its occupant is gone with it."""
        occupant = self.seats.pop(jid)
        places = self.places.get(jid, set())
        places.discard(self)
        if not places:
            self.places.pop(jid, None)
        self.awaited.pop(jid, None)
        last = occupant.stand(jid)
        if last:
            self._drop(occupant)
        if not self.seats:
            self.empty_since = self.context.now()
        self.moved()
        return last

    def rename(self, occupant: Occupant, nick: str) -> None:
        """Give an occupant another nick, which must be free."""
        self._drop(occupant)
        occupant.rename(self.jid, nick)
        self._add(occupant)

    def pass_on(self, occupant: Occupant, bare: str) -> None:
        """An occupant is of another bare JID from now on, under the same nick."""
        self._drop(occupant)
        occupant.bare = bare
        self._add(occupant)

    def mark(self, bare: str) -> bytes:
        """The ``<occupant-id/>`` of a bare JID (XEP-0421), which is that of whom it took over from."""
        return occupants.mark(self.secret, self.heirs.get(bare, bare))

    def _add(self, occupant: Occupant) -> None:
        self.occupants[nicks.key(occupant.nick)] = occupant
        occupant.hats = self.hats.element(occupant.bare)
        people = self._people.setdefault(occupant.bare, [])
        if occupant not in people:
            people.append(occupant)

    def _drop(self, occupant: Occupant) -> None:
        key = nicks.key(occupant.nick)
        if self.occupants.get(key) is occupant:
            del self.occupants[key]
        people = self._people.get(occupant.bare, [])
        if occupant in people:
            people.remove(occupant)
        if not people:
            self._people.pop(occupant.bare, None)

    # ---- sending

    def moved(self) -> None:
        """Somebody's sink is another from now on."""
        self._sinks = None

    @property
    def sinks(self) -> tuple[ISink, ...]:
        """Where a message to everybody goes."""
        if self._sinks is None:
            self._sinks = tuple(self.sink(jid) for jid in self.seats)
        return self._sinks

    def sink(self, jid: str) -> ISink:
        """Where something for one session goes."""
        backlog = self.awaited.get(jid)
        if backlog is not None:
            return backlog
        session = self.context.router.session(jid)
        if session is not None:
            return session
        return Relay(self.context.router, jid)

    def reflect(self, template: FanOut) -> None:
        """Send to everybody in the room: the hot path."""
        for sink in self.sinks:
            sink.deliver_raw(template)

    def send(self, jid: str, stanza: Stanza) -> None:
        """Send to one session, which need not be in the room."""
        self.context.give(stanza.copy(from_=stanza.from_ or self.jid, to=jid))

    def remember(self, sender: str, origin: str, template: FanOut, reflected: bool = True) -> None:
        """Note a message's origin-id, and whether everybody has got it already."""
        self.origins[(sender, origin)] = (self.context.now(), template, reflected)
        if len(self.origins) > _REMEMBERED:
            self.origins.popitem(last=False)
            self.forgetful = True


def _nothing(_: Room) -> None:
    pass
