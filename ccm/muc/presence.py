"""
Presence as a room tells it (XEP-0045 1.35.5 §7, §15.6).

Serialises an occupant's presence once for those who see real JIDs and once for those who do not. Leaves out who
may join or leave: ``joining.py`` and ``leaving.py``.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ccm import namespaces as ns
from ccm.muc.occupant import Occupant
from ccm.wire.fanout import FanOut
from ccm.wire.forms import tag
from ccm.wire.stanza import Stanza, attribute

if TYPE_CHECKING:
    from ccm.muc.room import Room

SELF = 110
_USER = (ns.MUC_USER, "x")
_HATS = ((ns.HATS, "hats"),)


def cause(actor: str = "", reason: str = "") -> bytes:
    """What stands in an item: who did it (by nick) and why."""
    out = f"<actor nick='{attribute(actor)}'/>".encode() if actor else b""
    return out + tag("reason", reason) if reason else out


def item(affiliation: str, role: str, jid: str | None = None, nick: str | None = None, inner: bytes = b"") -> bytes:
    """One ``<item/>``. :param role: ``""`` leaves it out."""
    out = f"<item affiliation='{affiliation}'"
    if role:
        out += f" role='{role}'"
    if jid:
        out += f" jid='{attribute(jid)}'"
    if nick:
        out += f" nick='{attribute(nick)}'"
    return out.encode() + (b">" + inner + b"</item>" if inner else b"/>")


def user(items: bytes, codes: Iterable[int] = (), extra: bytes = b"") -> bytes:
    """The ``muc#user`` element."""
    status = "".join(f"<status code='{code}'/>" for code in codes).encode()
    return b"<x xmlns='%b'>%b%b%b</x>" % (ns.MUC_USER.encode(), items, extra, status)


def available(
    occupant: Occupant, sees: bool, codes: Iterable[int] = (), why: bytes = b"", id_: str | None = None
) -> FanOut:
    """
    An occupant's presence.

    :param sees: whether the reader may see real JIDs. :param why: from :func:`cause`.
    """
    plain = not codes and not why and id_ is None
    cached = occupant.faces[sees]
    if plain and cached is not None:
        return cached
    jids: tuple[str | None, ...] = tuple(occupant.seats) if sees else (None,)
    items = b"".join(item(occupant.affiliation, occupant.role, jid, inner=why) for jid in jids)
    template = _template(occupant, user(items, codes), None, id_)
    if plain:
        occupant.faces[sees] = template
    return template


def unavailable(
    occupant: Occupant,
    sees: bool,
    codes: Iterable[int] = (),
    *,
    affiliation: str | None = None,
    nick: str | None = None,
    why: bytes = b"",
    extra: bytes = b"",
    status: Stanza | None = None,
    id_: str | None = None,
) -> FanOut:
    """
    An occupant is gone, or has another *nick* from now on.

    :param affiliation: the one to tell, if it is no longer the occupant's. :param extra: e.g. ``<destroy/>``.
    :param status: the presence with which they left; its content is passed on.
    """
    jids: tuple[str | None, ...] = tuple(occupant.seats) if sees else (None,)
    role = occupant.role if nick else "none"
    items = b"".join(item(affiliation or occupant.affiliation, role, jid, nick, why) for jid in jids)
    return _template(occupant, user(items, codes, extra), status, id_, "unavailable")


def sees(room: "Room", watcher: Occupant) -> bool:
    """Whether an occupant may see real JIDs."""
    return room.config.whois == "anyone" or watcher.role == "moderator"


def tell(
    room: "Room",
    occupant: Occupant,
    make: Callable[[bool, tuple[int, ...], str | None], FanOut],
    codes: tuple[int, ...] = (),
    *,
    hidden: bool = False,
    asked: tuple[str, str | None] = ("", None),
) -> None:
    """
    Tell everybody about an occupant, its own sessions last and with 110: once they know, all others do.

    :param make: serialises for (sees real JIDs, status codes, id). :param hidden: tell only its own sessions.
    :param asked: which of its sessions has asked for it, and under which id: that comes back to it.
    """
    made: dict[bool, FanOut] = {}
    for watcher in () if hidden else tuple(room.occupants.values()):
        if watcher is occupant:
            continue
        may_see = sees(room, watcher)
        template = made.get(may_see) or made.setdefault(may_see, make(may_see, codes, None))
        for jid in tuple(watcher.seats):
            room.sink(jid).deliver_raw(template)
    own = make(True, (*codes, SELF), None)
    for jid in tuple(occupant.seats):
        answers = jid == asked[0] and asked[1] is not None
        room.sink(jid).deliver_raw(make(True, (*codes, SELF), asked[1]) if answers else own)


def tell_available(
    room: "Room",
    occupant: Occupant,
    codes: tuple[int, ...] = (),
    why: bytes = b"",
    asked: tuple[str, str | None] = ("", None),
) -> None:
    """Tell everybody an occupant's present state; *asked* as in :func:`tell`."""
    tell(
        room,
        occupant,
        lambda may_see, all_, id_: available(occupant, may_see, all_, why, id_),
        codes,
        hidden=not is_told(room, occupant),
        asked=asked,
    )


def is_told(room: "Room", occupant: Occupant) -> bool:
    """Whether presence of that role is told to others (``muc#roomconfig_presencebroadcast``)."""
    return occupant.role in room.config.broadcast


def _template(occupant: Occupant, x: bytes, shown: Stanza | None, id_: str | None, type_: str | None = None) -> FanOut:
    attrs = {}
    inner, declarations = b"", b""
    children: tuple[tuple[str, str], ...] = ()
    if shown is None and type_ is None and occupant.face is not None:
        shown = occupant.face.shown
    if shown is not None:
        inner, children, declarations = shown.inner, shown.children, shown.declarations
        if "xml:lang" in shown.attrs:
            attrs["xml:lang"] = shown.attrs["xml:lang"]
    if type_ is not None:
        attrs["type"] = type_
    if id_ is not None:
        attrs["id"] = id_
    stanza = Stanza(
        "presence",
        attrs,
        inner + occupant.hats + occupant.mark + x,
        (*children, *(_HATS if occupant.hats else ()), (ns.OCCUPANT_ID, "occupant-id"), _USER),
        declarations,
    )
    return FanOut(stanza, occupant.address)
