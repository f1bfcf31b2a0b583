"""
XEP-0441 Message Archive Management Preferences 0.2: with whom an account keeps messages.

All that differ from the server's default are in memory, since every message is held against them; an account
without any costs a dictionary lookup. Who is on the *never* list is not kept, whatever else says so; notes to oneself
count as from the roster.
"""

from collections.abc import Callable, Container, Iterable
from typing import Any, Literal, cast, get_args

import msgspec
from twisted.words.xish.domish import Element

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.interfaces import IAccountXML
from ccm.modules.remembered import Remembered, unknown
from ccm.router.contacts import Contacts
from ccm.wire.stanza import attribute, parse_element, text

Default = Literal["always", "roster", "never"]
NAME = "mam"
PREFS = (ns.MAM, "prefs")


class Prefs(msgspec.Struct, frozen=True):
    """What one account wants."""

    default: Default
    always: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()


class Preferences:
    """
    Everybody's.

    :param hosts: the domains whose accounts these are; others' are in the same store, and change unheard.
    :param default: of those who said nothing.
    :param most: addresses that an account may list.
    :param undo: ``undo(owner, id)`` takes a message out of an archive again.
    :param later: ``later(seconds, function)`` calls it then.
    """

    def __init__(
        self,
        account_xml: IAccountXML,
        hosts: Container[str],
        contacts: Contacts,
        default: Default,
        most: int,
        undo: Callable[[str, str], None],
        later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        self._kept = account_xml
        self._contacts = contacts
        self._usual = Prefs(default)
        self._most = most
        self._undo = undo
        self._remembered = Remembered[Prefs](hosts, later)
        self._own = self._remembered.of
        self._remembered.load(self._rows, self._take, "reading archive preferences")

    async def _rows(self) -> Iterable[tuple[str, bytes]]:
        return (await self._kept.all(NAME)).items()

    def _take(self, owner: str, xml: bytes) -> None:
        self._remembered.keep(owner, read(parse_element(xml)))

    @property
    def plain(self) -> bool:
        """Whether everybody keeps everything."""
        return not self._own and self._usual.default == "always" and self._remembered.complete

    def keeps(self, owner: str, peer: str, undone: list[Callable[[str], None]]) -> bool:
        """
        Whether an account's archive has a message to or from *peer* (a full JID, XEP-0441 §2.3).

        :param undone: gets what wants to know the message's id then: a roster that is still to be read may say no.
        :raises StanzaError: ``resource-constraint`` (wait) while nobody knows what the account wants.
        """
        if not self._remembered.knows(owner):
            raise unknown()
        prefs = self._own.get(owner, self._usual)
        if prefs is self._usual and prefs.default == "always":
            return True
        bare = address.bare(peer)
        if bare in prefs.never or peer in prefs.never:
            return False
        if prefs.default == "always" or bare in prefs.always or peer in prefs.always:
            return True
        return prefs.default == "roster" and (bare == owner or self._in_roster(owner, bare, undone))

    def _in_roster(self, owner: str, bare: str, undone: list[Callable[[str], None]]) -> bool:
        known: list[bool] = []
        ids: list[str] = []

        def look(items: Any) -> None:
            item = items.get(bare)
            known.append(item is not None and not item.hidden)
            if ids and not known[0]:
                self._undo(owner, ids[0])

        self._contacts.when(owner, look)
        if not known:
            undone.append(ids.append)
            return True
        return known[0]

    async def get(self, owner: str) -> Prefs:
        """What an account wants now."""
        async with self._remembered.turn(owner):
            return self._own.get(owner, self._usual)

    async def set(self, owner: str, element: Element) -> Prefs:
        """Change it; it holds at once. :raises StanzaError: ``bad-request``, ``resource-constraint``."""
        prefs = read(element)
        if len(prefs.always) + len(prefs.never) > self._most:
            raise StanzaError("resource-constraint", f"You may list {self._most} addresses.")
        async with self._remembered.turn(owner):
            self._remembered.keep(owner, None if prefs == self._usual else prefs)
            await self._kept.set(owner, {NAME: rendered(prefs) if owner in self._own else None})
        return prefs

    def forget(self, owner: str) -> None:
        """The account is gone."""
        self._remembered.forget(owner)


def read(element: Element) -> Prefs:
    """A ``<prefs/>``. :raises StanzaError: ``bad-request``, ``jid-malformed``."""
    default = element.getAttribute("default")
    if default not in get_args(Default):
        raise StanzaError("bad-request", "The default must be always, roster or never (XEP-0441 §2.1.1).")
    lists = [
        frozenset(
            address.prepare(str(jid).strip())
            for listed in element.elements(ns.MAM, name)
            for jid in listed.elements(ns.MAM, "jid")
        )
        for name in ("always", "never")
    ]
    return Prefs(cast(Default, default), *lists)


def rendered(prefs: Prefs) -> bytes:
    """The element of them."""
    out = f"<prefs xmlns='{ns.MAM}' default='{attribute(prefs.default)}'>".encode()
    for name, jids in ((b"always", prefs.always), (b"never", prefs.never)):
        inner = b"".join(b"<jid>%b</jid>" % text(jid) for jid in sorted(jids))
        out += b"<%b>%b</%b>" % (name, inner, name)
    return out + b"</prefs>"
