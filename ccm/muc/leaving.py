"""
How sessions and occupants leave (XEP-0045 1.35.5 §7.14, §8.2, §9.1, §15.6.2).

A shared nick leaves only with its last session. Leaves out who may throw somebody out: ``admin.py``.
"""

from typing import TYPE_CHECKING

from ccm.muc import persistence
from ccm.muc.presence import SELF, is_told, tell, unavailable
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.occupant import Occupant
    from ccm.muc.room import Room

KICKED = 307
BANNED = 301
NO_LONGER_MEMBER = 321
MEMBERS_ONLY_NOW = 322
SHUTDOWN = 332
TECHNICAL = 333

#: An error of these conditions says that the session is not there any more (§18.1.2, protocol.md "Ghosts").
GHOST_CONDITIONS = frozenset(
    {
        "gone",
        "item-not-found",
        "recipient-unavailable",
        "redirect",
        "remote-server-not-found",
        "remote-server-timeout",
        "service-unavailable",
        "jid-malformed",
    }
)


def leave(room: "Room", jid: str, status: Stanza | None = None, codes: tuple[int, ...] = ()) -> None:
    """
    One session leaves.

    :param status: the presence with which it leaves, cleaned; its content is told.
    :param codes: e.g. 307 and 333 for one that we drop.
    """
    occupant = room.seats.get(jid)
    if occupant is None:
        return
    if len(occupant.seats) == 1:
        _gone(room, occupant, codes, status=status)
    else:
        # only this session hears it: the others of that nick stay
        room.sink(jid).deliver_raw(
            unavailable(occupant, True, (*codes, SELF), status=status, id_=status.id if status else None)
        )
        room.unseat(jid)
        persistence.drop_seat(room, jid)


def remove(
    room: "Room",
    occupant: "Occupant",
    codes: tuple[int, ...],
    *,
    affiliation: str | None = None,
    why: bytes = b"",
    extra: bytes = b"",
    alone: bool = False,
) -> None:
    """
    An occupant goes with all its sessions, whether it wants or not.

    :param alone: only these sessions hear of it, because everybody goes (§10.9).
    """
    _gone(room, occupant, codes, affiliation=affiliation, why=why, extra=extra, alone=alone)


def drop(room: "Room", jid: str) -> None:
    """A session that cannot be reached any more goes: everybody hears 333, so that nobody is out silently."""
    leave(room, jid, codes=(KICKED, TECHNICAL))


def _gone(
    room: "Room",
    occupant: "Occupant",
    codes: tuple[int, ...],
    *,
    affiliation: str | None = None,
    why: bytes = b"",
    extra: bytes = b"",
    status: Stanza | None = None,
    alone: bool = False,
) -> None:
    def make(sees: bool, all_: tuple[int, ...], id_: str | None) -> FanOut:
        return unavailable(occupant, sees, all_, affiliation=affiliation, why=why, extra=extra, status=status, id_=id_)

    asked = (status.attrs["from"], status.id) if status is not None else ("", None)
    tell(room, occupant, make, codes, hidden=alone or not is_told(room, occupant), asked=asked)
    for jid in tuple(occupant.seats):
        room.unseat(jid)
        persistence.drop_seat(room, jid)
    if not room.seats:
        room.vacated(room)
