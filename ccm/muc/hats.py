"""
Hats of a room: titles that people wear in it, beside their role (XEP-0317 0.3.1 §2, §3.1).

They stand in every presence of who wears them. Leaves out payloads of hats, and the commands: ``hat_commands.py``.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.muc import presence
from ccm.wire.fanout import FanOut
from ccm.wire.stanza import Stanza, attribute

if TYPE_CHECKING:
    from ccm.muc.room import Room

_MOST_HATS = 100
_MOST_WORN = 10
_MOST_WEARERS = 10_000
_CHANGED = 104


@dataclass(frozen=True, slots=True)
class Hat:
    """
    :ivar uri: what tells it from others. :ivar title: what people read. :ivar hue: an angle of colour, or ``""``.
    """

    uri: str
    title: str
    hue: str = ""


class Hats:
    """
    What hats a room has, and who wears which.

    :ivar known: by URI. :ivar worn: bare JID -> URIs, in the order in which they were put on.
    """

    def __init__(self) -> None:
        self.known: dict[str, Hat] = {}
        self.worn: dict[str, list[str]] = {}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any] | None) -> "Hats":
        """As they were saved."""
        hats = cls()
        if plain:
            hats.known = {uri: Hat(uri, *rest) for uri, rest in plain.get("known", {}).items()}
            hats.worn = {bare: list(uris) for bare, uris in plain.get("worn", {}).items()}
        return hats

    def to_plain(self) -> dict[str, Any]:
        """JSON-able; empty without any hat."""
        if not self.known:
            return {}
        known = {hat.uri: [hat.title, hat.hue] for hat in self.known.values()}
        return {"known": known, "worn": {bare: list(uris) for bare, uris in self.worn.items()}}

    def element(self, bare: str) -> bytes:
        """The ``<hats/>`` of a bare JID, or nothing."""
        worn = [self.known[uri] for uri in self.worn.get(bare, ())]
        if not worn:
            return b""
        inner = "".join(
            f"<hat title='{attribute(hat.title)}' uri='{attribute(hat.uri)}'"
            + (f" hue='{attribute(hat.hue)}'/>" if hat.hue else "/>")
            for hat in worn
        )
        return f"<hats xmlns='{ns.HATS}'>{inner}</hats>".encode()

    def digest(self) -> str:
        """A hash that changes with the list (§2)."""
        listed = sorted((hat.uri, hat.title, hat.hue) for hat in self.known.values())
        return hashlib.sha256(repr(listed).encode()).hexdigest()[:40]

    # ---- changes; each answers whose presence is another now

    def make(self, hat: Hat) -> list[str]:
        """A new hat, or another title for one. :raises StanzaError: ``resource-constraint`` if there are too many."""
        if hat.uri not in self.known and len(self.known) >= _MOST_HATS:
            raise StanzaError("resource-constraint", f"A room may have {_MOST_HATS} hats. Destroy one first.")
        self.known[hat.uri] = hat
        return self.wearers(hat.uri)

    def destroy(self, uri: str) -> list[str]:
        """Nobody wears it any more. :raises StanzaError: ``item-not-found``."""
        self.hat(uri)
        wearers = self.wearers(uri)
        del self.known[uri]
        for bare in wearers:
            self._off(bare, uri)
        return wearers

    def assign(self, bare: str, uri: str) -> list[str]:
        """Somebody wears it from now on. :raises StanzaError: ``item-not-found``, ``resource-constraint``."""
        self.hat(uri)
        worn = self.worn.get(bare, [])
        if uri in worn:
            return []
        if len(worn) >= _MOST_WORN or len(self.worn) >= _MOST_WEARERS:
            raise StanzaError("resource-constraint", f"Somebody may wear {_MOST_WORN} hats. Take one off first.")
        self.worn.setdefault(bare, []).append(uri)
        return [bare]

    def unassign(self, bare: str, uri: str) -> list[str]:
        """Somebody takes it off. :raises StanzaError: ``item-not-found`` if they do not wear it."""
        if uri not in self.worn.get(bare, ()):
            raise StanzaError("item-not-found", "They do not wear that hat.")
        self._off(bare, uri)
        return [bare]

    def pass_on(self, old: str, new: str) -> None:
        """What one wears is the other's; see ``succession.py``."""
        theirs = self.worn.pop(old, [])
        own = self.worn.get(new, [])
        both = (own + [uri for uri in theirs if uri not in own])[:_MOST_WORN]
        if both:
            self.worn[new] = both

    def hat(self, uri: str) -> Hat:
        """:raises StanzaError: ``item-not-found`` if there is none of that URI."""
        if uri not in self.known:
            raise StanzaError("item-not-found", "This room has no such hat. Create it first.")
        return self.known[uri]

    def wearers(self, uri: str) -> list[str]:
        """Bare JIDs of those who wear it."""
        return [bare for bare, uris in self.worn.items() if uri in uris]

    def _off(self, bare: str, uri: str) -> None:
        self.worn[bare].remove(uri)
        if not self.worn[bare]:
            del self.worn[bare]


def refresh(room: "Room", people: Iterable[str]) -> None:
    """Tell everybody what these bare JIDs wear now."""
    for bare in people:
        for occupant in room.of_bare(bare):
            occupant.hats = room.hats.element(bare)
            occupant.changed()
            presence.tell_available(room, occupant)


def tell_list(room: "Room") -> None:
    """Tell everybody that the list is another (§3.2)."""
    told = Stanza("message", {"type": "groupchat"}, presence.user(b"", (_CHANGED,)), ((ns.MUC_USER, "x"),))
    room.flights.now(FanOut(told, room.jid))
