"""
The rooms of a service: found, made, forgotten; occupied ones in memory, idle ones as records.

Leaves out who may enter (``joining.py``).
"""

from collections.abc import Callable

from twisted.logger import Logger

from ccm import address
from ccm.errors import StanzaError
from ccm.muc import archived, ghosts, persistence
from ccm.muc import config as configuration
from ccm.muc.affiliation import Standing
from ccm.muc.config import RoomConfig
from ccm.muc.context import Context
from ccm.muc.graves import Graves
from ccm.muc.limits import Buckets
from ccm.muc.options import MucOptions
from ccm.muc.room import Room
from ccm.records import RoomRecord

log = Logger()
_HOUR = 3600.0


class Registry:
    """
    Every room of one domain.

    :ivar rooms: those in memory, by JID. :ivar records: the others as they are saved.
    :ivar places: full JID -> rooms it is in. :ivar graves: those that were destroyed.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.rooms: dict[str, Room] = {}
        self.records: dict[str, RoomRecord] = {}
        self.places: dict[str, set[Room]] = {}
        self.graves = Graves(context)
        self._creations = Buckets()
        self._joins = Buckets()

    # ---- finding

    def find(self, jid: str) -> Room | None:
        """The room of that bare JID."""
        room = self.rooms.get(jid)
        if room is None and jid in self.records:
            room = self._wake(self.records.pop(jid))
        return room

    def has(self, jid: str) -> bool:
        """Whether there is such a room."""
        return jid in self.rooms or jid in self.records

    def _wake(self, record: RoomRecord) -> Room:
        room = Room.from_record(record, self.context)
        self._admit(room)
        return room

    def _admit(self, room: Room) -> None:
        room.vacated = self.vacated
        room.places = self.places
        self.rooms[room.jid] = room

    def recall(self, room: Room, then: Callable[[Room], None]) -> None:
        """Read the history of a room that was restored, then call *then*; what comes meanwhile waits in its inbox."""

        def done(_: object) -> None:
            room.ready = True
            then(room)

        def failed(error: BaseException) -> None:
            log.error("The history of {room} could not be read: {error!r}", room=room.jid, error=error)
            done(None)

        self.context.spawn(archived.recall(room), done, failed)

    def listed(self, asker: str) -> list[tuple[str, str]]:
        """JID and name of each room that this JID may find, by JID."""
        found = [
            (jid, room.config.name or address.local(jid) or jid)
            for jid, room in self.rooms.items()
            if not room.locked and (room.config.public or asker in room.seats)
        ]
        for jid, record in self.records.items():
            if record.config.get("public", True):
                found.append((jid, record.config.get("name") or address.local(jid) or jid))
        return sorted(found)

    # ---- making

    def create(self, jid: str, creator: str) -> Room:
        """
        A new room, locked, with *creator* (a bare JID) as its owner.

        :raises StanzaError: ``not-allowed`` for those who may make none, ``resource-constraint`` beyond the limits.
        """
        context, options = self.context, self.context.options
        admin = context.is_admin(creator)
        name = address.local(jid)
        if not name or (options.room_name_length and len(name) > options.room_name_length):
            raise StanzaError("not-allowed", f"A room's name has 1 to {options.room_name_length} characters.")
        self.graves.check_opens(jid, creator)
        if not admin:
            self._check_creator(creator)
        config = RoomConfig(max_history=options.history_messages)
        room = Room(jid, context, config, context.random(32), "" if admin else creator)
        room.standings[creator] = Standing("owner")
        room.locked = True
        self.graves.opened(jid)
        self._admit(room)
        return room

    def _check_creator(self, creator: str) -> None:
        options = self.context.options
        local = self.context.router.is_account(creator)
        if options.create == "admins" or (options.create == "local" and not local):
            raise StanzaError("not-allowed", _whom_to_ask(options))
        owned = sum(room.creator == creator for room in self.rooms.values())
        owned += sum(record.config.get("creator") == creator for record in self.records.values())
        if options.rooms_per_user and owned >= options.rooms_per_user:
            raise StanzaError(
                "resource-constraint", f"You have {owned} rooms, which is the most. Destroy one first.", "cancel"
            )
        per_hour = options.creations_per_hour
        if not self._creations.take(creator, self.context.now(), per_hour / _HOUR, per_hour):
            raise StanzaError("resource-constraint", f"You may make {per_hour} rooms in an hour. Try again later.")

    def check_joins(self, jid: str) -> None:
        """:raises StanzaError: ``resource-constraint`` if one person enters rooms too fast."""
        options = self.context.options
        rate = options.user_joins_per_minute / 60
        bare = address.bare(jid)
        if self.context.is_admin(bare):
            return
        if not self._joins.take(bare, self.context.now(), rate, options.user_join_burst):
            raise StanzaError("resource-constraint", "You enter rooms too fast. Wait a minute.")

    # ---- ending

    def vacated(self, room: Room) -> None:
        """The last one has left: a temporary room vanishes."""
        if not room.gone and (room.locked or not room.config.persistent):
            self.close(room)
            self.context.background(self.forget(room))

    def close(self, room: Room) -> None:
        """From now on there is no such room."""
        room.gone = True
        if self.rooms.get(room.jid) is room:
            del self.rooms[room.jid]

    async def forget(self, room: Room) -> None:
        """Delete what is saved of a closed room; a successor of that JID keeps its occupants."""
        await self.context.store.delete(room.jid)  # begins at once: whatever a successor saves comes later
        if not self.has(room.jid):
            await persistence.forget_seats(room)

    def strike(self, jid: str) -> None:
        """Take a bare JID without account off every list: who gets that name next is a stranger. Bans stay."""
        listed = [name for name, room in self.rooms.items() if jid in room.standings or jid in room.hats.worn]
        for name, record in self.records.items():
            if jid in record.affiliations or jid in record.config.get("hats", {}).get("worn", ()):
                listed.append(name)
        for room in filter(None, map(self.find, listed)):
            worn = room.hats.worn.pop(jid, None)
            standing = room.standings.get(jid)
            if worn or (standing is not None and standing.affiliation != "outcast"):
                if standing is not None and standing.affiliation != "outcast":
                    del room.standings[jid]
                self.context.background(persistence.save(room))

    def sweep(self) -> None:
        """Ping who was silent for long; let rooms that are empty leave the memory."""
        self.graves.sweep()
        before = self.context.now() - self.context.options.sweep_seconds
        for room in tuple(self.rooms.values()):
            ghosts.ping_idle(room)
            idle = not room.seats and not len(room.flights) and not room.inbox and room.ready and not room.unsaved
            if not idle or room.empty_since > before:
                continue
            if room.locked or not room.config.persistent:
                self.vacated(room)
            else:
                del self.rooms[room.jid]
                self.records[room.jid] = room.record()

    # ---- after a restart

    async def load(self) -> None:
        """Take in every saved room and put back who was in it; temporary rooms that are empty vanish."""
        for record in await self.context.store.load_all(self.context.domain):
            if not self.graves.take(record):
                self.records[record.jid] = record
        if self.context.state is None:
            return
        for jid in await persistence.rooms_with_seats(self.context.state, self.context.domain):
            if address.domain(jid) != self.context.domain:
                continue
            room = self.find(jid)
            if room is None:
                await self.context.state.delete(f"room:{jid}")
                continue
            await archived.find_newest(room)
            if not await persistence.restore_seats(room) and not room.config.persistent:
                self.close(room)
                await self.forget(room)
        for jid, record in tuple(self.records.items()):
            if not configuration.from_plain(record.config).persistent:
                del self.records[jid]
                await self.context.store.delete(jid)


def _whom_to_ask(options: MucOptions) -> str:
    if options.create == "local":
        return "Who makes a room here has an account of this server. Get one, or ask somebody who has."
    people = [jid for jid in options.admins if "@" in jid][:3]
    if not people:
        return "Only administrators make rooms here. Ask the operator, who names them in muc.admins."
    return f"Only administrators make rooms here. Ask {' or '.join(people)}."
