"""
Making, giving and listing hats by ad-hoc commands of a room (XEP-0317 0.3.1 §3.2–3.8, XEP-0050 1.3.0).

Admins and owners make and give them; whoever is inside may list what there is. Leaves out other commands of rooms.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import hats, persistence
from ccm.muc.affiliation import RANK
from ccm.muc.hats import Hat
from ccm.wire import commands, forms
from ccm.wire.forms import Values, tag
from ccm.wire.stanza import Stanza, attribute

if TYPE_CHECKING:
    from ccm.muc.room import Room

FORM = ns.HATS.removesuffix(":0") + ":commands"
_TITLE, _URI, _HUE, _JID = "hats#title", "hats#uri", "hats#hue", "hats#jid"
_LABELS = {_TITLE: "Title", _URI: "Address of the hat (a URI)", _HUE: "Colour: an angle from 0 to 360", _JID: "Address"}


@dataclass(frozen=True, slots=True)
class _Command:
    """*needs* names the fields of its form; *run* changes the hats and answers whose presence is another now."""

    title: str
    needs: tuple[str, ...]
    run: Callable[["Room", Values], list[str]] | None = None
    table: Callable[["Room"], bytes] | None = None


def _create(room: "Room", values: Values) -> list[str]:
    uri, title, hue = (forms.line(name, values.get(name, []), 1000).strip() for name in (_URI, _TITLE, _HUE))
    if not title:
        raise commands.lacking(_LABELS[_TITLE])
    if ":" not in uri:
        raise StanzaError("bad-request", f"{_URI} must be a URI, such as http://example.org/hats#host.")
    if hue and not _is_angle(hue):
        raise StanzaError("bad-request", f"{_HUE} must be a number from 0 to 360.")
    return room.hats.make(Hat(uri, title, hue))


def _destroy(room: "Room", values: Values) -> list[str]:
    return room.hats.destroy(_one(values, _URI))


def _assign(room: "Room", values: Values) -> list[str]:
    return room.hats.assign(_bare(values), _one(values, _URI))


def _unassign(room: "Room", values: Values) -> list[str]:
    return room.hats.unassign(_bare(values), _one(values, _URI))


def _listed(room: "Room") -> bytes:
    rows = ({_TITLE: hat.title, _URI: hat.uri, _HUE: hat.hue} for hat in room.hats.known.values())
    return _table("Hats of this room", (_TITLE, _URI, _HUE), rows)


def _assigned(room: "Room") -> bytes:
    rows = (
        {_JID: bare, _URI: hat.uri, _TITLE: hat.title, _HUE: hat.hue}
        for bare, uris in room.hats.worn.items()
        for hat in map(room.hats.hat, uris)
    )
    return _table("Who wears what", (_JID, _URI, _TITLE, _HUE), rows)


_COMMANDS = {
    f"{FORM}:create": _Command("Create or change a hat", (_TITLE, _URI, _HUE), _create),
    f"{FORM}:destroy": _Command("Destroy a hat", (_URI,), _destroy),
    f"{FORM}:list": _Command("List the hats", (), table=_listed),
    f"{FORM}:assign": _Command("Give somebody a hat", (_JID, _URI), _assign),
    f"{FORM}:unassign": _Command("Take a hat from somebody", (_JID, _URI), _unassign),
    f"{FORM}:list-assigned": _Command("List who wears which hat", (), table=_assigned),
}
_FOR_ALL = f"{FORM}:list"


async def serve(room: "Room", stanza: Stanza) -> Stanza:
    """
    One stage of a command; a change is answered once it is saved.

    :raises StanzaError: ``item-not-found`` for an unknown command or hat, ``forbidden`` for those who may not.
    """
    element = next(stanza.element.elements(*commands.COMMAND))
    node = element.getAttribute("node") or ""
    command = _COMMANDS.get(node)
    if command is None:
        raise StanzaError("item-not-found", "This room has no such command.")
    _check_may(room, stanza.attrs["from"], node)
    session = element.getAttribute("sessionid") or room.context.random(12).hex()
    stage = commands.stage(element, fields=bool(command.needs))
    if stage is commands.Stage.CANCEL:
        return stanza.result(commands.answer(node, session, "canceled"), (commands.COMMAND,))
    if stage is commands.Stage.FORM:
        form = commands.to_fill_in(_form(room, node, command))
        return stanza.result(commands.answer(node, session, "executing", form), (commands.COMMAND,))
    inner = command.table(room) if command.table is not None else b""
    if command.run is not None:
        form_given = forms.find(element)
        people = command.run(room, forms.read(form_given, FORM) if form_given is not None else {})
        hats.refresh(room, people)
        if _JID not in command.needs:
            hats.tell_list(room)
        await persistence.save(room)
    return stanza.result(commands.answer(node, session, "completed", inner), (commands.COMMAND,))


# ---- service discovery


def info(room: "Room", asker: str, node: str) -> bytes | None:
    """What the list of commands, or one of them, is; ``None`` for another node."""
    if node == ns.COMMANDS:
        return b"<identity category='automation' type='command-list' name='Commands'/>" + _features(ns.COMMANDS)
    command = _COMMANDS.get(node)
    if command is None:
        return None
    _check_may(room, asker, node)
    identity = f"<identity category='automation' type='command-node' name='{attribute(command.title)}'/>"
    return identity.encode() + _features(ns.COMMANDS, ns.DATA_FORMS)


def items(room: "Room", asker: str) -> bytes:
    """The commands that somebody may use."""
    return b"".join(
        f"<item jid='{attribute(room.jid)}' node='{node}' name='{attribute(command.title)}'/>".encode()
        for node, command in _COMMANDS.items()
        if _may(room, asker, node)
    )


def _features(*features: str) -> bytes:
    return "".join(f"<feature var='{feature}'/>" for feature in features).encode()


# ---- parts


def _may(room: "Room", asker: str, node: str) -> bool:
    rank = RANK[room.standing(asker).affiliation]
    return rank >= RANK["admin"] or (node == _FOR_ALL and (asker in room.seats or rank >= RANK["member"]))


def _check_may(room: "Room", asker: str, node: str) -> None:
    if not _may(room, asker, node):
        raise StanzaError("forbidden", "Only admins and owners of this room may do that.")


def _form(room: "Room", node: str, command: _Command) -> bytes:
    known = [(hat.uri, hat.title) for hat in room.hats.known.values()]
    fields = []
    for name in command.needs:
        chosen = name == _URI and node != f"{FORM}:create"
        kind = "list-single" if chosen else "jid-single" if name == _JID else "text-single"
        fields.append(forms.field(name, [], kind, _LABELS[name], known if chosen else (), required=name != _HUE))
    return forms.form("form", FORM, fields, command.title)


def _table(title: str, names: tuple[str, ...], rows: Iterable[dict[str, str]]) -> bytes:
    head = b"".join(forms.field(name, [], None, _LABELS[name]) for name in names)
    body = b"".join(
        b"<item>%b</item>" % b"".join(forms.field(name, [row[name]]) for name in names if row[name]) for row in rows
    )
    kind = forms.field("FORM_TYPE", [FORM], "hidden")
    form = b"<x xmlns='%b' type='result'>" % ns.DATA_FORMS.encode()
    return form + tag("title", title) + kind + b"<reported>%b</reported>%b</x>" % (head, body)


def _one(values: Values, name: str) -> str:
    value = forms.line(name, values.get(name, []), 1000).strip()
    if not value:
        raise commands.lacking(_LABELS[name])
    return value


def _bare(values: Values) -> str:
    return address.bare(address.prepare(_one(values, _JID)))


def _is_angle(value: str) -> bool:
    whole, _, rest = value.partition(".")
    digits = whole.isascii() and whole.isdigit() and (not rest or (rest.isascii() and rest.isdigit()))
    return digits and len(value) < 20 and float(value) <= 360
