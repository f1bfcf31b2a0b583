"""
Somebody in a room: one nick, one bare JID, one or more sessions ("seats") that share it (XEP-0045 §7.2, §7.6).

Leaves out how presence is told: that is ``presence.py``.
"""

import base64
import hashlib
import hmac

from ccm import namespaces as ns
from ccm.muc.limits import Bucket
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza, attribute


class Seat:
    """
    One session of an occupant.

    :ivar jid: its real full JID.
    :ivar shown: its last available presence; only the content counts.
    :ivar verified: nothing that it may send again after a restart is unknown to the room's memory.
    :ivar restored: it is from before a restart of this process: the same client, which repeats no ``id``.
    :ivar heard: when it last sent anything, in seconds.
    """

    __slots__ = ("heard", "jid", "restored", "shown", "verified")

    def __init__(self, jid: str, shown: Stanza, heard: float, verified: bool) -> None:
        self.jid = jid
        self.shown = shown
        self.heard = heard
        self.verified = verified
        self.restored = False


class Occupant:
    """
    :ivar nick: as shown. :ivar bare: real bare JID. :ivar address: room JID with nick.
    :ivar seats: by full JID; the one whose presence is shown is the last that sent any.
    :ivar hats: the ``<hats/>`` that it wears (XEP-0317), or nothing.
    :ivar quiet: its presence changes too fast; the last one is told in a moment.
    :ivar faces: its presence as others see it, serialised: without and with real JIDs; ``None`` when out of date.
    """

    __slots__ = (
        "address",
        "affiliation",
        "bare",
        "bucket",
        "face",
        "faces",
        "hats",
        "mark",
        "nick",
        "quiet",
        "role",
        "seats",
    )

    def __init__(self, room: str, nick: str, bare: str, affiliation: str, role: str, mark: bytes) -> None:
        self.nick = nick
        self.bare = bare
        self.address = f"{room}/{nick}"
        self.affiliation = affiliation
        self.role = role
        self.mark = mark
        self.hats = b""
        self.seats: dict[str, Seat] = {}
        self.face: Seat | None = None
        self.faces: list[FanOut | None] = [None, None]
        self.bucket = Bucket()
        self.quiet = False

    def changed(self) -> None:
        """Forget the serialised presences."""
        self.faces = [None, None]

    def sit(self, seat: Seat) -> None:
        """Add a session; its presence is the one shown from now on."""
        self.seats[seat.jid] = seat
        self.face = seat
        self.changed()

    def show(self, jid: str, shown: Stanza) -> None:
        """A session's new presence."""
        seat = self.seats[jid]
        seat.shown = shown
        self.face = seat
        self.changed()

    def stand(self, jid: str) -> bool:
        """Take a session away; answers whether it was the last."""
        seat = self.seats.pop(jid)
        if self.face is seat:
            self.face = next(reversed(self.seats.values()), None)
        self.changed()
        return not self.seats

    def rename(self, room: str, nick: str) -> None:
        """Give it another nick."""
        self.nick = nick
        self.address = f"{room}/{nick}"
        self.changed()


def mark(secret: bytes, bare: str) -> bytes:
    """The ``<occupant-id/>`` of a bare JID in a room with that secret (XEP-0421 1.0.1 §3)."""
    digest = hmac.new(secret, bare.encode(), hashlib.sha256).digest()
    id_ = base64.urlsafe_b64encode(digest[:24]).decode()
    return f"<occupant-id xmlns='{ns.OCCUPANT_ID}' id='{attribute(id_)}'/>".encode()
