"""
Assembly of one domain: its router, its room service, its modules, and what its sessions share.

The server's own domain is one of these, and each virtual host is another; what they share stands in :class:`Ground`.
Leaves out the ways in (:mod:`ccm.doors`) and the components, which are the server's own domain's alone.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ccm import address, running
from ccm.durability import barrier_of
from ccm.errors import ConfigError, StanzaError
from ccm.muc.service import MucService
from ccm.router.contacts import Contacts
from ccm.router.neighbours import Neighbours
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.session.keeping import Keeper
from ccm.session.realm import Realm
from ccm.session.shaping import Shaping
from ccm.session.tokens import Tokens
from ccm.session.visitors import Visitors
from ccm.settings import Settings
from ccm.store.keys import Keys
from ccm.store.stores import Stores
from ccm.transports.passwords import PasswordThreads
from ccm.website import Addresses


@dataclass(frozen=True, slots=True)
class Ground:
    """
    What all domains of a process share.

    :param now: seconds since the epoch.
    :ivar records: of the sessions that may be resumed.
    :ivar rooms: the room service of each domain, the server's own first. :ivar realms: of the sessions, by host.
    :ivar keepers: whose records an acknowledgement waits for.
    """

    reactor: Any
    stores: Stores
    addresses: Addresses
    passwords: PasswordThreads
    keys: Keys
    records: Keeper
    visitors: Visitors
    shaping: Shaping
    contacts: Contacts
    now: Callable[[], float]
    neighbours: Neighbours = field(default_factory=Neighbours)
    rooms: list[MucService] = field(default_factory=list)
    keepers: list[Any] = field(default_factory=list)
    realms: dict[str, Realm] = field(default_factory=dict)


class House:
    """
    One domain, as its settings say.

    :param is_own: whether it is the server's own, whose administrators may end the whole server.
    :ivar host: its name. :ivar router: its own.
    """

    realm: Realm

    def __init__(self, ground: Ground, settings: Settings, *, is_own: bool = False) -> None:
        self.host: str = settings["server"].host
        self._ground = ground
        self._settings = settings
        self._is_own = is_own
        self._guest_host: str = settings["guests"].domain(self.host) if is_own else ""
        self._barrier = barrier_of(ground.rooms, ground.stores.database.barrier, ground.keepers)
        self.router = router = Router(self._is_account, running.spawn)
        for host in (self.host, *settings["sasl"].anonymous_hosts, self._guest_host):
            if host:
                router.add_host(host)
        ground.neighbours.add(router)
        if not settings["modules.anonymous"].elsewhere:
            ground.neighbours.staying.update(settings["sasl"].anonymous_hosts)
        if self._guest_host:
            ground.neighbours.staying.add(self._guest_host)

    def _is_account(self, jid: str) -> bool:
        """Whether a bare JID is an account of this domain: those of the others are as at other servers."""
        return address.domain(jid) in self.router.hosts and self._ground.stores.accounts.exists(jid)

    async def open(self, owners: frozenset[str] = frozenset()) -> None:
        """
        Load the rooms, install the modules; sessions can begin then.

        :param owners: domains of components that own every room.
        :raises ConfigError: for options that a module cannot use.
        """
        ground, router, settings = self._ground, self.router, self._settings
        rooms = MucService(
            f"conference.{self.host}",
            router,
            ground.stores.archive,
            ground.stores.rooms,
            ground.stores.state,
            settings["muc"],
            ground.now,
            running.later(ground.reactor),
            running.spawn,
            owners,
        )
        await rooms.start()
        ground.rooms.append(rooms)
        router.add_domain(rooms.jid, rooms)
        router.attach(rooms)  # first: rooms see that a session was dropped before its presence is said to end
        services = self.services()
        for module in settings.modules():
            self._install(module, services)
        self.realm = self._realm()
        ground.realms.update(dict.fromkeys(router.hosts, self.realm))

    def _install(self, module: Any, services: Services) -> None:
        section = f"modules.{module.name}"
        try:
            module.install(self.router, services, self._settings[section])
        except StanzaError as error:  # its domain
            raise ConfigError(f"{section}: {error} Give {section}.domain another name.") from error

    def services(self) -> Services:
        """What its modules get."""
        ground, stores = self._ground, self._ground.stores
        return Services(
            host=self.host,
            later=running.later(ground.reactor),
            now=ground.now,
            accounts=stores.accounts,
            rosters=stores.rosters,
            contacts=ground.contacts,
            account_xml=stores.account_xml,
            pubsub_nodes=stores.pubsub_nodes,
            archive=stores.archive,
            personal=stores.personal,
            offline=stores.offline,
            tokens=stores.tokens,
            state=stores.state,
            uploads=stores.uploads,
            push_targets=stores.push_targets,
            urls=ground.addresses.by_use,
            guest_host=self._guest_host,
            barrier=self._barrier,
            end=partial(running.end, ground.reactor) if self._is_own else None,
            tell=ground.neighbours.tell,
            is_own=self._is_own,
        )

    def _realm(self) -> Realm:
        ground, settings = self._ground, self._settings
        return Realm(
            host=self.host,
            router=self.router,
            accounts=ground.stores.accounts,
            tokens=Tokens(ground.stores.tokens, lambda: running.utc(ground.now())),
            verify_password=ground.passwords.verify,
            spawn=running.spawn,
            later=running.later(ground.reactor),
            now=ground.reactor.seconds,
            random=secrets.token_bytes,
            secret=ground.keys.derive("scram"),
            options=settings["session"],
            sasl=settings["sasl"],
            wire=settings["wire"],
            barrier=self._barrier,
            save=ground.records.save,
            visitors=ground.visitors,
            shaping=ground.shaping,
            pause=running.pause(ground.reactor),
            waiting=lambda name: ground.stores.pending.as_account(name, self.host),
            guest_host=self._guest_host,
            realms=ground.realms,
        )
