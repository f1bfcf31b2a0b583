"""
Destroyed rooms that are remembered (XEP-0045 1.35.5 §10.9): whoever comes is told that they are gone, and where to go.

Only persistent rooms leave a tombstone; their owners may open the room anew. Leaves out destroying (``owner.py``).
"""

from dataclasses import dataclass

from ccm import address
from ccm.errors import StanzaError
from ccm.muc.context import Context
from ccm.records import RoomRecord

_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Grave:
    """
    :ivar owners: bare JIDs that may open the room anew. :ivar venue: room to go to instead, or ``""``.
    :ivar at: when it was destroyed, in seconds since the epoch.
    """

    owners: tuple[str, ...]
    reason: str
    venue: str
    at: float

    def record(self, jid: str) -> RoomRecord:
        """As it is saved, in the place of the room."""
        plain = {"destroyed": self.at, "reason": self.reason, "venue": self.venue}
        return RoomRecord(jid, plain, dict.fromkeys(self.owners, ("owner", "")), "", "", None)

    @classmethod
    def of(cls, record: RoomRecord) -> "Grave | None":
        """The tombstone that was saved; ``None`` if the record is of a room."""
        plain = record.config
        if "destroyed" not in plain:
            return None
        return cls(tuple(record.affiliations), plain.get("reason", ""), plain.get("venue", ""), plain["destroyed"])

    def error(self) -> StanzaError:
        """What those are told who come."""
        text = "This room was destroyed" + (f" ({self.reason})." if self.reason else ".")
        uri = f"xmpp:{self.venue}?join" if self.venue else ""
        return StanzaError("gone", text + (f" Go to {self.venue} instead." if self.venue else ""), uri=uri)


class Graves:
    """The tombstones of a service. Bounded by what destroying persistent rooms costs, and by their age."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._graves: dict[str, Grave] = {}

    def missing(self, jid: str) -> StanzaError:
        """Why there is no room of that JID."""
        grave = self._graves.get(jid)
        return grave.error() if grave is not None else StanzaError("item-not-found", "There is no such room.")

    def check_opens(self, jid: str, who: str) -> None:
        """:raises StanzaError: ``gone`` if that bare JID may not open a room in that place."""
        grave = self._graves.get(jid)
        if grave is not None and address.bare(who) not in grave.owners and not self._context.is_admin(who):
            raise grave.error()

    def opened(self, jid: str) -> None:
        """There is a room again; its record takes the place of the tombstone."""
        self._graves.pop(jid, None)

    def take(self, record: RoomRecord) -> bool:
        """Remember a tombstone that was saved; false if the record is of a room."""
        grave = Grave.of(record)
        if grave is not None:
            self._graves[record.jid] = grave
        return grave is not None

    async def bury(self, jid: str, grave: Grave) -> None:
        """Remember a room that was destroyed, once that is on disk."""
        if not self._context.options.tombstone_days:
            return
        self._graves[jid] = grave
        await self._context.store.save(grave.record(jid))

    def sweep(self) -> None:
        """Forget those that are too old."""
        before = self._context.now() - self._context.options.tombstone_days * _DAY_SECONDS
        for jid in [jid for jid, grave in self._graves.items() if grave.at < before]:
            del self._graves[jid]
            self._context.background(self._forget(jid))

    async def _forget(self, jid: str) -> None:
        await self._context.store.delete(jid)
