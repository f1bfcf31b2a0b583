"""
A BOSH session as plain data and back, so that a browser goes on with it after a restart (XEP-0124 1.11.2 §10, §14).

What is on disk counts as taken; a request that was not, or came after the record was saved, is sent again by its
client and taken then. Leaves out the stream above (:mod:`ccm.session.record`), which lies inside, and where records
are kept.
"""

from dataclasses import fields
from typing import Any, TypeVar

from ccm.session.bosh import BoshSession
from ccm.session.bosh_options import BoshOptions
from ccm.session.bosh_outlet import Outlet
from ccm.session.bosh_queue import Queue
from ccm.session.bosh_terms import Terms
from ccm.session.bosh_window import Slot, Window
from ccm.wire.framing import BoshFraming

VERSION = 1
S = TypeVar("S", bound=BoshSession)
_TERMS = tuple(each.name for each in fields(Terms))


def to_plain(session: BoshSession, stream: dict[str, Any]) -> dict[str, Any]:
    """
    JSON-able data of a session that is not over.

    :param stream: the plain data of the stream above.
    """
    window = session.window
    taken = window.taken
    return {
        "version": VERSION,
        "sid": session.sid,
        "peer": session.peer,
        "terms": {name: getattr(session.terms, name) for name in _TERMS},
        "last": taken,
        "open": [slot.rid for slot in window.open if slot.rid <= taken],
        "replies": [[rid, body.decode()] for rid, body in window.replies.items()],
        "waiting": [unit.decode() for unit in session.queue.waiting],
        "stream": stream,
    }


def from_plain(
    cls: type[S], plain: dict[str, Any], framing: BoshFraming, options: BoshOptions, outlet: Outlet, now: float
) -> S:
    """
    The session that a record speaks of, without its stream.

    :raises ValueError: if the record is of another version.
    """
    if plain.get("version") != VERSION:
        raise ValueError(f"a BOSH record of version {plain.get('version')!r} cannot be read")
    kept = dict(plain["terms"])
    kept["keys"] = {int(rid): key for rid, key in kept["keys"].items()}
    terms = Terms(**kept)
    replies = [(rid, body.encode()) for rid, body in plain["replies"]]
    window = Window(plain["last"], terms.requests, replies, lagging=True)
    window.open.extend(Slot(rid, None, now, stored=True) for rid in plain["open"])
    queue = Queue([unit.encode() for unit in plain["waiting"]])
    return cls(plain["sid"], terms, window, framing, options, outlet, now, queue=queue, peer=plain["peer"])
