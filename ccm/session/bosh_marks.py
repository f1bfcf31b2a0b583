"""
Marks of answers that BOSH sessions gave since their records were made (XEP-0124 1.11.2 §14).

An answer need not be in a record if it carried nothing but what waited when the record was made and what rooms
archived since, in the archives' order: which request it settled and how far in the archives it went say it all, and
after a crash its body is made anew. Leaves out where marks are kept (:mod:`ccm.session.keeping`).
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from ccm.session import bosh_body as wire
from ccm.session.bosh import BoshSession
from ccm.wire.fanout import FanOut

Mark = tuple[str, int, int, str]


def mark(session: BoshSession, rid: int) -> Mark:
    """
    What is to be known of the answer to *rid*, JSON-able.

    :returns: the session, the rid, the highest rid that was taken, the last message of an archive.
    """
    return session.sid, rid, session.window.taken, session.place


def replay(session: BoshSession, marks: Iterable[Mark], missed: Iterable[FanOut]) -> Iterator[FanOut]:
    """
    Give out what was archived since a session's record was made, settling requests in between as they were.

    :param session: as its record says; what is given out must be queued there before more is asked for.
    """
    rest = deque(missed)
    window = session.window
    answered = window.open[0].rid - 1 if window.open else window.last
    for _, rid, taken, place in sorted(set(marks)):
        if rid <= answered:
            continue  # the record was made after it
        while rest and rest[0].archived <= place:
            yield rest.popleft()
        answered = rid
        window.recall(rid, taken, wire.reply(session.queue.take()), wire.EMPTY)
    yield from rest


def by_session(notes: Iterable[Any]) -> dict[str, list[Mark]]:
    """
    Marks that were read back.

    :raises ValueError: if something is no mark.
    """
    found: dict[str, list[Mark]] = {}
    for sid, rid, taken, place in notes:
        found.setdefault(sid, []).append((sid, int(rid), int(taken), place))
    return found
