"""
What administrators tell people (XEP-0133 1.3.1 §4.23 to §4.28): announcements, the message of the day, a welcome.

The message of the day goes once to every account, now or when it next becomes available; the welcome to accounts made
since it stands, when they become available for the first time. Leaves out languages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from ccm import address
from ccm.errors import StanzaError
from ccm.interfaces import IAccountXML
from ccm.modules.admin_terms import KEPT, Desk, words
from ccm.modules.aside import aside
from ccm.modules.turns import Turns
from ccm.router.commands import Done, HostCommand, Parameter
from ccm.router.hooks import on
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire.forms import Values, tag
from ccm.wire.stanza import Stanza, parse_element, text

_MOST = 10_000
_SEEN = "motd-seen"
_WELCOMED = "welcomed"
_MOTD = "Message of the day"
_WELCOME = "Welcome"
_ANNOUNCEMENT = Parameter("announcement", "Announcement", "text-multi", required=True)


@dataclass(frozen=True, slots=True)
class Standing:
    """Words that stand until they are taken back. :ivar at: seconds since the epoch."""

    id: str
    at: float
    words: str


class AdminWords:
    """:ivar motd: the message of the day. :ivar welcome: for newcomers."""

    def __init__(self, router: Router, services: Services, desk: Desk) -> None:
        self._router = router
        self._host = services.host
        self._store: IAccountXML = services.account_xml
        self._accounts = services.accounts
        self._now = services.now
        self._desk = desk
        self._turns = Turns()
        self.motd: Standing | None = None
        self.welcome: Standing | None = None

    async def load(self) -> None:
        """Read what stands, at the start."""
        async with self._turns.of(_SEEN):
            self.motd, self.welcome = await self._read("motd"), await self._read("welcome")

    def commands(self) -> list[HostCommand]:
        """All of them."""
        make = self._desk.command
        motd = Parameter("motd", _MOTD, "text-multi", required=True)
        welcome = Parameter("welcome", "Welcome to new users", "text-multi", required=True)
        return [
            make("announce", "Tell everybody who is online", self._announce, _ANNOUNCEMENT),
            make("set-motd", "Set the message of the day", self._set_motd, motd),
            make("edit-motd", "Change the message of the day", self._set_motd, motd, present=self._present_motd),
            make("delete-motd", "Delete the message of the day", self._delete_motd),
            make("set-welcome", "Set the welcome to new users", self._set_welcome, welcome, present=self._present),
            make("delete-welcome", "Delete the welcome to new users", self._delete_welcome),
        ]

    def tell(self, said: str, subject: str = "Announcement") -> int:
        """A headline to every session of this host; answers to how many."""
        told = [each for each in self._router.all_sessions() if address.domain(each.jid) == self._host]
        for session in told:
            session.deliver(self._headline(session.jid, said, subject))
        return len(told)

    # ---- commands

    async def _announce(self, _asker: str, values: Values) -> Done:
        return Done(f"{self.tell(_bounded(values, 'announcement'))} sessions were told.")

    async def _set_motd(self, _asker: str, values: Values) -> Done:
        self.motd = motd = await self._keep("motd", _bounded(values, "motd"))
        here = {address.bare(each.jid) for each in self._router.all_sessions() if each.presence is not None}
        for bare in sorted(here):
            self._motd_to(bare, motd)
        return Done("It is told to everybody once.")

    async def _delete_motd(self, _asker: str, _values: Values) -> Done:
        was, self.motd = self.motd, None
        await self._store.set(self._host, {"motd": None})
        return Done("It is gone." if was else "There was none.")

    async def _set_welcome(self, _asker: str, values: Values) -> Done:
        self.welcome = await self._keep("welcome", _bounded(values, "welcome"))
        return Done("It is told to everybody who registers from now on.")

    async def _delete_welcome(self, _asker: str, _values: Values) -> Done:
        was, self.welcome = self.welcome, None
        await self._store.set(self._host, {"welcome": None})
        return Done("It is gone." if was else "There was none.")

    async def _present_motd(self) -> Mapping[str, Sequence[str]]:
        return {"motd": self.motd.words.split("\n")} if self.motd else {}

    async def _present(self) -> Mapping[str, Sequence[str]]:
        return {"welcome": self.welcome.words.split("\n")} if self.welcome else {}

    # ---- people

    @on.event("session-available")
    def arrived(self, session: Any) -> None:
        """Whoever has not heard them is told now."""
        if self.motd is None and self.welcome is None:
            return
        bare = address.bare(session.jid)
        if address.domain(bare) != self._host or not self._accounts.exists(bare):
            return
        if self.welcome is not None:
            aside(self._greet(bare, self.welcome), "welcoming somebody")
        if self.motd is not None:
            self._motd_to(bare, self.motd)

    def _motd_to(self, bare: str, motd: Standing) -> None:
        if address.domain(bare) == self._host and self._accounts.exists(bare):
            aside(self._once(bare, _SEEN, motd, _MOTD), "telling the message of the day")

    async def _greet(self, bare: str, welcome: Standing) -> None:
        account = await self._accounts.get(bare)
        if account is not None and account.created.timestamp() >= welcome.at:
            await self._once(bare, _WELCOMED, welcome, _WELCOME)

    async def _once(self, bare: str, mark: str, standing: Standing, subject: str) -> None:
        """Tell an account, unless its mark says that it was told; two clients that come at once are one account."""
        async with self._turns.of(bare):
            known = await self._store.get(bare, mark)
            # newcomers are welcomed once, whatever became of the words since
            if known is not None and (mark == _WELCOMED or parse_element(known).getAttribute("id") == standing.id):
                return
            sessions = [each for each in self._router.sessions_of(bare) if each.presence is not None]
            if not sessions:
                return
            await self._store.set(bare, {mark: f"<told xmlns='{KEPT}' id='{standing.id}'/>".encode()})
            for session in sessions:
                session.deliver(self._headline(session.jid, standing.words, subject))

    # ---- inside

    def _headline(self, to: str, said: str, subject: str) -> Stanza:
        attrs = {"type": "headline", "from": self._host, "to": to, "id": token_hex(8)}
        children = (("jabber:client", "subject"), ("jabber:client", "body"))
        return Stanza("message", attrs, tag("subject", subject) + tag("body", said), children)

    async def _keep(self, name: str, said: str) -> Standing:
        standing = Standing(token_hex(8), self._now(), said)
        stamp = datetime.fromtimestamp(standing.at, UTC).isoformat()
        head = f"<words xmlns='{KEPT}' id='{standing.id}' at='{stamp}'>".encode()
        await self._store.set(self._host, {name: head + text(said) + b"</words>"})
        return standing

    async def _read(self, name: str) -> Standing | None:
        xml = await self._store.get(self._host, name)
        if xml is None:
            return None
        element = parse_element(xml)
        return Standing(element["id"], datetime.fromisoformat(element["at"]).timestamp(), str(element))


def _bounded(values: Values, name: str) -> str:
    said = words(values, name)
    if len(said) > _MOST:
        raise StanzaError("not-acceptable", f"That is too long. Say it in {_MOST} characters.")
    return said
