"""
Somebody takes the place of another in a room: a guest who made an account (``docs/protocol.md``, Guests).

What the one said is the other's: sender in the archive, and the occupant-id (XEP-0421 1.0.1) by which clients know
it. Affiliation, reserved nick, hats and seat go along; nobody in the room sees anybody leave. Leaves out who may take
whose place: CCM's own components alone ask for it.
"""

from typing import TYPE_CHECKING

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import persistence
from ccm.muc.affiliation import RANK, Standing
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

_SUCCEED = (ns.ROOMS, "succeed")


async def set_(room: "Room", stanza: Stanza) -> Stanza:
    """
    Let one bare JID succeed another; answered once it is on disk. Doing it again changes nothing.

    :raises StanzaError: ``forbidden`` for anybody but an admin of the service, ``bad-request`` without two addresses.
    """
    if not room.context.is_admin(address.bare(stanza.attrs["from"])):
        raise StanzaError("forbidden", "Only this server's components may ask for that.")
    element = next(stanza.element.elements(*_SUCCEED))
    old, new = (element.getAttribute(name) or "" for name in ("jid", "by"))
    if not old or not new:
        raise StanzaError("bad-request", "Name both: <succeed jid='…' by='…'/>.")
    old, new = address.bare(address.prepare(old)), address.bare(address.prepare(new))
    if old != new:
        _take_over(room, old, new)
        await persistence.save(room)
        await room.context.archive.bequeath(room.jid, old, new)
    return stanza.result()


def _take_over(room: "Room", old: str, new: str) -> None:
    theirs, own = room.standings.pop(old, None), room.standings.get(new)
    if own is None and new not in room.heirs:  # who was here before has an occupant-id of their own
        room.heirs[new] = room.heirs.pop(old, old)
    if theirs is not None:
        nick = own.nick if own is not None and own.nick else theirs.nick
        highest = max((theirs, own or theirs), key=lambda standing: RANK[standing.affiliation])
        room.standings[new] = Standing(highest.affiliation, nick)
    room.hats.pass_on(old, new)
    if not room.of_bare(new):
        for occupant in room.of_bare(old):
            room.pass_on(occupant, new)
            occupant.mark = room.mark(new)
            occupant.changed()
