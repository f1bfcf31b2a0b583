"""
Registering with a room: membership and a nick of one's own (XEP-0045 1.35.5 §7.10, §9.9; XEP-0077 2.4 §3.2).

Whoever is a member already only reserves a nick. Others become members at once, or when an admin lets them: the room
asks those who are inside, else every owner and admin wherever they are. Leaves out registering with the service.
"""

from typing import TYPE_CHECKING

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import admin, joining, persistence, renaming
from ccm.muc import nick as nicks
from ccm.muc.admin import Change
from ccm.muc.affiliation import RANK, Standing
from ccm.wire import forms
from ccm.wire.forms import tag
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.muc.room import Room

FORM = ns.MUC + "#register"
#: Disco features of a room with which one can register.
FEATURES = (ns.REGISTER, FORM)
_QUERY = (ns.REGISTER, "query")
_PREFIX = "muc#register_"
_NICK = f"{_PREFIX}roomnick"
_ALLOW = f"{_PREFIX}allow"
_ADDRESS = "muc#jid"
#: What applicants may tell of themselves.
_ABOUT = {"first": "Given name", "last": "Family name", "url": "Web page", "email": "Mail address", "faqentry": "Words"}
_MOST_APPLICANTS = 1000
_MOST_ASKED = 20


def get(room: "Room", stanza: Stanza) -> Stanza:
    """
    What registering needs, or the nick that was registered.

    :raises StanzaError: ``not-allowed`` for those who are banned, or where nobody may.
    """
    standing = room.standing(stanza.attrs["from"])
    if standing.nick:
        inner = b"<registered/>" + tag("username", standing.nick)
    else:
        _check_may(room, standing)
        inner = tag("instructions", "Choose the nickname by which you go in this room.") + _form(room, standing)
    return stanza.result(b"<query xmlns='%b'>%b</query>" % (ns.REGISTER.encode(), inner), (_QUERY,))


async def set_(room: "Room", stanza: Stanza) -> Stanza:
    """
    Register, or end it; answered once that is saved, or the admins are asked.

    :raises StanzaError: ``conflict`` for a nick that is somebody else's, ``bad-request`` without a form, and what
        :func:`get` raises.
    """
    bare = address.bare(stanza.attrs["from"])
    query = next(stanza.element.elements(*_QUERY))
    if any(query.elements(ns.REGISTER, "remove")):
        _remove(room, bare)
        await persistence.save(room)
        return stanza.result()
    standing = room.standing(bare)
    _check_may(room, standing)
    form = forms.find(query)
    if form is None or form.getAttribute("type") != "submit":
        raise StanzaError("bad-request", "Send the registration form, with type='submit'.")
    values = forms.read(form, FORM)
    nick = nicks.check(forms.line(_NICK, values.get(_NICK, []), 1000), room.context.options.nick_length)
    _check_free(room, bare, nick)
    if RANK[standing.affiliation] < RANK["member"] and room.config.registration == "approval":
        _apply(room, bare, nick, values)
        return stanza.result()
    _register(room, bare, nick)
    await persistence.save(room)
    return stanza.result()


def handled(room: "Room", stanza: Stanza) -> bool:
    """Take an admin's answer to an application; answers whether the message was that."""
    form = forms.find(stanza.element) if stanza.has(ns.DATA_FORMS, "x") else None
    if form is None or form.getAttribute("type") != "submit" or forms.kind_of(form) != FORM:
        return False
    values = forms.read(form, FORM)
    if RANK[room.standing(stanza.attrs["from"]).affiliation] < RANK["admin"]:
        raise StanzaError("forbidden", "Only admins and owners of the room decide who may register.")
    bare, nick = _applicant(room, values)
    room.applicants.pop(bare, None)
    if forms.boolean(_ALLOW, values.get(_ALLOW, ["0"])):
        _check_free(room, bare, nick)
        actor = room.seats.get(stanza.attrs["from"])
        _register(room, bare, nick, actor.nick if actor else "", quiet=False)
        persistence.save_later(room)
    return True


# ---- steps


def _check_may(room: "Room", standing: Standing) -> None:
    nobody = room.config.registration == "nobody" and RANK[standing.affiliation] < RANK["member"]
    if standing.affiliation == "outcast" or nobody:
        raise StanzaError("not-allowed", "You may not register with this room. Ask one of its owners.")


def _check_free(room: "Room", bare: str, nick: str) -> None:
    joining.check_reserved(room, bare, nick)
    occupant = room.by_nick(nick)
    if occupant is not None and occupant.bare != bare:
        raise StanzaError("conflict", "Somebody here has that nickname or one that looks the same.")


def _register(room: "Room", bare: str, nick: str, actor: str = "", *, quiet: bool = True) -> None:
    own = room.standings.get(bare)
    if own is None or RANK[own.affiliation] < RANK["member"]:
        change = Change(None, "", bare, "member", nick, "")
        admin.check_count(room, [change])
        admin.give_affiliation(room, change, actor, quiet)
    else:
        room.standings[bare] = Standing(own.affiliation, nick)
    if room.config.lock_nicks:
        renaming.enforce(room, bare, nick)


def _remove(room: "Room", bare: str) -> None:
    own = room.standings.get(bare)
    room.applicants.pop(bare, None)
    if own is None or own.affiliation == "outcast":
        raise StanzaError("registration-required", "You are not registered with this room.")
    if own.affiliation == "member":
        admin.give_affiliation(room, Change(None, "", bare, "none", "", ""), "")
    else:
        room.standings[bare] = Standing(own.affiliation)


def _apply(room: "Room", bare: str, nick: str, values: forms.Values) -> None:
    if room.applicants.get(bare) == nick:
        return  # the admins know
    options = room.context.options
    if not room.joins.take(room.context.now(), options.joins_per_second, options.join_burst):
        raise StanzaError("resource-constraint", "Too many ask this room just now. Try again in a minute.")
    room.applicants[bare] = nick
    if len(room.applicants) > _MOST_APPLICANTS:
        room.applicants.popitem(last=False)
    about = {name: forms.line(name, values.get(_PREFIX + name, []), 1000) for name in _ABOUT}
    words = tag("body", f"{bare} asks to register with {room.jid} as “{nick}”.")  # with words it waits for the absent
    told = Stanza("message", {}, words + _question(bare, nick, about), ((ns.CLIENT, "body"), (ns.DATA_FORMS, "x")))
    inside = [jid for jid, one in room.seats.items() if RANK[one.affiliation] >= RANK["admin"] and "@" in jid]
    asked = inside or [jid for jid in (*room.with_affiliation("owner"), *room.with_affiliation("admin")) if "@" in jid]
    for jid in asked[:_MOST_ASKED]:
        room.context.router.route(told.copy(from_=room.jid, to=jid))


def _applicant(room: "Room", values: forms.Values) -> tuple[str, str]:
    """Who is decided about: named by address, or by a nick that only one has asked for."""
    nick = forms.line(_NICK, values.get(_NICK, []), 1000)
    given = forms.line(_ADDRESS, values.get(_ADDRESS, []), 3071)
    bare = address.bare(address.prepare(given)) if given else ""
    if not bare:
        bare = next((jid for jid, asked in room.applicants.items() if asked == nick), "")
    if not bare:
        raise StanzaError("item-not-found", "Nobody has asked to register under that nickname.")
    return bare, nicks.check(nick or room.applicants.get(bare, ""), room.context.options.nick_length)


# ---- forms


def _form(room: "Room", standing: Standing) -> bytes:
    fields = [forms.field(_NICK, [], "text-single", "Nickname", required=True)]
    if RANK[standing.affiliation] < RANK["member"] and room.config.registration == "approval":
        fields += [forms.field(_PREFIX + name, [], "text-single", label) for name, label in _ABOUT.items()]
    return forms.form("form", FORM, fields, "Registration", "An admin of the room may have to agree.")


def _question(bare: str, nick: str, about: dict[str, str]) -> bytes:
    fields = [forms.field(_ADDRESS, [bare], "jid-single", "Address")]
    fields.append(forms.field(_NICK, [nick], "text-single", "Nickname"))
    for name, value in about.items():
        if value:
            fields.append(forms.field(_PREFIX + name, [value], "text-single", _ABOUT[name]))
    fields.append(forms.field(_ALLOW, ["0"], "boolean", "Let this person register with the room?"))
    return forms.form("form", FORM, fields, "Registration request", "To let them, answer the last question with yes.")
