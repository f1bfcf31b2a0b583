"""The smallest stage for conversation scripts: router, modules and rooms on fakes, sessions without a transport."""

from collections.abc import Iterable, Mapping
from typing import Any

from twisted.words.xish.domish import Element

from ccm import address
from ccm.errors import StanzaError
from ccm.muc.options import MucOptions
from ccm.muc.service import MucService
from ccm.records import RosterItem
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.testing.fakes import RecordingSession, make_router, make_services, spawn
from ccm.testing.matching import elements_of
from ccm.testing.memory import MemoryRooms
from ccm.wire.stanza import Stanza


class PureClient:
    """A session right at the router."""

    def __init__(self, router: Router, session: RecordingSession) -> None:
        self._router = router
        self.session = session
        self.jid = session.jid

    def send(self, xml: str) -> None:
        """Route stanzas as if this client had sent them."""
        for element in elements_of(xml):
            stanza = Stanza.from_element(element).copy(from_=self.jid)
            try:
                to = stanza.to and address.prepare(stanza.to)
            except StanzaError as error:
                self.session.deliver(stanza.error(error))
            else:
                self._router.route(stanza.copy(to=to), self.session)

    async def receive(self) -> Element:
        """The next stanza delivered. :raises TimeoutError: at once if there is none, since nothing here takes time."""
        if not self.session.received:
            raise TimeoutError("nothing came")
        return self.session.received.pop(0).element

    async def secure(self) -> None:
        """:raises ValueError: always; there is no connection here."""
        raise ValueError("the pure stage has no connections; say “only over tcp”")

    async def sign_out(self) -> None:
        """End the session as its owner."""
        await self.drop()

    async def drop(self) -> None:
        """End the session."""
        self._router.unbind(self.session)
        self._router.fire("session-closed", self.session)


class PureStage:
    """A router with these modules installed and the room service, on fakes; *options* by the names of modules."""

    name = "pure"
    password = ""

    def __init__(
        self, modules: Iterable[Any], services: Services | None = None, options: Mapping[str, Any] | None = None
    ) -> None:
        self.services = services or make_services()
        self.host = self.services.host
        self.muc = f"conference.{self.host}"
        self.garden = f"garden@{self.muc}"
        self.router = make_router(self.services)
        for module in modules:
            module.install(self.router, self.services, (options or {}).get(module.name))
        self.rooms = MucService(
            self.muc,
            self.router,
            self.services.archive,
            MemoryRooms(),
            self.services.state,
            MucOptions(),
            self.services.now,
            self.services.later,
            spawn,
        )

    def local(self, name: str) -> str:
        """The name in lower case."""
        return name.lower()

    async def prepare(self, names: list[str], friends: list[tuple[str, str]]) -> None:
        """Make accounts, and friends of pairs; open the room service."""
        await self.rooms.start()
        self.router.add_domain(self.muc, self.rooms)
        self.router.attach(self.rooms)
        for name in names:
            await self.services.accounts.create(f"{name}@{self.host}", name.capitalize(), None, ())
        await befriend(self.services, friends)

    async def sign_in(self, name: str, resource: str) -> PureClient:
        """A bound session."""
        session = RecordingSession(f"{name}@{self.host}/{resource}")
        self.router.bind(session)
        self.router.fire("session-bound", session)
        return PureClient(self.router, session)

    async def connect(self, transport: str = "") -> PureClient:  # noqa: ARG002
        """:raises ValueError: always; there is no connection here."""
        raise ValueError("the pure stage has no connections; say “only over tcp”")


async def befriend(services: Services, friends: list[tuple[str, str]]) -> None:
    """Subscribe each of the pairs to each other, behind the server's back and before anybody signs in."""
    rosters: dict[str, dict[str, RosterItem]] = {}
    for pair in friends:
        for own, other in (pair, pair[::-1]):
            jid = f"{other}@{services.host}"
            rosters.setdefault(f"{own}@{services.host}", {})[jid] = RosterItem(jid, subscription="both")
    for owner, items in rosters.items():
        await services.rosters.save(owner, items)
