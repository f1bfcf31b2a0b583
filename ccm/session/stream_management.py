"""
The elements of stream management that a client sends (XEP-0198 1.6.3 §3 to §5), and what each of them does.

TCP and WebSocket offer it in their features. BOSH does not, and serves it all the same, so that a client can go on over
one of the others; nothing is resumed *over* BOSH. Leaves out what is kept: :mod:`ccm.session.resumption`,
:mod:`ccm.session.movable`.
"""

from typing import TYPE_CHECKING

from ccm.errors import StreamError
from ccm.session import resume
from ccm.session.movable import Movable
from ccm.session.resume import Acks
from ccm.session.resumption import Resumption
from ccm.session.states import State
from ccm.wire.events import Nonza

if TYPE_CHECKING:
    from ccm.session.machine import Session


def managed(session: "Session", nonza: Nonza, bare: str | None) -> None:
    """
    Serve an element of XEP-0198.

    :param bare: who signed in, while nothing is bound.
    :raises StreamError: for one that makes no sense now.
    """
    kept = session.resumption
    if nonza.name == "enable" and session.stage is State.BOUND and kept is None:
        session.resumption = _made(session, resumable=nonza.attrs.get("resume") in ("true", "1"))
        session.resumption.start()
    elif nonza.name == "resume" and session.stage is State.BINDING and bare is not None and session.transport != "bosh":
        _take_up(session, bare, nonza)
    elif nonza.name in ("enable", "resume"):
        session.send(resume.failed("unexpected-request", "Not now: see XEP-0198, sections 3 and 5."))
    elif kept is None or nonza.name not in ("a", "r"):
        raise StreamError("unsupported-stanza-type", "Stream management is not enabled.")
    elif nonza.name == "r":
        kept.acknowledge()
    else:
        kept.acks.acknowledged(nonza.attrs.get("h", ""))


def _made(session: "Session", *, resumable: bool) -> Resumption | Movable:
    return Movable(session) if session.transport == "bosh" else Resumption(session, Acks(resumable=resumable))


def _take_up(session: "Session", bare: str, nonza: Nonza) -> None:
    """
    Answer ``<resume/>`` (XEP-0198 §5).

    :param session: the new one, which has signed in and not bound.
    :param bare: who it signed in as.
    :raises StreamError: if the client acknowledges more than it was sent.
    """
    old = session.realm.resumptions.get(nonza.attrs.get("previd", ""))
    if old is None or old.resumption is None or old.bare != bare:
        session.send(resume.failed("item-not-found", "That session is over. Bind a new one."))
        return
    acks = old.resumption.acks
    if acks.beyond(nonza.attrs.get("h", "")):
        # It was sent something while records could not be saved, then came a crash: what it lacks cannot be told.
        acks.queue.clear()
        old.close("reset")
        text = "What you were sent last is not known any more. Bind anew."
        session.send(resume.failed("item-not-found", text, acks.inbound))
        return
    acks.acknowledged(nonza.attrs.get("h", ""))
    session.hand_over(old)
