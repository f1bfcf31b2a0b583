"""
Assembly: how the parts of the server hold together.

Reads as a start goes: stores, router, rooms, modules, sessions, components, outbox, web, listeners; a stop goes back
the same way. With ``website.py`` and ``component_service.py`` the only place that knows every name.
"""

import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.logger import Logger

from ccm import federation_service, listening, running, website
from ccm.certificate_doubts import doubts
from ccm.component_service import Residents
from ccm.config import Config
from ccm.departures import Departures
from ccm.doors import Doors, bundle, end_changed
from ccm.errors import CCMError, ConfigError
from ccm.house import Ground, House
from ccm.load import LoadWatch
from ccm.muc.gaps import missed_by
from ccm.router.contacts import Contacts
from ccm.session.keeping import Keeper
from ccm.session.shaping import Shaping
from ccm.session.visitors import Visitors
from ccm.settings import Settings
from ccm.state_folder import occupy
from ccm.store.keys import Keys
from ccm.store.stores import open_stores
from ccm.transports.passwords import PasswordThreads

log = Logger()

#: How long it may take until the server notices what ``ccm user`` changed.
REFRESH_SECONDS = 10.0
#: How often archives of domains that are gone are looked for.
SWEEP_SECONDS = 3600.0
#: The stop as a whole takes so long at most; what comes after a part that hung gets the least.
STOP_SECONDS = 6.0
LEAST_STOP_SECONDS = 0.5


class Server(Service):
    """
    The whole server.

    :param now: seconds since the epoch; what archives and documents are stamped with.
    :raises ConfigError: if the configuration cannot be used.
    :ivar ready: fires once it serves, or with why it cannot.
    """

    name = "ccm"

    def __init__(self, reactor: Any, config: Config, now: Callable[[], float] = time.time) -> None:
        self.settings = Settings(config)
        self.ready: Deferred[Server] = Deferred()
        self._reactor = reactor
        self._now = now
        self._undo: list[Callable[[], Any]] = []

    def startService(self) -> None:
        """Start, and say so on standard output; a start that fails ends the process with its reason."""
        super().startService()
        Deferred.fromCoroutine(self.start()).addCallbacks(self._started, self._failed)

    def stopService(self) -> "Deferred[None]":
        """Stop in the order opposite to the start; fires when everything is on disk."""
        super().stopService()
        return Deferred.fromCoroutine(self.stop())

    async def start(self) -> "Server":
        """Bring everything up. :raises CCMError: if that cannot be."""
        await self.assemble()
        self._warn()
        await self._open()
        return self

    async def assemble(self) -> None:
        """
        Make every part, as the configuration says, and let nothing in or out yet; :meth:`stop` takes it down.

        Whatever in the configuration cannot be is found here: ``ccm check-config`` goes as far and no further.

        :raises CCMError: if that cannot be.
        """
        settings, reactor = self.settings, self._reactor
        server = settings["server"]
        with settings.named():
            listening.check(reactor, settings)
        state_dir = Path(server.state).absolute()
        self._undo.append(occupy(state_dir))
        keys = Keys(state_dir)
        self.addresses = website.Addresses.of(settings, _port(settings["listen"].http))

        folder = settings["modules.upload"].folder
        uploads = Path(folder) if folder else None
        self.stores = stores = await open_stores(
            reactor, settings["store"], settings["state"], state_dir, host=server.host, uploads=uploads, now=self._now
        )
        self._undo.append(stores.close)
        await stores.uploads.start()
        passwords = PasswordThreads(reactor, settings["sasl"].iterations)
        passwords.start()
        self._undo.append(passwords.stop)
        with settings.named():
            self._ground = self._laid(keys, passwords)
            await self._build(keys, passwords, state_dir)

    async def _build(self, keys: Keys, passwords: PasswordThreads, state_dir: Path) -> None:
        """Everything between the stores and the listeners."""
        settings, reactor, stores, addresses = self.settings, self._reactor, self.stores, self.addresses
        ground = self._ground
        house = House(ground, settings, is_own=True)
        self.router = router = house.router
        residents = Residents(reactor, settings, stores, router, addresses, self._now)
        await self._open_house(house, residents.domains)
        for own in settings.hosts.values():
            with own.named():
                await self._open_house(House(ground, own))
        residents.check(ground.neighbours)
        self._undo.append(ground.records.finish)

        self.doors = doors = Doors(reactor, settings, house.realm, ground.neighbours, stores, addresses, state_dir)
        ground.keepers.append(doors.bosh_records)
        federation = federation_service.of(
            *(reactor, settings, ground.neighbours, doors.certificates.credentials, keys.derive("dialback")),
            *(residents.everywhere, house.realm.barrier),
        )
        self._federation = federation
        self._undo.append(federation.stop)
        await doors.restore(ground.records, missed_by({rooms.jid: rooms.gaps() for rooms in ground.rooms}))
        self._undo.append(doors.stop)

        self._residents = residents
        mails = website.mailer(reactor, settings)
        self._departures = Departures(reactor, settings, stores, mails, addresses)
        dashboard, times = doors.dashboard(), (running.pause(reactor), running.apart(reactor))
        self._pages = website.root(
            settings, stores, keys, addresses, passwords.make, mails, dashboard, bundle(), *times, self._now, self._here
        )

    def _here(self, room: str) -> tuple[str, ...]:
        """Names of the people in a room of the server's own; components such as the reporter are none."""
        found = self._ground.rooms[0].registry.rooms.get(room)
        inside = found.occupants.values() if found is not None else ()
        return tuple(one.nick for one in inside if one.bare not in self._residents.domains)

    async def _open_house(self, house: House, owners: frozenset[str] = frozenset()) -> None:
        await house.open(owners)
        self._undo.append(self._ground.rooms[-1].stop)
        self._undo.append(partial(house.router.tell, "server-stops"))

    async def _open(self) -> None:
        """Let everybody in. :raises OSError: if an address is taken."""
        settings, reactor, stores, ground = self.settings, self._reactor, self.stores, self._ground
        residents, departures = self._residents, self._departures
        residents.start()
        self._undo.append(residents.stop)
        self._traffic = residents.traffic
        waiting = partial(getattr, stores.database, "waiting")
        self._watch = LoadWatch(reactor, ground.shaping, ground.visitors, residents.traffic, waiting)
        self._watch.start()
        self._undo.append(self._watch.stop)
        await self._listen("mail.intake", settings["mail"].intake, website.intake(reactor, settings, stores))
        await departures.start()
        self._undo.append(departures.stop)
        self._clear_up()
        await end_changed(ground.neighbours, stores.accounts)  # what a crash kept modules from hearing
        self._undo.append(
            running.every(reactor, REFRESH_SECONDS, lambda: end_changed(ground.neighbours, stores.accounts))
        )
        await self.doors.open(self._pages, residents.secrets, residents.traffic)
        await self._federation.listen()
        operations = website.operations(reactor, self._troubles, self._figures)
        await self._listen("listen.operations", settings["listen"].operations, operations)
        running.started()
        log.info("CCM is ready: {url}", url=self.addresses.web)

    def _clear_up(self) -> None:
        """Take away what is left of accounts and domains that are gone, beside everything else."""
        settings, stores = self.settings, self.stores
        removals = Deferred.fromCoroutine(stores.accounts.finish())
        removals.addErrback(lambda f: log.error("A removal goes on at the next start: {why}", why=f.getErrorMessage()))
        if settings["store"].keep_removed_domains:
            return
        domains = (settings["server"].host, *settings.hosts)

        async def sweep() -> None:
            count = await stores.personal.forget_other_domains(domains)
            if count:
                log.info("Archives of {count} accounts, whose domains are gone, were removed.", count=count)

        self._undo.append(running.every(self._reactor, SWEEP_SECONDS, sweep))

    async def _listen(self, option: str, endpoints: tuple[str, ...], factory: Any) -> None:
        for description in endpoints:
            port = await listening.listen(self._reactor, option, description, factory)
            self._undo.append(port.stopListening)

    def _laid(self, keys: Keys, passwords: PasswordThreads) -> Ground:
        """What all domains share."""
        settings, reactor, stores = self.settings, self._reactor, self.stores
        sessions, later = settings["session"], running.later(reactor)
        visitors = Visitors(settings["visitors"], reactor.seconds)
        longest = max(each["session"].resume_seconds for each in (settings, *settings.hosts.values()))
        records = Keeper(stores.state, running.spawn, later, longest, sessions.resume_waiting)
        return Ground(
            reactor=reactor,
            stores=stores,
            addresses=self.addresses,
            passwords=passwords,
            keys=keys,
            records=records,
            visitors=visitors,
            shaping=Shaping(settings["shaping"], reactor.seconds, visitors.counted),
            contacts=Contacts(stores.rosters, running.spawn),
            now=self._now,
            keepers=[records],
        )

    async def stop(self) -> None:
        """Take everything down; what fails to stop, or hangs, is logged and does not keep the rest from it."""
        clock = self._reactor
        deadline = clock.seconds() + STOP_SECONDS
        while self._undo:
            undo = self._undo.pop()
            try:
                done = undo()
                if done is not None:
                    await running.within(clock, max(LEAST_STOP_SECONDS, deadline - clock.seconds()), done)
            except Exception:
                log.failure("{what} did not stop cleanly.", what=undo)

    def reload(self) -> None:
        """Read the certificates anew (SIGHUP); ones that cannot be used leave those in use as they are."""
        try:
            self.doors.certificates.reload()
        except ConfigError as error:
            log.error("The certificates stay as they were: {why}", why=error)
        else:
            log.info("The certificates were read anew; new connections get them.")
            self._warn()

    def doubts(self) -> list[str]:
        """What is doubtful about the certificates that were read."""
        return doubts(self.settings, self.doors.certificates, running.utc(self._now()))

    def _warn(self) -> None:
        for doubt in self.doubts():
            log.warn("{doubt}", doubt=doubt)

    def _started(self, _: "Server") -> None:
        self._undo.append(running.on_signal(self._reactor, signal.SIGHUP, self.reload))
        print(f"CCM is ready: {self.addresses.web}", file=sys.__stdout__, flush=True)
        self.ready.callback(self)

    def _troubles(self) -> list[str]:
        return [] if self.stores.database.available else ["The database does not accept writes."]

    def _figures(self) -> dict[str, Any]:
        by_transport = {"tcp": 0, "bosh": 0, "websocket": 0}
        for session in self._ground.neighbours.all_sessions():
            by_transport[session.transport] = by_transport.get(session.transport, 0) + 1
        figures: dict[str, Any] = {f"sessions_{name}": count for name, count in by_transport.items()}
        routers = self._ground.neighbours.routers
        figures["accounts_online"] = sum(len(router.sessions) for router in routers)
        figures["domains"] = sum(len(router.domains()) for router in routers)
        sources = (self._watch, self._traffic, self._departures, self._federation)
        return figures | {name: figure for source in sources for name, figure in source.figures().items()}

    def _failed(self, failure: Any) -> None:
        """A start that cannot be: say why in one line, and end."""
        if failure.check(CCMError, OSError, CannotListenError):
            running.say("ccm", failure.getErrorMessage())
        else:
            log.critical("CCM cannot start: {why}", why=failure.getTraceback())
        self.ready.errback(failure)
        self.ready.addErrback(lambda _: None)
        self._reactor.callWhenRunning(self._reactor.stop)


def _port(endpoints: tuple[str, ...]) -> int:
    """The port of the first HTTP listener, for an empty ``web.url``."""
    for endpoint in endpoints:
        parts = endpoint.split(":")
        if parts[0] == "tcp" and len(parts) > 1 and parts[1].removeprefix("port=").isdigit():
            return int(parts[1].removeprefix("port="))
    return 80
